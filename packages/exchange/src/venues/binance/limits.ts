import { CANCEL, flat, KEEPS, KEEPS_NOTHING, list, other, QUERY, SUBMIT } from '../../limits.ts';
import type { VenueLimits } from '../../limits.ts';

const MINUTE_MS = 60_000;

/**
 * Binance spot, documentation "LIMITS": request weight per minute and address (weights from each endpoint's page),
 * unfilled orders per 10 s and per day and account (`rateLimits` of exchangeInfo). Cancels count as weight only.
 */
export const binanceLimits: VenueLimits = {
  buckets: [
    {
      name: 'weight',
      scope: 'exchange',
      capacity: 6_000,
      refill: { kind: 'window', windowMs: MINUTE_MS },
      keeps: KEEPS,
    },
    {
      name: 'orders-10s',
      scope: 'key',
      capacity: 100,
      refill: { kind: 'window', windowMs: 10_000 },
      keeps: KEEPS_NOTHING,
    },
    {
      name: 'orders-day',
      scope: 'key',
      capacity: 200_000,
      refill: { kind: 'window', windowMs: 1_440 * MINUTE_MS },
      keeps: KEEPS_NOTHING,
    },
  ],
  orders: {
    submit: flat({ weight: 1, 'orders-10s': 1, 'orders-day': 1 }),
    cancel: flat({ weight: 1 }),
    // Not used: an order is cancelled and placed anew.
    amend: flat({ weight: 4 }),
    query: flat({ weight: 4 }),
  },
  routes: {
    'POST order': SUBMIT,
    'DELETE order': CANCEL,
    'DELETE openOrders': CANCEL,
    'GET order': QUERY,
    'GET openOrders': list(({ symbol }) => ({ weight: symbol === undefined ? 80 : 6 })),
    'GET allOrders': list({ weight: 20 }),
    'GET myTrades': list(({ orderId }) => ({ weight: orderId === undefined ? 20 : 5 })),
    'GET account': other({ weight: 20 }),
    'GET exchangeInfo': other({ weight: 20 }),
    'GET ticker/24hr': other(({ symbol }) => ({ weight: symbol === undefined ? 80 : 2 })),
    'GET aggTrades': other({ weight: 4 }),
    'GET time': other({ weight: 1 }),
    'GET ping': other({ weight: 1 }),
  },
  otherwise: { public: { weight: 10 }, private: { weight: 20 } },
};
