import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRedis, redisReady } from '../connection.ts';
import { NO_REDIS, redisUrl, WHY_SKIPPED } from '../testing/redis.ts';
import { createRedisTurns } from './redis-turns.ts';

const question = (atLeast: number, key = 'key') => ({ place: 'kraken:LIVE', key, atLeast, patienceMs: 60_000 });
const fails = (error: Error): never => {
  throw error;
};

describe.skipIf(NO_REDIS)(`turns (${NO_REDIS ? WHY_SKIPPED : 'Redis'})`, () => {
  const connections: Redis[] = [];
  const opened = async (): Promise<Redis> => {
    const redis = openRedis(redisUrl('turns'), 'producer', () => undefined);
    connections.push(redis);
    await redisReady(redis, 10_000);
    return redis;
  };
  /** A busy machine is no reason to take Redis for away. */
  const turnsOf = async () => createRedisTurns({ redis: await opened(), onError: fails, answerWithinMs: 30_000 });
  let redis: Redis;
  beforeAll(async () => {
    redis = await opened();
  });
  beforeEach(() => redis.flushdb());
  afterAll(() => connections.forEach((one) => one.disconnect()));

  test('one at a time, with growing numbers, though the clocks of the askers differ', async () => {
    const processes = await Promise.all(
      [1_000, 2_000, 3_000].map(async (clock) => ({ clock, turns: await turnsOf() })),
    );
    const given: number[] = [];
    let holders = 0;
    await Promise.all(
      processes.map(async ({ clock, turns }) => {
        for (let count = 0; count < 20; count += 1) {
          const turn = await turns.take(question(clock + count));
          holders += 1;
          expect(holders).toBe(1);
          given.push(turn.number);
          expect(turn.number).toBeGreaterThanOrEqual(clock + count);
          await sleep(count % 3);
          holders -= 1;
          turn.end();
        }
      }),
    );
    expect(given).toHaveLength(60);
    expect(given).toEqual([...new Set(given)].sort((a, b) => a - b));
  });

  test('one process that always has more to send does not keep out another', async () => {
    const [busy, other] = await Promise.all([turnsOf(), turnsOf()]);
    let isServed = false;
    const others = (async () => {
      for (let count = 0; count < 5; count += 1) (await other.take(question(1))).end();
      isServed = true;
    })();
    let taken = 0;
    for (; !isServed; taken += 1) (await busy.take(question(1))).end();
    await others;
    expect(taken).toBeLessThan(100);
  });

  test('keys leave each other alone', async () => {
    const turns = await turnsOf();
    const first = await turns.take(question(7));
    expect((await turns.take(question(7, 'other'))).number).toBe(7);
    expect((await turns.take({ ...question(9), place: 'kraken:PAPER' })).number).toBe(9);
    first.end();
  });

  test('the turn of one that died lapses, and so does a place in the line', async () => {
    const [dies, waits, lives] = await Promise.all([turnsOf(), opened(), turnsOf()]);
    expect((await dies.take(question(1))).number).toBe(1);
    // Somebody asked once, and never again.
    await waits.zadd('orderplane:turns:{kraken:LIVE:key}:line', 1, 'gone');
    await waits.zadd('orderplane:turns:{kraken:LIVE:key}:asked', 1, 'gone');
    expect((await lives.take(question(1))).number).toBe(2);
  });

  test('who can wait no longer goes with its own number', async () => {
    const turns = await turnsOf();
    const first = await turns.take(question(100));
    expect((await turns.take({ ...question(50), patienceMs: 0 })).number).toBe(50);
    first.end();
    expect((await turns.take(question(50))).number).toBe(101);
  });

  test('nothing is left behind that does not expire', async () => {
    const turns = await turnsOf();
    await turns.take(question(1));
    await turns.take({ ...question(1), patienceMs: 0 });
    for (const key of await redis.keys('*')) expect(await redis.pttl(key)).toBeGreaterThan(0);
  });
});

test('without Redis everybody has its own number at once', async () => {
  const redis = openRedis('redis://127.0.0.1:1', 'producer', () => undefined);
  const turns = createRedisTurns({ redis, onError: () => undefined });
  const turn = await turns.take(question(12));
  expect(turn.number).toBe(12);
  turn.end();
  redis.disconnect();
});
