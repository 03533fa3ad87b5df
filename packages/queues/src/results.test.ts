import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { QueueUnavailableError } from './contract.ts';
import { createProducer } from './producer.ts';
import { contractOf, NO_REDIS, redisUrl } from './testing/redis.ts';
import { createConsumer } from './worker.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

const ignore = (): void => undefined;

function producing(contract: ReturnType<typeof contractOf>, url: string) {
  const producer = createProducer(contract, { redisUrl: url, onError: ignore, awaitsResults: true });
  open.push(() => producer.close());
  return producer;
}

test('without Redis a producer is not ready, and says so in time', async () => {
  const began = performance.now();
  const producer = producing(contractOf(), 'redis://127.0.0.1:1');
  await expect(producer.ready(100)).rejects.toBeInstanceOf(QueueUnavailableError);
  await expect(producer.request({ n: 1 }, 5_000)).rejects.toBeInstanceOf(QueueUnavailableError);
  expect(performance.now() - began).toBeLessThan(4_900);
});

describe.skipIf(NO_REDIS)('results on a real Redis', () => {
  test('a result that comes while nobody can hear it is found in the job', async () => {
    const contract = contractOf();
    const producer = producing(contract, redisUrl());
    await producer.ready();
    const consumer = createConsumer(contract, {
      redisUrl: redisUrl(),
      concurrency: 2,
      now: () => Date.now(),
      onError: ignore,
      // Sooner than the listener is back (50 ms).
      handle: async ({ n }) => {
        await killListeners();
        if (n === 13) throw new Error('thirteen');
        return { doubled: 2 * n };
      },
    });
    open.push(() => consumer.close(5_000));
    expect(await producer.request({ n: 1 }, 5_000)).toEqual({ doubled: 2 });
    await expect(producer.request({ n: 13 }, 5_000)).rejects.toThrow('thirteen');
  });

  test('two waiters of one queue hear their own results', async () => {
    const contract = contractOf();
    const producers = [producing(contract, redisUrl()), producing(contract, redisUrl())];
    const consumer = createConsumer(contract, {
      redisUrl: redisUrl(),
      concurrency: 8,
      now: () => Date.now(),
      onError: ignore,
      handle: async ({ n }) => ({ doubled: 2 * n }),
    });
    open.push(() => consumer.close(5_000));
    const numbers = Array.from({ length: 40 }, (_, index) => index);
    const results = await Promise.all(numbers.map(async (n) => producers[n % 2]?.request({ n }, 5_000)));
    expect(results).toEqual(numbers.map((n) => ({ doubled: 2 * n })));
  });
});

/** Cuts every connection on which something is listened to. */
async function killListeners(): Promise<void> {
  const admin = new Redis(redisUrl());
  await admin.client('KILL', 'TYPE', 'PUBSUB');
  admin.disconnect();
}
