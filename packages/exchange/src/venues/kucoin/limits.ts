import { AMEND, CANCEL, flat, KEEPS, KEEPS_NOTHING, list, other, QUERY, SUBMIT } from '../../limits.ts';
import type { VenueLimits } from '../../limits.ts';

/** KuCoin (VIP 0): weights from a pool per 30 s, one of spot orders per key, one of public data per address. */
export const kucoinLimits: VenueLimits = {
  buckets: [
    { name: 'spot', scope: 'key', capacity: 4_000, refill: { kind: 'window', windowMs: 30_000 }, keeps: KEEPS },
    {
      name: 'public',
      scope: 'exchange',
      capacity: 2_000,
      refill: { kind: 'window', windowMs: 30_000 },
      keeps: KEEPS_NOTHING,
    },
  ],
  orders: {
    submit: flat({ spot: 1 }),
    cancel: flat({ spot: 1 }),
    amend: flat({ spot: 1 }),
    query: flat({ spot: 2 }),
  },
  routes: {
    'POST hf/orders': SUBMIT,
    'POST hf/orders/sync': SUBMIT,
    'POST hf/orders/alter': AMEND,
    'POST stop-order': SUBMIT,
    'DELETE hf/orders/{orderId}': CANCEL,
    'DELETE hf/orders/client-order/{clientOid}': CANCEL,
    'DELETE hf/orders/sync/{orderId}': CANCEL,
    'DELETE stop-order/{orderId}': { kind: 'cancel', points: { spot: 3 } },
    'DELETE stop-order/cancelOrderByClientOid': { kind: 'cancel', points: { spot: 5 } },
    'POST hf/orders/dead-cancel-all': { kind: 'cancel', points: { spot: 2 } },
    'GET hf/orders/{orderId}': QUERY,
    'GET hf/orders/client-order/{clientOid}': QUERY,
    'GET stop-order/{orderId}': { kind: 'query', points: { spot: 3 } },
    'GET stop-order/queryOrderByClientOid': { kind: 'query', points: { spot: 3 } },
    'GET hf/orders/active': list({ spot: 2 }),
    'GET hf/orders/active/symbols': list({ spot: 2 }),
    'GET hf/orders/done': list({ spot: 2 }),
    'GET hf/fills': list({ spot: 2 }),
    'GET stop-order': list({ spot: 8 }),
    'GET market/histories': other({ public: 3 }),
    'GET market/stats': other({ public: 15 }),
    'POST bullet-private': other({ spot: 10 }),
    'POST bullet-public': other({ public: 10 }),
  },
  otherwise: { public: { public: 5 }, private: { spot: 5 } },
};
