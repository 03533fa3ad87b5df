import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ccxt from 'ccxt';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Deribit, Info } from './testing.ts';
import { ACCOUNT, OTHER, resultOf, Rig } from './testing.ts';

/** History and its pages, who may ask, how often, and what faults do. */

let rig: Rig;
let client: Deribit;

beforeAll(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
afterAll(() => rig.close());
beforeEach(() => client.cancelAllOrders());

const buy = async (amount: string, price?: string, params: object = {}, by = client) =>
  (
    await by.createOrder(
      'BTC/USDC',
      price === undefined ? 'market' : 'limit',
      'buy',
      amount as never,
      price as never,
      params,
    )
  ).id ?? '';
const INSTRUMENT = { instrument_name: 'BTC_USDC' };
const history = (params: object = {}, by = client) =>
  resultOf<Info[]>(by.privateGetGetOrderHistoryByInstrument({ ...INSTRUMENT, count: '1000', ...params }));
interface Trades {
  readonly trades: Info[];
  readonly has_more: boolean;
}
const trades = (params: object, by = client) =>
  resultOf<Trades>(by.privateGetGetUserTradesByInstrumentAndTime({ ...INSTRUMENT, ...params }));

test('history leaves out unfilled orders unless they are asked for, newest first, by offset', async () => {
  const other = await rig.client(OTHER);
  const ids: string[] = [];
  for (let index = 0; index < 5; index += 1) {
    const id = await buy('0.01', '50000', {}, other);
    await other.cancelOrder(id);
    ids.unshift(id);
  }
  const filled = await buy('0.01', undefined, {}, other);
  const idsOf = (page: readonly Info[]) => page.map((one) => one['order_id']);
  expect(idsOf(await history({}, other))).toEqual([filled]);
  const all = { include_unfilled: true, include_old: true };
  expect(idsOf(await history(all, other))).toEqual([filled, ...ids]);
  expect(idsOf(await history({ ...all, count: '2', offset: '1' }, other))).toEqual(ids.slice(0, 2));
  expect((await other.fetchClosedOrders('BTC/USDC')).map((order) => order.id)).toEqual([filled]);
  expect(await history(all)).toEqual([]);
});

test('trades come in pages, sorted as asked', async () => {
  const other = await rig.client(OTHER);
  const start_timestamp = String(rig.now());
  for (let index = 0; index < 4; index += 1) await buy('0.001', undefined, {}, other);
  const asked = { start_timestamp, end_timestamp: String(rig.now() + 1), sorting: 'asc' };
  const first = await trades({ ...asked, count: '3' }, other);
  expect(first.has_more).toBe(true);
  const all = await trades({ ...asked, count: '1000' }, other);
  expect(all).toMatchObject({ has_more: false });
  expect(all.trades).toHaveLength(4);
  expect(all.trades.slice(0, 3)).toEqual(first.trades);
  const newest = await trades({ ...asked, count: '1', sorting: 'desc' }, other);
  expect(newest.trades).toEqual([all.trades[3]]);
  const mine = await other.fetchMyTrades('BTC/USDC', Number(start_timestamp), 100);
  expect(mine).toHaveLength(4);
});

test('recent records move to the historical ones: orders after 30 minutes, trades after a day', async () => {
  const label = 'moves';
  const cancelled = await buy('0.01', '50000', { label });
  await client.cancelOrder(cancelled);
  const bought = await buy('0.01', undefined, { label });
  const all = { include_unfilled: true, include_old: true };
  const listed = async (params: object) => (await history({ ...all, ...params })).map((one) => one['order_id']);
  const byLabel = () => resultOf<Info[]>(client.privateGetGetOrderStateByLabel({ currency: 'USDC', label }));
  expect(await listed({})).toEqual([bought, cancelled]);
  expect(await listed({ historical: true })).toEqual([]);
  expect(await byLabel()).toHaveLength(2);
  rig.advance(31 * 60_000);
  expect(await listed({})).toEqual([]);
  expect(await listed({ historical: true })).toEqual([bought, cancelled]);
  expect(await byLabel()).toEqual([]);
  const window = { start_timestamp: '0', end_timestamp: String(rig.now() + 1), count: '1000' };
  const isThere = async (params: object) =>
    (await trades({ ...window, ...params })).trades.some((one) => one['order_id'] === bought);
  expect(await isThere({})).toBe(true);
  rig.advance(24 * 3_600_000);
  expect([await isThere({}), await isThere({ historical: true })]).toEqual([false, true]);
  rig.advance(2 * 24 * 3_600_000);
  expect(await listed({ historical: true, include_old: false })).toEqual([]);
});

test('an order hidden from the list is still found by its label', async () => {
  const id = await buy('0.25', '40000', { label: 'hidden' });
  const open = async () => (await resultOf<Info[]>(client.privateGetGetOpenOrders({}))).map((one) => one['order_id']);
  await rig.admin('POST /faults', { exchange: 'deribit', fault: 'hideFromOpenOrders', times: 1 });
  expect(await open()).toEqual([]);
  expect(await open()).toEqual([id]);
});

test('key, signature and time are checked', async () => {
  const stranger = await rig.client({ ...ACCOUNT, apiKey: 'nobody' });
  await expect(stranger.fetchBalance()).rejects.toThrow(ccxt.AuthenticationError);
  const forger = await rig.client({ ...OTHER, secret: 'another' });
  await expect(forger.fetchBalance()).rejects.toThrow(/"code":13004/);
  const late = await rig.client(OTHER);
  late.milliseconds = () => rig.now() - 61_000;
  await expect(late.fetchBalance()).rejects.toThrow(/"code":13009/);
  late.milliseconds = () => rig.now() - 59_000;
  await late.fetchBalance();
  await expect(client.privateGetGetAccessLog({})).rejects.toThrow(/-32601/);
  const id = await buy('0.01', '40000');
  await expect(late.cancelOrder(id)).rejects.toThrow(ccxt.OrderNotFound);
});

describe('tokens', () => {
  /** fetch does not let its caller choose the Host header. */
  const rpc = (method: string, params: object, headers: Record<string, string> = {}) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method, params });
    const url = `http://127.0.0.1:${rig.port}/api/v2`;
    return new Promise<{ id: number; result?: Info; error?: { code: number } }>((resolve, reject) => {
      const sent = request(url, { method: 'POST', headers: { host: 'www.deribit.com', ...headers } }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve(JSON.parse(text) as { id: number; result?: Info; error?: { code: number } }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  };
  const login = async (scope: string) => {
    const key = { client_id: OTHER.apiKey, client_secret: OTHER.secret };
    const { result } = await rpc('public/auth', { grant_type: 'client_credentials', ...key, scope });
    return { access: String(result?.['access_token']), refresh: String(result?.['refresh_token']), result };
  };
  const order = { instrument_name: 'BTC_USDC', amount: 0.01, price: 40000, label: 'by-token' };

  test('let in for a quarter of an hour, and are renewed', async () => {
    const first = await login('session:desk');
    expect(first.result).toMatchObject({ expires_in: 900, token_type: 'bearer' });
    const bearer = { authorization: `Bearer ${first.access}` };
    const placed = await rpc('private/buy', order, bearer);
    expect(placed).toMatchObject({ id: 7, result: { order: { order_state: 'open', label: 'by-token' } } });
    rig.advance(901_000);
    expect((await rpc('private/get_positions', {}, bearer)).error?.code).toBe(13009);
    const renewed = await rpc('public/auth', { grant_type: 'refresh_token', refresh_token: first.refresh });
    const again = { authorization: `Bearer ${String(renewed.result?.['access_token'])}` };
    expect((await rpc('private/cancel_all', {}, again)).result).toBe(1);
    const forked = await rpc('public/fork_token', { refresh_token: first.refresh, session_name: 'second' });
    expect(forked.result?.['scope']).toContain('session:second');
    const subaccounts = (await rpc('private/get_subaccounts', {}, again)).result as unknown as Info[];
    const exchanged = { refresh_token: first.refresh, subject_id: subaccounts[0]?.['id'] };
    expect((await rpc('public/exchange_token', exchanged)).result).toMatchObject({ token_type: 'bearer' });
  });

  test('of another subject see and trade its account alone, and lead back', async () => {
    const main = await login('session:desk');
    const as = (token: unknown) => ({ authorization: `Bearer ${String(token)}` });
    const listed = (await rpc('private/get_subaccounts', {}, as(main.access))).result as unknown as Info[];
    expect(listed.map((one) => one['type'])).toEqual(['main', 'subaccount']);
    const [own, sub] = listed.map((one) => one['id']);
    const moved = (await rpc('public/exchange_token', { refresh_token: main.refresh, subject_id: sub })).result ?? {};
    expect(moved['scope']).toMatch(/^session:desk .*trade:read_write/);
    expect(moved['scope']).not.toContain('mainaccount');
    const token = as(moved['access_token']);
    await rpc('private/cancel_all', {}, as(main.access));
    expect((await rpc('private/buy', { ...order, label: 'of-sub' }, token)).result).toMatchObject({
      order: { order_state: 'open' },
    });
    const open = async (headers: Record<string, string>) =>
      ((await rpc('private/get_open_orders', {}, headers)).result as unknown as Info[]).map((one) => one['label']);
    expect([await open(token), await open(as(main.access))]).toEqual([['of-sub'], []]);
    const summary = await rpc('private/get_account_summary', { currency: 'USDC', extended: true }, token);
    expect(summary.result).toMatchObject({ id: sub, type: 'subaccount' });
    expect(Number(summary.result?.['balance'])).toBeGreaterThan(0);
    expect((await rpc('private/get_subaccounts', {}, token)).result).toHaveLength(1);

    const forked = { refresh_token: moved['refresh_token'], session_name: 'second' };
    const fork = (await rpc('public/fork_token', forked)).result ?? {};
    expect(fork['scope']).toContain('session:second');
    expect((await rpc('private/cancel_all', {}, as(fork['access_token']))).result).toBe(1);
    const home = { refresh_token: fork['refresh_token'], subject_id: own };
    expect((await rpc('public/exchange_token', home)).result?.['scope']).toContain('mainaccount');
    const stranger = { refresh_token: main.refresh, subject_id: 7 };
    expect((await rpc('public/exchange_token', stranger)).error?.code).toBe(-32602);
    const unscoped = await login('trade:read_write');
    const bare = { refresh_token: unscoped.refresh, session_name: 'third' };
    expect((await rpc('public/fork_token', bare)).error?.code).toBe(-32602);
  });

  test('of reading rights do not trade, and wrong ones do nothing', async () => {
    const { access } = await login('trade:read account:read');
    const bearer = { authorization: `Bearer ${access}` };
    expect((await rpc('private/buy', order, bearer)).error?.code).toBe(13021);
    expect((await rpc('private/get_open_orders', {}, bearer)).result).toEqual([]);
    expect((await rpc('private/get_open_orders', {}, { authorization: 'Bearer nonsense' })).error?.code).toBe(13009);
    expect((await rpc('private/get_open_orders', {})).error?.code).toBe(10000);
    const wrong = { grant_type: 'client_credentials', client_id: OTHER.apiKey, client_secret: 'guess' };
    expect((await rpc('public/auth', wrong)).error?.code).toBe(13004);
  });
});

test('20 orders, then five a second; other calls are counted apart', async () => {
  rig.exchange.venue.reset();
  rig.exchange.limits = { enabled: true, scale: 1 };
  await rig
    .held(async () => {
      const ids: string[] = [];
      for (let index = 0; index < 20; index += 1) ids.push(await buy('0.001', '40000'));
      await expect(buy('0.001', '40000')).rejects.toThrow(ccxt.DDoSProtection);
      await client.fetchBalance();
      rig.advance(1_000);
      await client.cancelOrder(ids[0] ?? '');
    })
    .finally(() => (rig.exchange.limits = { enabled: false, scale: 1 }));
});

test.each([
  ['rateLimit', ccxt.DDoSProtection],
  ['authFail', ccxt.AuthenticationError],
  ['maintenance', ccxt.OnMaintenance],
  ['error5xxBefore', ccxt.ExchangeNotAvailable],
] as const)('%s speaks as the venue does and places nothing', async (fault, type) => {
  await rig.admin('POST /faults', { exchange: 'deribit', fault, method: 'submit' });
  await expect(buy('0.1', '40000')).rejects.toThrow(type);
  expect(await client.fetchOpenOrders('BTC/USDC')).toEqual([]);
});

test('a lost answer leaves the order, found by its label', async () => {
  await rig.admin('POST /faults', { exchange: 'deribit', fault: 'ackLost' });
  await expect(buy('0.1', '40000', { label: 'lost' })).rejects.toThrow(ccxt.NetworkError);
  const found = client.privateGetGetOpenOrdersByLabel({ currency: 'USDC', label: 'lost' });
  expect(await resultOf<Info[]>(found)).toHaveLength(1);
});

test('everything outlives a restart: orders, stops and what they created', async () => {
  const home = await mkdtemp(join(tmpdir(), 'deribit-'));
  const before = await Rig.start(home);
  const first = await before.client();
  const stop = await first.createOrder('BTC/USDC', 'limit', 'buy', '0.1' as never, '60500' as never, {
    stopLossPrice: '61000',
    label: 'survives',
  });
  await before.price('BTC-USDC', '61000');
  await before.close();
  const after = await Rig.start(home);
  const second = await after.client();
  const [created] = await resultOf<Info[]>(second.privateGetGetOpenOrders({}));
  expect(created).toMatchObject({ trigger_order_id: stop.id, label: 'survives', price: 60500 });
  const told = second.privateGetGetOrderState({ order_id: stop.id });
  expect(await resultOf(told)).toMatchObject({ order_state: 'triggered', order_id: stop.id });
  await after.close();
  await rm(home, { recursive: true });
});
