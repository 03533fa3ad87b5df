import type { OrderRequestKind, Permit, Room } from '@orderplane/exchange';
import { plan, type Step } from '@orderplane/planner';
import { record as write, recordOnce } from '@orderplane/recorder';
import { currentLeg } from '@orderplane/state-machine';
import { isUntold, type OrderRecord } from '@orderplane/store';
import { Folding } from '@orderplane/planner';
import {
  actualOf,
  desiredOf,
  isTimeKnown,
  plannerCapabilities,
  type ReconcilerContext,
  type StepResult,
  type Verdict,
} from './context.ts';
import { groupViewOf, tellGroup, wakeHolders } from './groups.ts';
import { amend, cancel } from './steps/request.ts';
import { lookup } from './steps/lookup.ts';
import { submit } from './steps/submit.ts';

/** Steps of one order in one job. An order that needs more comes again, so that it can't starve the others. */
const MAX_STEPS = 12;
/** An order whose account's key is refused looks again after this many doublings of the backoff: some seconds. */
const KEY_BACKOFF = 5;
/** Checks of a fired order that were asked for and have not ended by then are asked for again, ms. */
const CHECKS_WITHIN_MS = 3_000;

/**
 * observe → plan → apply for one order, until it is settled or has to wait. Safe to run twice, late, or for no reason:
 * every step begins with a compare-and-swap of its intention, and the order is read anew when that fails.
 */
export async function reconcile(context: ReconcilerContext, orderId: string): Promise<Verdict> {
  let current = await context.recorder.ledger.find(orderId);
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    if (current === null) return { kind: 'Settled' };
    if (context.lockLost()) return { kind: 'Recheck', afterMs: 0 };
    // Deadlines, proofs of absence and expiries compare instants of several processes.
    if (!isTimeKnown(context)) return { kind: 'Recheck', afterMs: context.backoffMs(1) };
    if (isUntold(current)) {
      current = withHalt(await tellGroup(context, current), current.halt);
      continue;
    }
    const actual = await actualOf(context, current);
    const group = await groupViewOf(context, current);
    const step: Step = plan(
      desiredOf(current, group),
      actual,
      context.clock.iso(),
      plannerCapabilities(context.capabilities(current.intent.exchange), current),
      context.limits,
    );
    if (step.kind === 'Hold' || step.kind === 'Settle') {
      await refresh(context, current, actual.lastEvidenceAt);
      return { kind: 'Settled' };
    }
    if (step.kind === 'Check') {
      await context.requestChecks(current.intent);
      return { kind: 'Recheck', afterMs: CHECKS_WITHIN_MS };
    }
    if (step.kind === 'RecheckAt') {
      await wakeHolders(context, group, current);
      return { kind: 'Recheck', afterMs: waitMs(context, step.at) };
    }
    const stopped = step.kind === 'Submit' ? await context.keys?.stopped(current.intent.accountId) : null;
    if (typeof stopped === 'string') return await waitForKey(context, current, stopped);
    const room = await roomFor(context, current, step);
    if (room !== null && !room.granted) {
      context.count('heldBack');
      return { kind: 'Recheck', afterMs: Math.max(1, room.waitMs) };
    }
    const result = await apply(context, current, step, room?.permit);
    const told = result.record === null ? null : await tellGroup(context, result.record);
    current = withHalt(told, current.halt);
    if (result.throttledMs !== null) return { kind: 'Throttled', retryAfterMs: result.throttledMs };
    if (step.kind === 'Escalate')
      return { kind: 'Escalated', reason: step.reason, afterMs: nextTryMs(context, current) };
  }
  return { kind: 'Recheck', afterMs: context.backoffMs(0) };
}

/** What a commit gives back says nothing of the account's halt: what was read with the order holds for the whole job. */
const withHalt = (record: OrderRecord | null, halt: OrderRecord['halt']): OrderRecord | null =>
  record === null || record.halt !== undefined || halt === undefined ? record : { ...record, halt };

/** Refused again and again, it would be rejected for nothing that it did: the order waits, and says why. */
async function waitForKey(context: ReconcilerContext, current: OrderRecord, since: string): Promise<Verdict> {
  const lastError = `not sent: the exchange does not take the account's key ${since}`;
  await write(
    context.recorder,
    current.intent.orderId,
    (record) => ({ machine: record.actual.machine, journal: [], reconciliation: { lastError } }),
    current,
  );
  return { kind: 'Recheck', afterMs: context.backoffMs(KEY_BACKOFF) };
}

