import { compare, isPositive, sum } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder, OrderReport } from '@orderplane/normalization';
import {
  currentLeg,
  cumQty,
  inDoubt,
  isOpenRequest,
  isTerminal,
  openCancel,
  openReplaces,
  openTwoSteps,
  type Leg,
  type OrderMachine,
} from '@orderplane/state-machine';
import { foldTerms, newTerms, settleRequests } from './fold-terms.ts';
import { bookedOn, Folding, isNewLegInFlight, legOf, placeNewLeg, type FoldContext, type Folded } from './folding.ts';
import { toMs } from './time.ts';

/**
 * Folds one observation into the order. Idempotent and order-blind: any report may come late, twice or out of order;
 * the result is the same order. Filled size follows from executions alone; a claim of more is a question, not a fact.
 * An end is taken over only when its executions are complete, so that it is never shown with too little filled.
 */
export function fold(machine: OrderMachine, report: OrderReport, context: FoldContext): Folded {
  const folding = new Folding(machine, context);
  for (const fill of report.fills) foldFill(folding, fill);
  askForMissingFees(folding, report);
  if (report.order !== null) foldOrder(folding, report, report.order);
  return folding.result();
}

/**
 * Some streams tell executions without their fees: the exchange's lists have them, and are read at once. Only a look-up
 * answers that: an answer to something that was sent meanwhile does not, nor does a look-up that saw less than is booked.
 */
function askForMissingFees(folding: Folding, report: OrderReport): void {
  if (answersNothingOfFees(folding, report)) folding.askForFees();
}

function answersNothingOfFees(folding: Folding, report: OrderReport): boolean {
  switch (report.source) {
    case 'stream':
    case 'submit':
    case 'amend':
    case 'cancel':
      return true;
    case 'lookup':
      return isOlderThanBooked(folding, report.order);
    case 'open-list':
    case 'history':
    case 'fills':
      return false;
  }
}

function isOlderThanBooked(folding: Folding, seen: NormalizedOrder | null): boolean {
  if (seen === null || seen.filledSize === null) return false;
  const leg = legOf(folding.order, seen);
  return leg !== null && compare(seen.filledSize, bookedOn(folding.order, leg)) < 0;
}

function foldFill(folding: Folding, fill: NormalizedFill): void {
  const order = folding.order;
  const known = order.executions.find((execution) => execution.id === fill.tradeId);
  // Known, and nothing new of it: a stream may have told it without its fee.
  if (known !== undefined && (known.fee !== null || fill.fee === null)) return;
  const leg = legOf(order, fill);
  if (known === undefined && leg !== null && isNewLegInFlight(order, leg)) placeNewLeg(folding, leg, fill.orderId);
  const filled = sum([cumQty(folding.order), fill.size]);
  const size = folding.order.terms.size;
  folding.apply({
    type: size !== null && compare(filled, size) >= 0 ? 'Fill' : 'PartialFill',
    execution: {
      id: fill.tradeId,
      size: fill.size,
      price: fill.price,
      fee: fill.fee,
      liquidity: fill.liquidity,
      at: fill.executedAt,
      venueOrderId: fill.orderId,
    },
    ...(leg === null ? {} : { venueClientId: leg.venueClientId }),
  });
}

function foldOrder(folding: Folding, report: OrderReport, seen: NormalizedOrder): void {
  const leg = legOf(folding.order, seen);
  const current = currentLeg(folding.order);
  // An order without a leg was never sent by us as far as we know: the machine raises the alarm ("as SUBMITTED !").
  if (leg !== null && leg !== current) {
    askForMissingFills(folding, leg, report, seen);
    return;
  }
  switch (seen.status) {
    case 'PENDING':
    case 'OPEN':
      foldAlive(folding, report, seen);
      return;
    case 'FILLED':
      foldFilled(folding, report, seen);
      return;
    case 'CANCELLED':
    case 'EXPIRED':
      foldEnded(folding, report, seen);
      return;
    case 'FAILED':
      foldRejected(folding, seen);
      return;
  }
}

/** Returns true when the report claims executions that are not booked; then the exchange is asked for them. */
function askForMissingFills(folding: Folding, leg: Leg | null, report: OrderReport, seen: NormalizedOrder): boolean {
  if (leg === null) return false;
  if (seen.filledSize === null) {
    if (report.fillsComplete || seen.status === 'OPEN' || seen.status === 'PENDING') return false;
    folding.ask('the report does not say how much is filled');
    return true;
  }
  const fresh = folding.order.legs.find((candidate) => candidate.venueClientId === leg.venueClientId) ?? leg;
  const booked = bookedOn(folding.order, fresh);
  if (compare(booked, seen.filledSize) >= 0) return false;
  folding.ask(`the exchange says ${seen.filledSize} is filled, ${booked} is booked`);
  if (fresh === currentLeg(folding.order)) folding.apply({ type: 'Snapshot', filled: seen.filledSize });
  return true;
}

