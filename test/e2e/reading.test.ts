import { Redis } from 'ioredis';
import { EXCHANGE_IDS } from '@orderplane/domain';
import { hashToken } from '@orderplane/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { cancelOrder, eventually, request } from '../support/client.ts';
import type { OrderView, UserErrorView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { readDetail } from '../support/detail.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';

/** What users read: lists, history, one order, exchanges, markets, accounts, the reconciler; and what operators read. */
let system: System;
beforeAll(async () => {
  // No sync but those that the tests ask for.
  system = await openSystem({ serviceEnv: { 'sync-worker': { SYNC_INTERVAL_STREAMING_MS: '3600000' } } });
});
afterAll(() => system?.stop());

interface SyncView {
  readonly account: { readonly id: string; readonly lastSyncedAt: string | null };
  readonly orders: readonly OrderView[];
  readonly syncedAt: string;
  readonly fresh: boolean;
  readonly complete: boolean;
  readonly adopted: number;
  readonly userErrors: readonly UserErrorView[];
}
const SYNC =
  'account { id lastSyncedAt } orders { id symbol state } syncedAt fresh complete adopted userErrors { code message }';
const openOrders = async (accountId: string, maxAgeSeconds: number | undefined, symbol?: string): Promise<SyncView> =>
  (
    await request<{ openOrders: SyncView }>(
      system.trader,
      `query ($id: ID!, $age: Int = 30, $symbol: String) { openOrders(accountId: $id, maxAgeSeconds: $age, symbol: $symbol) { ${SYNC} } }`,
      { id: accountId, ...(maxAgeSeconds === undefined ? {} : { age: maxAgeSeconds }), symbol },
    )
  ).openOrders;
const syncOrders = async (accountId: string): Promise<SyncView> =>
  (
    await request<{ syncOrders: SyncView }>(
      system.trader,
      `mutation ($id: ID!) { syncOrders(accountId: $id) { ${SYNC} } }`,
      { id: accountId },
    )
  ).syncOrders;

interface Page {
  readonly nodes: readonly {
    readonly id: string;
    readonly createdAt: string;
    readonly symbol: string;
    readonly state: string;
  }[];
  readonly edges: readonly { readonly cursor: string }[];
  readonly totalCount: number;
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly endCursor: string | null;
  };
}
const page = async (filter: Record<string, unknown>, first = 200, after: string | null = null): Promise<Page> =>
  (
    await request<{ orders: Page }>(
      system.trader,
      `query ($filter: OrderFilter, $first: Int, $after: String) { orders(filter: $filter, first: $first, after: $after) {
        nodes { id createdAt symbol state } edges { cursor } totalCount pageInfo { hasNextPage hasPreviousPage endCursor } } }`,
      { filter, first, after },
    )
  ).orders;

