import { add, compare, divide, isZero, multiply, subtract, sum } from '@orderplane/domain';
import type { DecimalString, OrderState, OrderStatus } from '@orderplane/domain';
import type { Fee, Leg, OrderMachine, OrderRequest, OrderTerms, RequestPhase } from './model.ts';
import { cumQty, effectiveExecutions } from './quantities.ts';

/** The word of the dialog interface. `fill` is told once for each execution and is never the state of an order. */
export type DialogStatus = 'pending' | 'dark_open' | 'triggered' | 'open' | 'fill' | 'closed' | 'canceled' | 'error';

/** FIX OrdStatus (tag 39), as far as spot exchanges can show it. */
export type OrdStatus =
  | 'PendingNew'
  | 'New'
  | 'PartiallyFilled'
  | 'Filled'
  | 'Canceled'
  | 'Expired'
  | 'Rejected'
  | 'PendingCancel'
  | 'PendingReplace';

// state              status       dialog status  FIX OrdStatus
// prettier-ignore
const SHOWN: Readonly<Record<OrderState, readonly [OrderStatus, DialogStatus, OrdStatus]>> = {
  CREATED:          ['PENDING',   'pending',     'PendingNew'],
  VALIDATED:        ['PENDING',   'pending',     'PendingNew'],
  DARK_OPEN:        ['PENDING',   'dark_open',   'PendingNew'],
  TRIGGERED:        ['PENDING',   'triggered',   'PendingNew'],
  SUBMITTED:        ['PENDING',   'pending',     'PendingNew'],
  ACKNOWLEDGED:     ['OPEN',      'open',        'New'],
  PARTIALLY_FILLED: ['OPEN',      'open',        'PartiallyFilled'],
  FILLED:           ['FILLED',    'closed',      'Filled'],
  CANCELLED:        ['CANCELLED', 'canceled',    'Canceled'],
  EXPIRED:          ['EXPIRED',   'canceled',    'Expired'],
  REJECTED:         ['FAILED',    'error',       'Rejected'],
  FAILED:           ['FAILED',    'error',       'Rejected'],
};

const OPEN_PHASES: readonly RequestPhase[] = ['wanted', 'sent', 'pending', 'unknown'];

/** The coarse status that all exchanges agree on. */
export const status = (order: OrderMachine): OrderStatus => SHOWN[order.life][0];
/** The state's word for the dialog interface. */
export const dialogStatus = (order: OrderMachine): DialogStatus => SHOWN[order.life][1];

/**
 * The FIX status by precedence (FIX 5.0 SP2, Volume 4): before an end a request that the venue confirmed as pending
 * outranks the life. Requests that are only wanted, sent or in doubt do not show.
 */
export function ordStatus(order: OrderMachine): OrdStatus {
  if (!hasEnded(order)) {
    const pending = order.requests.filter((request) => request.phase === 'pending' && !request.forStray);
    if (pending.some((request) => request.kind === 'cancel')) return 'PendingCancel';
    if (pending.length > 0) return 'PendingReplace';
  }
  return SHOWN[order.life][2];
}

export { cumQty };

/** What is left to fill: 0 after an end, null while the size of a quote-sized order is unknown, never negative. */
export function leavesQty(order: OrderMachine): DecimalString | null {
  if (hasEnded(order)) return '0';
  if (order.terms.size === null) return null;
  const left = subtract(order.terms.size, cumQty(order));
  return compare(left, '0') > 0 ? left : '0';
}

/** Filled beyond what was ordered, "0" normally. */
export function overfill(order: OrderMachine): DecimalString {
  if (order.terms.size === null) return '0';
  const over = subtract(cumQty(order), order.terms.size);
  return compare(over, '0') > 0 ? over : '0';
}

/** Sum of size × price of the executions, in quote currency. */
export const filledValue = (order: OrderMachine): DecimalString =>
  sum(effectiveExecutions(order).map((execution) => multiply(execution.size, execution.price)));

/** Volume-weighted average price, rounded half-even to 18 places; null without fills. */
export function averagePrice(order: OrderMachine): DecimalString | null {
  const filled = cumQty(order);
  return isZero(filled) ? null : divide(filledValue(order), filled);
}

/** Fees of the executions that count, one entry for each currency, sorted by currency. */
export function feesByCurrency(order: OrderMachine): readonly Fee[] {
  const totals = new Map<string, DecimalString>();
  for (const { fee } of effectiveExecutions(order)) {
    if (fee !== null) totals.set(fee.currency, add(totals.get(fee.currency) ?? '0', fee.cost));
  }
  return [...totals].map(([currency, cost]) => ({ currency, cost })).sort((a, b) => (a.currency < b.currency ? -1 : 1));
}

