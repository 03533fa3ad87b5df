import type { EventOf } from '../cells.ts';
import { closeRequests, confirmTerms, lowerRaised, markLive, newLegUnplaced, phaseOfLeg } from '../draft.ts';
import type { Draft } from '../draft.ts';
import { book, correct } from '../executions.ts';
import type { Book } from '../executions.ts';
import { legOfMail } from '../mail.ts';
import { currentLeg, openTwoSteps, wishIsFilled } from '../projections.ts';
import { cumQty } from '../quantities.ts';

const take = (draft: Draft, { executions, earlyCorrections }: Book): void => {
  draft.executions = executions;
  draft.earlyCorrections = earlyCorrections;
};

/** Books an execution and takes it as a sign of life of its leg. */
export function fill(draft: Draft, event: EventOf<'PartialFill' | 'Fill'>): void {
  const leg = legOfMail(draft, { ...event, venueOrderId: event.execution.venueOrderId });
  if ((leg === null || leg === currentLeg(draft)) && !newLegUnplaced(draft)) markLive(draft);
  draft.working = true;
  take(draft, book(draft, event.execution));
  // "Never lived" is disproved for good, whatever becomes of the execution.
  if (draft.end?.kind === 'REJECTED' || draft.end?.kind === 'FAILED') draft.end = { ...draft.end, kind: 'CANCELLED' };
  if (phaseOfLeg(draft) === 'ended' && wishIsFilled(draft, cumQty(draft))) settleFilledWish(draft);
}

/** Nothing of a replace in two steps is left to place: it is applied at what is filled. */
export function settleFilledWish(draft: Draft): void {
  const wished = openTwoSteps(draft).at(-1)?.terms;
  closeRequests(draft, 'applied', (request) => request.how === 'TWO_STEP');
  confirmTerms(draft, { ...wished, size: cumQty(draft) });
}

export function bust(draft: Draft, { execRefId, execId, at }: EventOf<'FillBusted'>): void {
  take(draft, correct(draft, { kind: 'bust', execRefId, execId, size: null, price: null, at }));
  lowerRaised(draft);
}

export function correction(draft: Draft, event: EventOf<'FillCorrected'>): void {
  const { execRefId, execId, size, at } = event;
  take(draft, correct(draft, { kind: 'correct', execRefId, execId, size, price: event.price ?? null, at }));
  lowerRaised(draft);
}
