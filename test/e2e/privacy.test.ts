import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateMasterKey } from '@orderplane/store';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelOrder, eventually, modifyOrder, placeOrder, readOrder, request } from '../support/client.ts';
import type { OrderView, UserErrorView } from '../support/client.ts';
import { openDesk, type Desk } from '../support/desk.ts';
import { everythingIn, wiretap } from '../support/redis-scan.ts';
import { openSystem, type System } from '../support/system.ts';

/** What is kept of a private account's orders, where it lies: every key and command of Redis, every text of PostgreSQL. */
const [old, fresh] = [generateMasterKey('old'), generateMasterKey('fresh')];
/** Read at every start of a service, so that a restart takes up what stands here. */
const env: Record<string, string> = { ORDERPLANE_DATA_KEY: `${old},${fresh}` };
const SERVICES = ['gateway', 'order-command', 'reconciler', 'sync-worker'];

let system: System;
let redis: Redis;
let database: pg.Client;
beforeAll(async () => {
  system = await openSystem({ env });
  redis = new Redis(system.stack.info.redis);
  database = new pg.Client({ connectionString: system.stack.info.postgres });
  await database.connect();
});
afterAll(async () => {
  redis?.disconnect();
  await database?.end();
  await system?.stop();
});

interface Privacy {
  readonly cacheOpenOrders: boolean;
  readonly encryptAtRest: boolean;
  readonly converting: boolean;
}
interface Answer {
  readonly account: { readonly privacy: Privacy } | null;
  readonly userErrors: readonly UserErrorView[];
}
const PRIVACY = 'privacy { cacheOpenOrders encryptAtRest converting }';
const setPrivacy = async (accountId: string, change: Partial<Privacy>): Promise<void> => {
  const { setPrivacy: answer } = await request<{ setPrivacy: Answer }>(
    system.trader,
    `mutation ($input: PrivacyInput!) { setPrivacy(input: $input) { account { ${PRIVACY} } userErrors { code message field } } }`,
    { input: { accountId, ...change } },
  );
  expect(answer).toMatchObject({ account: { privacy: change }, userErrors: [] });
};
const converted = (accountId: string) =>
  eventually(
    () =>
      request<{ account: { privacy: Privacy } }>(
        system.trader,
        `query ($id: ID!) { account(id: $id) { ${PRIVACY} } }`,
        { id: accountId },
      ),
    ({ account }) => !account.privacy.converting,
    'earlier orders are converted',
  );
const sync = (accountId: string) =>
  request<{ syncOrders: { complete: boolean; orders: readonly OrderView[] } }>(
    system.trader,
    'mutation ($id: ID!) { syncOrders(accountId: $id) { complete orders { id } userErrors { code } } }',
    { id: accountId },
  );
const clearCache = (accountId: string) =>
  request(system.trader, 'mutation ($id: ID!) { clearOrderCache(accountId: $id) { userErrors { code } } }', {
    id: accountId,
  });
const cached = async (exchange: string): Promise<readonly string[]> =>
  (await redis.keys('orders:*')).filter((key) => key.includes(`:${exchange}`) && !key.startsWith('orders:fence'));

/** Names and numbers that stand nowhere else. */
const canary = (): string => `canary-${randomUUID()}`;
/** Not as a part of something longer: digits of a price stand in many an id. */
const says = (text: string, word: string): boolean =>
  new RegExp(`(?<![\\w.])${word.replaceAll('.', '\\.')}(?![\\w]|\\.\\d)`).test(text);
