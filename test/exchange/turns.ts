import type { RequestTurns } from '@orderplane/domain';
import { createRedisTurns, openRedis, redisReady } from '@orderplane/queues';

/** What processes that share a key share beside it, on the Redis of `npm test`: one connection a process, as they have. */

const GIVEN = process.env['ORDERPLANE_TEST_REDIS_URL'] ?? '';
/** A logical database that no other test uses. */
const DATABASE = 15;

export const NO_REDIS = GIVEN === '';

export interface SharedTurns {
  readonly turns: RequestTurns;
  close(): void;
}

/** Null without a Redis: then every adapter is alone, as a process is that has lost Redis. */
export async function openTurns(): Promise<SharedTurns | null> {
  if (NO_REDIS) return null;
  const url = new URL(GIVEN);
  url.pathname = `/${DATABASE}`;
  const redis = openRedis(url.toString(), 'producer', () => undefined);
  await redisReady(redis, 20_000);
  // A busy machine is no reason to take Redis for away.
  const turns = createRedisTurns({ redis, onError: () => undefined, answerWithinMs: 20_000 });
  return { turns, close: () => redis.disconnect() };
}
