import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OrderRecord, Store } from './contracts.ts';
import { createMemoryStore } from './memory/index.ts';
import { CommitNotifier, journalChannel, parseJournalWakeUp } from './notifications.ts';
import { cacheScope, fenceKey, lastSyncKey, OpenOrderCache, openOrdersKey } from './open-order-cache.ts';
import { toNormalizedOrder } from './projection.ts';
import { accountOf, at, cancelled, changeOf, filled, intentOf, placeOpen, seedAccounts } from './testing/fixtures.ts';
import { startTestRedis } from './testing/redis.ts';

const server = await startTestRedis();

const account = accountOf('account-1');
const scope = cacheScope(account, [account, accountOf('other', { exchange: 'kraken' })]);

test('the projection shows confirmed terms in the seed’s fields', async () => {
  const store = createMemoryStore({ nowMs: () => 0 });
  await seedAccounts(store);
  const record = await placeOpen(store, intentOf('o1'), 'x1');
  const result = await store.ledger.commit(changeOf(record, [filled('t1', '0.25', 'x1')]));
  if (result.kind !== 'committed') throw new Error('conflict');
  expect(toNormalizedOrder(result.record)).toEqual({
    exchange: 'binance',
    orderId: 'x1',
    clientOrderId: 'client-o1',
    symbol: 'BTC-USD',
    side: 'BUY',
    type: 'LIMIT',
    status: 'OPEN',
    size: '1',
    filledSize: '0.25',
    remainingSize: '0.75',
    price: '50000',
    stopPrice: null,
    averageFilledPrice: '50000.5',
    quoteSize: null,
    filledValue: '12500.125',
    createdAt: at(0),
    updatedAt: at(11),
    expiresAt: null,
    timeInForce: 'GTC',
    postOnly: false,
    reduceOnly: false,
    reason: null,
    working: true,
  });
});

test('keys name the user and the exchange, and the account only where there are several', () => {
  expect(openOrdersKey(scope)).toBe('orders:user-1:binance:open');
  expect(lastSyncKey(scope)).toBe('orders:user-1:binance:last_sync');
  const several = cacheScope(account, [account, accountOf('second')]);
  expect(openOrdersKey(several)).toBe('orders:user-1:binance.account-1:open');
  expect(lastSyncKey(several)).toBe('orders:user-1:binance.account-1:last_sync');
});

test('a dead Redis is counted, not thrown', async () => {
  const redis = new Redis(1, '127.0.0.1', { lazyConnect: true, enableOfflineQueue: false, retryStrategy: () => null });
  redis.on('error', () => undefined);
  const store = createMemoryStore({ nowMs: () => 0 });
  await seedAccounts(store);
  const record = await placeOpen(store, intentOf('o1'), 'x1');
  const errors: unknown[] = [];
  const notifier = new CommitNotifier(redis, (error) => errors.push(error));
  await notifier.committed(await store.ledger.commit(changeOf(record, [cancelled])), scope);
  expect(notifier.failures).toBe(1);
  expect(errors).toHaveLength(1);
  redis.disconnect();
});