interface Traded {
  readonly clientOrderId: string;
  readonly price: string;
  readonly orders: readonly OrderView[];
}
/** Rests, is changed, cancelled, filled, refused: every way that an order takes through the queues. */
async function trade(desk: Desk, price: string, moved: string): Promise<Traded> {
  const market = desk.market('BTC');
  const clientOrderId = canary();
  const input = { symbol: market.symbol, side: 'BUY', type: 'LIMIT', size: market.size, price };
  const resting = await desk.resting({ ...input, clientOrderId });
  expect((await desk.place({ ...input, clientOrderId, price: moved })).userErrors).toMatchObject([
    { code: 'ALREADY_EXISTS' },
  ]);
  expect((await desk.place({ ...input, clientOrderId: canary(), size: '0.0000000000001' })).order).toBeNull();
  await modifyOrder(system.trader, { orderId: resting.id, price: moved });
  await eventually(
    () => readOrder(system.trader, resting.id),
    (order) => order?.price === moved && order.reconciliation.status === 'IN_SYNC',
    'the change is carried out',
  );
  await cancelOrder(system.trader, resting.id);
  const cancelled = await desk.reaches(resting.id, 'CANCELLED');
  const bought = await desk.placed({
    ...{ symbol: market.symbol, side: 'BUY', type: 'MARKET', size: market.size },
    clientOrderId: `${clientOrderId}.m`,
  });
  const filled = await desk.reaches(bought.id, 'FILLED');
  const open = await desk.resting({ ...input, clientOrderId: `${clientOrderId}.open` });
  return { clientOrderId, price, orders: [cancelled, filled, open] };
}

test('with caching off no order is in Redis, at no moment; with caching on it is, so that the search sees something', async () => {
  const [kraken, binance] = [await openDesk(system, 'kraken'), await openDesk(system, 'binance')];
  await setPrivacy(binance.accountId, { cacheOpenOrders: false });
  const tap = await wiretap(system.stack.info.redis);
  try {
    const shown = await trade(kraken, kraken.market('BTC').at('0.81371'), kraken.market('BTC').at('0.81373'));
    const hidden = await trade(binance, binance.market('BTC').at('0.82639'), binance.market('BTC').at('0.82641'));
    await Promise.all([sync(kraken.accountId), sync(binance.accountId)]);
    const heard = `${tap.heard()}\n${await everythingIn(redis)}`;
    const told = ({ clientOrderId, price, orders }: Traded) =>
      [clientOrderId, price, ...orders.flatMap((order) => order.exchangeOrderId ?? [])].filter((word) =>
        says(heard, word),
      );
    expect(told(shown)).toEqual(expect.arrayContaining([shown.clientOrderId, shown.price]));
    expect(told(hidden)).toEqual([]);
    expect(await cached('binance')).toEqual([]);
    expect(await cached('kraken')).not.toEqual([]);
  } finally {
    tap.close();
  }
});

test('switched off, or cleared, while a sync is under way: what the sync finds is not written', async () => {
  const desk = await openDesk(system, 'kraken');
  const price = desk.market('BTC').at('0.7');
  await desk.resting({
    symbol: desk.market('BTC').symbol,
    side: 'BUY',
    type: 'LIMIT',
    size: desk.market('BTC').size,
    price,
  });
  const during = async (change: () => Promise<unknown>): Promise<void> => {
    await sync(desk.accountId);
    expect(await cached('kraken')).not.toEqual([]);
    await system.venue.fault({ exchange: 'kraken', fault: 'delay', ms: 3_000 });
    const asked = (await system.venue.counters('kraken'))['list'] ?? 0;
    const syncing = sync(desk.accountId);
    await eventually(
      () => system.venue.counters('kraken'),
      ({ list = 0 }) => list > asked,
      'the exchange is being asked',
    );
    await change();
    const after = await cached('kraken');
    await syncing;
    await system.venue.heal('kraken');
    expect([after, await cached('kraken')]).toEqual([[], []]);
  };
  await during(() => clearCache(desk.accountId));
  await during(() => setPrivacy(desk.accountId, { cacheOpenOrders: false }));
  await sync(desk.accountId);
  expect(await cached('kraken')).toEqual([]);
  await setPrivacy(desk.accountId, { cacheOpenOrders: true });
  await sync(desk.accountId);
  expect(await cached('kraken')).not.toEqual([]);
});

