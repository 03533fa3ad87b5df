import { Redis, type RedisOptions } from 'ioredis';

/**
 * `producer` fails fast (a caller waits for the answer), `worker` blocks and waits for Redis for ever (BullMQ requires
 * `maxRetriesPerRequest: null`), `subscriber` reconnects and resubscribes by itself.
 */
export type RedisRole = 'producer' | 'worker' | 'subscriber';

const OPTIONS: Record<RedisRole, RedisOptions> = {
  producer: { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 4_000 },
  worker: { maxRetriesPerRequest: null },
  subscriber: { maxRetriesPerRequest: null, autoResubscribe: true },
};

/** Opens a connection that reconnects for ever, at most 1 s between tries. Errors go to `onError`, never unhandled. */
export function openRedis(url: string, role: RedisRole, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    ...OPTIONS[role],
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1_000),
  });
  redis.on('error', onError);
  return redis;
}

/** Resolves when the connection is usable, rejects after `timeoutMs`. */
export async function redisReady(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.off('ready', onReady);
      reject(new Error(`Redis did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const onReady = (): void => {
      clearTimeout(timer);
      resolve();
    };
    redis.once('ready', onReady);
  });
}
