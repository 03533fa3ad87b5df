import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MAINTENANCE, reconcileQueue } from './contracts.ts';
import { NO_REDIS, pause, redisUrl, WHY_SKIPPED } from './testing/redis.ts';
import { createWaker, type Waker } from './wake.ts';
import { createConsumer, type Consumer } from './worker.ts';

const open: (() => Promise<unknown>)[] = [];
const errors: Error[] = [];

function waking(url = redisUrl('wake')): Waker {
  const waker = createWaker({ redisUrl: url, onError: (error) => void errors.push(error) });
  open.push(() => waker.close());
  return waker;
}

function reconciling(
  handle: (orderId: string) => Promise<void>,
  exchange: 'binance' | 'kraken' = 'binance',
  concurrency = 8,
): Consumer {
  const consumer = createConsumer(reconcileQueue(exchange), {
    redisUrl: redisUrl('wake'),
    concurrency,
    now: () => Date.now(),
    onError: (error) => void errors.push(error),
    handle: async ({ orderId }) => {
      await handle(orderId);
      return null;
    },
  });
  open.push(() => consumer.close(5_000));
  return consumer;
}

/** Passes rechecks on, as the reconciler's maintenance consumer does. */
function maintaining(waker: Waker, before: () => Promise<void> = () => Promise.resolve()): void {
  const consumer = createConsumer(MAINTENANCE, {
    redisUrl: redisUrl('wake'),
    concurrency: 4,
    now: () => Date.now(),
    onError: (error) => void errors.push(error),
    handle: async (job) => {
      if (job.kind === 'recheck') await waker.wake(job.exchange, job.orderId, 'read');
      await before();
      return null;
    },
  });
  open.push(() => consumer.close(5_000));
}

test.runIf(NO_REDIS)(`skipped: ${WHY_SKIPPED}`, () => undefined);

describe.skipIf(NO_REDIS)('waking orders on a real Redis', () => {
  beforeEach(async () => {
    errors.length = 0;
    const redis = new Redis(redisUrl('wake'));
    await redis.flushdb();
    redis.disconnect();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((close) => close()));
  });

  test('many wake-ups of an order that waits are one run', async () => {
    const waker = waking();
    await Promise.all(Array.from({ length: 20 }, () => waker.wake('binance', 'order-1', 'submit')));
    expect((await waker.pending('binance')).waiting).toBe(1);
    const runs: string[] = [];
    reconciling(async (orderId) => void runs.push(orderId));
    await vi.waitFor(() => expect(runs).toEqual(['order-1']));
    await pause(100);
    expect(runs).toEqual(['order-1']);
  });

  test('a wake-up during a run gives one more run afterwards, never two at once', async () => {
    const waker = waking();
    let running = 0;
    let most = 0;
    let runs = 0;
    reconciling(async () => {
      running += 1;
      most = Math.max(most, running);
      runs += 1;
      if (runs === 1) {
        // Many come while the first run is under way.
        for (let times = 0; times < 10; times += 1) await waker.wake('binance', 'order-1', 'read');
        await pause(100);
      }
      running -= 1;
    });
    await waker.wake('binance', 'order-1', 'submit');
    await vi.waitFor(() => expect(runs).toBe(2));
    await pause(200);
    expect([runs, most]).toEqual([2, 1]);
  });

  test('wake-ups after a run are new runs', async () => {
    const waker = waking();
    let runs = 0;
    reconciling(async () => {
      runs += 1;
    });
    for (let times = 1; times <= 5; times += 1) {
      await waker.wake('binance', 'order-1', 'read');
      await vi.waitFor(() => expect(runs).toBe(times));
      await pause(20);
    }
  });

  test('cancels go first, then submits, then reads, then the resync', async () => {
    const waker = waking();
    await waker.wakeMany('binance', ['resync-1', 'resync-2'], 'resync');
    await waker.wake('binance', 'read-1', 'read');
    await waker.wake('binance', 'submit-1', 'submit');
    await waker.wake('binance', 'cancel-1', 'cancel');
    const runs: string[] = [];
    reconciling(async (orderId) => void runs.push(orderId), 'binance', 1);
    await vi.waitFor(() => expect(runs).toHaveLength(5));
    expect(runs).toEqual(['cancel-1', 'submit-1', 'read-1', 'resync-1', 'resync-2']);
  });

  test('a cancel overtakes the sweep in which its order waits already', async () => {
    const waker = waking();
    await waker.wakeMany('binance', ['a', 'b', 'c', 'd'], 'resync');
    await waker.wake('binance', 'd', 'cancel');
    await waker.wake('binance', 'c', 'submit');
    // A later, less urgent one does not slow it down again.
    await waker.wake('binance', 'd', 'read');
    await waker.wakeMany('binance', ['c', 'd'], 'resync');
    const runs: string[] = [];
    reconciling(async (orderId) => void runs.push(orderId), 'binance', 1);
    await vi.waitFor(() => expect(runs).toHaveLength(4));
    expect(runs).toEqual(['d', 'c', 'a', 'b']);
  });

  test('one exchange does not wait for another', async () => {
    const waker = waking();
    const runs: string[] = [];
    reconciling(() => new Promise(() => undefined), 'binance', 1);
    reconciling(async (orderId) => void runs.push(orderId), 'kraken', 1);
    await waker.wake('binance', 'order-1', 'submit');
    await waker.wake('kraken', 'order-2', 'submit');
    await vi.waitFor(() => expect(runs).toEqual(['order-2']));
  });

  test('later means later, and the last word counts', async () => {
    const waker = waking();
    const runs: number[] = [];
    const began = performance.now();
    reconciling(async () => void runs.push(performance.now() - began));
    maintaining(waker);
    await waker.wakeLater('binance', 'order-1', 60_000);
    await waker.wakeLater('binance', 'order-1', 300);
    // Long before the minute that was said first, however busy the machine is.
    await vi.waitFor(() => expect(runs).toHaveLength(1), { timeout: 20_000 });
    expect(runs[0]).toBeGreaterThan(290);
    await pause(100);
    expect(runs).toHaveLength(1);
  });

  test('a wish for later that comes while the last one is being passed on is not lost', async () => {
    const waker = waking();
    let runs = 0;
    reconciling(async () => {
      runs += 1;
      // The order asks to be looked at again before its wake-up has been ticked off.
      if (runs < 4) await waker.wakeLater('binance', 'order-1', 50);
    });
    maintaining(waker, () => pause(100));
    await waker.wakeLater('binance', 'order-1', 1);
    await vi.waitFor(() => expect(runs).toBe(4), { timeout: 5_000 });
  });

  test('an empty list wakes nobody', async () => {
    const waker = waking();
    await waker.wakeMany('binance', [], 'read');
    expect((await waker.pending('binance')).waiting).toBe(0);
    expect(errors).toEqual([]);
  });

  test('a Redis that is away is told and swallowed: the order is durable, the resync finds it', async () => {
    const waker = waking('redis://127.0.0.1:1');
    await waker.wake('binance', 'order-1', 'submit');
    await waker.wakeMany('binance', ['order-1'], 'resync');
    await waker.wakeLater('binance', 'order-1', 1);
    expect(errors.length).toBeGreaterThanOrEqual(3);
  });
});
