import { compare } from '@orderplane/domain';
import type { DecimalString } from '@orderplane/domain';
import { newLegInFlight, newLegUnplaced, findRequest, sizeIfLive } from './draft.ts';
import type { EventOf, TableEvent } from './cells.ts';
import { book, knows, knowsCorrection } from './executions.ts';
import type { Leg, OrderMachine, OrderRequest } from './model.ts';
import {
  currentLeg,
  hasEnded,
  isActive,
  isOpenRequest,
  openCancel,
  openTwoSteps,
  ownCancel,
  wishIsFilled,
} from './projections.ts';
import { cumQty, isComplete } from './quantities.ts';

/**
 * What is settled before the table is asked: has this been seen before, does it answer a request that is closed, and
 * of which leg does it speak? Gives the events to apply, in order; none where the mail is known, late or of an old leg.
 */
export function sortMail(order: OrderMachine, event: TableEvent): readonly TableEvent[] {
  switch (event.type) {
    case 'PartialFill':
    case 'Fill':
      return sortFill(order, event);
    case 'FillBusted':
    case 'FillCorrected':
      return knowsCorrection(order, event) ? [] : [event];
    case 'Acknowledged':
      return speaksOfNewLeg(order, event) ? [placed(order, event), event] : [event];
    case 'Rejected':
      return sortRejected(order, event);
    case 'Cancelled':
    case 'Expired':
      return sortEnd(order, event);
    case 'LegEnded':
      return sortLegEnded(order, event);
    case 'LegPlaced':
      return speaksOfOldLeg(order, event) || currentLeg(order)?.phase === 'live' || isOverWhileAlive(order)
        ? []
        : [event];
    case 'LegRefused':
      return speaksOfOldLeg(order, event) || !newLegUnplaced(order) ? [] : [event];
    case 'CancelRequested':
      return findRequest(order, event.requestId) || (isActive(order) && ownCancel(order)) ? [] : [event];
    case 'ReplaceRequested':
    case 'TimedOut':
      return findRequest(order, event.requestId) ? [] : [event];
    case 'CancelPending':
    case 'CancelRejected':
      return answersNothing(order, event.requestId, 'cancel') ? [] : [event];
    case 'ReplacePending':
    case 'ReplaceRejected':
      return answersNothing(order, event.requestId, 'replace') ? [] : [event];
    case 'RequestUnknown':
    case 'RequestAbsent':
      return answersNothing(order, event.requestId) ? [] : [event];
    case 'Replaced':
      return isDecided(order, event) ? [] : [event];
    case 'Triggered':
      return (event.darkVersion ?? order.darkVersion) < order.darkVersion ? [] : [event];
    default:
      return [event];
  }
}

/** Complete or partial is decided by quantities, not by the word of the report. */
export function classify(order: OrderMachine, event: TableEvent): TableEvent {
  if (event.type !== 'PartialFill' && event.type !== 'Fill') return event;
  const type = isComplete(cumQtyAfter(order, event), sizeIfLive(order)) ? 'Fill' : 'PartialFill';
  return event.type === type ? event : { ...event, type };
}

/** What is filled with this execution, once busts and corrections that came before it have taken effect. */
export const cumQtyAfter = (order: OrderMachine, event: EventOf<'PartialFill' | 'Fill'>): DecimalString =>
  cumQty(book(order, event.execution));

function sortFill(order: OrderMachine, event: EventOf<'PartialFill' | 'Fill'>): readonly TableEvent[] {
  if (knows(order, event.execution.id)) return [];
  const ids = { ...event, venueOrderId: event.execution.venueOrderId };
  return speaksOfNewLeg(order, ids) ? [placed(order, ids), event] : [event];
}

/** A refusal while a new leg is in flight is its refusal, unless the mail names another leg. */
function sortRejected(order: OrderMachine, event: EventOf<'Rejected'>): readonly TableEvent[] {
  if (speaksOfOldLeg(order, event)) return [];
  const leg = currentLeg(order);
  if (leg === null || !newLegInFlight(order) || hasEnded(order)) return [event];
  return [{ type: 'LegRefused', reason: event.reason, venueClientId: leg.venueClientId, ...stamp(event) }];
}

/**
 * Ends of older legs and of superseded venue ids change nothing. The end of a new leg proves that it was placed. While
 * a replace in two steps is open and no cancel is, "cancelled" ends the leg and not the order; whoever reports it has
 * seen to it that the leg's executions are complete.
 */
