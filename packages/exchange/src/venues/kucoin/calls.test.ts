import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { OrderSpec } from '@orderplane/domain';
import type { CancelRequest, ExchangeAdapter, SubmitRequest } from '../../adapter.ts';
import { createAdapter } from '../../create.ts';
import { json, serveMarkets, startStubVenue } from '../../testing/stub-venue.ts';
import type { StubRequest, StubVenue } from '../../testing/stub-venue.ts';

/** What goes out to KuCoin, against the real ccxt class and a stub. */

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const HOST = 'api.kucoin.com/api/v1';
const ORDERS = `POST ${HOST}/hf/orders`;
const STOPS = `POST ${HOST}/stop-order`;
const CLIENT_ID = 'op-0190a3c48f217b6e9d105a4b3c2d1e0f';
const ORDER_ID = '691f0000aa00bb00cc000017';
const CONTROL = { timeoutMs: 10_000 };
const credentials = { apiKey: 'key', secret: 'secret', passphrase: 'phrase' };
let stub: StubVenue;
let adapter: ExchangeAdapter;

beforeAll(async () => {
  stub = await startStubVenue();
  serveMarkets(stub);
  adapter = createAdapter(
    { accountId: 'a', exchange: 'kucoin', mode: 'PAPER', credentials },
    { simulator: stub.address, clock: { now: () => Date.now() }, log: quiet, callTimeoutMs: 5_000 },
  );
  // Loads ccxt and the market list: no order's deadline must pass meanwhile.
  await adapter.openOrders({ timeoutMs: 20_000 });
  for (const route of [ORDERS, STOPS]) {
    stub.on(route, json({ code: '200000', data: { orderId: ORDER_ID, clientOid: CLIENT_ID } }));
  }
});
beforeEach(() => {
  stub.requests.length = 0;
});
afterAll(async () => {
  await adapter.close();
  await stub.close();
});

const request = (terms: Partial<OrderSpec> = {}, leadMs = 5_000): SubmitRequest => ({
  venueClientId: CLIENT_ID,
  deadlineAt: new Date(Date.now() + leadMs).toISOString(),
  spec: {
    symbol: 'BTC-USDT',
    side: 'BUY',
    type: 'LIMIT',
    size: '0.25',
    quoteSize: null,
    price: '40000.5',
    stopPrice: null,
    timeInForce: 'GTC',
    expiresAt: null,
    postOnly: false,
    reduceOnly: false,
    ...terms,
  },
});
const sent = (route: string): StubRequest => {
  const found = stub.requests.filter((one) => one.route === route);
  const [only] = found;
  if (only === undefined || found.length !== 1) throw new Error(`${found.length} requests to ${route}`);
  return only;
};
const bodyOf = (one: StubRequest) => JSON.parse(one.body) as Record<string, unknown>;
const timestampOf = (one: StubRequest): number => Number(one.headers['kc-api-timestamp']);

async function body(terms: Partial<OrderSpec>, route = ORDERS): Promise<Record<string, unknown>> {
  expect((await adapter.submit(request(terms), CONTROL)).kind).toBe('placed');
  const { clientTimestamp: _at, allowMaxTimeWindow: _window, ...rest } = bodyOf(sent(route));
  return rest;
}

it('an order carries a window that ends at its deadline, and its signature covers it', async () => {
  const asked = request();
  expect(await adapter.submit(asked, CONTROL)).toMatchObject({
    kind: 'placed',
    report: { order: { orderId: ORDER_ID, clientOrderId: CLIENT_ID, status: 'OPEN', symbol: 'BTC-USDT' } },
  });
  const one = sent(ORDERS);
  const { clientTimestamp, allowMaxTimeWindow, ...terms } = bodyOf(one);
  expect(clientTimestamp).toBe(timestampOf(one));
  expect(Math.abs(Number(clientTimestamp) + Number(allowMaxTimeWindow) - Date.parse(asked.deadlineAt))).toBeLessThan(5);
  expect(terms).toEqual({
    ...{ clientOid: CLIENT_ID, symbol: 'BTC-USDT', side: 'buy', type: 'limit', size: '0.25', price: '40000.5' },
  });
  const text = `${timestampOf(one)}POST/api/v1/hf/orders${one.body}`;
  expect(one.headers['kc-api-sign']).toBe(createHmac('sha256', 'secret').update(text).digest('base64'));
  expect(one.headers['kc-api-passphrase']).toBe(createHmac('sha256', 'secret').update('phrase').digest('base64'));
});

it('a stop has no window: its timestamp is set back until it ends at the deadline', async () => {
  const asked = request({ type: 'STOP_LIMIT', stopPrice: '41000' }, 3_000);
  await adapter.submit(asked, CONTROL);
  const one = sent(STOPS);
  expect(Math.abs(timestampOf(one) + 5_000 - Date.parse(asked.deadlineAt))).toBeLessThan(5);
  expect(bodyOf(one)).toMatchObject({ stop: 'entry', stopPrice: '41000', type: 'limit', price: '40000.5' });
  expect(Object.keys(bodyOf(one))).not.toContain('allowMaxTimeWindow');
  expect(Object.keys(bodyOf(one))).not.toContain('orderplaneDeadline');
});

it.each([
  ['IOC', { timeInForce: 'IOC' }, { timeInForce: 'IOC' }],
  ['post-only', { postOnly: true }, { postOnly: true }],
  ['market', { type: 'MARKET', price: null }, { type: 'market', size: '0.25' }],
  ['by funds', { type: 'MARKET', price: null, size: null, quoteSize: '123.456789' }, { funds: '123.456789' }],
] as const)('%s', async (_name, terms, expected) => {
  expect(await body(terms)).toMatchObject(expected);
});

