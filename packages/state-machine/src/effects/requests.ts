import { subtract } from '@orderplane/domain';
import type { OrderState } from '@orderplane/domain';
import type { EventOf } from '../cells.ts';
import {
  changeCurrentLeg,
  changeRequest,
  closeRequests,
  confirmTerms,
  derivedId,
  findRequest,
  markLive,
  newLegUnplaced,
  openRequest,
  phaseOfLeg,
} from '../draft.ts';
import type { Draft } from '../draft.ts';
import { isPastFirstStep } from '../guards.ts';
import type { OrderRequest } from '../model.ts';
import { currentLeg, filledOfLeg, isActive } from '../projections.ts';
import { cumQty } from '../quantities.ts';

export function cancelRequested(draft: Draft, event: EventOf<'CancelRequested'>): void {
  openRequest(draft, event.at, {
    id: event.requestId,
    kind: 'cancel',
    generation: event.generation,
    phase: 'wanted',
    by: event.by,
    terms: null,
    reason: event.reason ?? null,
  });
}

const UNSENT_STATES: readonly OrderState[] = ['CREATED', 'VALIDATED', 'DARK_OPEN', 'TRIGGERED'];

/** Before anything is at the venue a change is applied at once, as a new version; afterwards it is a wish. */
export function replaceRequested(draft: Draft, event: EventOf<'ReplaceRequested'>): void {
  const unsent = UNSENT_STATES.includes(draft.life);
  openRequest(draft, event.at, {
    id: event.requestId,
    kind: 'replace',
    generation: event.generation,
    phase: unsent ? 'applied' : 'wanted',
    by: event.by,
    terms: event.terms,
    reason: null,
  });
  if (!unsent) return;
  confirmTerms(draft, event.terms);
  draft.darkVersion += 1;
}

export function cancelSent(draft: Draft, event: EventOf<'CancelSent'>): void {
  changeRequest(draft, event.requestId, { phase: 'sent', sentAt: event.at, deadlineAt: event.deadlineAt });
}

export function replaceSent(draft: Draft, event: EventOf<'ReplaceSent'>): void {
  changeRequest(draft, event.requestId, {
    phase: 'sent',
    how: event.how,
    sentAt: event.at,
    deadlineAt: event.deadlineAt,
  });
}

/** The venue is deciding. A request that nobody here made is a foreign one: another screen. */
export function requestPending(draft: Draft, event: EventOf<'CancelPending' | 'ReplacePending'>): void {
  if (findRequest(draft, event.requestId) === undefined)
    noteForeign(draft, event, event.type === 'CancelPending' ? 'cancel' : 'replace', 'pending');
  else changeRequest(draft, event.requestId, { phase: 'pending' });
  // Whoever decides about a request knows the order: it must not be sent again.
  const phase = phaseOfLeg(draft);
  if (draft.life === 'SUBMITTED' && (phase === 'unknown' || phase === 'absent'))
    changeCurrentLeg(draft, { phase: 'sent' });
}

/** A request of another screen. One that is decided is kept too, so that its late "pending" does not open it again. */
function noteForeign(
  draft: Draft,
  event: { readonly requestId: string; readonly at: string },
  kind: OrderRequest['kind'],
  phase: 'pending' | 'applied' | 'refused',
): void {
  openRequest(draft, event.at, {
    id: event.requestId,
    kind,
    generation: 0,
    phase,
    by: 'foreign',
    terms: null,
    reason: null,
  });
}

export function requestRejected(draft: Draft, event: EventOf<'CancelRejected' | 'ReplaceRejected'>): void {
  const request = findRequest(draft, event.requestId);
  if (request === undefined) {
    noteForeign(draft, event, event.type === 'CancelRejected' ? 'cancel' : 'replace', 'refused');
    return;
  }
  if (request.how === 'TWO_STEP' && isActive(draft)) {
    if (isPastFirstStep(draft, request)) return;
    if (event.refusal === 'UNKNOWN_ORDER' || event.refusal === 'TOO_LATE') {
      changeRequest(draft, request.id, { phase: 'unknown' });
      return;
    }
  }
  closeRequests(draft, 'refused', ({ id }) => id === request.id, event.reason);
  if (draft.life === 'SUBMITTED') afterEarlyRefusal(draft, request, event);
  else if (isActive(draft) && event.refusal === 'UNKNOWN_ORDER') draft.restInDoubt = true;
}

/**
 * "Unknown order" right after an unconfirmed submit proves nothing: the wish stays, as a new request. Any other reason
 * means that the venue seems to know the order: the leg has to be found.
 */
