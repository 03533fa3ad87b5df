import { compare, maximum, minimum } from '@orderplane/domain';
import type { DecimalString, OrderType } from '@orderplane/domain';
import type { Leg, LegPhase, MachineEvent, OrderMachine, OrderRequest, OrderTerms, VenueProfile } from './model.ts';
import { currentLeg, isOpenRequest, openReplaces } from './projections.ts';
import { cumQty } from './quantities.ts';

/**
 * An order in the middle of a transition. Its fields may be replaced, what they hold may not: the order before stays
 * as it was. Effects change every field but `life`, which only the interpreter sets, as the table says.
 */
export type Draft = { -readonly [Key in keyof OrderMachine]: OrderMachine[Key] };

export interface Context {
  readonly profile: VenueProfile;
  /** Tells an operator and has the venue asked, beyond what the table's cell says. */
  readonly alarm: (reason: string) => void;
}

export type TermsPatch = { readonly [Key in keyof OrderTerms]?: OrderTerms[Key] | undefined };

/** Terms with the given values over the old ones, in a fixed key order. */
export const mergeTerms = (old: OrderTerms, patch: TermsPatch): OrderTerms => ({
  size: patch.size === undefined ? old.size : patch.size,
  quoteSize: patch.quoteSize === undefined ? old.quoteSize : patch.quoteSize,
  price: patch.price === undefined ? old.price : patch.price,
  stopPrice: patch.stopPrice === undefined ? old.stopPrice : patch.stopPrice,
});

const sameTerms = (a: OrderTerms, b: OrderTerms): boolean =>
  a.size === b.size && a.quoteSize === b.quoteSize && a.price === b.price && a.stopPrice === b.stopPrice;

/** Takes over confirmed values. A total below what is filled means "stop executing": it becomes what is filled. */
export function confirmTerms(draft: Draft, patch: TermsPatch): void {
  const filled = cumQty(draft);
  const stated = patch.size ?? null;
  const raised = stated !== null && compare(stated, filled) < 0;
  const terms = mergeTerms(draft.terms, raised ? { ...patch, size: filled } : patch);
  if (!sameTerms(terms, draft.terms)) draft.terms = terms;
  if (stated !== null) draft.raisedFrom = raised ? stated : null;
}

/** After a bust or correction a raised total falls back with what is filled, at most to what was confirmed. */
export function lowerRaised(draft: Draft): void {
  const { raisedFrom, terms } = draft;
  if (raisedFrom === null || terms.size === null) return;
  const size = maximum(raisedFrom, minimum(terms.size, cumQty(draft)));
  if (size !== terms.size) draft.terms = mergeTerms(terms, { size });
  if (size === raisedFrom) draft.raisedFrom = null;
}

export const findRequest = (order: Pick<OrderMachine, 'requests'>, id: string): OrderRequest | undefined =>
  order.requests.find((request) => request.id === id);

/** Replaces the requests for which `change` gives another object. */
export function changeRequests(draft: Draft, change: (request: OrderRequest) => OrderRequest): void {
  const changed = draft.requests.map(change);
  if (changed.some((request, index) => request !== draft.requests[index])) draft.requests = changed;
}

export const changeRequest = (draft: Draft, id: string, patch: Partial<OrderRequest>): void =>
  changeRequests(draft, (request) =>
    request.id === id && differs(request, patch) ? { ...request, ...patch } : request,
  );

const differs = (request: OrderRequest, patch: Partial<OrderRequest>): boolean =>
  (Object.keys(patch) as (keyof OrderRequest)[]).some((key) => request[key] !== patch[key]);

/** Closes the open requests that `select` names. Closed ones are never opened again. */
export function closeRequests(
  draft: Draft,
  phase: 'applied' | 'refused' | 'overtaken',
  select: (request: OrderRequest) => boolean,
  reason?: string,
): void {
  changeRequests(draft, (request) =>
    isOpenRequest(request) && select(request) ? { ...request, phase, reason: reason ?? request.reason } : request,
  );
}