/**
 * An end that knows of less than the exchange said before is older than that word, wherever it was read: what would be
 * placed for the rest would be too much. So it is for as long as listings may lag; after that the newer word counts.
 */
function askForClaimedFills(folding: Folding, report: OrderReport): boolean {
  const leg = currentLeg(folding.order);
  if (leg?.claimed === undefined) return false;
  const { size, at } = leg.claimed;
  const booked = bookedOn(folding.order, leg);
  if (compare(booked, size) >= 0 || toMs(report.askedAt) > toMs(at) + folding.context.visibilityDelayMs) return false;
  folding.ask(`the exchange said that ${size} is filled, ${booked} is booked`);
  return true;
}

function foldAlive(folding: Folding, report: OrderReport, seen: NormalizedOrder): void {
  const order = folding.order;
  const leg = currentLeg(order);
  if (isTerminal(order)) {
    foldAliveAfterEnd(folding, report, seen, leg);
    return;
  }
  if (leg !== null && isNewLegInFlight(order, leg)) {
    placeNewLeg(folding, leg, seen.orderId);
  } else if (
    leg === null ||
    order.life === 'SUBMITTED' ||
    leg.phase !== 'live' ||
    !leg.venueOrderIds.includes(seen.orderId)
  ) {
    acknowledge(folding, seen);
  } else if (inDoubt(order) && isNewer(report, order.unknownSince)) {
    folding.apply({ type: 'Snapshot', restLives: true });
  }
  if (seen.working === true && !folding.order.working) folding.apply({ type: 'Activated', venueOrderId: seen.orderId });
  foldTerms(folding, report, seen);
  settleRequests(folding, report);
  askForMissingFills(folding, currentLeg(folding.order), report, seen);
}

function acknowledge(folding: Folding, seen: NormalizedOrder): void {
  folding.apply({
    type: 'Acknowledged',
    venueOrderId: seen.orderId,
    ...(folding.order.terms.size === null && seen.size !== null ? { size: seen.size } : {}),
    ...(seen.working === null ? {} : { working: seen.working }),
  });
}

/** A report asked after the doubt began can settle it; an older one can't. */
const isNewer = (report: OrderReport, since: string | null): boolean =>
  since === null || toMs(report.askedAt) >= toMs(since);

/**
 * The exchange shows as open what is over for us. FILLED may have been by a total that has been raised since. Otherwise
 * a question asked before the end was recorded, or within the time by which its listings lag, is late mail; a newer one
 * is a stray.
 */
function foldAliveAfterEnd(folding: Folding, report: OrderReport, seen: NormalizedOrder, leg: Leg | null): void {
  const order = folding.order;
  if (order.life === 'FILLED' && leg !== null && isNewLegInFlight(order, leg)) {
    placeNewLeg(folding, leg, seen.orderId);
    return;
  }
  if (order.life === 'FILLED' && leg?.phase === 'live' && !order.stray) {
    foldTerms(folding, report, seen);
    if (!isTerminal(folding.order)) settleRequests(folding, report);
    askForMissingFills(folding, currentLeg(folding.order), report, seen);
    return;
  }
  if (order.stray && order.requests.some((request) => request.forStray && isOpenRequest(request))) {
    settleRequests(folding, report);
    return;
  }
  const endedAt = leg?.endedAt ?? null;
  const lagMs = order.end?.saidBy === 'us' ? 0 : folding.context.visibilityDelayMs;
  if (endedAt !== null && toMs(report.askedAt) <= toMs(endedAt) + lagMs) return;
  const earlier = order.requests.filter((request) => request.forStray).length;
  folding.apply({ type: 'StrayFound', requestId: `stray-${seen.orderId}-${earlier + 1}`, venueOrderId: seen.orderId });
}

function foldFilled(folding: Folding, report: OrderReport, seen: NormalizedOrder): void {
  const before = folding.order;
  const leg = currentLeg(before);
  if (leg !== null && isNewLegInFlight(before, leg)) placeNewLeg(folding, leg, seen.orderId);
  else if (before.life === 'SUBMITTED' || leg === null) acknowledge(folding, seen);
  if (askForMissingFills(folding, currentLeg(folding.order), report, seen)) return;
  if (askForClaimedFills(folding, report)) return;
  endFilledStray(folding, report);
  foldTerms(folding, report, seen);
  const filled = cumQty(folding.order);
  // An order by cash amount, or one whose last fill came under another total: the exchange's word completes it.
  const completes = isPositive(filled) && (report.fillsComplete || seen.filledSize !== null);
  if (completes && !isTerminal(folding.order))
    folding.apply({ type: 'Restated', terms: { size: filled }, termsVersion: toMs(report.askedAt) });
  settleRequests(folding, report);
}

