import {
  cumQty,
  currentLeg,
  inDoubt,
  isDone,
  openCancel,
  openReplaces,
  openTwoSteps,
  type EventBody,
  type Leg,
  type OrderMachine,
  type OrderRequest,
} from '@orderplane/state-machine';
import { compare, isPositive, subtract } from '@orderplane/domain';
import { absenceEvidence, absenceProgress } from './absence.ts';
import { demandedEvents, nextDemandAt, type DemandFacts } from './demands.ts';
import { groupTurn } from './group-turns.ts';
import type { Actual, Desired, PlannerCapabilities, PlannerLimits, Step } from './model.ts';
import { overdueSince } from './overdue.ts';
import { earliest, plusMs, toMs } from './time.ts';

/** What a request recorded as sent, without an answer, tells whoever holds the order's key now. */
const SENDER_GONE = 'the sender ended before it recorded an answer';

/**
 * What to do next about one order, pure and total. Called by the one worker that holds the order's key, so a request
 * recorded as sent without an answer means that its sender is gone. The arms stand in order of urgency; CASES.md
 * shows what each gives, and is this function's parametrised test.
 */
export function plan(
  desired: Desired,
  actual: Actual,
  now: string,
  capabilities: PlannerCapabilities,
  limits: PlannerLimits,
): Step {
  const order = actual.machine;
  const facts: DemandFacts = { desired, actual, now, capabilities, limits };
  const due = dueEvents(facts);
  if (due.length > 0) return { kind: 'Record', events: due, why: 'due by time or by a lost sender' };
  if (isDone(order) && actual.attempts === 0) return { kind: 'Settle', why: 'ended, nothing open, nothing in doubt' };
  const step = planLife(desired, actual, now, capabilities, limits);
  if (desired.halt !== undefined && step.kind === 'Submit') return held(facts);
  const turn = step.kind === 'Submit' && desired.group !== undefined ? groupTurn(desired.group, now) : null;
  if (turn !== null) return { kind: 'RecheckAt', ...turn };
  return escalated(step, order, now, limits);
}

/** Nothing is sent while the account is halted: it goes out after the resume, unless it ends before, by a demand of ours. */
function held(facts: DemandFacts): Step {
  const why = 'the account is halted: nothing is sent';
  const at = nextDemandAt(facts);
  return at === null ? { kind: 'Hold', why } : { kind: 'RecheckAt', at, why };
}

/** Events that the death of whoever sent a request brings about, or a demand of this system. */
function dueEvents(facts: DemandFacts): EventBody[] {
  const order = facts.actual.machine;
  const events: EventBody[] = [];
  if (currentLeg(order)?.phase === 'sent') {
    events.push({ type: 'SubmitUnknown', reason: SENDER_GONE });
  }
  for (const request of order.requests) {
    if (request.phase === 'sent' && request.how !== 'TWO_STEP') {
      events.push({ type: 'RequestUnknown', requestId: request.id, reason: SENDER_GONE });
    }
  }
  if (events.length === 0) events.push(...demandedEvents(facts));
  return events;
}

const backsOff = (actual: Actual, now: string): boolean =>
  actual.nextAttemptAt !== null && toMs(actual.nextAttemptAt) > toMs(now);

/** An order that is over for us, but with a stray, an open request, a doubt or a question left. */
function planEnded(actual: Actual, now: string, capabilities: PlannerCapabilities): Step {
  const order = actual.machine;
  const leg = currentLeg(order);
  const strayCancel = order.requests.find((request) => request.forStray && request.phase === 'wanted');
  if (strayCancel !== undefined)
    return paced(actual, now, { kind: 'Cancel', requestId: strayCancel.id, why: 'something of an ended order lives' });
  // Late fills of the old leg completed the order while the new leg was on its way: it must be found or proved absent.
  if (leg?.phase === 'unknown' && !order.stray) return planUnknownLeg(actual, leg, now, capabilities);
  const why = order.stray
    ? 'a stray is being cancelled'
    : isDone(order)
      ? 'a question to the exchange is open'
      : 'requests of an ended order are open';
  return paced(actual, now, { kind: 'Lookup', why });
}

function planLife(
  desired: Desired,
  actual: Actual,
  now: string,
  capabilities: PlannerCapabilities,
  limits: PlannerLimits,
): Step {
  const order = actual.machine;
  const leg = currentLeg(order);
  switch (order.life) {
    case 'CREATED':
      return { kind: 'Hold', why: 'not validated yet' };
    case 'DARK_OPEN': {
      const at = nextDemandAt({ desired, actual, now, capabilities, limits });
      if (at !== null) return { kind: 'RecheckAt', at, why: 'waits for its trigger; our timer ends it' };
      return { kind: 'Hold', why: 'waits for its trigger' };
    }
    case 'VALIDATED':
      if (desired.mode === 'DARK') return { kind: 'Hold', why: 'not armed yet' };
      return { kind: 'Submit', mode: 'first', terms: order.terms, why: 'validated, never sent' };
    case 'TRIGGERED':
      if (actual.cleared !== order.darkVersion)
        return { kind: 'Check', why: 'triggered: the checks before a trade come first' };
      return { kind: 'Submit', mode: 'first', terms: order.terms, why: 'triggered and checked, never sent' };
    case 'SUBMITTED':
    case 'ACKNOWLEDGED':
    case 'PARTIALLY_FILLED':
      if (leg === null) return { kind: 'Escalate', reason: 'at the exchange without a leg', lookup: false };
      return planLeg(desired, actual, leg, now, capabilities, limits);
    case 'FILLED':
    case 'CANCELLED':
    case 'EXPIRED':
    case 'REJECTED':
    case 'FAILED':
      return planEnded(actual, now, capabilities);
  }
}

