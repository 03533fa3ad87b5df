import { AMEND, CANCEL, flat, KEEPS, KEEPS_NOTHING, list, other, QUERY, SUBMIT } from '../../limits.ts';
import type { VenueLimits } from '../../limits.ts';

/** Every private request costs the same. */
const CALL = { hour: 1, second: 1 } as const;

/** Coinbase Advanced Trade: 10,000 requests an hour and key; 30 a second and key, 10 a second and address for public data. */
export const coinbaseLimits: VenueLimits = {
  buckets: [
    {
      name: 'hour',
      scope: 'key',
      capacity: 10_000,
      refill: { kind: 'window', windowMs: 3_600_000 },
      keeps: KEEPS,
    },
    { name: 'second', scope: 'key', capacity: 30, refill: { kind: 'decay', perSecond: 27 }, keeps: KEEPS },
    { name: 'public', scope: 'exchange', capacity: 10, refill: { kind: 'decay', perSecond: 9 }, keeps: KEEPS_NOTHING },
  ],
  orders: { submit: flat(CALL), cancel: flat(CALL), amend: flat(CALL), query: flat(CALL) },
  routes: {
    'POST brokerage/orders': SUBMIT,
    'POST brokerage/orders/edit': AMEND,
    'POST brokerage/orders/batch_cancel': CANCEL,
    'GET brokerage/orders/historical/{order_id}': QUERY,
    'GET brokerage/orders/historical/batch': list(CALL),
    'GET brokerage/orders/historical/fills': list(CALL),
    'GET brokerage/accounts': other(CALL),
    'GET brokerage/transaction_summary': other(CALL),
  },
  otherwise: { public: { public: 1 }, private: CALL },
};
