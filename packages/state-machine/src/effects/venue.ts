import type { EventOf } from '../cells.ts';
import {
  changeCurrentLeg,
  claimsMore,
  closeRequests,
  confirmTerms,
  markLive,
  newLegUnplaced,
  phaseOfLeg,
} from '../draft.ts';
import type { Draft } from '../draft.ts';
import { closeByEnd, endOf } from '../ends.ts';
import { strayCancel } from '../projections.ts';

export function acknowledged(draft: Draft, event: EventOf<'Acknowledged'>): void {
  if (!newLegUnplaced(draft)) markLive(draft);
  if (event.working !== undefined) draft.working = event.working;
  // Only an order by cash amount learns its quantity here; what was ordered stands otherwise.
  if (draft.terms.size === null && event.size !== undefined) confirmTerms(draft, { size: event.size });
}

export function activated(draft: Draft): void {
  if (!newLegUnplaced(draft)) markLive(draft);
  draft.working = true;
}

/** An order with this id exists: it has to be found. */
export function duplicateId(draft: Draft): void {
  const phase = phaseOfLeg(draft);
  if (phase === 'sent' || phase === 'absent') changeCurrentLeg(draft, { phase: 'unknown' });
}

/**
 * An end beside the one that stands: it closes a stray. In FILLED it is remembered, so that a bust leads there, and it
 * answers the open requests. On a living order the table ends it, and there is nothing else to do.
 */
export function endReported(draft: Draft, event: EventOf<'Cancelled' | 'Expired'>): void {
  if (draft.stray) closeStray(draft, event.type === 'Cancelled' ? 'applied' : 'overtaken');
  if (draft.life !== 'FILLED') return;
  const kind = event.type === 'Cancelled' ? 'CANCELLED' : 'EXPIRED';
  draft.end ??= endOf(draft, kind, event);
  closeByEnd(draft, kind);
}

export function closeStray(draft: Draft, phase: 'applied' | 'overtaken'): void {
  draft.stray = false;
  const cancel = strayCancel(draft);
  if (cancel !== null) closeRequests(draft, phase, (request) => request.id === cancel.id);
  if (draft.life === 'FILLED' && phaseOfLeg(draft) === 'live') changeCurrentLeg(draft, { phase: 'ended' });
}

export function snapshot(draft: Draft, event: EventOf<'Snapshot'>): void {
  if (event.restLives === true) draft.restInDoubt = false;
  if (event.filled !== undefined && claimsMore(draft, event))
    changeCurrentLeg(draft, { claimed: { size: event.filled, at: event.at } });
}
