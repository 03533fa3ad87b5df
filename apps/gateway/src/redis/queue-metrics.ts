import { queueNames, readQueues } from '@orderplane/queues';
import type { Metrics } from '@orderplane/service-kit';
import type { Redis } from 'ioredis';

/** Every queue as the gateway sees it: it stands also when those who work them off do not. */
export function watchQueues(redis: Redis, metrics: Metrics): void {
  const jobs = metrics.gauge('queue_jobs', 'Jobs in a queue', ['queue', 'state']);
  const oldest = metrics.gauge('queue_oldest_seconds', 'How long the oldest job that could begin has waited', [
    'queue',
  ]);
  const names = queueNames();
  metrics.beforeScrape(async () => {
    // Producers stamp jobs with their own clocks.
    for (const { queue, oldestMs, ...counts } of await readQueues(redis, names, Date.now())) {
      for (const [state, count] of Object.entries(counts)) jobs.set({ queue, state }, count);
      oldest.set({ queue }, oldestMs / 1_000);
    }
  });
}
