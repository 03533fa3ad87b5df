import { propagation, trace, type Context } from '@opentelemetry/api';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createProducer } from './producer.ts';
import { readQueues } from './queue-watch.ts';
import { RECONCILE_PRIORITY } from './contracts.ts';
import { contractOf, NO_REDIS, redisUrl, WHY_SKIPPED } from './testing/redis.ts';
import { createTraceBook } from './trace-book.ts';
import { createConsumer } from './worker.ts';

const TRACEPARENT = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
const open: (() => unknown)[] = [];
afterEach(async () => {
  propagation.disable();
  for (const close of open.splice(0)) await close();
});

/** Says what is under way, and notes what jobs bring. */
function playTracing(): string[] {
  const brought: string[] = [];
  propagation.setGlobalPropagator({
    inject: (_context, carrier, setter) => setter.set(carrier, 'traceparent', TRACEPARENT),
    extract: (context: Context, carrier, getter) => {
      brought.push(String(getter.get(carrier, 'traceparent')));
      return context;
    },
    fields: () => ['traceparent'],
  });
  return brought;
}

function rig() {
  const contract = contractOf();
  const producer = createProducer(contract, { redisUrl: redisUrl(), onError: () => undefined, awaitsResults: true });
  open.push(() => producer.close());
  const consume = (): void => {
    const consumer = createConsumer(contract, {
      redisUrl: redisUrl(),
      concurrency: 1,
      now: () => Date.now(),
      onError: () => undefined,
      handle: ({ n }) => Promise.resolve({ doubled: 2 * n }),
    });
    open.push(() => consumer.close(5_000));
  };
  return { contract, producer, consume };
}

test.runIf(NO_REDIS)(`skipped: ${WHY_SKIPPED}`, () => undefined);

describe.skipIf(NO_REDIS)('on a real Redis', () => {
  test('a job brings the trace of whoever added it, alone or with others', async () => {
    const brought = playTracing();
    const { producer, consume } = rig();
    consume();
    expect(await producer.request({ n: 2 }, 10_000)).toEqual({ doubled: 4 });
    await producer.addBulk([{ data: { n: 1 } }]);
    await vi.waitFor(() => expect(brought).toEqual([TRACEPARENT, TRACEPARENT]), 10_000);
  });

  test('a job that is not to carry it does not, and without tracing none does', async () => {
    const brought = playTracing();
    const { producer, consume } = rig();
    await producer.add({ n: 1 }, { telemetry: { omitContext: true } });
    propagation.disable();
    await producer.add({ n: 2 });
    const again = playTracing();
    consume();
    await vi.waitFor(async () => expect(await producer.counts()).toMatchObject({ waiting: 0, active: 0 }), 10_000);
    expect([brought, again]).toEqual([[], []]);
    expect(trace.getActiveSpan()).toBeUndefined();
  });

  test('how full a queue is, and how old its oldest job, whatever its priority', async () => {
    const { contract, producer } = rig();
    const redis = new Redis(redisUrl());
    open.push(() => redis.disconnect());
    const empty = { queue: contract.name, waiting: 0, active: 0, delayed: 0, failed: 0, oldestMs: 0 };
    expect(await readQueues(redis, [contract.name], Date.now())).toEqual([empty]);
    const nowMs = 1_000_000;
    await producer.add({ n: 1 }, { priority: RECONCILE_PRIORITY.resync, timestamp: nowMs - 9_000 });
    await producer.add({ n: 2 }, { priority: RECONCILE_PRIORITY.cancel, timestamp: nowMs - 2_000 });
    await producer.add({ n: 3 }, { timestamp: nowMs - 1_000 });
    await producer.add({ n: 4 }, { delay: 60_000, timestamp: nowMs - 50_000 });
    expect(await readQueues(redis, ['none-such', contract.name], nowMs)).toEqual([
      { ...empty, queue: 'none-such' },
      { ...empty, waiting: 3, delayed: 1, oldestMs: 9_000 },
    ]);
  });

  test('the trace of an order is kept for a while, and none is no trouble', async () => {
    const redis = new Redis(redisUrl());
    open.push(() => redis.disconnect());
    const book = createTraceBook(redis);
    book.keep(['order-of-a-trace'], TRACEPARENT);
    await vi.waitFor(async () => expect(await book.of('order-of-a-trace')).toBe(TRACEPARENT), 5_000);
    expect(await book.of('another')).toBeNull();
    expect(await redis.ttl('orderplane:trace:order-of-a-trace')).toBeGreaterThan(0);
  });
});