it('GTT goes out in whole seconds, rounded up', async () => {
  const expiresAt = new Date(Date.now() + 59_500).toISOString();
  expect(await body({ timeInForce: 'GTT', expiresAt })).toMatchObject({ timeInForce: 'GTT', cancelAfter: 60 });
});

it('a stop takes its direction from its side', async () => {
  const stop = { type: 'STOP_MARKET', side: 'SELL', price: null, stopPrice: '39000' } as const;
  expect(await body(stop, STOPS)).toMatchObject({ stop: 'loss', type: 'market', side: 'sell' });
});

it('a quote amount off its own step is refused before anything is sent', async () => {
  const asked = request({ type: 'MARKET', price: null, size: null, quoteSize: '1.0000001' });
  expect(await adapter.submit(asked, CONTROL)).toMatchObject({
    kind: 'notPlaced',
    nativeCode: null,
    rulesChanged: true,
  });
  expect(stub.requests.filter((one) => one.route === ORDERS)).toEqual([]);
});

it('a timestamp that is refused takes the exchange time and signs again with the same deadline', async () => {
  const ends: number[] = [];
  const own = createAdapter(
    { accountId: 'b', exchange: 'kucoin', mode: 'PAPER', credentials },
    { simulator: stub.address, clock: { now: () => Date.now() }, log: quiet, callTimeoutMs: 5_000 },
  );
  stub.on(`GET ${HOST}/timestamp`, () => json({ code: '200000', data: Date.now() + 30_000 }));
  stub.on(ORDERS, (one) => {
    const { clientTimestamp, allowMaxTimeWindow } = bodyOf(one);
    ends.push(Number(clientTimestamp) + Number(allowMaxTimeWindow));
    return ends.length === 1
      ? json({ code: '400002', msg: 'KC-API-TIMESTAMP Invalid' }, 401)
      : json({ code: '200000', data: { orderId: ORDER_ID } });
  });
  await own.openOrders(CONTROL);
  const asked = request();
  expect((await own.submit(asked, CONTROL)).kind).toBe('placed');
  expect(ends).toHaveLength(2);
  expect(Math.abs((ends[1] ?? 0) - 30_000 - Date.parse(asked.deadlineAt))).toBeLessThan(200);
  await own.close();
  stub.on(ORDERS, json({ code: '200000', data: { orderId: ORDER_ID, clientOid: CLIENT_ID } }));
});

it.each([{}, { orderId: '' }])('an answer without an id proves nothing: %j', async (data) => {
  stub.on(ORDERS, json({ code: '200000', data }));
  expect((await adapter.submit(request(), CONTROL)).kind).toBe('unknown');
  stub.on(ORDERS, json({ code: '200000', data: { orderId: ORDER_ID, clientOid: CLIENT_ID } }));
});

const UNKNOWN = json({ code: '400100', msg: 'order_not_exist_or_not_allow_to_cancel' });
const cancelOf = (venueOrderId: string | null): CancelRequest => ({
  symbol: 'BTC-USDT',
  venueClientId: CLIENT_ID,
  venueOrderId,
  deadlineAt: new Date(Date.now() + 8_000).toISOString(),
});
const BOOK = `DELETE ${HOST}/hf/orders/client-order/${CLIENT_ID}`;
const STOP_BY_CLIENT_ID = `DELETE ${HOST}/stop-order/cancelOrderByClientOid`;

it.each([
  ['in the book, by client id', null, [[BOOK, { clientOid: CLIENT_ID }]], 'accepted'],
  [
    'a stop, by client id',
    null,
    [
      [BOOK, null],
      [STOP_BY_CLIENT_ID, { cancelledOrderId: 'vs1', clientOid: CLIENT_ID }],
    ],
    'accepted',
  ],
  [
    'nowhere',
    null,
    [
      [BOOK, null],
      [STOP_BY_CLIENT_ID, null],
    ],
    'unknownOrder',
  ],
  ['in the book, by id', ORDER_ID, [[`DELETE ${HOST}/hf/orders/${ORDER_ID}`, { orderId: ORDER_ID }]], 'accepted'],
  ['a stop, by id', 'vs1', [[`DELETE ${HOST}/stop-order/vs1`, { cancelledOrderIds: ['vs1'] }]], 'accepted'],
  [
    'a stop that was triggered meanwhile',
    'vs1',
    [
      [`DELETE ${HOST}/stop-order/vs1`, null],
      [BOOK, { clientOid: CLIENT_ID }],
    ],
    'accepted',
  ],
  [
    'a stop that nobody confirms',
    'vs1',
    [[`DELETE ${HOST}/stop-order/vs1`, { cancelledOrderIds: [] }]],
    'unknownOrder',
  ],
] as const)('cancels %s', async (_name, venueOrderId, answers, kind) => {
  for (const [route, data] of answers) stub.on(route, data === null ? UNKNOWN : json({ code: '200000', data }));
  expect((await adapter.cancel(cancelOf(venueOrderId), CONTROL)).kind).toBe(kind);
  const cancels = stub.requests.filter((one) => one.route.startsWith('DELETE'));
  expect(cancels.map((one) => one.route)).toEqual(answers.map(([route]) => route));
});

it('a cancel that was lost on its way is not tried elsewhere', async () => {
  stub.on(BOOK, { kind: 'reset' });
  expect((await adapter.cancel(cancelOf(null), CONTROL)).kind).toBe('unknown');
  expect(stub.requests.filter((one) => one.route.startsWith('DELETE'))).toHaveLength(1);
});