function sortEnd(order: OrderMachine, event: EventOf<'Cancelled' | 'Expired'>): readonly TableEvent[] {
  if (hasEnded(order)) return [event];
  if (speaksOfNewLeg(order, event)) return [placed(order, event), event];
  // Whatever it speaks of: nothing else of an order that is over can be alive.
  if (order.stray) return [event];
  if (speaksOfOldLeg(order, event) || isSuperseded(order, event.venueOrderId) || newLegUnplaced(order)) return [];
  const endsOnlyLeg = event.type === 'Cancelled' && openTwoSteps(order).length > 0 && openCancel(order) === null;
  if (!endsOnlyLeg) return [event];
  const legEnded: TableEvent = { type: 'LegEnded', reason: event.reason, ...stamp(event) };
  // Nothing is left to place: the end of the leg is that of the order too, as it will be when it is told again.
  const isOver = order.life === 'FILLED' || wishIsFilled(order, cumQty(order));
  return isOver ? [legEnded, event] : [legEnded];
}

/** With a cancel open, the end of the leg is the end of the order. Without a replace in two steps it is late. */
function sortLegEnded(order: OrderMachine, event: EventOf<'LegEnded'>): readonly TableEvent[] {
  if (hasEnded(order) || order.legs.length === 0) return [event];
  const named = event.venueClientId !== undefined;
  if (openTwoSteps(order).length === 0 || speaksOfOldLeg(order, event) || (!named && newLegUnplaced(order))) return [];
  if (openCancel(order) === null || order.life === 'FILLED') return [event];
  return [{ type: 'Cancelled', reason: event.reason, ...stamp(event) }];
}

interface Ids {
  readonly venueClientId?: string | undefined;
  readonly venueOrderId?: string | null | undefined;
}

const stamp = ({ at, source }: TableEvent): Pick<TableEvent, 'at' | 'source'> => ({ at, source });

/** The leg that the ids of a report name; null when they name none that is known. */
export function legOfMail(order: OrderMachine, ids: Ids): Leg | null {
  const { venueClientId, venueOrderId } = ids;
  if (venueOrderId !== undefined && venueOrderId !== null) {
    const leg = order.legs.find((candidate) => candidate.venueOrderIds.includes(venueOrderId));
    if (leg !== undefined) return leg;
  }
  return order.legs.find((candidate) => candidate.venueClientId === venueClientId) ?? null;
}

function speaksOfOldLeg(order: OrderMachine, ids: Ids): boolean {
  const leg = legOfMail(order, ids);
  return leg !== null && leg !== currentLeg(order);
}

/** A sign of life of a leg in flight, recognised by its client id or by a venue id that no older leg has. */
function speaksOfNewLeg(order: OrderMachine, ids: Ids): boolean {
  if (!newLegUnplaced(order) || hasEnded(order)) return false;
  const leg = legOfMail(order, ids);
  return leg === null ? typeof ids.venueOrderId === 'string' : leg === currentLeg(order);
}

function placed(order: OrderMachine, event: Ids & Pick<TableEvent, 'at' | 'source'>): TableEvent {
  return {
    type: 'LegPlaced',
    venueOrderId: event.venueOrderId ?? null,
    venueClientId: currentLeg(order)?.venueClientId ?? '',
    at: event.at,
    source: event.source,
  };
}

const isSuperseded = (order: OrderMachine, venueOrderId: string | null | undefined): boolean =>
  typeof venueOrderId === 'string' && (currentLeg(order)?.venueOrderIds.slice(0, -1).includes(venueOrderId) ?? false);

/** The last leg of an active order ended: nothing new was sent that could have been placed. */
const isOverWhileAlive = (order: OrderMachine): boolean => isActive(order) && currentLeg(order)?.phase === 'ended';

/** The request is closed, or of another kind. An answer to an unknown one may be about another screen's. */
function answersNothing(order: OrderMachine, requestId: string, kind?: OrderRequest['kind']): boolean {
  const request = findRequest(order, requestId);
  return request !== undefined && (!isOpenRequest(request) || request.kind !== (kind ?? request.kind));
}

/** A replace that was overtaken by the order's end may still turn out to have been applied. */
function isDecided(order: OrderMachine, event: EventOf<'Replaced'>): boolean {
  const request = event.requestId === null ? undefined : findRequest(order, event.requestId);
  return request !== undefined && (request.phase === 'applied' || request.phase === 'refused');
}

/** True when a fill takes the order beyond its size although a raise is on its way. */
export const raiseOpen = (order: OrderMachine): boolean =>
  order.requests.some((request) => {
    const wished = request.terms?.size ?? null;
    return (
      request.kind === 'replace' &&
      isOpenRequest(request) &&
      wished !== null &&
      order.terms.size !== null &&
      compare(wished, order.terms.size) > 0
    );
  });