/**
 * Room at the exchange for the step's request, asked for before anything of it is written: an order that has to wait for
 * its turn leaves no trace of attempts and uses up no deadline. Null: the step calls nobody.
 */
async function roomFor(context: ReconcilerContext, current: OrderRecord, step: Step): Promise<Room | null> {
  const kind = requestOf(step);
  if (kind === null) return null;
  const { orderId, accountId, spec } = current.intent;
  const adapter = await context.adapters.get(accountId);
  const leg = currentLeg(current.actual.machine);
  const sentAt = kind === 'submit' ? null : (leg?.sentAt ?? null);
  return adapter.reserve({ id: `${orderId}/${kind}`, kind, symbol: spec.symbol, sentAt });
}

function requestOf(step: Step): OrderRequestKind | null {
  switch (step.kind) {
    case 'Submit':
      return 'submit';
    case 'Cancel':
      return 'cancel';
    case 'Amend':
      return 'amend';
    case 'Lookup':
      return 'query';
    case 'Escalate':
      return step.lookup ? 'query' : null;
    case 'Record':
    case 'Check':
    case 'Hold':
    case 'Settle':
    case 'RecheckAt':
      return null;
  }
}

async function apply(
  context: ReconcilerContext,
  current: OrderRecord,
  step: Step,
  permit: Permit | undefined,
): Promise<StepResult> {
  switch (step.kind) {
    case 'Submit':
      return submit(context, current, step, permit);
    case 'Lookup':
      return lookup(context, current, step.why, false, permit);
    case 'Cancel':
      return cancel(context, current, step.requestId, permit);
    case 'Amend':
      return amend(context, current, step.requestId, permit);
    case 'Record':
      return recordEvents(context, current, step);
    case 'Escalate':
      return escalate(context, current, step, permit);
    case 'Check':
    case 'Hold':
    case 'Settle':
    case 'RecheckAt':
      return { record: current, throttledMs: null };
  }
}

async function recordEvents(
  context: ReconcilerContext,
  current: OrderRecord,
  step: Extract<Step, { kind: 'Record' }>,
): Promise<StepResult> {
  const at = context.clock.iso();
  const folding = new Folding(current.actual.machine, { at, visibilityDelayMs: 0 });
  for (const event of step.events) folding.apply(event, 'system');
  const folded = folding.result();
  context.crashPoint('record:before-commit', current.intent.clientOrderId);
  const wishes = folded.machine.requests.length > current.actual.machine.requests.length;
  const written = await recordOnce(context.recorder, current, {
    machine: folded.machine,
    journal: folded.journal,
    // A new wish does not wait for the backoff of an earlier failure.
    ...(wishes ? { reconciliation: { nextAttemptAt: null } } : {}),
  });
  context.crashPoint('record:after-commit', current.intent.clientOrderId);
  return { record: written?.record ?? (await context.recorder.ledger.find(current.intent.orderId)), throttledMs: null };
}

async function escalate(
  context: ReconcilerContext,
  current: OrderRecord,
  step: Extract<Step, { kind: 'Escalate' }>,
  permit: Permit | undefined,
): Promise<StepResult> {
  if (step.lookup) return lookup(context, current, step.reason, true, permit);
  const written = await write(context.recorder, current.intent.orderId, (record) => ({
    machine: record.actual.machine,
    journal: [],
    needsAttention: true,
    reconciliation: {
      lastError: step.reason,
      attempts: record.actual.reconciliation.attempts + 1,
      nextAttemptAt: nextAttempt(context, record),
    },
  }));
  return { record: written?.record ?? null, throttledMs: null };
}

/** The status follows from the state, the evidence and the time: written only when it has changed. */
async function refresh(context: ReconcilerContext, current: OrderRecord, lastEvidenceAt: string | null): Promise<void> {
  await write(
    context.recorder,
    current.intent.orderId,
    (record) => ({ machine: record.actual.machine, journal: [], reconciliation: { lastEvidenceAt } }),
    current,
  );
}

export const nextAttempt = (context: ReconcilerContext, record: OrderRecord): string =>
  new Date(context.clock.now().getTime() + context.backoffMs(record.actual.reconciliation.attempts)).toISOString();

const waitMs = (context: ReconcilerContext, at: string): number =>
  Math.max(1, Date.parse(at) - context.clock.now().getTime());

const nextTryMs = (context: ReconcilerContext, record: OrderRecord | null): number => {
  const at = record?.actual.reconciliation.nextAttemptAt ?? null;
  return at === null ? context.backoffMs(0) : waitMs(context, at);
};
