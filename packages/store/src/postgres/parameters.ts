import { limitCurrencyOf, type OrderSpec } from '@orderplane/domain';
import type { OrderMachine } from '@orderplane/state-machine';
import type { Intent, OrderGroup, ReconciliationRecord } from '../contracts.ts';
import { derivedColumns } from '../order-rows.ts';

/** Keys are columns of `orders`: json_populate_record(NULL::orders, …) reads them with the columns' own types. */
export const specColumns = (spec: OrderSpec) => ({
  symbol: spec.symbol,
  side: spec.side,
  type: spec.type,
  time_in_force: spec.timeInForce,
  limit_currency: limitCurrencyOf(spec.symbol),
  spec,
});

export const intentColumnsOf = (intent: Intent) => ({
  id: intent.orderId,
  account_id: intent.accountId,
  user_id: intent.userId,
  exchange: intent.exchange,
  client_order_id: intent.clientOrderId,
  request_hash: intent.requestHash,
  origin: intent.origin,
  mode: intent.mode,
  generation: intent.generation,
  ...specColumns(intent.spec),
  trigger: intent.trigger ?? null,
  group_id: intent.groupId,
  created_session_id: intent.createdSessionId,
  session_id: intent.sessionId,
  metadata: intent.metadata,
  valued_at: intent.valuedAt ?? null,
  created_at: intent.createdAt,
  updated_at: intent.updatedAt,
});

export const actualColumnsOf = (
  version: number,
  machine: OrderMachine,
  reconciliation: ReconciliationRecord,
  updatedAt: string,
) => ({
  version,
  machine,
  ...derivedColumns(machine),
  reconciliation_status: reconciliation.status,
  observed_generation: reconciliation.observedGeneration,
  attempts: reconciliation.attempts,
  next_attempt_at: reconciliation.nextAttemptAt,
  last_error: reconciliation.lastError,
  last_evidence_at: reconciliation.lastEvidenceAt,
  absent_lookups: reconciliation.absentLookups,
  tried: reconciliation.tried ?? null,
  told_filled: reconciliation.toldFilled ?? '0',
  alert: reconciliation.alert ?? null,
  fired: reconciliation.fired ?? null,
  cleared: reconciliation.cleared ?? null,
  actual_updated_at: updatedAt,
});

export const groupColumnsOf = (group: OrderGroup) => ({
  id: group.groupId,
  user_id: group.userId,
  account_id: group.accountId,
  kind: group.kind,
  on_partial_fill: group.onPartialFill,
  request_hash: group.requestHash,
  created_at: group.createdAt,
});
