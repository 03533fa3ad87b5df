import ccxt from 'ccxt';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Kraken } from './testing.ts';
import { ACCOUNT, OTHER, resultOf, Rig } from './testing.ts';

/** History and its pages, who may ask, how often, and what faults do. */

let rig: Rig;
let client: Kraken;

beforeAll(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
afterAll(() => rig.close());
beforeEach(() => client.cancelAllOrders());

const limitBuy = async (amount: string, price: string, params: object = {}) =>
  (await client.createOrder('BTC/USD', 'limit', 'buy', amount as never, price as never, params)).id ?? '';
const openIds = async (params: object = {}) =>
  (await client.fetchOpenOrders(undefined, undefined, undefined, params)).map((order) => order.id);

interface Closed {
  readonly closed: Record<string, { readonly cl_ord_id: string }>;
  readonly count: number;
}
interface Trades {
  readonly trades: Record<string, { readonly time: number }>;
  readonly count: number;
}

test('pages of 50, newest first, counted, with bounds and client id', async () => {
  const other = await rig.client(OTHER);
  const clientIds = Array.from({ length: 60 }, (_, index) => `page-${index}`);
  for (const clientOrderId of clientIds) {
    await other.createOrder('BTC/USD', 'market', 'buy', 0.001, undefined, { clientOrderId });
  }
  const first = await resultOf<Closed>(other.privatePostClosedOrders({}));
  const second = await resultOf<Closed>(other.privatePostClosedOrders({ ofs: 50 }));
  expect([first.count, second.count]).toEqual([60, 60]);
  const listed = [...Object.values(first.closed), ...Object.values(second.closed)].map((order) => order.cl_ord_id);
  expect(listed).toEqual(clientIds.toReversed());
  const one = await other.fetchClosedOrders(undefined, undefined, undefined, { clientOrderId: 'page-7' });
  expect(one.map((order) => order.clientOrderId)).toEqual(['page-7']);

  const newest = await resultOf<Trades>(other.privatePostTradesHistory({}));
  const oldest = await resultOf<Trades>(other.privatePostTradesHistory({ ofs: 50 }));
  expect(Object.keys(newest.trades)).toHaveLength(50);
  expect(Object.keys(newest.trades).length + Object.keys(oldest.trades).length).toBe(newest.count);
  const times = [...Object.values(newest.trades), ...Object.values(oldest.trades)].map((trade) => trade.time);
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  const start = Math.floor(rig.now() / 1000) + 10;
  expect(await resultOf(other.privatePostTradesHistory({ start }))).toEqual({ trades: {}, count: 0 });
  // Another account sees none of it.
  expect(await client.fetchClosedOrders(undefined, undefined, undefined, { clientOrderId: 'page-7' })).toEqual([]);
});

test('an order hidden from the list is still found by its client id', async () => {
  const clientOrderId = crypto.randomUUID();
  const id = await limitBuy('0.25', '40000', { clientOrderId });
  await rig.admin('POST /faults', { exchange: 'kraken', fault: 'hideFromOpenOrders', times: 1 });
  expect(await openIds({ clientOrderId })).toEqual([id]);
  expect(await openIds()).toEqual([]);
  expect(await openIds()).toEqual([id]);
});

test('key, signature and nonce are checked', async () => {
  const stranger = rig.client({ ...ACCOUNT, apiKey: 'nobody' });
  await expect((await stranger).fetchBalance()).rejects.toThrow(ccxt.AuthenticationError);
  const forger = await rig.client({ ...OTHER, secret: 'b3RoZXI=' });
  await expect(forger.fetchBalance()).rejects.toThrow('EAPI:Invalid signature');
  const honest = await rig.client(OTHER);
  const nonce = Date.now() * 1000 + 1_000_000;
  honest.nonce = () => nonce;
  await honest.fetchBalance();
  await expect(honest.fetchBalance()).rejects.toThrow(ccxt.InvalidNonce);
  honest.nonce = () => nonce - 1;
  await expect(honest.fetchBalance()).rejects.toThrow(ccxt.InvalidNonce);
  honest.nonce = () => nonce + 1;
  await honest.fetchBalance();
  await expect(client.privatePostWalletTransfer({})).rejects.toThrow('EGeneral:Unknown method');
});

test('20 calls, then half a call a second; orders are counted apart', async () => {
  rig.exchange.venue.reset();
  rig.exchange.limits = { enabled: true, scale: 1 };
  for (let index = 0; index < 20; index += 1) await client.fetchBalance();
  await expect(client.fetchBalance()).rejects.toThrow(ccxt.DDoSProtection);
  rig.advance(4_000);
  await client.fetchMyTrades();
  await expect(client.fetchBalance()).rejects.toThrow(/EAPI:Rate limit exceeded/);
  const ids: string[] = [];
  for (let index = 0; index < 14; index += 1) ids.push(await limitBuy('0.001', '40000'));
  // Cancelling young orders costs 8 points each and makes the next order wait.
  for (const id of ids) await client.cancelOrder(id);
  await expect(limitBuy('0.001', '40000')).rejects.toThrow(/EOrder:Rate limit exceeded/);
  rig.advance(120_000);
  await limitBuy('0.001', '40000');
  rig.exchange.limits = { enabled: false, scale: 1 };
});

test('at most 80 open orders in one pair', async () => {
  rig.exchange.venue.reset();
  rig.exchange.limits = { enabled: true, scale: 1 };
  for (let index = 0; index < 80; index += 1) await limitBuy('0.001', '30000');
  await expect(limitBuy('0.001', '30000')).rejects.toThrow(/EOrder:Orders limit exceeded/);
  await client.createOrder('ETH/USD', 'limit', 'buy', 0.01, 1000);
  rig.exchange.limits = { enabled: false, scale: 1 };
});

test.each([
  ['rateLimit', ccxt.DDoSProtection],
  ['authFail', ccxt.AuthenticationError],
  ['maintenance', ccxt.ExchangeNotAvailable],
  ['error5xxBefore', ccxt.ExchangeNotAvailable],
] as const)('%s speaks as the venue does and places nothing', async (fault, type) => {
  await rig.admin('POST /faults', { exchange: 'kraken', fault, method: 'submit' });
  await expect(limitBuy('0.1', '40000')).rejects.toThrow(type);
  expect(await openIds()).toEqual([]);
});

test('a lost answer leaves the order, found by its client id', async () => {
  const clientOrderId = crypto.randomUUID();
  await rig.admin('POST /faults', { exchange: 'kraken', fault: 'ackLost' });
  await expect(limitBuy('0.1', '40000', { clientOrderId })).rejects.toThrow(ccxt.NetworkError);
  expect(await openIds({ clientOrderId })).toHaveLength(1);
});