/** In which text and JSON columns of any table a word stands. */
async function columnsWith(word: string): Promise<readonly string[]> {
  const pattern = `\\m${word.replaceAll('.', '\\.')}\\M`;
  const { rows } = await database.query<{ place: string; found: string }>(
    `SELECT c.table_name || '.' || c.column_name AS place,
       (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I WHERE %I::text ~ %L',
         c.table_name, c.column_name, $1::text), false, true, '')))[1]::text AS found
     FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type IN ('text', 'json', 'jsonb', 'ARRAY')`,
    [pattern],
  );
  return rows.flatMap(({ place, found }) => (found === '0' ? [] : [place])).sort();
}
/** What docs/privacy.md names as plain. */
const PLAIN_CLIENT_ID = ['orders.client_order_id'];

test('encrypted at rest: what was there and what comes is sealed, in PostgreSQL and in Redis; off opens it again', async () => {
  const desk = await openDesk(system, 'okx');
  const market = desk.market('BTC');
  const before = await trade(desk, market.at('0.83511'), market.at('0.83513'));
  expect(await columnsWith(before.price)).toEqual(
    expect.arrayContaining(['order_events.machine_event', 'orders.spec']),
  );
  await setPrivacy(desk.accountId, { encryptAtRest: true });
  const tap = await wiretap(system.stack.info.redis);
  const after = await trade(desk, market.at('0.84731'), market.at('0.84733'));
  await converted(desk.accountId);
  await sync(desk.accountId);
  const heard = `${tap.heard()}\n${await everythingIn(redis)}`.split('\n');
  tap.close();
  for (const { price, clientOrderId } of [before, after]) {
    expect((await columnsWith(price)).filter((place) => place !== 'orders.open_prices')).toEqual([]);
    expect(await columnsWith(clientOrderId)).toEqual(PLAIN_CLIENT_ID);
    expect(heard.filter((line) => says(line, price) || says(line, clientOrderId))).toEqual([]);
  }
  expect(await redis.hvals((await cached('okx')).find((key) => key.endsWith(':open')) ?? '')).toEqual(
    expect.arrayContaining([expect.stringMatching(/^op1\./)]),
  );
  const read = async (orders: readonly OrderView[]) =>
    Promise.all(orders.map(async ({ id }) => readOrder(system.trader, id)));
  for (const { orders } of [before, after]) expect(await read(orders)).toMatchObject(orders.map(unsynced));
  await setPrivacy(desk.accountId, { encryptAtRest: false });
  await converted(desk.accountId);
  expect(await columnsWith(after.price)).toEqual(expect.arrayContaining(['order_events.machine_event', 'orders.spec']));
});
/** Terms and fills, without what further looks may add. */
const unsynced = ({ id, state, price, size, filledSize, fills, clientOrderId }: OrderView) => ({
  ...{ id, state, price, size, filledSize, fills, clientOrderId },
});

test('the conversion is killed in the middle, again and again: in the end all is sealed, or all is open', async () => {
  const desk = await openDesk(system, 'mexc');
  const market = desk.market('BTC');
  const { symbol, size } = market;
  const price = market.at('0.81237');
  // More than one bite of the conversion, orders and lines of the journal.
  const orders = await Promise.all(
    Array.from({ length: 120 }, () => desk.placed({ symbol, side: 'BUY', type: 'LIMIT', size, price })),
  );
  for (const order of orders) await desk.reaches(order.id, 'ACKNOWLEDGED');
  const sealed = async (): Promise<{ readonly orders: number; readonly lines: number }> => {
    const { rows } = await database.query<{ orders: string; lines: string }>(
      `SELECT (SELECT count(*) FROM orders WHERE account_id = $1 AND spec::text LIKE '"op1.%' AND machine::text LIKE '"op1.%') AS orders,
         (SELECT count(*) FROM order_events WHERE account_id = $1 AND machine_event::text NOT LIKE '"op1.%') AS lines`,
      [desk.accountId],
    );
    return { orders: Number(rows[0]?.orders), lines: Number(rows[0]?.lines) };
  };
  /** Two rows of the second bite are held, so that the conversion stands in its middle, with what it locked, and is killed there. */
  const killedWhile = async (encryptAtRest: boolean): Promise<void> => {
    const isThere = (count: number): boolean => (encryptAtRest ? count >= 100 : count <= orders.length - 100);
    await database.query('BEGIN');
    const held = `SELECT id FROM orders WHERE id = ANY(ARRAY(
      SELECT id FROM orders WHERE account_id = $1 ORDER BY created_at, id OFFSET 110 LIMIT 2)) FOR UPDATE`;
    expect((await database.query(held, [desk.accountId])).rowCount).toBe(2);
    await setPrivacy(desk.accountId, { encryptAtRest });
    await eventually(sealed, (now) => isThere(now.orders), 'the first bite is converted');
    await system.stack.kill('order-command');
    await database.query('ROLLBACK');
    await system.stack.kill('order-command');
    await system.stack.whenReady('order-command');
    await converted(desk.accountId);
  };
  const read = () => Promise.all(orders.map(async ({ id }) => readOrder(system.trader, id)));
  await killedWhile(true);
  expect(await sealed()).toEqual({ orders: orders.length, lines: 0 });
  expect(await read()).toMatchObject(orders.map(({ id }) => ({ id, price, state: 'ACKNOWLEDGED' })));
  await killedWhile(false);
  expect((await sealed()).orders).toBe(0);
  expect(await read()).toMatchObject(orders.map(({ id }) => ({ id, price, state: 'ACKNOWLEDGED' })));
}, 120_000);

