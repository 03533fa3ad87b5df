import type { OrderSpec } from '@orderplane/domain';
import type { Permit, SubmitOutcome } from '@orderplane/exchange';
import { fitClientId } from '@orderplane/normalization';
import { foldSubmit, Folding, groupWish, underWay, type Step } from '@orderplane/planner';
import { foldContext, record, recordOnce } from '@orderplane/recorder';
import { currentLeg, type EventBody, type Leg } from '@orderplane/state-machine';
import { exchangeSpec, type OrderRecord } from '@orderplane/store';
import { controlOf, judgeKey, wasAskedSince, type ReconcilerContext, type StepResult } from '../context.ts';
import { groupViewOf } from '../groups.ts';
import { persist } from '../persist.ts';

/** A request that would reach the exchange this close to its deadline is not sent at all. */
const DEADLINE_MARGIN_MS = 250;

/**
 * Sends a leg. Its client id, its terms and its deadline are durable before the first byte leaves; whatever happens
 * afterwards, the next worker finds the leg in the journal and looks it up instead of sending again.
 */
export async function submit(
  context: ReconcilerContext,
  current: OrderRecord,
  step: Extract<Step, { kind: 'Submit' }>,
  permit: Permit | undefined,
): Promise<StepResult> {
  const { ledger } = context.recorder;
  const capabilities = context.capabilities(current.intent.exchange);
  const adapter = await context.adapters.get(current.intent.accountId, current.intent.sessionId);
  const at = context.clock.iso();
  const deadlineAt = new Date(
    Date.parse(at) + (capabilities.submissionDeadlineMs ?? context.limits.callTimeoutMs),
  ).toISOString();
  const folding = new Folding(current.actual.machine, { at, visibilityDelayMs: 0 });
  folding.apply(sendEvent(context, current, step, deadlineAt), 'system');
  const folded = folding.result();
  context.crashPoint('submit:before-intent', current.intent.clientOrderId);
  const intended = await recordOnce(context.recorder, current, {
    machine: folded.machine,
    journal: folded.journal,
    unlessHalted: true,
  });
  if (intended === null || !intended.changed)
    return { record: await ledger.find(current.intent.orderId), throttledMs: null };

  context.crashPoint('submit:after-intent', current.intent.clientOrderId);
  const leg = currentLeg(intended.record.actual.machine);
  if (leg === null) return { record: intended.record, throttledMs: null };
  const outcome = await send(
    context,
    leg,
    async () =>
      (await heldByGroup(context, intended.record)) ??
      adapter.submit(
        { venueClientId: leg.venueClientId, spec: legSpec(intended.record, leg, capabilities), deadlineAt },
        controlOf(context, permit),
      ),
  );
  context.crashPoint('submit:after-call', current.intent.clientOrderId);
  judgeKey(context, current.intent.accountId, outcome);
  const written = await persist(context, () => recordOutcome(context, intended.record, leg, outcome));
  context.crashPoint('submit:after-outcome', current.intent.clientOrderId);
  if (outcome.kind === 'notPlaced' && outcome.rulesChanged) context.onRulesChanged(current.intent.exchange);
  return { record: written, throttledMs: outcome.kind === 'rateLimited' ? outcome.retryAfterMs : null };
}

function sendEvent(
  context: ReconcilerContext,
  current: OrderRecord,
  step: Extract<Step, { kind: 'Submit' }>,
  deadlineAt: string,
): EventBody {
  const leg = currentLeg(current.actual.machine);
  const reuse = leg !== null && leg.phase === 'absent' ? leg.venueClientId : null;
  const venueClientId = reuse ?? fitClientId(current.intent.exchange, context.newId());
  return step.mode === 'newLeg'
    ? { type: 'LegSent', venueClientId, deadlineAt, terms: step.terms }
    : { type: 'SubmitSent', venueClientId, deadlineAt };
}

/** A paused process may wake up long after it wrote its intention: then nothing is sent, and that is a proof of its own. */
async function send(context: ReconcilerContext, leg: Leg, call: () => Promise<SubmitOutcome>): Promise<SubmitOutcome> {
  const remainingMs = Date.parse(leg.deadlineAt) - context.clock.now().getTime();
  if (context.lockLost() || remainingMs < DEADLINE_MARGIN_MS) {
    return {
      kind: 'notSent',
      nativeCode: null,
      message: 'the time to send had passed before anything left this machine',
    };
  }
  context.count('submit');
  return call();
}

