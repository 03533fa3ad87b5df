import { compare } from '@orderplane/domain';
import type { EventOf, TableEvent } from './cells.ts';
import { claimsMore, findRequest, newLegInFlight, newLegUnplaced, phaseOfLeg } from './draft.ts';
import { cumQtyAfter, raiseOpen } from './mail.ts';
import type { AbsenceEvidence, Leg, OrderMachine, OrderRequest, VenueProfile } from './model.ts';
import { currentLeg, noLegLives, openCancel, openTwoSteps, wishIsFilled } from './projections.ts';
import { cumQty } from './quantities.ts';

/** Which entry of the cell applies, counted from 0, or that the event is late (keep) or impossible (bug). */
export type Choice = 0 | 1 | 2 | 'keep' | 'bug';
export type Guard = (order: OrderMachine, event: TableEvent, profile: VenueProfile) => Choice;

const unless = (condition: boolean): Choice => (condition ? 0 : 'bug');
const second = (condition: boolean): Choice => (condition ? 1 : 0);

/** The guards that cells of the table name. */
export const GUARDS: Readonly<Record<string, Guard>> = {
  /** Second entry if no leg can be alive: then there is nothing at the venue to cancel. */
  nothingLives: (order) => second(noLegLives(order)),

  /** The one guard that prevents a second order: a leg is sent again only if it is proven absent, under the same id. */
  legAbsent: (order, event) => {
    const leg = currentLeg(order);
    return unless(leg?.phase === 'absent' && event.type === 'SubmitSent' && event.venueClientId === leg.venueClientId);
  },

  /** An order in doubt is never given up: its leg must be absent (first entry) or ended (second entry). */
  absentOrEnded: (order) => (phaseOfLeg(order) === 'absent' ? 0 : phaseOfLeg(order) === 'ended' ? 1 : 'bug'),
  mustNotLive: (order) => unless(noLegLives(order)),

  /** Second entry if the execution was busted before it arrived, or if it leaves nothing of a two-step replace to place. */
  booked: (order, event) => second(addsNothing(order, event) || fillsWish(order, event)),

  /** More than ordered is an alarm (first entry), unless a raise that was applied is yet to be reported. */
  raiseOpen: (order, event) => second(addsNothing(order, event) || raiseOpen(order)),

  /** Second entry if the quantity of an order by cash amount was not known before. */
  sizeLearned: (order, event) =>
    second(event.type === 'Acknowledged' && order.terms.size === null && event.size !== undefined),

  /** With several attempts sent, a refusal that does not name the acknowledged order may be that of another attempt. */
  whichAttempt: (order, event) => {
    const leg = currentLeg(order);
    const named = event.type === 'Rejected' && leg?.venueOrderIds.includes(event.venueOrderId ?? '');
    return second(leg !== null && leg.attempts > 1 && named !== true);
  },

  /** Second entry if a new leg was sent and has shown no sign of life. */
  newLeg: (order) => second(newLegUnplaced(order)),

  /** Second entry if the rest was in doubt and the venue shows it, or says that more is filled than it ever did. */
  saysMore: (order, event) =>
    second(event.type === 'Snapshot' && ((event.restLives === true && order.restInDoubt) || claimsMore(order, event))),

  /** A request is sent only from `wanted`; after the order is over only the cancel of a stray, or a re-opening. */
  wanted: (order, event) => {
    if (event.type !== 'CancelSent' && event.type !== 'ReplaceSent') return 'bug';
    const request = findRequest(order, event.requestId);
    if (request?.phase !== 'wanted') return 'bug';
    if (event.type === 'ReplaceSent')
      return unless(request.kind === 'replace' && !(event.how === 'TWO_STEP' && newLegInFlight(order)));
    const alive = order.life === 'SUBMITTED' || order.life === 'ACKNOWLEDGED' || order.life === 'PARTIALLY_FILLED';
    return unless(request.kind === 'cancel' && (alive || request.forStray));
  },

  /** Second entry if the venue does not know an order that it had acknowledged: it probably ended unseen. */
  orderUnknown: (order, event) => {
    if (event.type !== 'CancelRejected' && event.type !== 'ReplaceRejected') return 0;
    const request = findRequest(order, event.requestId);
    return second(request !== undefined && request.how !== 'TWO_STEP' && event.refusal === 'UNKNOWN_ORDER');
  },

  /** Second entry if the request is the cancel of a stray. */
  ofStray: (order, event) => {
    const request = 'requestId' in event && event.requestId !== null ? findRequest(order, event.requestId) : undefined;
    return second(request?.forStray === true);
  },

  cancelOpen: (order) => second(openCancel(order) !== null),

  /** Second entry if the venue re-opens filled orders, the total asks for more, and no end stands. */
  reopens: (order, event, profile) => {
    const wished = event.type === 'ReplaceRequested' ? event.terms.size : null;
    const open = profile.reopensFilled && order.end === null;
    return second(open && wished !== null && compare(wished, cumQty(order)) > 0);
  },

  /** Second entry if the wished total is not above what is filled: nothing is left to place. */
  nothingLeft: (order) => second(wishIsFilled(order, cumQty(order))),

  /** A new leg is sent only in a replace in two steps, after the proven end of the old one, under an id of its own. */
  oldLegOver: (order, event) => {
    const leg = currentLeg(order);
    if (event.type !== 'LegSent' || leg === null || openTwoSteps(order).length === 0) return 'bug';
    if (leg.phase === 'absent' && leg.venueClientId === event.venueClientId) return 0;
    return unless(noLegLives(order) && order.legs.every((old) => old.venueClientId !== event.venueClientId));
  },

  known: (order, event) => unless('requestId' in event && findRequest(order, event.requestId ?? '') !== undefined),

  /** Absence proven: the leg may be sent again (first), or a cancel is open or the order had lived: it is over. */
  absenceProven: (order, event) => {
    const leg = currentLeg(order);
    if (event.type !== 'OrderAbsent' || leg === null) return 'bug';
    if (leg.phase === 'absent' || leg.phase === 'ended') return 'keep';
    if (leg.phase === 'live')
      return event.evidence.kind === 'provenAbsent' && provesOrderAbsent(event.evidence, leg) ? 2 : 'bug';
    if (!provesOrderAbsent(event.evidence, leg)) return 'bug';
    return second(openCancel(order) !== null);
  },

  /** Second entry if a stray is over, or a new leg that was in flight when the order filled. */
  strayAbsent: (order, event) => {
    const leg = currentLeg(order);
    if (leg === null || order.life !== 'FILLED' || !newLegInFlight(order)) return second(order.stray);
    return event.type === 'OrderAbsent' && provesOrderAbsent(event.evidence, leg) ? 1 : 'bug';
  },

  provenUnapplied: (order, event) => {
    const request = event.type === 'RequestAbsent' ? findRequest(order, event.requestId) : undefined;
    if (event.type !== 'RequestAbsent' || request === undefined) return 'bug';
    if (request.phase === 'wanted' || isPastFirstStep(order, request)) return 'keep';
    return unless(provesRequestAbsent(event.evidence, request));
  },
};

