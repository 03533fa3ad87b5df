import { inDoubt, status } from '@orderplane/state-machine';
import type { Account, OrderRecord } from '@orderplane/store';
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

export const reconciliation: Required<ReconciliationResolvers> = {
  status: ({ actual }) => actual.reconciliation.status,
  generation: ({ intent }) => intent.generation,
  observedGeneration: ({ actual }) => actual.reconciliation.observedGeneration,
  lastSyncedAt: async (record, _, { loaders }) =>
    lastSyncedAt(record, await loaders.account.load(record.intent.accountId)),
  nextAttemptAt: ({ actual }) => actual.reconciliation.nextAttemptAt,
  attempts: ({ actual }) => actual.reconciliation.attempts,
  lastError: ({ actual }) => actual.reconciliation.lastError,
};