interface Connection {
  readonly nodes: readonly Readonly<Record<string, string>>[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

const ids = (items: readonly { readonly id: string }[]): string[] => items.map(({ id }) => id).sort();

describe.each(EXCHANGES)('%s', (exchange) => {
  let desk: Desk;
  /** Resting, filled and cancelled orders in three markets. */
  let resting: OrderView[];
  let filled: OrderView[];
  let cancelled: OrderView[];
  beforeAll(async () => {
    desk = await openDesk(system, exchange);
    const [btc, eth, sol] = [desk.market('BTC'), desk.market('ETH'), desk.market('SOL')];
    const limit = (market: typeof btc, factor: string, side = 'BUY') =>
      desk.resting({ symbol: market.symbol, side, type: 'LIMIT', size: market.size, price: market.at(factor) });
    resting = await Promise.all(['0.9', '0.89', '0.88', '0.87'].map((factor) => limit(btc, factor)));
    resting.push(await limit(eth, '1.2', 'SELL'));
    filled = await Promise.all(
      Array.from({ length: 6 }, () =>
        desk
          .placed({ symbol: eth.symbol, side: 'BUY', type: 'MARKET', size: eth.size })
          .then(({ id }) => desk.reaches(id, 'FILLED')),
      ),
    );
    cancelled = await Promise.all(
      ['0.9', '0.8', '0.7'].map(async (factor) => {
        const { id } = await limit(sol, factor);
        await cancelOrder(system.trader, id);
        return desk.reaches(id, 'CANCELLED');
      }),
    );
  });

  test('openOrders asks the exchange only when what is known is older than asked for', async () => {
    const lists = async (): Promise<number> => (await system.venue.counters(exchange))['list'] ?? 0;
    const synced = await syncOrders(desk.accountId);
    expect(synced).toMatchObject({ fresh: true, complete: true, adopted: 0, userErrors: [] });
    expect(ids(synced.orders)).toEqual(ids(resting));
    const asked = await lists();
    const known = await openOrders(desk.accountId, undefined);
    expect(known).toMatchObject({ fresh: true, complete: true, syncedAt: synced.syncedAt, userErrors: [] });
    expect(ids(known.orders)).toEqual(ids(resting));
    expect(await lists()).toBe(asked);

    const newer = await openOrders(desk.accountId, 0);
    expect(newer.syncedAt > synced.syncedAt).toBe(true);
    expect(newer.account.lastSyncedAt).toBe(newer.syncedAt);
    expect(await lists()).toBeGreaterThan(asked);
    const eth = await openOrders(desk.accountId, 3_600, desk.market('ETH').symbol);
    expect(ids(eth.orders)).toEqual(ids(resting.slice(4)));
    expect((await openOrders(desk.accountId, 3_600, 'NO-SUCH')).orders).toEqual([]);
    for (const age of [-1, 90_000])
      await expect(openOrders(desk.accountId, age)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('orders: every filter', async () => {
    const all = await page({ exchanges: [exchange] });
    expect(all.totalCount).toBe(14);
    expect(ids(all.nodes)).toEqual(ids([...resting, ...filled, ...cancelled]));
    const [btc, eth] = [desk.market('BTC').symbol, desk.market('ETH').symbol];
    const own = { accountIds: [desk.accountId] };
    const finds = async (filter: Record<string, unknown>, expected: readonly OrderView[]): Promise<void> => {
      const found = await page({ ...own, ...filter });
      expect([ids(found.nodes), found.totalCount], JSON.stringify(filter)).toEqual([ids(expected), expected.length]);
    };
    await finds({ symbols: [btc] }, resting.slice(0, 4));
    await finds({ symbols: [btc, eth], statuses: ['OPEN'] }, resting);
    await finds({ statuses: ['FILLED', 'CANCELLED'] }, [...filled, ...cancelled]);
    await finds({ states: ['ACKNOWLEDGED'] }, resting);
    await finds({ side: 'SELL' }, resting.slice(4));
    await finds({ reconciliation: ['IN_SYNC'] }, [...resting, ...filled, ...cancelled]);
    await finds({ reconciliation: ['AMBIGUOUS', 'NEEDS_ATTENTION', 'STALE', 'PROGRESSING'] }, []);
    await finds({ mode: 'LIVE', exchanges: [exchange] }, [...resting, ...filled, ...cancelled]);
    await finds({ mode: 'DARK' }, []);
    await finds({ exchanges: ['nowhere'] }, []);
    await finds({ symbols: [] }, []);
    const [one] = filled;
    if (one === undefined) throw new Error('nothing was filled');
    await finds({ clientOrderId: one.clientOrderId }, [one]);
    await finds({ exchangeOrderId: one.exchangeOrderId }, [one]);
    await finds({ clientOrderId: 'unknown' }, []);
    const times = all.nodes.map(({ createdAt }) => createdAt).sort();
    const [first = '', last = ''] = [times[0], times.at(-1)];
    expect((await page({ ...own, createdBefore: first })).totalCount).toBe(0);
    expect((await page({ ...own, createdAfter: last })).totalCount).toBe(0);
    expect((await page({ ...own, createdAfter: first, createdBefore: last })).totalCount).toBe(
      times.filter((at) => at > first && at < last).length,
    );
  });

  test('orders: pages to the end, newest first, also while others are placed', async () => {
    const seen: string[] = [];
    const times: string[] = [];
    let after: string | null = null;
    for (let pages = 0; pages < 10; pages += 1) {
      const got: Page = await page({ accountIds: [desk.accountId] }, 4, after);
      seen.push(...got.nodes.map(({ id }) => id));
      times.push(...got.nodes.map(({ createdAt }) => createdAt));
      expect(got.pageInfo.hasPreviousPage).toBe(after !== null);
      expect(got.pageInfo.endCursor).toBe(got.edges.at(-1)?.cursor);
      after = got.pageInfo.endCursor;
      if (pages === 1) {
        const sol = desk.market('SOL');
        cancelled.push(
          await desk.placed({ symbol: sol.symbol, side: 'BUY', type: 'LIMIT', size: sol.size, price: sol.at('0.6') }),
        );
      }
      if (!got.pageInfo.hasNextPage) break;
    }
    const before = [...resting, ...filled, ...cancelled.slice(0, 3)];
    expect([...seen].sort()).toEqual(ids(before));
    expect(times).toEqual([...times].sort().reverse());
    const late = cancelled[3];
    await cancelOrder(system.trader, late?.id ?? '');
    await desk.reaches(late?.id ?? '', 'CANCELLED');
    expect((await page({ accountIds: [desk.accountId] })).totalCount).toBe(15);
  });

  test('one order: its events and fills in pages', async () => {
    const market = desk.market('LTC');
    const { id } = await desk.resting({
      symbol: market.symbol,
      side: 'BUY',
      type: 'LIMIT',
      size: market.size,
      price: market.at('0.9'),
    });
    for (let part = 1; part <= 3; part += 1) {
      await system.venue.partialPrice(exchange, market.symbol, market.at('0.9'), market.third);
      await desk.reaches(id, part === 3 ? 'FILLED' : 'PARTIALLY_FILLED');
    }
    const whole = await readDetail(system.trader, id);
    const read = async (field: 'events' | 'fills', key: 'cursor' | 'id'): Promise<string[]> => {
      const keys: string[] = [];
      for (let after: string | null = null; ;) {
        const { order }: { order: Record<string, Connection> } = await request(
          system.trader,
          `query ($id: ID!, $after: String) { order(id: $id) { ${field}(first: 2, after: $after) { nodes { ${key} } pageInfo { hasNextPage endCursor } } } }`,
          { id, after },
        );
        const connection: Connection | undefined = order[field];
        keys.push(...(connection?.nodes ?? []).map((node) => node[key] ?? ''));
        if (connection?.pageInfo.hasNextPage !== true) return keys;
        after = connection.pageInfo.endCursor;
      }
    };
    expect(await read('events', 'cursor')).toEqual(whole.events.nodes.map(({ cursor }) => cursor));
    expect(await read('fills', 'id')).toEqual(whole.fills.nodes.map((fill) => fill.id));
    expect(whole.fills.nodes).toHaveLength(3);
  });

  test('Redis holds the open orders, and no other; it may lose them', async () => {
    const userId =
      (await system.store.access.principalByTokenHash(hashToken(system.trader.token), new Date().toISOString()))
        ?.userId ?? '';
    const redis = new Redis(system.stack.info.redis);
    try {
      const [hash, lastSync] = [`orders:${userId}:${exchange}:open`, `orders:${userId}:${exchange}:last_sync`];
      const cached = (expected: readonly string[]) =>
        eventually(
          () => redis.hkeys(hash),
          (keys) => JSON.stringify([...keys].sort()) === JSON.stringify(expected),
          `${hash} holds the open orders`,
        );
      await cached(ids(resting));
      expect(Date.parse((await redis.get(lastSync)) ?? '')).toBeGreaterThan(Date.now() - 120_000);
      const [one] = resting;
      expect(JSON.parse((await redis.hget(hash, one?.id ?? '')) ?? '{}')).toMatchObject({
        exchange,
        symbol: one?.symbol,
        side: 'BUY',
        type: 'LIMIT',
        status: 'OPEN',
        size: one?.size,
        filledSize: '0',
        price: one?.price,
      });
      await redis.del(hash, lastSync);
      await syncOrders(desk.accountId);
      await cached(ids(resting));
      const gone = resting.pop();
      await cancelOrder(system.trader, gone?.id ?? '');
      await cached(ids(resting));
      const market = desk.market('DOT');
      const placed = await desk.resting({
        symbol: market.symbol,
        side: 'BUY',
        type: 'LIMIT',
        size: market.size,
        price: market.at('0.9'),
      });
      await cached(ids([...resting, placed]));
      await system.venue.price(exchange, market.symbol, market.at('0.9'));
      await desk.reaches(placed.id, 'FILLED');
      await cached(ids(resting));
    } finally {
      redis.disconnect();
    }
  });
});

test('exchanges, markets and accounts', async () => {
  const answer = await request<{
    exchanges: { id: string; capabilities: { amend: boolean } }[];
    binance: { symbol: string }[];
    kraken: { symbol: string }[];
    accounts: { id: string; exchange: string }[];
  }>(
    system.trader,
    `{ exchanges { id name modes orderTypes timesInForce health { reachable streamConnected rateLimitedUntil lastError }
         capabilities { postOnly reduceOnly amend lookupByClientId cancelByClientId orderStream deadMansSwitch submissionDeadline marketByQuoteSize } }
       binance: markets(exchange: "binance") { exchange symbol base quote priceStep sizeStep minSize minNotional }
       kraken: markets(exchange: "kraken", symbols: ["BTC-USD", "NO-SUCH"]) { exchange symbol base quote priceStep sizeStep minSize minNotional lastPrice }
       accounts { id exchange label mode halted lastSyncedAt createdAt
         privacy { cacheOpenOrders encryptAtRest historyRetentionDays } risk { maxOrderNotional rejectDuplicates } } }`,
  );
  const health = { reachable: true, streamConnected: true, rateLimitedUntil: null, lastError: null };
  const orderTypes = ['MARKET', 'LIMIT', 'STOP_LIMIT', 'STOP_MARKET'];
  expect(answer.exchanges.map(({ id }) => id)).toEqual([...EXCHANGE_IDS]);
  const thorough = answer.exchanges.filter(({ id }) => EXCHANGES.some((exchange) => exchange === id));
  expect(thorough).toMatchObject([
    {
      id: 'binance',
      name: 'Binance',
      health,
      orderTypes,
      timesInForce: ['GTC', 'IOC', 'FOK', 'GTT'],
      capabilities: { amend: false, postOnly: true },
    },
    {
      id: 'kraken',
      name: 'Kraken',
      health,
      orderTypes,
      timesInForce: ['GTC', 'IOC', 'FOK', 'GTT'],
      capabilities: { amend: true, postOnly: true },
    },
  ]);
  expect(answer.binance.length).toBeGreaterThanOrEqual(12);
  expect(answer.binance.find(({ symbol }) => symbol === 'BTC-USDT')).toEqual({
    exchange: 'binance',
    symbol: 'BTC-USDT',
    base: 'BTC',
    quote: 'USDT',
    priceStep: '0.01',
    sizeStep: '0.00001',
    minSize: '0.00001',
    minNotional: '5',
  });
  expect(answer.kraken).toMatchObject([
    { symbol: 'BTC-USD', priceStep: '0.1', sizeStep: '0.00000001', minSize: '0.00005', minNotional: '0.5' },
  ]);
  expect(answer.accounts.map(({ exchange }) => exchange).sort()).toEqual([...EXCHANGE_IDS].sort());
  expect(answer.accounts[0]).toMatchObject({
    mode: 'PAPER',
    halted: false,
    privacy: { cacheOpenOrders: true },
    risk: { maxOrderNotional: null },
  });
  const [account] = answer.accounts;
  const one = await request(system.trader, 'query ($id: ID!) { account(id: $id) { id exchange } }', {
    id: account?.id,
  });
  expect(one).toEqual({ account: { id: account?.id, exchange: account?.exchange } });
});

test('the reconciler: its numbers, and that it is there', async () => {
  const metrics = () =>
    request<{ reconciler: Record<string, unknown> }>(
      system.trader,
      '{ reconciler { running reconciliationLagMs pendingReconciliations errorCount retryCount ambiguous needsAttention } }',
    ).then(({ reconciler }) => reconciler);
  await eventually(metrics, (seen) => seen['pendingReconciliations'] === 0, 'nothing is pending');
  expect(await metrics()).toMatchObject({ running: true, reconciliationLagMs: 0, ambiguous: 0, needsAttention: 0 });
  await system.stack.down('reconciler');
  await eventually(metrics, (seen) => seen['running'] === false, 'its absence is seen');
  const desk = await openDesk(system, 'kraken');
  const market = desk.market('ADA');
  const { id } = await desk.placed({
    symbol: market.symbol,
    side: 'BUY',
    type: 'LIMIT',
    size: market.size,
    price: market.at('0.9'),
  });
  await eventually(
    metrics,
    (seen) => Number(seen['pendingReconciliations']) === 1 && Number(seen['reconciliationLagMs']) > 0,
    'what waits is counted',
  );
  await system.stack.up('reconciler');
  await desk.reaches(id, 'ACKNOWLEDGED');
  await eventually(metrics, (seen) => seen['running'] === true && seen['pendingReconciliations'] === 0, 'it is back');
});

test('health, readiness and metrics of every service', async () => {
  const services = system.stack.info.processes.filter(({ name }) =>
    ['gateway', 'order-command', 'reconciler', 'sync-worker'].includes(name),
  );
  expect(services).toHaveLength(4);
  for (const { name, health } of services) {
    const get = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`${health}${path}`);
      return [response.status, await response.text()];
    };
    expect((await get('/healthz'))[0], name).toBe(200);
    expect(await get('/readyz'), name).toEqual([200, expect.stringContaining('"ready":true')]);
    const [status, text] = await get('/metrics');
    expect([status, text.includes(`service="${name}"`)], name).toEqual([200, true]);
    expect(text, name).not.toContain(system.trader.token);
  }
});

test('the books agree with the ledgers', () => booksAgree(system));
