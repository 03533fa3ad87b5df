import type { ExchangeId } from '@orderplane/domain';
import {
  observedGeneration,
  reconciliationStatus,
  type Actual,
  type FoldContext,
  type PlannerLimits,
} from '@orderplane/planner';
import { attemptsIn, keepFirstAndNewest } from './attempts.ts';
import { inDoubt, isTerminal, type OrderMachine } from '@orderplane/state-machine';
import { AccountHaltedError, LimitExceededError, NotFoundError } from '@orderplane/store';
import type {
  Attempt,
  CommitResult,
  Intent,
  JournalRecord,
  OrderChange,
  OrderLedger,
  OrderRecord,
  ReconciliationRecord,
} from '@orderplane/store';

/** What a writer wants written about one order, computed from the order as it was read. */
export interface Change {
  readonly machine: OrderMachine;
  readonly journal: readonly JournalRecord[];
  readonly intent?: Pick<Intent, 'spec' | 'generation' | 'trigger' | 'valuedAt'>;
  readonly reconciliation?: Partial<Omit<ReconciliationRecord, 'status' | 'observedGeneration'>>;
  /** A question that is open already was raised anew: written all the same, so that a look-up under way is no answer to it. */
  readonly asksAgain?: boolean;
  /** It lets something new reach the exchange: not written while the account is halted. */
  readonly unlessHalted?: boolean;
  /** It may exceed the account's limits: not written where it does. */
  readonly limited?: OrderChange['limited'];
  /** An operator should look; sticky while the order is in doubt. */
  readonly needsAttention?: boolean;
  /** What was tried just now to end a doubt, beside what the journal tells. */
  readonly tried?: Attempt;
}

export interface Committed {
  readonly record: OrderRecord;
  /** False when there was nothing to write. */
  readonly changed: boolean;
}

/** Told after a commit; must not throw. Redis may be gone: the journal is the truth. */
export interface CommitListener {
  committed(record: OrderRecord, firstCursor: bigint | null, lastCursor: bigint | null): void;
}

export interface RecorderOptions {
  readonly ledger: OrderLedger;
  readonly listener: CommitListener;
  readonly clock: { iso(): string };
  readonly limits: PlannerLimits;
  /** How far a listing of the exchange may lag behind its own word, ms. */
  readonly visibilityDelayMs: (exchange: ExchangeId) => number;
  readonly newId: () => string;
  /** The trace that an order belongs to, for what comes without one. Never rejects. */
  readonly traceOf?: (orderId: string) => Promise<string | null>;
  readonly log: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
}

/** How reports about an order of this exchange are folded now. */
export function foldContext(options: RecorderOptions, exchange: ExchangeId, at: string): FoldContext {
  const { pendingCancelMs, pendingReplaceMs } = options.limits;
  return {
    at,
    visibilityDelayMs: options.visibilityDelayMs(exchange),
    ...(pendingCancelMs === undefined ? {} : { pendingCancelMs }),
    ...(pendingReplaceMs === undefined ? {} : { pendingReplaceMs }),
  };
}

/** Lost races in a row before a writer gives up; every loss means that another writer made progress. */
const MAX_CONFLICTS = 25;

export class TooManyConflictsError extends Error {
  constructor(orderId: string) {
    super(`order ${orderId} was changed by others ${MAX_CONFLICTS} times in a row`);
    this.name = 'TooManyConflictsError';
  }
}

/**
 * Reads the order (or takes the record given), asks `attempt` what to write, and writes it if the order has not moved
 * since; if it has, reads again and asks again. `attempt` must therefore be a pure function of the record. Null: nothing to
 * do. Throws AccountHaltedError where the change may not be written while the account is halted, LimitExceededError.
 */
export async function record(
  options: RecorderOptions,
  orderId: string,
  attempt: (current: OrderRecord, at: string) => Change | null,
  known?: OrderRecord,
): Promise<Committed | null> {
  let current = known ?? (await options.ledger.find(orderId));
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
    if (current === null) return null;
    const at = options.clock.iso();
    const change = attempt(current, at);
    if (change === null) return { record: current, changed: false };
    const result = await write(options, current, change, at);
    if (result === null) return { record: current, changed: false };
    if (result.kind === 'halted') throw new AccountHaltedError(current.intent.accountId);
    if (result.kind === 'limited') throw new LimitExceededError(orderId, result.refusal);
    if (result.kind === 'committed') {
      options.listener.committed(result.record, result.firstCursor, result.lastCursor);
      return { record: result.record, changed: true };
    }
    current = await options.ledger.find(orderId);
  }
  throw new TooManyConflictsError(orderId);
}

/**
 * As `record`, with the record at hand and one try: null when the order has moved on since, or its account was halted. For
 * intentions, which must be decided anew then.
 */
export async function recordOnce(
  options: RecorderOptions,
  current: OrderRecord,
  change: Change,
): Promise<Committed | null> {
  const result = await write(options, current, change, options.clock.iso());
  if (result === null) return { record: current, changed: false };
  if (result.kind !== 'committed') return null;
  options.listener.committed(result.record, result.firstCursor, result.lastCursor);
  return { record: result.record, changed: true };
}

