import type { EventOf } from '../cells.ts';
import {
  changeCurrentLeg,
  changeRequests,
  closeRequests,
  confirmTerms,
  markLive,
  mergeTerms,
  newLegInFlight,
  phaseOfLeg,
  sentLeg,
  worksAtOnce,
} from '../draft.ts';
import type { Context, Draft } from '../draft.ts';
import { raiseStray } from '../ends.ts';
import { currentLeg, isOpenRequest, openTwoSteps, wishIsFilled } from '../projections.ts';
import { cumQty, isComplete } from '../quantities.ts';
import { settleFilledWish } from './executions.ts';
import { UNSENT } from './requests.ts';
import { closeStray } from './venue.ts';

/** The old leg is over by proof, its executions are booked. If nothing is left to place, the replace is applied. */
export function legEnded(draft: Draft, event: EventOf<'LegEnded'>): void {
  const leg = currentLeg(draft);
  if (leg !== null && leg.phase !== 'ended' && leg.phase !== 'absent')
    changeCurrentLeg(draft, { phase: 'ended', endedAt: leg.endedAt ?? event.at });
  draft.restInDoubt = false;
  if (draft.life === 'FILLED') {
    closeRequests(draft, 'refused', (request) => request.how === 'TWO_STEP', 'the order was filled before');
    return;
  }
  if (wishIsFilled(draft, cumQty(draft))) settleFilledWish(draft);
  else
    changeRequests(draft, (request) =>
      request.how === 'TWO_STEP' && request.phase === 'unknown' ? { ...request, phase: 'sent' } : request,
    );
}

/** The leg for the rest. A leg that was proven absent may be sent again under its own id. */
export function legSent(draft: Draft, event: EventOf<'LegSent'>): void {
  const leg = currentLeg(draft);
  if (leg?.venueClientId === event.venueClientId) {
    changeCurrentLeg(draft, {
      ...mergeTerms(event.terms, {}),
      phase: 'sent',
      attempts: leg.attempts + 1,
      sentAt: event.at,
      deadlineAt: event.deadlineAt,
    });
    return;
  }
  draft.legs = [...draft.legs, sentLeg(event.terms, event, event)];
  // A new leg of a stop waits for its trigger anew.
  draft.working = worksAtOnce(draft.kind.type);
}

/** The new leg lives: the replace is applied, with the wished total. */
export function legPlaced(draft: Draft, event: EventOf<'LegPlaced'>, context: Context): void {
  const wished = openTwoSteps(draft).at(-1)?.terms ?? null;
  markLive(draft);
  closeRequests(draft, 'applied', (request) => request.how === 'TWO_STEP');
  if (wished !== null) confirmTerms(draft, wished);
  draft.restInDoubt = false;
  if (!isComplete(cumQty(draft), draft.terms.size)) return;
  // Late fills of the old leg completed the total while the new leg was on its way: what lives now is too much.
  raiseStray(draft, event);
  context.alarm('a new leg lives although the order is complete');
}

export function legRefused(draft: Draft, event: EventOf<'LegRefused'>): void {
  changeCurrentLeg(draft, { phase: 'ended', endedAt: event.at });
  closeRequests(draft, 'refused', (request) => request.how === 'TWO_STEP', event.reason);
}

export function submitUnknown(draft: Draft): void {
  if (phaseOfLeg(draft) === 'sent') changeCurrentLeg(draft, { phase: 'unknown' });
}

/** Missing in a list of open orders proves nothing, but it is a reason to ask. */
export function vanished(draft: Draft): void {
  if (phaseOfLeg(draft) === 'live') draft.restInDoubt = true;
  else submitUnknown(draft);
}

/** Proven not to be there: what was sent to it is wanted again, and goes out with the next attempt. */
export function orderAbsent(draft: Draft): void {
  if (draft.stray) closeStray(draft, 'overtaken');
  const filled = draft.life === 'FILLED';
  if (draft.life !== 'SUBMITTED' && !newLegInFlight(draft)) return;
  changeCurrentLeg(draft, { phase: 'absent' });
  if (filled) closeRequests(draft, 'refused', (request) => request.how === 'TWO_STEP', 'the order was filled before');
  else
    changeRequests(draft, (request) =>
      request.kind === 'replace' && request.how !== 'TWO_STEP' && request.phase !== 'wanted' && isOpenRequest(request)
        ? { ...request, ...UNSENT }
        : request,
    );
}
