import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { LONGEST_WAIT_MS, RateBook, REQUEST_CLASSES } from '@orderplane/domain';
import type { BucketRule, BudgetQuestion, PauseNotice, RequestBudget, RequestClass } from '@orderplane/domain';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRedis, redisReady } from '../connection.ts';
import { NO_REDIS, redisUrl, WHY_SKIPPED } from '../testing/redis.ts';
import { readPauses } from './pauses.ts';
import { createRedisBudget } from './redis-budget.ts';

const windowed: BucketRule = {
  name: 'weight',
  scope: 'exchange',
  capacity: 60,
  refill: { kind: 'window', windowMs: 10_000 },
  keeps: { fromReads: 0.3, fromSubmits: 0.1 },
};
const falling: BucketRule = {
  name: 'counter',
  scope: 'pair',
  capacity: 40,
  refill: { kind: 'decay', perSecond: 2.34 },
  keeps: { fromReads: 0, fromSubmits: 0.1 },
};
const PLACE = 'kraken:PAPER';

const asks = (rule: BucketRule, requestClass: RequestClass, over: Partial<BudgetQuestion> = {}): BudgetQuestion => ({
  place: PLACE,
  key: 'key',
  id: '',
  patienceMs: LONGEST_WAIT_MS,
  class: requestClass,
  charges: [{ rule, pair: 'BTC-USD', points: 1, always: false }],
  scale: 1,
  ...over,
});

describe.skipIf(NO_REDIS)(`the shared budget (${NO_REDIS ? WHY_SKIPPED : 'Redis'})`, () => {
  const connections: Redis[] = [];
  const opened = async (): Promise<Redis> => {
    const redis = openRedis(redisUrl('budget'), 'producer', () => undefined);
    connections.push(redis);
    await redisReady(redis, 10_000);
    return redis;
  };
  let redis: Redis;
  const fails = (error: Error): never => {
    throw error;
  };
  /** A busy machine is no reason to take Redis for away. */
  const patient = { onError: fails, answerWithinMs: 30_000 } as const;
  const budgetAt = (now: () => number): RequestBudget => createRedisBudget({ ...patient, redis, now });

  beforeAll(async () => {
    redis = await opened();
  });
  beforeEach(() => redis.flushdb());
  afterAll(() => connections.forEach((one) => one.disconnect()));

  const step = fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 700 }), fc.integer({ min: 0, max: 20_000 })),
    class: fc.constantFrom(...REQUEST_CLASSES),
    key: fc.constantFrom('one', 'two'),
    id: fc.constantFrom('', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    patienceMs: fc.oneof(fc.constant(LONGEST_WAIT_MS), fc.integer({ min: 0, max: 12_000 })),
    leaves: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
    rules: fc.constantFrom([windowed], [falling], [windowed, falling]),
    points: fc.integer({ min: 1, max: 9 }),
    always: fc.boolean(),
    scale: fc.constantFrom(1, 1, 1, 3, 0),
    pause: fc.option(
      fc.record({
        key: fc.constantFrom(null, 'one'),
        classes: fc.subarray([...REQUEST_CLASSES], { minLength: 1 }),
        forMs: fc.integer({ min: 0, max: 4_000 }),
      }),
      { freq: 12 },
    ),
  });

  test('answers as the book in memory does', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
        round += 1;
        const place = `kraken:${round}`;
        const book = new RateBook();
        let nowMs = 1_700_000_000_000;
        const shared = budgetAt(() => nowMs);
        for (const { afterMs, rules, points, always, pause, leaves, ...asked } of steps) {
          nowMs += afterMs;
          if (pause !== null) {
            const notice: PauseNotice = { place, reason: 'too many', ...pause };
            book.pause(notice, nowMs);
            await shared.pause(notice);
          }
          const charges = rules.map((rule) => ({ rule, pair: 'BTC-USD', points, always }));
          const question: BudgetQuestion = { place, charges, ...asked };
          if (leaves) {
            book.leave(question);
            await shared.leave(question);
          } else expect(await shared.ask(question)).toEqual(book.ask(question, nowMs));
        }
      }),
      { numRuns: 100 },
    );
  });

  test('several processes at once are granted the capacity once', async () => {
    const budgets = await Promise.all(
      [1, 2, 3].map(async () => createRedisBudget({ ...patient, redis: await opened(), now: () => 1_000 })),
    );
    const answers = await Promise.all(
      budgets.flatMap((budget) => Array.from({ length: 50 }, () => budget.ask(asks(windowed, 'submit')))),
    );
    expect(answers.filter(({ granted }) => granted)).toHaveLength(Math.floor(57 * 0.9));
  });

  test('leaves nothing behind that does not expire', async () => {
    const budget = createRedisBudget({ ...patient, redis });
    for (let index = 0; index < 70; index += 1) await budget.ask(asks(windowed, 'submit', { id: `order-${index}` }));
    await budget.ask(asks(falling, 'submit'));
    await budget.pause({ place: PLACE, key: null, classes: ['submit'], forMs: 60_000, reason: 'too many' });
    const keys = await redis.keys('*');
    expect(keys.length).toBe(6);
    for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(0);
  });

  test('a pause that one process writes holds for the others, and is there to be shown', async () => {
    const [one, other] = [createRedisBudget({ ...patient, redis }), createRedisBudget({ ...patient, redis })];
    await one.pause({ place: PLACE, key: null, classes: REQUEST_CLASSES, forMs: 60_000, reason: 'banned | until' });
    const answer = await other.ask(asks(windowed, 'cancel'));
    expect(answer).toMatchObject({ granted: false, why: 'paused', detail: 'banned | until', everything: true });
    // Without Redis it is still known.
    expect(await other.ask(asks(windowed, 'read'))).toMatchObject({ why: 'paused' });
    expect((await other.ask(asks(windowed, 'cancel', { place: 'binance:PAPER' }))).granted).toBe(true);
    const shown = await readPauses(redis, ['binance:PAPER', PLACE], Date.now());
    expect([...shown].map(([place, { reason }]) => [place, reason])).toEqual([[PLACE, 'banned | until']]);
    expect(await readPauses(redis, [PLACE], Date.now() + 61_000)).toEqual(new Map());
  });

  test('the pause of one key does not stop another', async () => {
    const budget = createRedisBudget({ ...patient, redis });
    await budget.pause({ place: PLACE, key: 'key', classes: ['submit'], forMs: 60_000, reason: 'slower' });
    expect(await budget.ask(asks(windowed, 'submit'))).toMatchObject({ why: 'paused', everything: false });
    expect((await budget.ask(asks(windowed, 'submit', { key: 'other' }))).granted).toBe(true);
    expect((await budget.ask(asks(windowed, 'cancel'))).granted).toBe(true);
  });
});

