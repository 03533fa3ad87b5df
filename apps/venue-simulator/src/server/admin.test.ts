import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { KEY, OTHER_KEY, startRig, SYMBOL } from '../testing.ts';
import type { Answer, Rig } from '../testing.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
beforeEach(async () => {
  await rig.admin('POST', '/reset', { exchange: 'binance' });
  await rig.admin('POST', '/walk', { exchange: 'binance', running: false });
});
afterAll(() => rig.close());

type Order = Record<string, unknown>;
const ordersOf = (answer: Answer): Order[] => answer.json['orders'] as unknown as Order[];
const place = (rest: object) =>
  rig.admin('POST', '/orders', { exchange: 'binance', symbol: SYMBOL, side: 'BUY', type: 'LIMIT', ...rest });

test('an outside order belongs to the first account, unless another is named', async () => {
  const mine = await place({ size: '0.10', price: '80000.50', clientId: 'by-hand' });
  expect(mine.status).toBe(200);
  expect(mine.json).toMatchObject({
    account: KEY.apiKey,
    clientId: 'by-hand',
    symbol: SYMBOL,
    side: 'BUY',
    type: 'LIMIT',
    price: '80000.5',
    size: '0.1',
    filledSize: '0',
    status: 'OPEN',
    source: 'outside',
  });
  await place({ size: '0.1', price: '80000', apiKey: OTHER_KEY.apiKey });
  const seen = await rig.client.fetchOpenOrders('BTC/USDT');
  expect(seen.map((order) => [order.id, order.clientOrderId])).toEqual([[mine.json['exchangeOrderId'], 'by-hand']]);
  const cancelled = await rig.admin('POST', '/orders/cancel', {
    exchange: 'binance',
    exchangeOrderId: mine.json['exchangeOrderId'],
  });
  expect(cancelled.json).toMatchObject({ status: 'CANCELLED', endReason: 'venue' });
});

test('the ledger holds everything, in canonical words', async () => {
  await place({ size: '0.1', price: '80000' });
  await place({ size: '0.2', price: '70000' });
  await place({ side: 'SELL', type: 'STOP_LIMIT', size: '0.1', price: '60000', stopPrice: '61000' });
  await rig.admin('POST', '/price', { exchange: 'binance', symbol: SYMBOL, price: '79999', size: '0.04' });
  const ledger = await rig.admin('GET', '/ledger?exchange=binance');
  expect(
    ordersOf(ledger).map((order) => [order['type'], order['status'], order['filledSize'], order['stopPrice']]),
  ).toEqual([
    ['LIMIT', 'OPEN', '0.04', null],
    ['LIMIT', 'OPEN', '0', null],
    ['STOP_LIMIT', 'OPEN', '0', '61000'],
  ]);
  expect(ledger.json['executions']).toMatchObject([
    {
      exchangeOrderId: ordersOf(ledger)[0]?.['exchangeOrderId'],
      size: '0.04',
      price: '80000',
      fee: { currency: 'BTC', cost: '0.00004' },
    },
  ]);
  expect(ordersOf(await rig.admin('GET', '/ledger?exchange=binance&account=other-key'))).toEqual([]);
});

test('accounts: registering again changes the secret, and the balances only when given', async () => {
  await rig.admin('POST', '/accounts', { ...KEY, balances: { USDT: '123.5' } });
  await rig.admin('POST', '/accounts', KEY);
  const accounts = (await rig.admin('GET', '/accounts?exchange=binance')).json as unknown as {
    apiKey: string;
    balances: Record<string, unknown>;
  }[];
  const mine = accounts.find((account) => account.apiKey === KEY.apiKey);
  expect(mine?.balances['USDT']).toEqual({ total: '123.5', held: '0' });
  expect(JSON.stringify(accounts)).not.toContain(KEY.secret);
});

