import { randomUUID } from 'node:crypto';
import { openRedis, redisReady } from '@orderplane/queues';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRateLimits, LocalLimits } from './rate-limits.ts';

const REDIS_URL = process.env['ORDERPLANE_TEST_REDIS_URL'] ?? '';
const WHY_SKIPPED = 'ORDERPLANE_TEST_REDIS_URL is not set: npm test sets it';

const ignore = (): void => undefined;
const open = async (url = REDIS_URL) => {
  const redis = openRedis(url, 'producer', ignore);
  onTestFinished(() => redis.disconnect());
  if (url === REDIS_URL) await redisReady(redis, 5_000);
  return redis;
};

describe.runIf(REDIS_URL !== '')(`over Redis (${WHY_SKIPPED} otherwise)`, () => {
  test('two gateways share one limit; another caller has its own; the wait is what is missing', async () => {
    const options = { perSecond: 1, burst: 10, onError: ignore };
    const [one, two] = [
      createRateLimits({ ...options, redis: await open() }),
      createRateLimits({ ...options, redis: await open() }),
    ];
    const who = randomUUID();
    const asked = await Promise.all(Array.from({ length: 60 }, (_, n) => (n % 2 === 0 ? one : two).ask(who)));
    const granted = asked.filter((waitMs) => waitMs === null).length;
    // One more for each second that a busy machine takes.
    expect(granted).toBeGreaterThanOrEqual(10);
    expect(granted).toBeLessThan(20);
    const waitMs = await one.ask(who);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(1_000);
    expect(await two.ask(randomUUID())).toBeNull();
  });
});

test('while Redis is away each process counts by itself, and says so once', async () => {
  const errors: Error[] = [];
  const redis = await open('redis://127.0.0.1:1');
  const rates = createRateLimits({ redis, perSecond: 1, burst: 3, onError: (error) => errors.push(error) });
  const asked = [];
  for (let n = 0; n < 5; n += 1) asked.push((await rates.ask('ada')) === null);
  expect(asked.filter(Boolean).length).toBeGreaterThanOrEqual(3);
  expect(asked.filter(Boolean).length).toBeLessThan(5);
  expect(await rates.ask('bob')).toBeNull();
});

test('whatever comes when: never more than the burst and the rate allow, and who waits as told is let in', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 10 }), (gaps, perSecond, burst) => {
      const limits = new LocalLimits(1_000 / perSecond, (burst * 1_000) / perSecond);
      let [nowMs, granted] = [1_000, 0];
      for (const gap of gaps) {
        nowMs += gap;
        const waitMs = limits.take('ada', nowMs);
        if (waitMs === null) granted += 1;
        else {
          expect(waitMs).toBeGreaterThan(0);
          nowMs += waitMs;
          expect(limits.take('ada', nowMs)).toBeNull();
          granted += 1;
        }
        expect(granted).toBeLessThanOrEqual(burst + ((nowMs - 1_000) * perSecond) / 1_000 + 0.01);
      }
    }),
  );
});
