import { canonicalDecimal } from '@orderplane/domain';
import type { ExchangeId, ExecutionMode, OrderOrigin, OrderSpec, ReconciliationStatus } from '@orderplane/domain';
import type { OrderMachine } from '@orderplane/state-machine';
import { Prisma } from '../generated/client.ts';
import type { AbsentLookup, ActualState, Attempt, Intent, OrderFire, OrderRecord, OrderTrigger } from '../contracts.ts';

const INTENT_COLUMNS = `o.id, o.account_id, o.user_id, o.exchange, o.client_order_id, o.request_hash, o.origin, o.mode,
  o.generation, o.spec, o.trigger, o.group_id, o.created_session_id, o.session_id, o.metadata, o.valued_at, o.created_at, o.updated_at`;
const ACTUAL_COLUMNS = `o.version, o.machine, o.actual_created_at, o.actual_updated_at, o.reconciliation_status,
  o.observed_generation, o.attempts, o.next_attempt_at, o.last_error, o.last_evidence_at, o.absent_lookups, o.tried,
  o.alert, o.told_filled, o.fired, o.cleared`;

/** Select lists over `orders o`. */
export const intentColumns = Prisma.raw(INTENT_COLUMNS);
export const actualColumns = Prisma.raw(`o.id, ${ACTUAL_COLUMNS}`);
export const RECORD_COLUMNS = `${INTENT_COLUMNS}, ${ACTUAL_COLUMNS}`;
export const recordColumns = Prisma.raw(RECORD_COLUMNS);

/** The account of an open order, null otherwise: word for word the expression of orders_open_idx. */
export const OPEN_ACCOUNT = "CASE WHEN o.status IN ('PENDING', 'OPEN') THEN o.account_id END";
export const IS_OPEN = "o.status IN ('PENDING', 'OPEN')";
/** Not done, or a question about it is open, or its group was not told of all that it filled: word for word the predicate of orders_unsettled_idx. */
export const IS_UNSETTLED =
  'o.version IS NOT NULL AND (NOT o.done OR o.attempts > 0 OR (o.group_id IS NOT NULL AND o.filled_size <> o.told_filled))';

/** Rows are our own writing under CHECK constraints, so they are typed here and not parsed again: reads stay cheap. */
export interface IntentRow {
  readonly id: string;
  readonly account_id: string;
  readonly user_id: string;
  readonly exchange: ExchangeId;
  readonly client_order_id: string;
  readonly request_hash: string;
  readonly origin: OrderOrigin;
  readonly mode: ExecutionMode;
  readonly generation: number;
  readonly spec: OrderSpec;
  readonly trigger: OrderTrigger | null;
  readonly group_id: string | null;
  readonly created_session_id: string | null;
  readonly session_id: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly valued_at: Prisma.Decimal | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface ActualRow {
  readonly id: string;
  readonly version: number;
  readonly machine: OrderMachine;
  readonly actual_created_at: Date;
  readonly actual_updated_at: Date;
  readonly reconciliation_status: ReconciliationStatus;
  readonly observed_generation: number;
  readonly attempts: number;
  readonly next_attempt_at: Date | null;
  readonly last_error: string | null;
  readonly last_evidence_at: Date | null;
  readonly absent_lookups: readonly AbsentLookup[];
  readonly tried: readonly Attempt[] | null;
  readonly told_filled: Prisma.Decimal;
  readonly alert: string | null;
  readonly fired: OrderFire | null;
  readonly cleared: number | null;
}

export type RecordRow = IntentRow & ActualRow;

const instant = (date: Date | null): string | null => (date === null ? null : date.toISOString());

export const toIntent = (row: IntentRow): Intent => ({
  orderId: row.id,
  accountId: row.account_id,
  userId: row.user_id,
  exchange: row.exchange,
  clientOrderId: row.client_order_id,
  requestHash: row.request_hash,
  origin: row.origin,
  mode: row.mode,
  generation: row.generation,
  spec: row.spec,
  ...(row.trigger === null ? {} : { trigger: row.trigger }),
  groupId: row.group_id,
  ...(row.valued_at === null ? {} : { valuedAt: canonicalDecimal(row.valued_at.toFixed()) }),
  createdSessionId: row.created_session_id,
  sessionId: row.session_id,
  metadata: row.metadata,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
});

export const toActual = (row: ActualRow): ActualState => ({
  orderId: row.id,
  version: row.version,
  machine: row.machine,
  reconciliation: {
    status: row.reconciliation_status,
    observedGeneration: row.observed_generation,
    attempts: row.attempts,
    nextAttemptAt: instant(row.next_attempt_at),
    lastError: row.last_error,
    lastEvidenceAt: instant(row.last_evidence_at),
    absentLookups: row.absent_lookups,
    ...(row.tried === null ? {} : { tried: row.tried }),
    ...(row.told_filled.isZero() ? {} : { toldFilled: canonicalDecimal(row.told_filled.toFixed()) }),
    ...(row.alert === null ? {} : { alert: row.alert }),
    ...(row.fired === null ? {} : { fired: row.fired }),
    ...(row.cleared === null ? {} : { cleared: row.cleared }),
  },
  createdAt: row.actual_created_at.toISOString(),
  updatedAt: row.actual_updated_at.toISOString(),
});

export const toRecord = (row: RecordRow): OrderRecord => ({ intent: toIntent(row), actual: toActual(row) });

/** For outer joins: the row holds an order. */
export const isRecordRow = <R extends Partial<RecordRow>>(row: R): row is R & RecordRow => typeof row.id === 'string';
