import type { OrderState } from '@orderplane/domain';
import type { TableEvent } from './cells.ts';
import { changeCurrentLeg, closeRequests, derivedId, findRequest, openRequest, phaseOfLeg } from './draft.ts';
import type { Context, Draft } from './draft.ts';
import type { OrderEnd } from './model.ts';
import { currentLeg, hasEnded, isTerminal, openCancel, strayCancel } from './projections.ts';

const isEnd = (state: OrderState): state is OrderEnd['kind'] => hasEnded({ life: state });

/** Enters the state that the table gives, with what entering it does to requests, rest and leg. */
export function enter(draft: Draft, target: OrderState, event: TableEvent, context: Context): void {
  const from = draft.life;
  if (isEnd(target)) draft.end ??= endOf(draft, target, event);
  draft.life = target;
  if (from === target) return;
  if (isEnd(target)) {
    closeByEnd(draft, target);
    draft.restInDoubt = false;
    endLeg(draft, event.at);
  } else if (target === 'FILLED') {
    closeRequests(draft, 'overtaken', (request) => request.phase === 'wanted' && !request.forStray);
    draft.restInDoubt = false;
    if (phaseOfLeg(draft) === 'live') changeCurrentLeg(draft, { endedAt: event.at });
  } else if (from === 'FILLED') {
    if (phaseOfLeg(draft) === 'live') changeCurrentLeg(draft, { endedAt: null });
    // Where the venue does not put busted quantity back into its book, only a question tells whether the rest lives.
    const taken = event.type === 'FillBusted' || event.type === 'FillCorrected';
    if (taken && !context.profile.bustReopens) draft.restInDoubt = true;
  }
}

/** Who ended the order, and why. If the venue reported the end of the last leg, it is the venue, whoever drew the line. */
export function endOf(draft: Draft, kind: OrderEnd['kind'], event: TableEvent): OrderEnd {
  const byVenue =
    event.type === 'Cancelled' ||
    event.type === 'Expired' ||
    event.type === 'Rejected' ||
    event.type === 'LegRefused' ||
    (kind !== 'FAILED' && event.type !== 'OrderAbsent' && phaseOfLeg(draft) === 'ended');
  const reason = event.type === 'Cancelled' || event.type === 'OrderAbsent' ? ourReason(draft) : null;
  return { kind, saidBy: byVenue ? 'venue' : 'us', reason: reason ?? reasonOf(event) };
}

/** Why we asked for the cancel that is open: what the venue says of an order that it cancelled for us is no news. */
const ourReason = (draft: Draft): string | null => {
  const cancel = openCancel(draft);
  return cancel?.by === 'us' ? cancel.reason : null;
};

export function reasonOf(event: TableEvent): string | null {
  if ('reason' in event && event.reason !== undefined) return event.reason;
  if (event.type === 'FillBusted') return `execution ${event.execRefId} busted`;
  if (event.type === 'FillCorrected') return `execution ${event.execRefId} corrected`;
  return 'evidence' in event ? event.evidence.detail : null;
}

/** An end answers every open request: a cancel got what it wanted, everything else came too late. */
export function closeByEnd(draft: Draft, kind: OrderEnd['kind']): void {
  if (kind === 'CANCELLED')
    closeRequests(draft, 'applied', (request) => request.kind === 'cancel' && !request.forStray);
  closeRequests(draft, 'overtaken', (request) => !request.forStray);
}

function endLeg(draft: Draft, at: string): void {
  const leg = currentLeg(draft);
  if (leg === null || leg.phase === 'ended' || (leg.phase === 'absent' && draft.end?.saidBy === 'us')) return;
  changeCurrentLeg(draft, { phase: 'ended', endedAt: leg.endedAt ?? at });
}

/** Something of an order that is over lives: a cancel for it is wanted, by us and not displayed. */
export function raiseStray(draft: Draft, event: TableEvent): void {
  draft.stray = true;
  if (strayCancel(draft) !== null) return;
  const given = event.type === 'StrayFound' ? event.requestId : null;
  openRequest(draft, event.at, {
    id: given !== null && findRequest(draft, given) === undefined ? given : derivedId(draft, given ?? 'stray'),
    kind: 'cancel',
    generation: 0,
    phase: 'wanted',
    by: 'us',
    forStray: true,
    terms: null,
    reason: 'found alive after the end',
  });
}

/** The new leg of a replace in two steps lives although the order filled without it. */
export function strayNewLeg(draft: Draft): void {
  if (!isTerminal(draft)) return;
  closeRequests(draft, 'refused', (request) => request.how === 'TWO_STEP', 'the order was filled before');
  if (['sent', 'unknown', 'absent'].includes(phaseOfLeg(draft)) && draft.life === 'FILLED')
    changeCurrentLeg(draft, { phase: 'live' });
}
