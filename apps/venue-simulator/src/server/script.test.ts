import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { KEY, OTHER_KEY, startRig, SYMBOL } from '../testing.ts';
import type { Answer, Rig } from '../testing.ts';

/** What an exchange does by itself, as its clients and its ledger see it. */
let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
beforeEach(async () => {
  await rig.admin('POST', '/reset', { exchange: 'binance' });
  await rig.admin('POST', '/walk', { exchange: 'binance', running: false });
});
afterAll(() => rig.close());

const exchange = 'binance';
const place = async (terms: object = {}): Promise<string> => {
  const order = { exchange, symbol: SYMBOL, side: 'BUY', type: 'LIMIT', size: '0.1', price: '80000', ...terms };
  return String((await rig.admin('POST', '/orders', order)).json['exchangeOrderId']);
};
const script = (what: string, terms: object): Promise<Answer> => rig.admin('POST', `/${what}`, { exchange, ...terms });

test('an order that was accepted is refused', async () => {
  const id = await place();
  expect((await script('orders/reject', { exchangeOrderId: id })).json).toMatchObject({ status: 'FAILED' });
  expect((await rig.client.fetchOrder(id, 'BTC/USDT')).status).toBe('rejected');
  expect((await script('orders/reject', { exchangeOrderId: id })).status).toBe(409);
});

test('an execution of an ended order comes to light; one that completes it fills it', async () => {
  const id = await place();
  expect((await script('orders/execute-late', { exchangeOrderId: id, size: '0.04' })).status).toBe(409);
  await script('orders/cancel', { exchangeOrderId: id });
  const part = await script('orders/execute-late', { exchangeOrderId: id, size: '0.04' });
  expect(part.json).toMatchObject({ status: 'CANCELLED', filledSize: '0.04' });
  expect((await rig.client.fetchMyTrades('BTC/USDT')).map((trade) => trade.order)).toEqual([id]);
  expect((await script('orders/execute-late', { exchangeOrderId: id, size: '0.07' })).status).toBe(409);
  const rest = await script('orders/execute-late', { exchangeOrderId: id, size: '0.06' });
  expect(rest.json).toMatchObject({ status: 'FILLED', filledSize: '0.1', endReason: null });
});

test('an order is forgotten by every query, not by the ledger, and remembered again', async () => {
  const id = await place();
  await script('orders/cancel', { exchangeOrderId: id });
  await script('orders/forget', { exchangeOrderId: id, forgotten: true });
  await expect(rig.client.fetchOrder(id, 'BTC/USDT')).rejects.toThrow(/does not exist/);
  expect(JSON.stringify((await rig.admin('GET', `/ledger?exchange=${exchange}`)).json)).toContain(id);
  await script('orders/forget', { exchangeOrderId: id, forgotten: false });
  expect((await rig.client.fetchOrder(id, 'BTC/USDT')).status).toBe('canceled');
});

test('executions of one account are listed late', async () => {
  const id = await place();
  await script('executions/hold', { account: KEY.apiKey, held: true });
  await script('price', { symbol: SYMBOL, price: '80000', size: '0.04' });
  expect(await rig.client.fetchMyTrades('BTC/USDT')).toEqual([]);
  expect(Number((await rig.client.fetchOrder(id, 'BTC/USDT')).filled)).toBe(0.04);
  await script('executions/hold', { account: KEY.apiKey, held: false });
  expect(await rig.client.fetchMyTrades('BTC/USDT')).toHaveLength(1);
});

test('rules change for everybody, until the reset', async () => {
  const limit = (size: string) => rig.client.createOrder('BTC/USDT', 'limit', 'buy', Number(size), 80_000);
  expect((await script('markets', { symbol: SYMBOL, minSize: '0.2' })).json).toMatchObject({ minSize: '0.2' });
  await expect(limit('0.1')).rejects.toThrow(/LOT_SIZE/);
  expect((await limit('0.2')).status).toBe('open');
  await rig.admin('POST', '/reset', { exchange });
  await rig.admin('POST', '/walk', { exchange, running: false });
  expect((await limit('0.1')).status).toBe('open');
});

test("the exchange's clock is its own", async () => {
  await script('clock', { offsetMs: 600_000 });
  expect(((await rig.client.fetchTime()) ?? 0) - Date.now()).toBeGreaterThan(500_000);
  await script('clock', { offsetMs: 0 });
  expect(Math.abs(((await rig.client.fetchTime()) ?? 0) - Date.now())).toBeLessThan(100_000);
});

test('faults of one account are taken back without those of others; the first ones are spared', async () => {
  const fault = (account: string, terms: object = {}) =>
    rig.admin('POST', '/faults', { exchange, fault: 'authFail', method: 'list', account, times: 5, ...terms });
  await fault(KEY.apiKey, { skip: 1 });
  await fault(OTHER_KEY.apiKey);
  await rig.client.fetchOpenOrders('BTC/USDT');
  await expect(rig.client.fetchOpenOrders('BTC/USDT')).rejects.toThrow();
  const left = await rig.admin('DELETE', `/faults?exchange=${exchange}&account=${KEY.apiKey}`);
  expect((left.json['faults'] as unknown as { account: string }[]).map(({ account }) => account)).toEqual([
    OTHER_KEY.apiKey,
  ]);
  await rig.client.fetchOpenOrders('BTC/USDT');
});
