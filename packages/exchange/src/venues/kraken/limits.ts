import { AMEND, CANCEL, flat, KEEPS_NOTHING, list, other, query, SUBMIT } from '../../limits.ts';
import type { VenueLimits } from '../../limits.ts';

/** [younger than so many seconds, points]: changing or cancelling a young order costs more ("Spot trading rate limits"). */
const CANCEL_POINTS = [
  [5, 8],
  [10, 6],
  [15, 5],
  [45, 4],
  [90, 2],
  [300, 1],
] as const;
const AMEND_POINTS = [
  [5, 3],
  [10, 2],
  [15, 1],
] as const;

/** An age that is not known counts as none: the most expensive. */
const pointsFor = (table: readonly (readonly [number, number])[], ageMs: number | null): number =>
  table.find(([seconds]) => (ageMs ?? 0) < seconds * 1_000)?.[1] ?? 0;

/**
 * Kraken spot, middle tier: a counter of calls per key and a trading counter per key and pair; both fall steadily. Orders,
 * amends and cancels are no calls. A cancel is counted and never refused: it makes the next orders wait.
 */
export const krakenLimits: VenueLimits = {
  buckets: [
    {
      name: 'calls',
      scope: 'key',
      capacity: 20,
      refill: { kind: 'decay', perSecond: 0.5 },
      // Nothing but reads uses it.
      keeps: KEEPS_NOTHING,
    },
    {
      name: 'trading',
      scope: 'pair',
      capacity: 125,
      refill: { kind: 'decay', perSecond: 2.34 },
      keeps: KEEPS_NOTHING,
    },
    // "Public endpoints: about one call a second by address", with some patience.
    { name: 'public', scope: 'exchange', capacity: 15, refill: { kind: 'decay', perSecond: 1 }, keeps: KEEPS_NOTHING },
  ],
  orders: {
    submit: flat({ trading: 1 }),
    cancel: { points: (ageMs) => ({ trading: pointsFor(CANCEL_POINTS, ageMs) }), neverRefusedBy: ['trading'] },
    amend: { points: (ageMs) => ({ trading: 1 + pointsFor(AMEND_POINTS, ageMs) }) },
    query: flat({ calls: 1 }),
  },
  routes: {
    'POST AddOrder': SUBMIT,
    'POST AmendOrder': AMEND,
    'POST CancelOrder': CANCEL,
    // Not documented which counter it uses, if any. Refused calls would end orders: it goes before everything.
    'POST CancelAllOrdersAfter': { kind: 'cancel', points: { calls: 1 } },
    'POST QueryOrders': query({ calls: 1 }),
    'POST OpenOrders': list({ calls: 1 }),
    'POST ClosedOrders': list({ calls: 1 }),
    'POST TradesHistory': list({ calls: 2 }),
    'POST QueryTrades': list({ calls: 2 }),
    'POST BalanceEx': other({ calls: 1 }),
    'POST GetWebSocketsToken': other({ calls: 1 }),
  },
  otherwise: { public: { public: 1 }, private: { calls: 2 } },
};