const run = promisify(execFile);
const restarted = async (ring: string): Promise<void> => {
  env['ORDERPLANE_DATA_KEY'] = ring;
  await Promise.all(SERVICES.map((name) => system.stack.restart(name)));
};

test('a new key while orders are placed: nothing is lost, and in the end the old key opens nothing', async () => {
  const desk = await openDesk(system, 'kucoin');
  await setPrivacy(desk.accountId, { encryptAtRest: true });
  const market = desk.market('BTC');
  const input = { symbol: market.symbol, side: 'BUY', type: 'LIMIT', size: market.size, price: market.at('0.7') };
  const accepted: string[] = [];
  let isTrading = true;
  const trading = (async () => {
    while (isTrading) {
      const clientOrderId = canary();
      // The gateway goes and comes back: a repeat with the same id is the same order.
      for (let order = null; order === null && isTrading;) {
        const tried = await placeOrder(
          { ...system.trader, http: system.stack.info.gateway.http },
          { accountId: desk.accountId, clientOrderId, ...input },
        ).catch(() => null);
        order = tried?.order ?? null;
        if (order !== null) accepted.push(order.id);
        else await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  })();
  const sealedWith = async (key: string): Promise<number> => {
    const { rows } = await database.query<{ n: string }>(
      `SELECT (SELECT count(*) FROM orders WHERE account_id = $1 AND (spec::text LIKE $2 OR machine::text LIKE $2))
         + (SELECT count(*) FROM order_events WHERE account_id = $1 AND machine_event::text LIKE $2) AS n`,
      [desk.accountId, `"op1.${key}.%`],
    );
    return Number(rows[0]?.n);
  };
  await eventually(
    async () => accepted.length,
    (count) => count > 5,
    'orders are placed',
  );
  expect([(await sealedWith('old')) > 0, await sealedWith('fresh')]).toEqual([true, 0]);
  await restarted(`${fresh},${old}`);
  const variables = {
    ...{ PATH: process.env['PATH'], DATABASE_URL: system.stack.info.postgres },
    ...{ ORDERPLANE_MASTER_KEY: generateMasterKey('none'), ORDERPLANE_DATA_KEY: `${fresh},${old}` },
  };
  const script = join(import.meta.dirname, '../../infra/local/rekey.ts');
  // Credentials are sealed with another ring, which this run does not know: only orders move.
  await run(process.execPath, [script], { env: variables }).catch(() => undefined);
  expect(await sealedWith('old')).toBe(0);
  isTrading = false;
  await trading;
  await restarted(fresh);
  system = { ...system, trader: { ...system.trader, http: system.stack.info.gateway.http } };
  for (const id of accepted) expect(await readOrder(system.trader, id)).toMatchObject({ id, price: input.price });
  for (const id of accepted.slice(-2)) {
    await cancelOrder(system.trader, id);
    await (await openDesk(system, 'kucoin')).reaches(id, 'CANCELLED');
  }
  expect(await sealedWith('old')).toBe(0);
}, 120_000);