/**
 * Another order of the group may have filled since this one was looked at, or, where this one has waited here, be on its
 * way: the last look is just before the call. This order's own intention is durable by then, so of two that go at the
 * same moment each sees the other, or one does: never do both go.
 */
async function heldByGroup(context: ReconcilerContext, record: OrderRecord): Promise<SubmitOutcome | null> {
  const view = await groupViewOf(context, record);
  if (view === null) return null;
  const wish = groupWish(view, record.intent.spec);
  if (wish?.kind === 'end') return { kind: 'notSent', nativeCode: null, message: wish.reason };
  const other = record.intent.mode === 'DARK' ? underWay(view, context.clock.iso()) : null;
  if (other === null) return null;
  const message = `another order of its group was sent at the same moment: ${other.orderId}`;
  return { kind: 'notSent', nativeCode: null, message };
}

/** The order as this leg carries it. A time in force that the exchange lacks is kept by our own timer. */
function legSpec(
  record: OrderRecord,
  leg: Leg,
  capabilities: ReturnType<ReconcilerContext['capabilities']>,
): OrderSpec {
  const spec = exchangeSpec(record.intent);
  const emulated = spec.timeInForce === 'GTT' && !capabilities.timesInForce[spec.type].includes('GTT');
  return {
    ...spec,
    size: leg.size,
    quoteSize: leg.size === null ? leg.quoteSize : null,
    price: leg.price,
    stopPrice: spec.stopPrice === null ? null : leg.stopPrice,
    ...(emulated ? { timeInForce: 'GTC' as const, expiresAt: null } : {}),
  };
}

async function recordOutcome(
  context: ReconcilerContext,
  sent: OrderRecord,
  leg: Leg,
  outcome: SubmitOutcome,
): Promise<OrderRecord | null> {
  const written = await record(
    context.recorder,
    sent.intent.orderId,
    (current, at) => {
      if (outcome.kind !== 'placed' && isOvertaken(current, leg)) return null;
      const folding = foldContext(context.recorder, current.intent.exchange, at);
      const folded = foldSubmit(current.actual.machine, leg.venueClientId, outcome, folding);
      return {
        machine: folded.machine,
        journal: folded.journal,
        reconciliation: bookkeeping(context, current, outcome, folded.question),
      };
    },
    sent,
  );
  return written?.record ?? null;
}

/**
 * True when another worker has taken over and sent the leg again: what became of this attempt says nothing about that
 * one, which may be on its way.
 */
function isOvertaken(current: OrderRecord, sent: Leg): boolean {
  const leg = currentLeg(current.actual.machine);
  return leg === null || leg.venueClientId !== sent.venueClientId || leg.attempts !== sent.attempts;
}

function bookkeeping(
  context: ReconcilerContext,
  current: OrderRecord,
  outcome: SubmitOutcome,
  question: string | null,
) {
  const { attempts } = current.actual.reconciliation;
  const later = (ms: number): string => new Date(context.clock.now().getTime() + ms).toISOString();
  switch (outcome.kind) {
    case 'placed':
      // The stream may have told more than this answer before it was booked, and have asked for what it did not tell.
      if (question === null && wasAskedSince(current, outcome.report.askedAt)) return {};
      return question === null
        ? { attempts: 0, nextAttemptAt: null, lastError: null, lastEvidenceAt: outcome.report.askedAt }
        : { attempts: 1, nextAttemptAt: null, lastError: question, lastEvidenceAt: outcome.report.askedAt };
    case 'notPlaced':
    case 'auth':
      return { attempts: 0, nextAttemptAt: null, lastError: outcome.message };
    case 'rateLimited':
      context.count('retry');
      return { attempts: attempts + 1, nextAttemptAt: later(outcome.retryAfterMs), lastError: outcome.message };
    case 'notSent':
      context.count('retry');
      return { attempts: attempts + 1, nextAttemptAt: later(context.backoffMs(attempts)), lastError: outcome.message };
    case 'duplicate':
    case 'unknown':
      context.count('error');
      return { lastError: outcome.message };
  }
}
