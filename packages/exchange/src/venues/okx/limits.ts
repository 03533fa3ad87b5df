import { AMEND, CANCEL, flat, KEEPS_NOTHING, list, other, query, SUBMIT } from '../../limits.ts';
import type { VenueLimits } from '../../limits.ts';

const PER_2S = { kind: 'window', windowMs: 2_000 } as const;
const own = (name: string, scope: 'exchange' | 'key' | 'pair', capacity: number) =>
  ({ name, scope, capacity, refill: PER_2S, keeps: KEEPS_NOTHING }) as const;

/**
 * OKX: each endpoint has a window of 2 s of its own, so nobody takes anything from anybody: placing, cancelling and
 * amending 60 each by instrument and user, algo orders 20 by user, 1000 new orders and amends a sub-account.
 */
export const okxLimits: VenueLimits = {
  buckets: [
    own('place', 'pair', 60),
    own('cancel', 'pair', 60),
    own('amend', 'pair', 60),
    own('algo', 'key', 20),
    own('cancel-algo', 'key', 20),
    own('sub-account', 'key', 1_000),
    // One a second by user.
    own('cancel-all-after', 'key', 2),
    own('order', 'pair', 60),
    own('pending', 'key', 60),
    own('history', 'key', 40),
    own('lists', 'key', 20),
    own('fills', 'key', 10),
    own('private', 'key', 10),
    own('public', 'exchange', 20),
    own('trades', 'exchange', 100),
    own('trades-history', 'exchange', 20),
  ],
  orders: {
    submit: flat({ place: 1, 'sub-account': 1 }),
    cancel: flat({ cancel: 1 }),
    amend: flat({ amend: 1, 'sub-account': 1 }),
    query: flat({ order: 1 }),
  },
  routes: {
    'POST trade/order': SUBMIT,
    // The client library places single orders by the endpoint for batches; one order counts as one.
    'POST trade/batch-orders': SUBMIT,
    'POST trade/order-algo': { kind: 'submit', points: { algo: 1, 'sub-account': 1 } },
    'POST trade/cancel-order': CANCEL,
    'POST trade/cancel-batch-orders': CANCEL,
    'POST trade/cancel-algos': { kind: 'cancel', points: { 'cancel-algo': 1 } },
    'POST trade/cancel-all-after': { kind: 'cancel', points: { 'cancel-all-after': 1 } },
    'POST trade/amend-order': AMEND,
    'POST trade/amend-algos': { kind: 'amend', points: { algo: 1 } },
    'GET trade/order': query({ order: 1 }),
    'GET trade/order-algo': query({ lists: 1 }),
    'GET trade/orders-pending': list({ pending: 1 }),
    'GET trade/orders-algo-pending': list({ lists: 1 }),
    'GET trade/orders-history': list({ history: 1 }),
    'GET trade/orders-history-archive': list({ lists: 1 }),
    'GET trade/orders-algo-history': list({ lists: 1 }),
    'GET trade/fills': list({ pending: 1 }),
    'GET trade/fills-history': list({ fills: 1 }),
    'GET account/balance': other({ private: 1 }),
    'GET public/instruments': other({ public: 1 }),
    'GET market/ticker': other({ public: 1 }),
    'GET market/trades': other({ trades: 1 }),
    'GET market/history-trades': other({ 'trades-history': 1 }),
  },
  otherwise: { public: { public: 1 }, private: { private: 2 } },
};