const grantsOf = async (budget: RequestBudget): Promise<number> => {
  for (let granted = 0; ; granted += 1) if (!(await budget.ask(asks(windowed, 'cancel'))).granted) return granted;
};

test('a process that is not connected takes a quarter, and keeps to the pauses that it knows', async () => {
  const redis = openRedis('redis://127.0.0.1:1', 'producer', () => undefined);
  const budget = createRedisBudget({ redis, onError: () => undefined, now: () => 1_000 });
  expect(await grantsOf(budget)).toBe(14);
  await budget.pause({ place: PLACE, key: null, classes: REQUEST_CLASSES, forMs: 100, reason: 'banned' });
  expect(await budget.ask(asks(falling, 'cancel'))).toMatchObject({ why: 'paused', detail: 'banned' });
  redis.disconnect();
});

test.skipIf(NO_REDIS)('a Redis that stops answering holds up nobody for long', async () => {
  const target = new URL(redisUrl('budget'));
  let isMute = false;
  const sockets: Socket[] = [];
  const proxy = createServer((socket) => {
    const behind = connect(Number(target.port), target.hostname);
    sockets.push(socket, behind);
    for (const end of [socket, behind]) end.on('error', () => undefined);
    socket.pipe(behind);
    behind.on('data', (data) => {
      if (!isMute) socket.write(data);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const through = new URL(target);
  through.port = String((proxy.address() as AddressInfo).port);
  const redis = openRedis(through.toString(), 'producer', () => undefined);
  await redisReady(redis, 10_000);
  isMute = true;
  const errors: string[] = [];
  const budget = createRedisBudget({ redis, onError: ({ message }) => void errors.push(message), now: () => 1_000 });
  expect(await grantsOf(budget)).toBe(14);
  expect(errors).toContainEqual(expect.stringContaining('no answer of Redis'));
  redis.disconnect();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => proxy.close(resolve));
});