test('an account may have several keys, and a revoked one never opens it again', async () => {
  const second = { ...KEY, apiKey: 'second-key', secret: 'second-secret' };
  await rig.admin('POST', '/accounts', { ...second, sameAs: KEY.apiKey });
  expect((await rig.admin('GET', '/accounts?exchange=binance')).json).toHaveLength(2);
  const sim = rig.simulator.exchanges.get('binance');
  expect(sim?.accounts.find('second-key')).toMatchObject({ apiKey: KEY.apiKey, secret: 'second-secret' });
  expect((await rig.admin('POST', '/accounts', { ...second, secret: 'x', onlyNew: true })).json).toMatchObject({
    isNew: false,
  });
  expect(sim?.accounts.find('second-key')?.secret).toBe('second-secret');
  expect((await rig.admin('POST', '/accounts/revoke', { exchange: 'binance', apiKey: KEY.apiKey })).status).toBe(200);
  await rig.admin('POST', '/accounts', KEY);
  expect(sim?.accounts.find(KEY.apiKey)).toBeUndefined();
  expect(sim?.accounts.find('second-key')).toBeDefined();
  for (const body of [
    { ...second, apiKey: 'third-key', sameAs: 'unknown' },
    { exchange: 'binance', apiKey: 'unknown' },
  ]) {
    const path = 'sameAs' in body ? '/accounts' : '/accounts/revoke';
    expect((await rig.admin('POST', path, body)).status).toBe(404);
  }
});

test.each([
  [
    'POST',
    '/orders',
    { exchange: 'nyse', symbol: SYMBOL, side: 'BUY', type: 'LIMIT', size: '1', price: '1' },
    404,
    /no exchange/,
  ],
  [
    'POST',
    '/orders',
    { exchange: 'binance', symbol: 'X-Y', side: 'BUY', type: 'LIMIT', size: '1', price: '1' },
    404,
    /no market/,
  ],
  [
    'POST',
    '/orders',
    { exchange: 'binance', symbol: SYMBOL, side: 'BUY', type: 'LIMIT', size: '0', price: '1' },
    400,
    /size/,
  ],
  [
    'POST',
    '/orders',
    { exchange: 'binance', symbol: SYMBOL, side: 'BUY', type: 'LIMIT', size: '1', price: '1.001' },
    400,
    /price/,
  ],
  ['POST', '/orders', { exchange: 'binance', symbol: SYMBOL, side: 'BUY', type: 'LIMIT', size: '1' }, 409, /invalid/],
  [
    'POST',
    '/orders',
    { exchange: 'binance', symbol: SYMBOL, side: 'BUY', type: 'LIMIT', size: '500', price: '90000' },
    409,
    /Funds/,
  ],
  ['POST', '/orders/cancel', { exchange: 'binance', exchangeOrderId: '1' }, 404, /unknownOrder/],
  ['POST', '/price', { exchange: 'binance', symbol: SYMBOL, price: '1e5' }, 400, /price/],
  ['POST', '/price', { exchange: 'binance', symbol: SYMBOL }, 400, /price/],
  ['POST', '/faults', { exchange: 'binance', fault: 'meteor' }, 400, /fault/],
  ['POST', '/faults', { exchange: 'binance', fault: 'delay' }, 400, /ms/],
  ['POST', '/faults', { exchange: 'binance', fault: 'ackLost', tmies: 2 }, 400, /tmies/],
  ['POST', '/limits', { exchange: 'binance', scale: 0 }, 400, /scale/],
  ['POST', '/accounts', { exchange: 'binance', apiKey: 'k' }, 400, /secret/],
  ['GET', '/ledger', undefined, 400, /exchange/],
  ['GET', '/nothing', undefined, 404, /no GET \/nothing/],
])('%s %s %j is refused', async (method, path, body, status, text) => {
  const answer = await rig.admin(method, path, body);
  expect([answer.status, String(answer.json['error'])]).toEqual([status, expect.stringMatching(text)]);
});

test('a body that is not JSON, a host that is not simulated', async () => {
  const response = await fetch(`http://127.0.0.1:${rig.port}/price`, { method: 'POST', body: 'price=1' });
  expect([response.status, await response.json()]).toEqual([400, { error: 'the body is not JSON' }]);
  expect((await rig.admin('GET', '/healthz')).json).toMatchObject({ ok: true });
});