/** The old leg of a replace in two steps is over: answers to the first step are late. */
export const isPastFirstStep = (order: Pick<OrderMachine, 'legs'>, request: OrderRequest): boolean =>
  request.how === 'TWO_STEP' && (phaseOfLeg(order) === 'ended' || newLegUnplaced(order));

const isFill = (event: TableEvent): event is EventOf<'PartialFill' | 'Fill'> =>
  event.type === 'PartialFill' || event.type === 'Fill';

const addsNothing = (order: OrderMachine, event: TableEvent): boolean =>
  isFill(event) && compare(cumQtyAfter(order, event), cumQty(order)) === 0;

const fillsWish = (order: OrderMachine, event: TableEvent): boolean =>
  isFill(event) && phaseOfLeg(order) === 'ended' && wishIsFilled(order, cumQtyAfter(order, event));

const latest = (instants: readonly string[]): number => Math.max(...instants.map((instant) => Date.parse(instant)));

/**
 * Never sent is a proof of its own. Otherwise: two look-ups that covered every place, the last one after the instant at
 * which the venue could no longer accept the newest attempt, and no execution under the id.
 */
function provesOrderAbsent(evidence: AbsenceEvidence, leg: Leg): boolean {
  if (evidence.kind === 'notSent') return true;
  if (evidence.kind !== 'provenAbsent' || !evidence.executionsComplete || evidence.lookups.length < 2) return false;
  return latest(evidence.lookups) > Date.parse(leg.deadlineAt);
}

/** Never sent, or the order was seen without its effect after the instant at which the venue could still apply it. */
function provesRequestAbsent(evidence: AbsenceEvidence, request: OrderRequest): boolean {
  if (evidence.kind === 'notSent') return true;
  if (evidence.lookups.length === 0) return false;
  return request.deadlineAt === null || latest(evidence.lookups) > Date.parse(request.deadlineAt);
}
