import type { ExchangeId, Market } from '@orderplane/domain';
import type {
  AdapterPool,
  CallControl,
  CancelOutcome,
  ExchangeCapabilities,
  Permit,
  SubmitOutcome,
} from '@orderplane/exchange';
import type { Actual, Desired, GroupView, Halt, PlannerCapabilities, PlannerLimits } from '@orderplane/planner';
import type { RecorderOptions } from '@orderplane/recorder';
import type { CrashPoint } from '@orderplane/service-kit';
import { isDone } from '@orderplane/state-machine';
import { exchangeSpec, type AccountHalt, type Intent, type OrderRecord } from '@orderplane/store';
import type { KeyWatch } from './key-watch.ts';

export interface ReconcilerContext {
  readonly recorder: RecorderOptions;
  readonly adapters: Pick<AdapterPool, 'get'>;
  readonly capabilities: (exchange: ExchangeId) => ExchangeCapabilities;
  readonly limits: PlannerLimits;
  /** Time of the newest complete open-order listing of the account: evidence for every order that it listed. */
  readonly lastCompleteSync: (accountId: string) => Promise<string | null>;
  /** The rules of a market as they were read last; null: never. */
  readonly market: (exchange: ExchangeId, symbol: string) => Promise<Market | null>;
  /** Wakes orders whose group has news for them; a wake-up that is lost is healed by the resync. */
  readonly wakeSiblings: (exchange: ExchangeId, orderIds: readonly string[]) => Promise<void>;
  /** Has the checks of a dark order run that has fired; one that is lost is asked for again at the next look. */
  readonly requestChecks: (intent: Intent) => Promise<void>;
  /** The time that all processes share. `isSteady` false: it is not known now, and nothing may be concluded from it. */
  readonly clock: { now(): Date; iso(): string; isSteady?(): boolean };
  readonly newId: () => string;
  readonly backoffMs: (attempt: number) => number;
  /** Default: that time passes. */
  readonly pause?: (ms: number) => Promise<void>;
  /** True when another worker may hold the key by now: no call to the exchange may begin. */
  readonly lockLost: () => boolean;
  /** Where crash tests kill this process, by client order id; does nothing in operation. */
  readonly crashPoint: CrashPoint;
  /** Which keys the exchanges refuse; without it nothing is ever stopped because of one. */
  readonly keys?: KeyWatch;
  /** An exchange refused an order by rules that are not the ones we hold: they are to be read again. */
  readonly onRulesChanged: (exchange: ExchangeId) => void;
  readonly count: (what: 'submit' | 'cancel' | 'amend' | 'lookup' | 'heldBack' | 'retry' | 'error') => void;
}

export type Verdict =
  | { readonly kind: 'Settled' }
  | { readonly kind: 'Recheck'; readonly afterMs: number }
  | { readonly kind: 'Throttled'; readonly retryAfterMs: number }
  | { readonly kind: 'Escalated'; readonly reason: string; readonly afterMs: number };

/** What a step hands back to the loop: the order as it is now, and whether the exchange asked us to wait. */
export interface StepResult {
  readonly record: OrderRecord | null;
  readonly throttledMs: number | null;
}

export const isTimeKnown = ({ clock }: Pick<ReconcilerContext, 'clock'>): boolean => clock.isSteady?.() ?? true;

/** Our deadline for a call, and the room that it was granted. */
export const controlOf = (context: ReconcilerContext, permit: Permit | undefined): CallControl => ({
  timeoutMs: context.limits.callTimeoutMs,
  ...(permit === undefined ? {} : { permit }),
});

/** `group`: as the order sees it; null: it stands alone. */
export const desiredOf = (record: OrderRecord, group: GroupView | null = null): Desired => ({
  orderId: record.intent.orderId,
  generation: record.intent.generation,
  spec: record.intent.spec,
  mode: record.intent.mode,
  ...(record.halt === undefined ? {} : { halt: haltOf(record, record.halt) }),
  ...(group === null ? {} : { group }),
});

/** An order found at the exchange after the halt is somebody's at another screen: it is held like any other, not cancelled. */
function haltOf({ intent }: OrderRecord, { cancelOpenBefore }: AccountHalt): Halt {
  const cameLater = cancelOpenBefore !== null && intent.origin === 'EXTERNAL' && intent.createdAt >= cancelOpenBefore;
  return { cancelOpenBefore: cameLater ? null : cancelOpenBefore };
}

/** A complete listing of the account after the order's own evidence is evidence too. */
export async function actualOf(context: ReconcilerContext, record: OrderRecord): Promise<Actual> {
  const own = record.actual.reconciliation.lastEvidenceAt;
  const resting = record.actual.machine.life === 'ACKNOWLEDGED' || record.actual.machine.life === 'PARTIALLY_FILLED';
  const listed = resting ? await context.lastCompleteSync(record.intent.accountId) : null;
  return {
    machine: record.actual.machine,
    attempts: record.actual.reconciliation.attempts,
    nextAttemptAt: record.actual.reconciliation.nextAttemptAt,
    lastEvidenceAt: own !== null && listed !== null ? (own > listed ? own : listed) : (own ?? listed),
    absentLookups: record.actual.reconciliation.absentLookups,
    ...clearance(record),
  };
}

const clearance = ({ actual: { reconciliation } }: OrderRecord): Pick<Actual, 'cleared'> =>
  reconciliation.cleared === undefined ? {} : { cleared: reconciliation.cleared };

export function plannerCapabilities(capabilities: ExchangeCapabilities, record: OrderRecord): PlannerCapabilities {
  const spec = exchangeSpec(record.intent);
  const { amendable } = capabilities;
  const isAmendable =
    amendable === undefined ||
    (amendable.types.includes(spec.type) && amendable.timesInForce.includes(spec.timeInForce));
  return {
    amend: isAmendable ? capabilities.amend : 'none',
    lookupByClientId: capabilities.lookupByClientId,
    cancelByClientId: capabilities.cancelByClientId,
    submissionDeadlineMs: capabilities.submissionDeadlineMs,
    // Until then a submission may be accepted or unseen: neither its word nor our clock and the exchange's are one.
    visibilityDelayMs: capabilities.visibilityDelayMs + capabilities.clockMarginMs,
    absenceLookupGapMs: capabilities.absenceLookupGapMs,
    emulatesGtt: capabilities.emulatesGtt,
    nativeGtt: capabilities.timesInForce[spec.type].includes('GTT'),
  };
}

/** Tells the key watch what an answer says of the account's key. */
export function judgeKey(context: ReconcilerContext, accountId: string, outcome: SubmitOutcome | CancelOutcome): void {
  switch (outcome.kind) {
    case 'auth':
      context.keys?.refused(
        accountId,
        outcome.nativeCode === null ? outcome.message : `${outcome.nativeCode}: ${outcome.message}`,
      );
      break;
    case 'placed':
    case 'accepted':
      context.keys?.taken(accountId);
      break;
    case 'duplicate':
    case 'notPlaced':
    case 'rateLimited':
    case 'notSent':
    case 'unknown':
    case 'unknownOrder':
    case 'refused':
      break;
  }
}

/**
 * True when news that came after `askedAt` may have raised the question that is open now: an answer to what was asked
 * then does not close it.
 */
export function wasAskedSince({ actual }: OrderRecord, askedAt: string): boolean {
  const { attempts, lastEvidenceAt } = actual.reconciliation;
  return attempts > 0 && lastEvidenceAt !== null && lastEvidenceAt > askedAt && !isDone(actual.machine);
}