function planLeg(
  desired: Desired,
  actual: Actual,
  leg: Leg,
  now: string,
  capabilities: PlannerCapabilities,
  limits: PlannerLimits,
): Step {
  switch (leg.phase) {
    case 'sent':
    case 'unknown':
      return planUnknownLeg(actual, leg, now, capabilities);
    case 'absent':
    case 'ended':
      return planNextSend(actual, leg, now, limits);
    case 'live':
      return planLiveLeg(desired, actual, leg, now, capabilities, limits);
  }
}

/** Sent, outcome unknown: look it up until it is found or proved absent. Never a second send before. */
function planUnknownLeg(actual: Actual, leg: Leg, now: string, capabilities: PlannerCapabilities): Step {
  const progress = absenceProgress(leg, actual, capabilities);
  if (progress.nextLookupAt === null) {
    return {
      kind: 'Record',
      events: [{ type: 'OrderAbsent', evidence: absenceEvidence(leg, progress) }],
      why: 'absence is proven',
    };
  }
  const step: Step = { kind: 'Lookup', why: 'the outcome of the submission is unknown' };
  const lastAskedAt = actual.absentLookups.at(-1)?.askedAt ?? null;
  if (toMs(now) >= toMs(progress.nextLookupAt)) {
    // The first look-up that counts does not wait for the backoff of those that could not; a failed one does.
    const countsFirst = lastAskedAt === null || toMs(lastAskedAt) < toMs(progress.nextLookupAt);
    return countsFirst ? step : paced(actual, now, step);
  }
  if (actual.attempts === 0) return paced(actual, now, step);
  // Early look-ups can find it, but not prove that it is absent: look often, and exactly when one begins to count.
  const at = earliest(actual.nextAttemptAt, progress.nextLookupAt) ?? progress.nextLookupAt;
  return toMs(at) > toMs(now) ? { kind: 'RecheckAt', at, why: 'looked up lately, outcome still unknown' } : step;
}

/** Nothing of the order lives at the exchange, proved: send the same leg again, or the rest as a new one. */
function planNextSend(actual: Actual, leg: Leg, now: string, limits: PlannerLimits): Step {
  const order = actual.machine;
  const replace = twoStepReplace(order);
  if (replace !== null) {
    const wanted = openReplaces(order).filter(({ phase }) => phase === 'wanted');
    if (wanted.length > 0) return carry(order, wanted, plusMs(now, limits.callTimeoutMs));
    const terms = restTerms(order, replace);
    if (terms === null)
      return { kind: 'Escalate', reason: 'a replace in two steps has nothing left to place', lookup: true };
    return paced(actual, now, {
      kind: 'Submit',
      mode: 'newLeg',
      terms,
      why: 'the old leg is proved over: place the rest',
    });
  }
  if (leg.phase === 'ended')
    return { kind: 'Escalate', reason: 'the leg is over and no replace is open', lookup: true };
  return paced(actual, now, {
    kind: 'Submit',
    mode: 'again',
    terms: order.terms,
    why: 'proved absent: the same leg is sent again',
  });
}

function planLiveLeg(
  desired: Desired,
  actual: Actual,
  leg: Leg,
  now: string,
  capabilities: PlannerCapabilities,
  limits: PlannerLimits,
): Step {
  const order = actual.machine;
  const cancel = openCancel(order);
  if (cancel !== null && cancel.phase === 'wanted')
    return paced(actual, now, { kind: 'Cancel', requestId: cancel.id, why: 'a cancel is wanted' });
  if (inDoubt(order)) return paced(actual, now, { kind: 'Lookup', why: 'something about the order is in doubt' });
  if (cancel !== null) return paced(actual, now, { kind: 'Lookup', why: 'a cancel waits for its proof' });
  const replace = openReplaces(order).find((request) => !isHeld(desired, order, request, capabilities));
  if (replace !== undefined) return planReplace(actual, replace, now, capabilities);
  if (actual.attempts > 0) return paced(actual, now, { kind: 'Lookup', why: 'a question to the exchange is open' });
  if (overdueSince(order) !== null) return paced(actual, now, { kind: 'Lookup', why: 'should have ended at once' });
  const staleAt = plusMs(actual.lastEvidenceAt ?? leg.sentAt, limits.staleAfterMs);
  if (toMs(staleAt) <= toMs(now))
    return paced(actual, now, { kind: 'Lookup', why: 'no evidence within the staleness bound' });
  const demandAt = nextDemandAt({ desired, actual, now, capabilities, limits });
  if (demandAt !== null)
    return paced(actual, now, { kind: 'RecheckAt', at: demandAt, why: 'rests; our timer ends it' });
  if (openReplaces(order).length > 0) return { kind: 'Hold', why: 'the account is halted: a change waits' };
  return { kind: 'Settle', why: 'rests at the exchange as desired' };
}

