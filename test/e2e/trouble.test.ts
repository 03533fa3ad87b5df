import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capabilitiesOf, drawCredentials } from '@orderplane/exchange/capabilities';
import { booksAgree } from '../support/books.ts';
import { cancelOrder, eventually, GraphQLRequestError, placeOrder, readOrder, request } from '../support/client.ts';
import type { OrderView, Payload, UserErrorView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk, Market } from '../support/desk.ts';
import { openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';
import { watchOrders } from '../support/watch.ts';

/**
 * What the system stands on fails, one after the other: clocks, an account's key, Redis, PostgreSQL. All of it with processes
 * whose clocks differ by twenty seconds, on machines that differ from the exchanges' by ten.
 */
const SKEWED = ['--import', join(import.meta.dirname, '../support/skewed-clock.mjs')].join('=');
const skewed = (ms: number) => ({ NODE_OPTIONS: SKEWED, SKEWED_BY_MS: String(ms) });

let system: System;
let kraken: Desk;
let binance: Desk;
beforeAll(async () => {
  system = await openSystem({
    ownServers: true,
    // What PostgreSQL has said to be committed must outlive its sudden end.
    durable: true,
    serviceEnv: {
      reconciler: { ...skewed(10_000), RESYNC_INTERVAL_MS: '2000' },
      'sync-worker': { ...skewed(-10_000), SYNC_INTERVAL_BLIND_MS: '1000', SYNC_INTERVAL_STREAMING_MS: '2000' },
    },
  });
  [kraken, binance] = await Promise.all([openDesk(system, 'kraken'), openDesk(system, 'binance')]);
});
afterAll(() => system?.stop());

const buy = (market: Market, factor: string) => ({
  ...{ symbol: market.symbol, side: 'BUY', type: 'LIMIT' },
  ...{ size: market.size, price: market.at(factor) },
});
const restarts = (): number => system.stack.info.processes.reduce((sum, one) => sum + one.restarts, 0);
/** Orders that the exchange holds, or ever held, under our order's client id. */
const atExchange = async (exchange: string, order: OrderView | null): Promise<number> =>
  (await system.venue.ledger(exchange)).orders.filter((one) => one.clientId === clientIdOf(order)).length;
const clientIdOf = (order: OrderView | null): string => order?.legs.at(-1)?.venueClientId ?? '';

/** The answer, or the code of the error that came instead. */
async function attempt(desk: Desk, input: Record<string, unknown>): Promise<Payload | string> {
  try {
    return await placeOrder(system.trader, { accountId: desk.accountId, ...input });
  } catch (error) {
    if (error instanceof GraphQLRequestError && error.code !== null) return `${error.code}: ${error.message}`;
    throw error;
  }
}
/** Repeats the same order until it is accepted, as a client does. */
const insist = (desk: Desk, input: Record<string, unknown>): Promise<OrderView> =>
  eventually(
    async () => {
      const answer = await attempt(desk, input);
      return typeof answer === 'string' ? null : answer.order;
    },
    (order): order is OrderView => order !== null,
    'the order is accepted',
    30_000,
  ) as Promise<OrderView>;

describe('clocks that differ by ten seconds', () => {
  // One exchange of each way to say until when a submission is good: its own clock, ours, a header, a parameter.
  const OFF = { kraken: -10_000, binance: 10_000, okx: 10_000, deribit: -10_000 } as const;
  const exchanges = Object.keys(OFF) as (keyof typeof OFF)[];
  afterAll(async () => {
    for (const exchange of exchanges) await system.venue.script('clock', { exchange, offsetMs: 0 });
  });

  test('between us and an exchange: lost and unanswered submissions end in one order each', async () => {
    const orders = await Promise.all(
      exchanges.map(async (exchange) => {
        const desk = await openDesk(system, exchange);
        const market = desk.market('BTC');
        await system.venue.script('clock', { exchange, offsetMs: OFF[exchange] });
        const filled = await desk.placed({ symbol: market.symbol, side: 'BUY', type: 'MARKET', size: market.size });
        await desk.reaches(filled.id, 'FILLED', 60_000);
        await system.venue.fault({ exchange, fault: 'ackLost', times: 1, symbol: market.symbol });
        const unanswered = await desk.placed(buy(market, '0.9'));
        const found = await desk.reaches(unanswered.id, 'ACKNOWLEDGED', 60_000);
        await system.venue.fault({ exchange, fault: 'dropBeforeAccept', times: 1, symbol: market.symbol });
        const lost = await desk.placed(buy(market, '0.89'));
        // Sent again, after the proof of its absence.
        const again = await desk.reaches(lost.id, 'ACKNOWLEDGED', 60_000);
        return [exchange, await atExchange(exchange, found), await atExchange(exchange, again)];
      }),
    );
    expect(orders).toEqual(exchanges.map((exchange) => [exchange, 1, 1]));
  }, 200_000);

  test('an order that expires here does so by the true time, whatever the clocks of the processes', async () => {
    const market = binance.market('SOL');
    const expiresAt = new Date(Date.now() + 6_000).toISOString();
    const { id } = await binance.placed({ ...buy(market, '0.9'), timeInForce: 'GTT', expiresAt });
    const ended = await eventually(
      () => readOrder(system.trader, id),
      (order) =>
        order !== null && order.state !== 'ACKNOWLEDGED' && order.state !== 'VALIDATED' && order.state !== 'SUBMITTED',
      'the order expires',
      40_000,
    );
    expect(ended?.state).toBe('CANCELLED');
    // The reconciler's own clock is ten seconds ahead.
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
  }, 60_000);
});

describe('a key that is revoked at the exchange', () => {
  interface Health {
    readonly reachable: boolean;
    readonly lastError: string | null;
    readonly keyRefusedSince: string | null;
  }
  const health = async (id: string): Promise<Health | null> =>
    (
      await request<{ account: { health: Health | null } }>(
        system.trader,
        'query ($id: ID!) { account(id: $id) { health { reachable lastError keyRefusedSince } } }',
        { id },
      )
    ).account.health;

  test('stops the account, which says so, and nobody else; new credentials and it goes on by itself', async () => {
    const draw = () => drawCredentials(capabilitiesOf('kraken').credentials);
    const credentials = draw();
    const { linkAccount } = await request<{ linkAccount: { account: { id: string } | null } }>(
      system.trader,
      'mutation ($input: LinkAccountInput!) { linkAccount(input: $input) { account { id } userErrors { code message } } }',
      { input: { exchange: 'kraken', label: 'second', mode: 'PAPER', credentials } },
    );
    const accountId = linkAccount.account?.id ?? '';
    const market = kraken.market('XRP');
    const order = { accountId, ...buy(market, '0.9') };
    const resting = await insist(kraken, order);
    await kraken.reaches(resting.id, 'ACKNOWLEDGED');
    const well = { reachable: true, lastError: null, keyRefusedSince: null };
    const first = await eventually(
      () => health(accountId),
      (seen) => seen !== null,
      'somebody has looked',
    );
    expect(first).toEqual(well);

    await system.venue.script('accounts/revoke', { exchange: 'kraken', apiKey: credentials.apiKey });
    const refused = await eventually(
      () => health(accountId),
      (seen) => seen?.keyRefusedSince !== null,
      'the account says that its key is refused',
      20_000,
    );
    expect(refused).toMatchObject({ reachable: false, lastError: expect.stringMatching(/EAPI|key/i) as string });
    const answer = await eventually(
      () => placeOrder(system.trader, order),
      ({ userErrors }) => userErrors.length > 0,
      'its orders are refused',
    );
    expect(answer.userErrors).toMatchObject([{ code: 'EXCHANGE_UNAVAILABLE', field: ['input', 'accountId'] }]);
    expect(answer.userErrors[0]?.message).toMatch(/key.*credentials/);
    // The exchange is open for the others, and says nothing of it.
    const fine = await kraken.placed({ symbol: market.symbol, side: 'BUY', type: 'MARKET', size: market.size });
    await kraken.reaches(fine.id, 'FILLED');
    const { exchanges } = await request<{ exchanges: { id: string; health: { reachable: boolean } }[] }>(
      system.trader,
      '{ exchanges { id health { reachable } } }',
    );
    expect(exchanges.find(({ id }) => id === 'kraken')?.health.reachable).toBe(true);

    const fresh = draw();
    await system.venue.register({ exchange: 'kraken', ...fresh, sameAs: credentials.apiKey });
    const { rotateCredentials } = await request<{ rotateCredentials: { userErrors: readonly UserErrorView[] } }>(
      system.trader,
      'mutation ($id: ID!, $credentials: CredentialsInput!) { rotateCredentials(accountId: $id, credentials: $credentials) { userErrors { code message } } }',
      { id: accountId, credentials: fresh },
    );
    expect(rotateCredentials.userErrors).toEqual([]);
    await eventually(
      () => health(accountId),
      (seen) => seen?.keyRefusedSince === null && seen.reachable,
      'it is well',
      20_000,
    );
    const again = await insist(kraken, { ...order, ...buy(market, '0.88') });
    await kraken.reaches(again.id, 'ACKNOWLEDGED', 30_000);
    await cancelOrder(system.trader, resting.id);
    await kraken.reaches(resting.id, 'CANCELLED', 30_000);
  }, 120_000);
});

describe('Redis', () => {
  test('gone for a while and back empty: nothing half done, subscribers and exchanges go on', async () => {
    const market = binance.market('BTC');
    const rests = await binance.resting(buy(market, '0.9'));
    const watch = watchOrders(system.trader, [binance.accountId]);
    await watch.until((items) => items.some(({ kind }) => kind === 'SNAPSHOT_END'), 'the snapshot');
    const before = restarts();
    // On its way when Redis goes.
    await system.venue.fault({ exchange: 'binance', fault: 'delay', ms: 1_500, times: 1 });
    const flying = await binance.placed(buy(market, '0.88'));
    await system.stack.kill('redis', { stayDown: true });
    await rm(join(system.home, 'redis', 'appendonlydir'), { recursive: true });

    const clientOrderId = 'during-the-outage';
    const first = await attempt(binance, { ...buy(market, '0.87'), clientOrderId });
    // A gateway that has not noticed yet that Redis is gone can't know whether its command arrived, and says so.
    if (typeof first === 'string') expect(first).toMatch(/^SERVICE_UNAVAILABLE: nothing was accepted/);
    else expect(first).toMatchObject({ order: null, userErrors: [{ code: 'TIMEOUT' }] });
    // What happens at the exchange is booked and told without Redis.
    await system.venue.price('binance', market.symbol, market.at('0.899'));
    await watch.until(
      (items) => items.some(({ event }) => event?.orderId === rests.id && event.type === 'ORDER_FILLED'),
      'the fill is told',
      20_000,
    );
    await sleep(1_000);
    await system.stack.up('redis');

    const wished = await insist(binance, { ...buy(market, '0.87'), clientOrderId });
    const repeated = await insist(binance, { ...buy(market, '0.87'), clientOrderId });
    expect(repeated.id).toBe(wished.id);
    await binance.reaches(wished.id, 'ACKNOWLEDGED', 30_000);
    const landed = await binance.reaches(flying.id, 'ACKNOWLEDGED', 40_000);
    expect(await atExchange('binance', landed)).toBe(1);
    await watch.until(
      (items) => items.some(({ event }) => event?.orderId === wished.id && event.type === 'ORDER_ACKNOWLEDGED'),
      'the subscription goes on',
    );
    expect(watch.end).toBeNull();
    await watch.close();
    expect(restarts()).toBe(before);
  }, 120_000);
});

describe('PostgreSQL', () => {
  /** The real server with the real code: every line of the journal is refused as on a full disk. */
  async function fillDisk(isFull: boolean): Promise<void> {
    const client = new pg.Client({ connectionString: system.stack.info.postgres });
    await client.connect();
    await client.query(
      isFull
        ? `CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
           CREATE TRIGGER disk_full BEFORE INSERT ON order_events EXECUTE FUNCTION disk_full()`
        : 'DROP FUNCTION disk_full() CASCADE',
    );
    await client.end();
  }

  test('with a full disk: nothing is accepted or sent, what was sent is written when it can be', async () => {
    const market = kraken.market('ETH');
    const before = restarts();
    const fills = await kraken.resting(buy(market, '0.95'));
    await system.venue.fault({ exchange: 'kraken', fault: 'delay', ms: 1_500, times: 1 });
    const flying = await kraken.placed(buy(market, '0.8'));
    await eventually(
      () => readOrder(system.trader, flying.id),
      (order) => order?.state === 'SUBMITTED',
      'it is on its way',
    );
    await fillDisk(true);
    const clientOrderId = 'on-a-full-disk';
    const refused = await attempt(kraken, { ...buy(market, '0.81'), clientOrderId });
    expect(refused).toMatch(/^SERVICE_UNAVAILABLE: nothing was accepted: .*disk is full/);
    await system.venue.price('kraken', market.symbol, market.at('0.94'));
    await sleep(3_000);
    const held = await readOrder(system.trader, flying.id);
    expect(held?.state).toBe('SUBMITTED');
    await fillDisk(false);

    const landed = await kraken.reaches(flying.id, 'ACKNOWLEDGED', 40_000);
    expect(await atExchange('kraken', landed)).toBe(1);
    await kraken.reaches(fills.id, 'FILLED', 40_000);
    const wished = await insist(kraken, { ...buy(market, '0.81'), clientOrderId });
    await kraken.reaches(wished.id, 'ACKNOWLEDGED', 30_000);
    expect(restarts()).toBe(before);
  }, 120_000);

  test('stopped for a while: clear answers, no service dies, everything goes on', async () => {
    const market = binance.market('ETH');
    const before = restarts();
    await system.venue.fault({ exchange: 'binance', fault: 'delay', ms: 1_500, times: 1 });
    const flying = await binance.placed(buy(market, '0.8'));
    await eventually(
      () => readOrder(system.trader, flying.id),
      (order) => order?.state === 'SUBMITTED',
      'it is on its way',
    );
    await system.stack.kill('postgres', { signal: 'SIGQUIT', stayDown: true });
    const clientOrderId = 'without-a-database';
    expect(await attempt(binance, { ...buy(market, '0.81'), clientOrderId })).toMatch(/^SERVICE_UNAVAILABLE/);
    await sleep(2_000);
    await system.stack.up('postgres');
    const wished = await insist(binance, { ...buy(market, '0.81'), clientOrderId });
    await binance.reaches(wished.id, 'ACKNOWLEDGED', 40_000);
    const landed = await binance.reaches(flying.id, 'ACKNOWLEDGED', 40_000);
    expect(await atExchange('binance', landed)).toBe(1);
    expect(restarts()).toBe(before);
  }, 120_000);
});

test('the books agree with the ledgers', () => booksAgree(system));
