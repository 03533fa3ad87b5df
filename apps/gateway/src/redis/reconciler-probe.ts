import { EXCHANGE_IDS, type ExchangeId } from '@orderplane/domain';
import { QUEUE_PREFIX, reconcileQueue } from '@orderplane/queues';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { ReconcilerProbe } from '../ports.ts';

/** Counts the workers by their connections, which carry the queue's name. */
export function createReconcilerProbe(
  redis: Redis,
  onError: (error: Error) => void,
): ReconcilerProbe & { close(): Promise<void> } {
  const open = (exchange: ExchangeId): Queue => {
    const options = { connection: redis, prefix: QUEUE_PREFIX, skipVersionCheck: true };
    const queue = new Queue(reconcileQueue(exchange).name, options);
    queue.on('error', onError);
    return queue;
  };
  const queues = new Map(EXCHANGE_IDS.map((exchange) => [exchange, open(exchange)]));
  return {
    workers: async (exchange) => (await queues.get(exchange)?.getWorkersCount()) ?? 0,
    close: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close().catch(() => undefined)));
    },
  };
}
