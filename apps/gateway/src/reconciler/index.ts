import { EXCHANGE_IDS } from '@orderplane/domain';
import type { Ports } from '../ports.ts';
import type { QueryResolvers, Resolvers } from '../schema/types.generated.ts';

/** Counts over all users, without anything of theirs: every role may read them. */
const reconciler: NonNullable<QueryResolvers['reconciler']> = async (_, __, { ports }) => {
  const now = ports.clock.iso();
  const [metrics, running] = await Promise.all([ports.queries.reconcilerMetrics(now), isRunning(ports)]);
  const oldestMs = metrics.oldestPendingAt === null ? null : Date.parse(metrics.oldestPendingAt);
  return {
    running,
    reconciliationLagMs: oldestMs === null ? 0 : clampInt(Date.parse(now) - oldestMs),
    pendingReconciliations: metrics.pending,
    errorCount: metrics.errors,
    retryCount: metrics.retries,
    ambiguous: metrics.ambiguous,
    needsAttention: metrics.needsAttention,
  };
};

/** Somebody works on the queue of every exchange. */
async function isRunning({ reconciler: probe, log }: Ports): Promise<boolean> {
  try {
    const workers = await Promise.all(EXCHANGE_IDS.map((exchange) => probe.workers(exchange)));
    return workers.every((count) => count > 0);
  } catch (cause) {
    log.warn({ err: cause }, 'the reconciler could not be probed');
    return false;
  }
}

/** GraphQL's Int has 32 bits. */
const clampInt = (value: number): number => Math.min(Math.max(0, value), 2 ** 31 - 1);

export const reconcilerResolvers: Resolvers = { Query: { reconciler } };
