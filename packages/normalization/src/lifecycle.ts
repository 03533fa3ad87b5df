import { compare, divide, isPositive, subtract } from '@orderplane/domain';
import type { DecimalString, ExchangeId, OrderStatus } from '@orderplane/domain';
import type { NormalizedOrder } from './model.ts';

/** What one payload says about where an order stands, before the rules that make exchange words comparable. */
export interface NativeStanding {
  /** By the exchange's word table. */
  readonly status: OrderStatus;
  /** Everything that was ordered has been executed. */
  readonly complete: boolean;
  /** The word only says "done": without `complete` it is not a fill. */
  readonly wordIsDone: boolean;
  /** IOC, FOK or market: what can't be filled at once ends by itself. */
  readonly immediate: boolean;
  /** The order's own expiry had passed when it ended. */
  readonly pastExpiry: boolean;
  /** The payload says that a client asked for the end. */
  readonly requested: boolean;
  /** Why it ended, in the exchange's words. */
  readonly reason: string | null;
}

/** Ended by its time in force. */
export const REASON_TIME_IN_FORCE = 'tif';
/** Ended by the exchange's self-trade prevention. */
export const REASON_SELF_TRADE = 'stp';
/** Ended by the exchange, which does not say why. */
export const REASON_VENUE = 'venue';

type Verdict = Pick<NormalizedOrder, 'status' | 'reason'>;

/**
 * The status of an order, in this order of rules:
 * 1. complete and ended is FILLED, whatever the word;
 * 2. "expired" is EXPIRED;
 * 3. "cancelled" is CANCELLED where a client asked for it, EXPIRED ("tif") where nobody did and the time in force
 *    explains it, else CANCELLED;
 * 4. "done" without being complete is never FILLED: rule 3 applies.
 * An order that is open stays open even when complete: the exchange's own completion follows.
 */
export function judge(standing: NativeStanding): Verdict {
  const { status, reason } = standing;
  const byTimeInForce = standing.immediate || standing.pastExpiry;
  switch (status) {
    case 'PENDING':
    case 'OPEN':
      return { status, reason: null };
    case 'FILLED':
      if (standing.complete || !standing.wordIsDone) return { status, reason: null };
      return endedEarly(standing, byTimeInForce);
    case 'EXPIRED':
      if (standing.complete) return { status: 'FILLED', reason: null };
      return { status, reason: reason ?? (byTimeInForce ? REASON_TIME_IN_FORCE : null) };
    case 'CANCELLED':
      return standing.complete ? { status: 'FILLED', reason: null } : endedEarly(standing, byTimeInForce);
    case 'FAILED':
      return standing.complete ? { status: 'FILLED', reason: null } : { status, reason };
  }
}

function endedEarly(standing: NativeStanding, byTimeInForce: boolean): Verdict {
  if (standing.requested) return { status: 'CANCELLED', reason: standing.reason };
  if (byTimeInForce) return { status: 'EXPIRED', reason: REASON_TIME_IN_FORCE };
  return { status: 'CANCELLED', reason: standing.reason ?? (standing.wordIsDone ? REASON_VENUE : null) };
}

export const isComplete = (size: DecimalString | null, filledSize: DecimalString | null): boolean =>
  size !== null && filledSize !== null && isPositive(size) && compare(filledSize, size) >= 0;

/** What can still be executed: nothing once the order has ended, else size less filled, never below 0. */
export function remainingOf(
  status: OrderStatus,
  size: DecimalString | null,
  filledSize: DecimalString | null,
): DecimalString | null {
  if (status !== 'PENDING' && status !== 'OPEN') return '0';
  if (size === null || filledSize === null) return null;
  return compare(filledSize, size) >= 0 ? '0' : subtract(size, filledSize);
}

/** Average price from the exact cumulative numbers, half-even to 18 places; null before the first fill. */
export const averageOf = (filledValue: DecimalString | null, filledSize: DecimalString | null): DecimalString | null =>
  filledValue !== null && filledSize !== null && isPositive(filledValue) && isPositive(filledSize)
    ? divide(filledValue, filledSize)
    : null;

/** An order of which nothing but its id and its status is known. */
export const bareOrder = (exchange: ExchangeId, orderId: string, status: OrderStatus): NormalizedOrder => ({
  exchange,
  orderId,
  clientOrderId: null,
  symbol: null,
  side: null,
  type: null,
  status,
  size: null,
  filledSize: null,
  remainingSize: null,
  price: null,
  stopPrice: null,
  averageFilledPrice: null,
  quoteSize: null,
  filledValue: null,
  createdAt: null,
  updatedAt: null,
  expiresAt: null,
  timeInForce: null,
  postOnly: null,
  reduceOnly: null,
  reason: null,
  working: null,
});