describe.skipIf(server === null)('with Redis (ORDERPLANE_TEST_REDIS_URL, or a server on the PATH)', () => {
  let redis: Redis;
  let cache: OpenOrderCache;
  let store: Store;
  let a: OrderRecord;
  let b: OrderRecord;

  beforeAll(() => {
    redis = new Redis(server?.url ?? '');
    cache = new OpenOrderCache(redis);
  });
  afterAll(async () => {
    redis.disconnect();
    await server?.stop();
  });
  beforeEach(async () => {
    await redis.flushdb();
    store = createMemoryStore({ nowMs: () => 0 });
    await seedAccounts(store);
    a = await placeOpen(store, intentOf('a'), 'xa');
    b = await placeOpen(store, intentOf('b', { createdAt: at(1) }), 'xb');
  });

  test('a sync replaces everything, keys have no TTL', async () => {
    expect(await cache.read(scope)).toBeNull();
    await cache.replaceAll(scope, [a], at(1));
    await cache.replaceAll(scope, [b], at(2));
    expect(await cache.read(scope)).toEqual({ orders: new Map([['b', toNormalizedOrder(b)]]), lastSyncedAt: at(2) });
    expect((await redis.keys('*')).sort()).toEqual(['orders:user-1:binance:last_sync', 'orders:user-1:binance:open']);
    expect(await redis.ttl(openOrdersKey(scope))).toBe(-1);
    await cache.replaceAll(scope, [], at(3));
    expect(await cache.read(scope)).toEqual({ orders: new Map(), lastSyncedAt: at(3) });
    await cache.clear(scope);
    expect(await redis.keys('*')).toEqual([]);
  });

  test('thousands of orders in one replacement', async () => {
    const many = Array.from({ length: 2_500 }, (_, n) => ({ ...a, intent: { ...a.intent, orderId: `n${n}` } }));
    await cache.replaceAll(scope, many, at(1));
    expect((await cache.read(scope))?.orders.size).toBe(2_500);
  });

  test('one order is put, and removed when it has ended', async () => {
    await cache.replaceAll(scope, [a], at(1));
    await cache.put(scope, b);
    expect([...((await cache.read(scope))?.orders.keys() ?? [])].sort()).toEqual(['a', 'b']);
    const ended = await store.ledger.commit(changeOf(b, [cancelled]));
    if (ended.kind === 'committed') await cache.put(scope, ended.record);
    await cache.remove(scope, 'a');
    expect((await cache.read(scope))?.orders.size).toBe(0);
  });

  test('rebuilt from the ledger after a loss', async () => {
    expect(await cache.rebuild(scope, store.ledger, at(7))).toBe(2);
    expect(await cache.read(scope)).toEqual({
      orders: new Map([a, b].map((record) => [record.intent.orderId, toNormalizedOrder(record)])),
      lastSyncedAt: at(7),
    });
  });

  test('a write that comes late does not undo a newer one', async () => {
    const ended = await store.ledger.commit(changeOf(b, [cancelled]));
    if (ended.kind !== 'committed') throw new Error('conflict');
    await cache.put(scope, ended.record);
    await cache.put(scope, b);
    expect(await redis.hkeys(openOrdersKey(scope))).toEqual([]);
  });

  test('what changes while the ledger is read is not undone by the rebuild', async () => {
    const { ledger } = store;
    const reading: Parameters<OpenOrderCache['rebuild']>[1] = {
      find: (orderId) => ledger.find(orderId),
      openOrders: async (accountId) => {
        const read = await ledger.openOrders(accountId);
        const ended = await ledger.commit(changeOf(b, [cancelled]));
        if (ended.kind === 'committed') await cache.put(scope, ended.record);
        return read;
      },
    };
    await cache.rebuild(scope, reading, at(7));
    expect(await redis.hkeys(openOrdersKey(scope))).toEqual(['a']);
  });

  test('an account that wants no cache has none', async () => {
    await cache.replaceAll(scope, [a], at(1));
    const off = { ...scope, enabled: false };
    await cache.put(off, b);
    expect((await cache.read(scope))?.orders.size).toBe(1);
    await cache.replaceAll(off, [a, b], at(2));
    expect(await redis.keys('*')).toEqual([]);
  });

  test('under a scope from before the fence nothing is written, and what is there is forgotten in both forms', async () => {
    const several = { ...scope, several: true };
    await redis.hset(openOrdersKey(several), 'old', '{}');
    await cache.replaceAll(scope, [a], at(1));
    await cache.forget({ ...scope, version: 2 });
    expect(await redis.exists(openOrdersKey(scope), openOrdersKey(several), lastSyncKey(scope))).toBe(0);
    // A sync that was under way, and a writer that knows the account from before.
    await cache.replaceAll({ ...scope, version: 1 }, [a, b], at(2));
    await cache.put({ ...scope, version: 1 }, b);
    await cache.put(scope, b);
    expect(await redis.exists(openOrdersKey(scope), lastSyncKey(scope))).toBe(0);
    // A late word of an older change lowers nothing.
    await cache.forget({ ...scope, version: 1 });
    await cache.put({ ...scope, version: 1 }, b);
    expect(await redis.exists(openOrdersKey(scope))).toBe(0);
    await cache.replaceAll({ ...scope, version: 2 }, [a], at(3));
    expect((await cache.read(scope))?.orders.size).toBe(1);
  });

  test('a sync that overtakes the fence between its look and its write is taken back', async () => {
    const late = new Proxy(redis, {
      get: (target, name) =>
        name === 'multi'
          ? () => {
              const multi = target.multi();
              // The fence is raised after the look, and before the list is written.
              multi.set(fenceKey(scope.accountId), '9');
              return multi;
            }
          : (Reflect.get(target, name) as unknown),
    });
    await new OpenOrderCache(late).replaceAll({ ...scope, version: 8 }, [a], at(1));
    expect(await redis.exists(openOrdersKey(scope), lastSyncKey(scope))).toBe(0);
  });

  test('a second account on the exchange moves the first to a key of its own', async () => {
    await cache.replaceAll(scope, [a], at(1));
    await cache.replaceAll({ ...scope, several: true }, [a], at(2));
    expect(await redis.exists('orders:user-1:binance:open', 'orders:user-1:binance:last_sync')).toBe(0);
  });

  test.each(['not json', '{"exchange":"binance"}'])(
    'a value that is not ours (%s) reads as no cache',
    async (value) => {
      await cache.replaceAll(scope, [a], at(1));
      await redis.hset(openOrdersKey(scope), 'a', value);
      expect(await cache.read(scope)).toBeNull();
    },
  );

  test('a commit wakes the readers of the account and moves the cached order', async () => {
    const listener = redis.duplicate();
    await listener.subscribe(journalChannel('account-1'));
    const heard = new Promise<string>((resolve) => listener.once('message', (_channel, message) => resolve(message)));
    const notifier = new CommitNotifier(redis);
    const result = await store.ledger.commit(changeOf(a, [filled('t1', '0.5', 'xa')]));
    await notifier.committed(result, scope);
    const wakeUp = parseJournalWakeUp(await heard);
    if (result.kind !== 'committed') throw new Error('conflict');
    expect(wakeUp).toEqual({
      accountId: 'account-1',
      orderId: 'a',
      firstCursor: String(result.firstCursor),
      lastCursor: String(result.lastCursor),
    });
    expect(JSON.parse((await redis.hget(openOrdersKey(scope), 'a')) ?? '')).toMatchObject({ filledSize: '0.5' });
    expect(parseJournalWakeUp('{"accountId":1}')).toBeNull();
    expect(parseJournalWakeUp('x')).toBeNull();
    expect(notifier.failures).toBe(0);
    listener.disconnect();
  });

  test('commits of one turn are told together: one wake-up for the account, the newest state of each order', async () => {
    const listener = redis.duplicate();
    await listener.subscribe(journalChannel('account-1'));
    const heard: string[] = [];
    listener.on('message', (_channel, message: string) => heard.push(message));
    const notifier = new CommitNotifier(redis);
    const results = [await store.ledger.commit(changeOf(b, [filled('tb', '0.5', 'xb')]))];
    for (const size of ['0.1', '0.2']) {
      const record = (await store.ledger.find('a')) ?? a;
      results.push(await store.ledger.commit(changeOf(record, [filled(`ta-${size}`, size, 'xa')])));
    }
    // Out of order, as two writers may tell them.
    await Promise.all([...results].reverse().map((result) => notifier.committed(result, scope)));
    await notifier.committed({ kind: 'conflict' }, scope);
    await expect.poll(() => heard.length).toBe(1);
    const cursors = results.flatMap((result) => (result.kind === 'committed' ? [String(result.lastCursor)] : []));
    expect(parseJournalWakeUp(heard[0] ?? '')).toMatchObject({ orderId: 'a', lastCursor: cursors.at(-1) });
    expect(JSON.parse((await redis.hget(openOrdersKey(scope), 'a')) ?? '')).toMatchObject({ filledSize: '0.3' });
    expect(JSON.parse((await redis.hget(openOrdersKey(scope), 'b')) ?? '')).toMatchObject({ filledSize: '0.5' });
    listener.disconnect();
  });
});