async function write(
  options: RecorderOptions,
  current: OrderRecord,
  change: Change,
  at: string,
): Promise<CommitResult | null> {
  const reconciliation = nextReconciliation(options, current, change, at);
  const same =
    change.asksAgain !== true &&
    change.machine === current.actual.machine &&
    change.journal.length === 0 &&
    change.intent === undefined &&
    sameReconciliation(reconciliation, current.actual.reconciliation);
  if (same) return null;
  return commit(options, {
    orderId: current.intent.orderId,
    accountId: current.intent.accountId,
    expectedVersion: current.actual.version,
    ...(change.intent === undefined ? {} : { intent: change.intent }),
    machine: change.machine,
    reconciliation,
    journal: change.journal,
    at,
    ...(change.unlessHalted === true ? { unlessHalted: true } : {}),
    ...(change.limited === undefined ? {} : { limited: change.limited }),
  });
}

/** An order that is not there any more has been purged: whoever read it before finds that out here. */
async function commit(options: RecorderOptions, change: OrderChange): Promise<CommitResult> {
  try {
    return await options.ledger.commit(change);
  } catch (error) {
    if (error instanceof NotFoundError) return { kind: 'conflict' };
    throw error;
  }
}

/** Bookkeeping after the change: the doubt's look-ups and the backoff end with the doubt. */
function nextReconciliation(
  options: RecorderOptions,
  current: OrderRecord,
  change: Change,
  at: string,
): ReconciliationRecord {
  const before = current.actual.reconciliation;
  const machine = change.machine;
  const wasInDoubt = inDoubt(current.actual.machine);
  const doubtful = inDoubt(machine);
  const doubtBegan = doubtful && (!wasInDoubt || machine.unknownSince !== current.actual.machine.unknownSince);
  const ended = isTerminal(machine) && !isTerminal(current.actual.machine);
  const merged = {
    attempts: before.attempts,
    nextAttemptAt: before.nextAttemptAt,
    lastError: before.lastError,
    lastEvidenceAt: before.lastEvidenceAt,
    absentLookups: before.absentLookups,
    ...((doubtful && !doubtBegan) || before.absentLookups.length === 0 ? {} : { absentLookups: [] }),
    ...((!doubtful && wasInDoubt) || doubtBegan
      ? { attempts: 0, nextAttemptAt: null, lastError: doubtBegan ? before.lastError : null }
      : {}),
    // An end answers what was asked before it: nothing counts as an end without its executions.
    ...(ended && !doubtful ? { attempts: 0, nextAttemptAt: null, lastError: null } : {}),
    ...triedSince(doubtBegan ? [] : (before.tried ?? []), change, doubtful),
    ...(before.alert === undefined ? {} : { alert: before.alert }),
    ...(before.toldFilled === undefined ? {} : { toldFilled: before.toldFilled }),
    ...(before.fired === undefined ? {} : { fired: before.fired }),
    ...(before.cleared === undefined ? {} : { cleared: before.cleared }),
    ...change.reconciliation,
  };
  // Reports come in any order: an older one does not make the evidence older.
  const lastEvidenceAt = later(before.lastEvidenceAt, merged.lastEvidenceAt);
  const actual: Actual = {
    machine,
    attempts: merged.attempts,
    nextAttemptAt: merged.nextAttemptAt,
    lastEvidenceAt: lastEvidenceAt ?? at,
    absentLookups: merged.absentLookups,
  };
  const attention = change.needsAttention ?? before.status === 'NEEDS_ATTENTION';
  return {
    ...merged,
    lastEvidenceAt,
    status:
      merged.alert === undefined ? reconciliationStatus(actual, attention, at, options.limits) : 'NEEDS_ATTENTION',
    observedGeneration: observedGeneration(machine, change.intent?.generation ?? current.intent.generation),
  };
}

const tried = (before: readonly Attempt[], change: Change): readonly Attempt[] => {
  const added = [...attemptsIn(change), ...(change.tried === undefined ? [] : [change.tried])];
  return added.length === 0 ? before : keepFirstAndNewest([...before, ...added]);
};

/** What was tried ends with the doubt. */
function triedSince(
  before: readonly Attempt[],
  change: Change,
  doubtful: boolean,
): Pick<ReconciliationRecord, 'tried'> {
  const all = doubtful ? tried(before, change) : [];
  return all.length === 0 ? {} : { tried: all };
}

const later = (a: string | null, b: string | null): string | null => (a === null || (b !== null && b > a) ? b : a);

/** `lastEvidenceAt` alone is no reason to write: complete syncs are evidence for every order they list. */
function sameReconciliation(a: ReconciliationRecord, b: ReconciliationRecord): boolean {
  return (
    a.status === b.status &&
    a.observedGeneration === b.observedGeneration &&
    a.attempts === b.attempts &&
    a.nextAttemptAt === b.nextAttemptAt &&
    a.lastError === b.lastError &&
    a.absentLookups === b.absentLookups &&
    a.tried === b.tried &&
    a.alert === b.alert &&
    a.toldFilled === b.toldFilled &&
    a.fired === b.fired &&
    a.cleared === b.cleared
  );
}