/** What was alive of an ended order is filled: its executions are booked, and nothing of it lives any more. */
function endFilledStray(folding: Folding, report: OrderReport): void {
  if (!folding.order.stray) return;
  folding.apply({
    type: 'OrderAbsent',
    evidence: {
      kind: 'seenWithout',
      detail: 'the stray was filled before its cancel',
      lookups: [report.askedAt],
      executionsComplete: true,
    },
  });
}

function foldEnded(folding: Folding, report: OrderReport, seen: NormalizedOrder): void {
  if (mayBeItsTime(folding.order, report, seen)) {
    folding.ask('the order ended, and the stream does not say whether its time was over');
    return;
  }
  if (askForMissingFills(folding, legForEnd(folding, seen), report, seen)) return;
  if (askForClaimedFills(folding, report)) return;
  foldTerms(folding, report, seen);
  finishLeg(folding, seen, endKind(folding.order, seen));
}

/** An end may be the first report of a leg: its id and terms must be known before executions and changes can be told. */
function legForEnd(folding: Folding, seen: NormalizedOrder): Leg | null {
  const leg = currentLeg(folding.order);
  // An adopted leg has its id from the beginning, and may not have been told as alive yet.
  const isNews = leg?.venueOrderIds.includes(seen.orderId) !== true || leg.phase === 'sent' || leg.phase === 'unknown';
  if (leg !== null && isNews && !isTerminal(folding.order)) {
    const filledMore = seen.filledSize !== null && compare(seen.filledSize, bookedOn(folding.order, leg)) > 0;
    if (isNewLegInFlight(folding.order, leg)) placeNewLeg(folding, leg, seen.orderId);
    else if (filledMore || newTerms(folding.order, leg, seen) !== null) acknowledge(folding, seen);
  }
  return currentLeg(folding.order);
}

interface EndKind {
  readonly type: 'Cancelled' | 'Expired';
  readonly reason: string | null;
}

const isCancelAsked = (order: OrderMachine): boolean =>
  order.requests.some(
    (request) => request.kind === 'cancel' && request.phase !== 'refused' && request.phase !== 'wanted',
  );

/** Some streams say "cancelled" of an order that the exchange ended at its time, and name no time in force: a look-up does. */
const mayBeItsTime = (order: OrderMachine, report: OrderReport, seen: NormalizedOrder): boolean =>
  report.source === 'stream' &&
  seen.status === 'CANCELLED' &&
  seen.timeInForce === null &&
  order.kind.timeInForce === 'GTT' &&
  !isTerminal(order) &&
  openReplaces(order).length === 0 &&
  !isCancelAsked(order);

/** A stop that waits for its trigger has no time in force yet: what ends it is the cancel that a change began with. */
const isChangedWhileItWaits = (order: OrderMachine): boolean => !order.working && openTwoSteps(order).length > 0;

/** Rule D3: "cancelled" that nobody asked for is the end by time in force, or the exchange's own doing. */
function endKind(order: OrderMachine, seen: NormalizedOrder): EndKind {
  if (seen.status === 'EXPIRED') return { type: 'Expired', reason: seen.reason ?? 'tif' };
  if (isCancelAsked(order) || isChangedWhileItWaits(order)) return { type: 'Cancelled', reason: seen.reason };
  const timed = order.kind.type === 'MARKET' || order.kind.timeInForce === 'IOC' || order.kind.timeInForce === 'FOK';
  if (timed) return { type: 'Expired', reason: 'tif' };
  return { type: 'Cancelled', reason: seen.reason ?? 'venue' };
}

function finishLeg(folding: Folding, seen: NormalizedOrder, end: EndKind): void {
  const order = folding.order;
  const leg = currentLeg(order);
  const twoStep = openReplaces(order).some((request) => request.how === 'TWO_STEP');
  const endsOnlyLeg = twoStep && openCancel(order) === null && end.type === 'Cancelled' && leg?.phase !== 'ended';
  if (endsOnlyLeg && !isTerminal(order)) {
    folding.apply({ type: 'LegEnded', reason: end.reason });
    return;
  }
  folding.apply({
    type: end.type,
    reason: end.reason,
    venueOrderId: seen.orderId,
    ...(leg === null ? {} : { venueClientId: leg.venueClientId }),
  });
}

function foldRejected(folding: Folding, seen: NormalizedOrder): void {
  const leg = currentLeg(folding.order);
  const reason = seen.reason ?? 'rejected by the exchange';
  if (leg !== null && isNewLegInFlight(folding.order, leg)) {
    folding.apply({ type: 'LegRefused', reason, venueClientId: leg.venueClientId });
    return;
  }
  folding.apply({ type: 'Rejected', reason, venueOrderId: seen.orderId });
}
