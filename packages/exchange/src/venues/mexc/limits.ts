import { CANCEL, flat, KEEPS, list, other, QUERY, SUBMIT } from '../../limits.ts';
import type { Points, VenueLimits } from '../../limits.ts';

/** A private request counts for its address and for its account. */
const weight = (points: number): Points => ({ address: points, account: points });

/** MEXC spot: weight per 10 s, 300 by address and 500 by account. */
export const mexcLimits: VenueLimits = {
  buckets: [
    {
      name: 'address',
      scope: 'exchange',
      capacity: 300,
      refill: { kind: 'window', windowMs: 10_000 },
      keeps: KEEPS,
    },
    { name: 'account', scope: 'key', capacity: 500, refill: { kind: 'window', windowMs: 10_000 }, keeps: KEEPS },
  ],
  orders: {
    submit: flat(weight(1)),
    cancel: flat(weight(1)),
    // The exchange has no amend.
    amend: flat(weight(1)),
    query: flat(weight(2)),
  },
  routes: {
    'POST order': SUBMIT,
    'DELETE order': CANCEL,
    'DELETE openOrders': CANCEL,
    'GET order': QUERY,
    'GET openOrders': list(weight(3)),
    'GET allOrders': list(weight(10)),
    'GET myTrades': list(weight(10)),
    'GET account': other(weight(10)),
    'GET exchangeInfo': other({ address: 25 }),
    'GET aggTrades': other({ address: 1 }),
    'GET ticker/24hr': other(({ symbol }) => ({ address: symbol === undefined ? 40 : 1 })),
    'POST userDataStream': other(weight(1)),
    'PUT userDataStream': other(weight(1)),
  },
  otherwise: { public: { address: 5 }, private: weight(10) },
};