function afterEarlyRefusal(
  draft: Draft,
  request: OrderRequest,
  event: EventOf<'CancelRejected' | 'ReplaceRejected'>,
): void {
  if (event.refusal !== 'UNKNOWN_ORDER') {
    if (phaseOfLeg(draft) === 'sent') changeCurrentLeg(draft, { phase: 'unknown' });
    return;
  }
  if (request.by === 'foreign') return;
  openRequest(draft, event.at, { ...request, id: derivedId(draft, request.id), phase: 'wanted' });
}

/**
 * The venue confirms new values: those it states, else those that were wished. The venue's order of changes decides
 * what is newer, else the order in which we asked; older values never overwrite newer ones.
 */
export function replaced(draft: Draft, event: EventOf<'Replaced'>): void {
  const index = draft.requests.findIndex(({ id, kind }) => id === event.requestId && kind === 'replace');
  const request = draft.requests[index];
  if (!newLegUnplaced(draft)) markLive(draft);
  const laterApplied = draft.requests.slice(index + 1).some(isAppliedReplace);
  const older =
    event.termsVersion === undefined ? request !== undefined && laterApplied : event.termsVersion < draft.termsVersion;
  if (request !== undefined) changeRequest(draft, request.id, { phase: 'applied' });
  else if (event.requestId !== null && findRequest(draft, event.requestId) === undefined)
    noteForeign(draft, { requestId: event.requestId, at: event.at }, 'replace', 'applied');
  if (!older) {
    // Where nobody wished and nothing is stated, nothing is confirmed: a total raised to the fills stays so on a repeat.
    confirmTerms(draft, { ...request?.terms, ...definedOf(event.terms) });
    if (request?.how !== 'TWO_STEP') amendLeg(draft);
    if (event.termsVersion !== undefined) draft.termsVersion = event.termsVersion;
  }
  if (typeof event.venueOrderId === 'string' && !older) promoteId(draft, event.venueOrderId);
}

export function restated(draft: Draft, event: EventOf<'Restated'>): void {
  if (!newLegUnplaced(draft)) markLive(draft);
  if (event.termsVersion !== undefined) {
    if (event.termsVersion < draft.termsVersion) return;
    draft.termsVersion = event.termsVersion;
  }
  confirmTerms(draft, event.terms);
  amendLeg(draft);
}

/** Changed in place: the leg that lives carries the confirmed values, less what the legs before it filled. */
function amendLeg(draft: Draft): void {
  const leg = currentLeg(draft);
  if (leg === null || leg.phase !== 'live') return;
  const { size, price, stopPrice } = draft.terms;
  const before = subtract(cumQty(draft), filledOfLeg(draft, leg));
  changeCurrentLeg(draft, { size: size === null ? null : subtract(size, before), price, stopPrice });
}

const isAppliedReplace = (request: OrderRequest): boolean =>
  request.kind === 'replace' && request.phase === 'applied' && request.how !== null;

const definedOf = <T extends object>(patch: T): T =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as T;

/** The venue's new id of the current leg; the ids before it are superseded and still lead here. Never that of an older leg. */
function promoteId(draft: Draft, venueOrderId: string): void {
  const ids = draft.legs.at(-1)?.venueOrderIds ?? [];
  if (draft.legs.length === 0 || ids.at(-1) === venueOrderId) return;
  if (draft.legs.slice(0, -1).some((leg) => leg.venueOrderIds.includes(venueOrderId))) return;
  changeCurrentLeg(draft, { venueOrderIds: [...ids.filter((id) => id !== venueOrderId), venueOrderId] });
}

export function requestUnknown(draft: Draft, event: EventOf<'RequestUnknown'>): void {
  if (findRequest(draft, event.requestId)?.phase === 'sent')
    changeRequest(draft, event.requestId, { phase: 'unknown' });
}

/** Proven not applied: wanted again. What the venue confirmed as pending, and what came after the fill, is refused. */
export function requestAbsent(draft: Draft, event: EventOf<'RequestAbsent'>): void {
  const request = findRequest(draft, event.requestId);
  if (request === undefined) return;
  const refused = request.phase === 'pending' || (draft.life === 'FILLED' && !request.forStray);
  if (refused) closeRequests(draft, 'refused', ({ id }) => id === request.id, event.evidence.detail);
  else if (request.phase !== 'wanted') changeRequest(draft, request.id, UNSENT);
}

export const UNSENT = { phase: 'wanted', how: null, sentAt: null, deadlineAt: null } as const;