/**
 * While the account is halted a change waits, unless all it does is to lower the size. In two steps the rest would have to
 * be placed anew, and waits for the resume: a caller's order stays as it is instead, a size that we demand does not.
 */
function isHeld(
  desired: Desired,
  order: OrderMachine,
  request: OrderRequest,
  capabilities: PlannerCapabilities,
): boolean {
  if (desired.halt === undefined || request.phase !== 'wanted' || shrinksToFilled(order, request)) return false;
  if (!lowersOnlySize(order.terms, request.terms)) return true;
  return capabilities.amend === 'none' && request.by === 'client';
}

/** Nothing but the size changes, and it falls: such a change can't raise anybody's risk. */
export function lowersOnlySize(held: OrderMachine['terms'], wished: OrderRequest['terms']): boolean {
  if (wished === null || wished.size === null || held.size === null) return false;
  const same = (a: string | null, b: string | null): boolean =>
    a === b || (a !== null && b !== null && compare(a, b) === 0);
  return (
    compare(wished.size, held.size) < 0 && same(wished.price, held.price) && same(wished.stopPrice, held.stopPrice)
  );
}

function planReplace(actual: Actual, replace: OrderRequest, now: string, capabilities: PlannerCapabilities): Step {
  if (replace.phase !== 'wanted') return paced(actual, now, { kind: 'Lookup', why: 'a replace waits for its proof' });
  if (capabilities.amend === 'sizeAndPrice' && !shrinksToFilled(actual.machine, replace)) {
    return paced(actual, now, { kind: 'Amend', requestId: replace.id, why: 'a change is wanted' });
  }
  return paced(actual, now, {
    kind: 'Cancel',
    requestId: replace.id,
    why: 'a change in two steps: first the old leg must end',
  });
}

/** A wish at or below the filled size is carried out as a cancel: nothing may execute any more. */
function shrinksToFilled(order: OrderMachine, replace: OrderRequest): boolean {
  const wished = replace.terms?.size ?? null;
  return wished !== null && !isPositive(subtract(wished, cumQty(order)));
}

/** The newest of them: what is placed is what is wished by then. */
const twoStepReplace = (order: OrderMachine): OrderRequest | null => openTwoSteps(order).at(-1) ?? null;

/**
 * Wishes that came while the old leg was being ended: it is over for them as well, and no leg with older terms has to live
 * for a moment. All of them, not the newest alone: one that is left would be carried out after it, and undo it. With
 * nothing left to place they are carried out thereby.
 */
function carry(order: OrderMachine, wanted: readonly OrderRequest[], deadlineAt: string): Step {
  const newest = openReplaces(order).at(-1);
  const sent = wanted.map(({ id }): EventBody => ({ type: 'ReplaceSent', requestId: id, how: 'TWO_STEP', deadlineAt }));
  return {
    kind: 'Record',
    events:
      newest !== undefined && restTerms(order, newest) === null ? [...sent, { type: 'LegEnded', reason: null }] : sent,
    why: 'the old leg is over: the newest wish is placed',
  };
}

/** Terms of the new leg: the newest wish less what is filled. Null when nothing is left. */
function restTerms(order: OrderMachine, replace: OrderRequest): OrderMachine['terms'] | null {
  const wished = replace.terms ?? order.terms;
  if (wished.size === null) return null;
  const size = subtract(wished.size, cumQty(order));
  return isPositive(size) ? { ...wished, size } : null;
}

/** Holds a step back until the backoff of the failed tries before it has passed. */
function paced(actual: Actual, now: string, step: Step): Step {
  if (actual.nextAttemptAt === null || !backsOff(actual, now)) return step;
  return { kind: 'RecheckAt', at: actual.nextAttemptAt, why: `backing off: ${'why' in step ? step.why : step.kind}` };
}

/** In doubt for too long: a person should look. The look-ups go on; nothing is ever closed by a timer. */
function escalated(step: Step, order: OrderMachine, now: string, limits: PlannerLimits): Step {
  const overdue = overdueSince(order);
  const since = order.unknownSince ?? overdue;
  if (step.kind !== 'Lookup' || since === null || toMs(now) < toMs(since) + limits.attentionAfterMs) return step;
  const reason =
    order.unknownSince === null ? `rests since ${since}, and ${step.why}` : `in doubt since ${since}: ${step.why}`;
  return { kind: 'Escalate', reason, lookup: true };
}