type NewRequest = Pick<OrderRequest, 'id' | 'kind' | 'generation' | 'phase' | 'by' | 'terms' | 'reason'> &
  Partial<Pick<OrderRequest, 'forStray'>>;

export function openRequest(draft: Draft, at: string, given: NewRequest): void {
  const request: OrderRequest = {
    id: given.id,
    kind: given.kind,
    generation: given.generation,
    phase: given.phase,
    by: given.by,
    forStray: given.forStray ?? false,
    terms: given.terms === null ? null : mergeTerms(given.terms, {}),
    how: null,
    reason: given.reason,
    requestedAt: at,
    sentAt: null,
    deadlineAt: null,
  };
  draft.requests = [...draft.requests, request];
}

/** An id for a request that the machine makes up itself: the same on every replay, and used by no other request. */
export function derivedId(order: Pick<OrderMachine, 'requests'>, base: string): string {
  const root = base.split('#')[0] ?? base;
  const used = order.requests.filter((request) => request.id.split('#')[0] === root).length;
  return `${root}#${used + 1}`;
}

export const phaseOfLeg = (order: Pick<OrderMachine, 'legs'>): LegPhase | 'none' => currentLeg(order)?.phase ?? 'none';

export function changeLeg(draft: Draft, index: number, patch: Partial<Leg>): void {
  draft.legs = draft.legs.map((leg, position) => (position === index ? { ...leg, ...patch } : leg));
}

export const changeCurrentLeg = (draft: Draft, patch: Partial<Leg>): void =>
  changeLeg(draft, draft.legs.length - 1, patch);

/** The venue says that more of the current leg is filled than it ever did. */
export function claimsMore(
  { legs }: Pick<OrderMachine, 'legs'>,
  { filled }: { readonly filled?: DecimalString },
): boolean {
  const leg = currentLeg({ legs });
  return filled !== undefined && leg !== null && compare(filled, leg.claimed?.size ?? '0') > 0;
}

/** A stop waits for its trigger first. */
export const worksAtOnce = (type: OrderType): boolean => type === 'MARKET' || type === 'LIMIT';

export function sentLeg(
  terms: OrderTerms,
  sent: { readonly venueClientId: string; readonly deadlineAt: string },
  event: MachineEvent,
): Leg {
  return {
    venueClientId: sent.venueClientId,
    phase: 'sent',
    venueOrderIds: [],
    size: terms.size,
    quoteSize: terms.quoteSize,
    price: terms.price,
    stopPrice: terms.stopPrice,
    attempts: 1,
    sentAt: event.at,
    deadlineAt: sent.deadlineAt,
    endedAt: null,
  };
}

/** A leg of a replace in two steps that was sent, and of which no sign of life has come. */
export const newLegUnplaced = (order: Pick<OrderMachine, 'legs'>): boolean =>
  order.legs.length > 1 && ['sent', 'unknown', 'absent'].includes(phaseOfLeg(order));

/** The same, and it may be at the venue. */
export const newLegInFlight = (order: Pick<OrderMachine, 'legs'>): boolean =>
  newLegUnplaced(order) && phaseOfLeg(order) !== 'absent';

/** The venue has the current leg. What went out with a new attempt of a leg that was absent is thereby applied. */
export function markLive(draft: Draft): void {
  if (draft.end !== null || !['sent', 'unknown', 'absent'].includes(phaseOfLeg(draft))) return;
  changeCurrentLeg(draft, { phase: 'live' });
  const carried = openReplaces(draft).findLast((request) => request.how === 'RESUBMIT');
  if (carried === undefined || carried.terms === null) return;
  closeRequests(draft, 'applied', (request) => request.how === 'RESUBMIT');
  confirmTerms(draft, carried.terms);
}

/** Size that is confirmed once the current leg shows a sign of life: what its newest attempt carried. */
export const sizeIfLive = (order: Pick<OrderMachine, 'requests' | 'terms'>): DecimalString | null =>
  openReplaces(order).findLast((request) => request.how === 'RESUBMIT')?.terms?.size ?? order.terms.size;
