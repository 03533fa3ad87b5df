import { inDoubt, overfill, status } from '@orderplane/state-machine';
import type { Account, ActualState, OrderRecord } from '@orderplane/store';
import type { ReconciliationResolvers } from '../schema/types.generated.ts';

/**
 * Newest instant at which the exchange confirmed the order. A complete listing of the account confirms what rests at the
 * exchange without a write to each order. It says nothing of one that was not sent yet or has ended, and one that it
 * did not show was in doubt before the account's instant moved.
 */
export function lastSyncedAt(
  { actual: { machine, reconciliation } }: OrderRecord,
  account: Account | null,
): string | null {
  const own = reconciliation.lastEvidenceAt;
  const listed = status(machine) === 'OPEN' && !inDoubt(machine) ? (account?.lastSyncedAt ?? null) : null;
  if (own === null || listed === null) return own ?? listed;
  return own > listed ? own : listed;
}

function attentionOf({ machine, reconciliation }: ActualState): string | null {
  if (reconciliation.status !== 'NEEDS_ATTENTION') return null;
  if (reconciliation.alert !== undefined) return reconciliation.alert;
  const over = overfill(machine);
  if (over !== '0') return `the exchange has executed ${over} more than was ordered`;
  return reconciliation.lastError ?? (machine.stray ? 'something of an ended order lives at the exchange' : null);
}

export const reconciliation: Required<ReconciliationResolvers> = {
  status: ({ actual }) => actual.reconciliation.status,
  generation: ({ intent }) => intent.generation,
  observedGeneration: ({ actual }) => actual.reconciliation.observedGeneration,
  lastSyncedAt: async (record, _, { loaders }) =>
    lastSyncedAt(record, await loaders.account.load(record.intent.accountId)),
  nextAttemptAt: ({ actual }) => actual.reconciliation.nextAttemptAt,
  attempts: ({ actual }) => actual.reconciliation.attempts,
  lastError: ({ actual }) => actual.reconciliation.lastError,
  unknownSince: ({ actual }) => actual.machine.unknownSince,
  tried: ({ actual }) =>
    (actual.reconciliation.tried ?? []).map(({ what, ...attempt }) => ({ kind: what, ...attempt })),
  attention: ({ actual }) => attentionOf(actual),
};