/** CANCELLED, EXPIRED, REJECTED or FAILED: no command has an effect any more. */
export const hasEnded = (order: Pick<OrderMachine, 'life'>): boolean =>
  order.life === 'CANCELLED' || order.life === 'EXPIRED' || order.life === 'REJECTED' || order.life === 'FAILED';
/** Ended or FILLED. */
export const isTerminal = (order: Pick<OrderMachine, 'life'>): boolean => hasEnded(order) || order.life === 'FILLED';
export const isActive = (order: Pick<OrderMachine, 'life'>): boolean => !isTerminal(order);
/** A cancel would be accepted and would not merely join one that is open. */
export const canCancel = (order: OrderMachine): boolean => isActive(order) && ownCancel(order) === null;

/** The leg that is, or was last, at the exchange; null before the first send. */
export const currentLeg = (order: Pick<OrderMachine, 'legs'>): Leg | null => order.legs.at(-1) ?? null;
/** No leg can be alive: none was sent, or the last one is proven absent or proven over. */
export function noLegLives(order: Pick<OrderMachine, 'legs'>): boolean {
  const leg = currentLeg(order);
  return leg === null || leg.phase === 'absent' || leg.phase === 'ended';
}

export const isOpenRequest = (request: OrderRequest): boolean => OPEN_PHASES.includes(request.phase);
/** Open requests that the caller should see, oldest first; the cancel of a stray is not one of them. */
export const pendingRequests = (order: Pick<OrderMachine, 'requests'>): readonly OrderRequest[] =>
  order.requests.filter((request) => isOpenRequest(request) && !request.forStray);
/** The open cancel, whoever asked for it. */
export const openCancel = (order: Pick<OrderMachine, 'requests'>): OrderRequest | null =>
  pendingRequests(order).find((request) => request.kind === 'cancel') ?? null;
/** The open cancel that a caller or a timer of ours asked for: further cancels join it. */
export const ownCancel = (order: Pick<OrderMachine, 'requests'>): OrderRequest | null =>
  pendingRequests(order).find((request) => request.kind === 'cancel' && request.by !== 'foreign') ?? null;
/** The open cancel of a stray. */
export const strayCancel = (order: Pick<OrderMachine, 'requests'>): OrderRequest | null =>
  order.requests.find((request) => request.forStray && isOpenRequest(request)) ?? null;
/** Open replaces, oldest first. */
export const openReplaces = (order: Pick<OrderMachine, 'requests'>): readonly OrderRequest[] =>
  pendingRequests(order).filter((request) => request.kind === 'replace');
/** Replaces in two steps that are under way, oldest first. */
export const openTwoSteps = (order: Pick<OrderMachine, 'requests'>): readonly OrderRequest[] =>
  openReplaces(order).filter((request) => request.how === 'TWO_STEP' && request.phase !== 'wanted');
/** What the order should be: the newest open wish, else the confirmed terms. Totals, fills included. */
export const wishedTerms = (order: Pick<OrderMachine, 'requests' | 'terms'>): OrderTerms =>
  openReplaces(order).findLast((request) => request.terms !== null)?.terms ?? order.terms;

/** Whether the current leg, the rest of the order or a request is in doubt. */
export const inDoubt = (order: Pick<OrderMachine, 'legs' | 'restInDoubt' | 'requests'>): boolean =>
  order.restInDoubt ||
  currentLeg(order)?.phase === 'unknown' ||
  order.requests.some((request) => request.phase === 'unknown');

/** Nothing is left to do or to learn: over, no open request, no stray, no leg in flight, no doubt. */
export function isDone(order: OrderMachine): boolean {
  const inFlight = currentLeg(order)?.phase === 'sent';
  return isTerminal(order) && !order.stray && !inFlight && !inDoubt(order) && !order.requests.some(isOpenRequest);
}

/** Filled size of one leg, by the venue ids of the executions; those without an id count for the first leg. */
export const filledOfLeg = (order: Pick<OrderMachine, 'executions' | 'legs'>, leg: Leg): DecimalString =>
  sum(
    effectiveExecutions(order)
      .filter(({ venueOrderId }) =>
        venueOrderId === null ? leg === order.legs[0] : leg.venueOrderIds.includes(venueOrderId),
      )
      .map((execution) => execution.size),
  );

/**
 * Whether nothing is left to place of a replace in two steps: the total that it wishes is not above `cum`, something being
 * filled at all, nor is that of a newer wish, which the end of the leg would undo.
 */
export function wishIsFilled(order: Pick<OrderMachine, 'requests'>, cum: string): boolean {
  const twoStep = openTwoSteps(order).at(-1);
  if (twoStep === undefined || isZero(cum)) return false;
  const newest = openReplaces(order).findLast((request) => request.terms !== null);
  return [twoStep, newest ?? twoStep].every(({ terms }) => {
    const wished = terms?.size ?? null;
    return wished !== null && compare(wished, cum) <= 0;
  });
}
