import { changeCurrentLeg, changeRequests, mergeTerms, openRequest, sentLeg } from '../draft.ts';
import type { Draft } from '../draft.ts';
import type { EventOf } from '../cells.ts';
import { currentLeg, noLegLives, openCancel, openReplaces } from '../projections.ts';

/** At the venue our own timer is a wish to cancel, if none is open; elsewhere the table ends the order. */
export function timedOut(draft: Draft, event: EventOf<'TimedOut'>): void {
  if (noLegLives(draft) || openCancel(draft) !== null) return;
  openRequest(draft, event.at, {
    id: event.requestId,
    kind: 'cancel',
    generation: 0,
    phase: 'wanted',
    by: 'us',
    terms: null,
    reason: event.reason,
  });
}

/** The first attempt opens the leg. Another attempt of an absent leg carries the values that are wanted by now. */
export function submitSent(draft: Draft, event: EventOf<'SubmitSent'>): void {
  const leg = currentLeg(draft);
  if (leg === null) {
    draft.legs = [sentLeg(draft.terms, event, event)];
    return;
  }
  const carried = openReplaces(draft).findLast((request) => request.phase === 'wanted');
  const terms = carried?.terms ?? leg;
  changeCurrentLeg(draft, {
    ...mergeTerms(terms, {}),
    phase: 'sent',
    attempts: leg.attempts + 1,
    sentAt: event.at,
    deadlineAt: event.deadlineAt,
  });
  changeRequests(draft, (request) =>
    request.kind === 'replace' && request.phase === 'wanted'
      ? { ...request, phase: 'sent', how: 'RESUBMIT', sentAt: event.at, deadlineAt: event.deadlineAt }
      : request,
  );
}
