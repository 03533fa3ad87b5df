import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { OrderSpec } from '@orderplane/domain';
import type { ExchangeAdapter, SubmitRequest } from '../../adapter.ts';
import { drawCredentials } from '../../draw-credentials.ts';
import { createAdapter } from '../../create.ts';
import { json, serveMarkets, startStubVenue } from '../../testing/stub-venue.ts';
import type { Ending, StubVenue } from '../../testing/stub-venue.ts';
import { coinbaseCapabilities } from './capabilities.ts';

/** What goes out, and what its answers mean, through the real ccxt class against a stub. */

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
/** The first call loads ccxt, which takes seconds on a busy machine. */
const CONTROL = { timeoutMs: 30_000 };
const PLACE = 'POST api.coinbase.com/api/v3/brokerage/orders';
const REFUSAL: Ending = json({ success: false, error_response: { error: 'INVALID_LIMIT_PRICE' } });
let stub: StubVenue;
let adapter: ExchangeAdapter;

beforeAll(async () => {
  stub = await startStubVenue();
  serveMarkets(stub);
});
beforeEach(() => {
  stub.requests.length = 0;
  const credentials = drawCredentials(coinbaseCapabilities.credentials);
  adapter = createAdapter(
    { accountId: 'a', exchange: 'coinbase', mode: 'PAPER', credentials },
    { simulator: stub.address, clock: { now: () => Date.now() }, log: quiet, callTimeoutMs: 5_000 },
  );
  return () => adapter.close();
});
afterAll(() => stub.close());

const limitOrder = (terms: Partial<OrderSpec> = {}): SubmitRequest => ({
  venueClientId: '0197aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee',
  deadlineAt: new Date(Date.now() + 5_000).toISOString(),
  spec: {
    symbol: 'BTC-USD',
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

const ID = '7d0c2f1e-33aa-4b1c-9f20-0a1b2c3d4e5f';
const accepted = (client_order_id: string) =>
  json({
    success: true,
    success_response: { order_id: ID, product_id: 'BTC-USD', side: 'BUY', client_order_id },
    order_configuration: { limit_limit_gtc: { base_size: '0.25', limit_price: '40000.5', post_only: false } },
  });
const sent = () => stub.requests.filter((one) => one.route === PLACE);
const bodies = () => sent().map((one) => JSON.parse(one.body) as Record<string, unknown>);
const claims = (authorization: string | undefined) =>
  JSON.parse(Buffer.from(authorization?.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

it('sends our client id and nothing of ours beside it; the answer names the order', async () => {
  const request = limitOrder();
  stub.on(PLACE, accepted(request.venueClientId));
  expect(await adapter.submit(request, CONTROL)).toMatchObject({
    kind: 'placed',
    report: {
      fillsComplete: false,
      order: { orderId: ID, clientOrderId: request.venueClientId, status: 'OPEN', size: '0.25', price: '40000.5' },
    },
  });
  expect(bodies()).toEqual([
    {
      client_order_id: request.venueClientId,
      product_id: 'BTC-USD',
      side: 'BUY',
      order_configuration: { limit_limit_gtc: { base_size: '0.25', limit_price: '40000.5', post_only: false } },
    },
  ]);
});

it('a token names its request and expires at the deadline', async () => {
  stub.on(PLACE, REFUSAL);
  const request = limitOrder();
  await adapter.submit(request, CONTROL);
  const { nbf, exp, ...rest } = claims(sent()[0]?.headers.authorization);
  expect(rest).toMatchObject({ uri: PLACE, iss: 'coinbase-cloud' });
  expect(exp).toBe(Math.ceil(Date.parse(request.deadlineAt) / 1000));
  expect(Number(exp) - Number(nbf)).toBeLessThanOrEqual(120);
});

it('a refused token takes the exchange time and signs again with the same deadline', async () => {
  const offset = 90_000;
  stub.on('GET api.coinbase.com/v2/time', () => json({ data: { epoch: Math.floor((Date.now() + offset) / 1000) } }));
  stub.on(PLACE, ({ headers }) => {
    const isLate = Number(claims(headers.authorization)['exp']) * 1000 < Date.now() + offset;
    return isLate ? { kind: 'answer', status: 401, body: 'Unauthorized' } : accepted('x');
  });
  expect((await adapter.submit(limitOrder(), CONTROL)).kind).toBe('placed');
  expect(sent()).toHaveLength(2);
  // Where the clocks agree a refused token means the key.
  stub.on(PLACE, { kind: 'answer', status: 401, body: 'Unauthorized' });
  expect((await adapter.submit(limitOrder(), CONTROL)).kind).toBe('auth');
  expect(sent()).toHaveLength(3);
});

it('each kind of order goes out under its own configuration', async () => {
  stub.on(PLACE, REFUSAL);
  const expiresAt = '2040-01-01T00:00:00.400Z';
  const market = { type: 'MARKET', price: null } as const;
  const stop = { type: 'STOP_LIMIT', stopPrice: '41000', price: '41010' } as const;
  const orders: readonly Partial<OrderSpec>[] = [
    { timeInForce: 'IOC' },
    { timeInForce: 'FOK' },
    { timeInForce: 'GTT', expiresAt, postOnly: true },
    market,
    { ...market, side: 'SELL' },
    { ...market, size: null, quoteSize: '123.45' },
    stop,
    { ...stop, side: 'SELL', timeInForce: 'GTT', expiresAt },
  ];
  for (const terms of orders) await adapter.submit(limitOrder(terms), CONTROL);
  const limit = { base_size: '0.25', limit_price: '40000.5' };
  const end_time = '2040-01-01T00:00:01Z';
  const triggered = { base_size: '0.25', limit_price: '41010', stop_price: '41000' };
  expect(bodies().map((body) => body['order_configuration'])).toEqual([
    { sor_limit_ioc: limit },
    { limit_limit_fok: limit },
    { limit_limit_gtd: { ...limit, end_time, post_only: true } },
    { market_market_ioc: { base_size: '0.25' } },
    { market_market_ioc: { base_size: '0.25' } },
    { market_market_ioc: { quote_size: '123.45' } },
    { stop_limit_stop_limit_gtc: { ...triggered, stop_direction: 'STOP_DIRECTION_STOP_UP' } },
    { stop_limit_stop_limit_gtd: { ...triggered, end_time, stop_direction: 'STOP_DIRECTION_STOP_DOWN' } },
  ]);
});

const change = { symbol: 'BTC-USD', venueClientId: 'x', deadlineAt: '2040-01-01T00:00:00.000Z' };
const EDIT = 'POST api.coinbase.com/api/v3/brokerage/orders/edit';
const CANCEL = 'POST api.coinbase.com/api/v3/brokerage/orders/batch_cancel';

it('an edit needs the exchange id, size and price; a success and a refusal are told apart', async () => {
  const terms = { side: 'BUY', type: 'LIMIT', size: '0.5', price: '41000', stopPrice: null } as const;
  const amend = (more: object = {}) => adapter.amend({ ...change, venueOrderId: ID, ...terms, ...more }, CONTROL);
  stub.on(EDIT, json({ success: true, errors: [] }));
  expect(await amend()).toEqual({ kind: 'accepted', report: null });
  expect(JSON.parse(stub.requests.at(-1)?.body ?? '')).toEqual({ order_id: ID, size: '0.5', price: '41000' });
  stub.on(EDIT, json({ success: false, errors: [{ edit_failure_reason: 'CANNOT_EDIT_TO_BELOW_FILLED_SIZE' }] }));
  expect(await amend()).toMatchObject({ kind: 'refused', nativeCode: 'CANNOT_EDIT_TO_BELOW_FILLED_SIZE' });
  const before = stub.requests.length;
  expect(await amend({ venueOrderId: null })).toMatchObject({ kind: 'refused', nativeCode: null });
  expect(await amend({ price: null })).toMatchObject({ kind: 'refused', nativeCode: null });
  expect(stub.requests).toHaveLength(before);
});

it('a cancel names its order by the exchange id, and is believed for its own result', async () => {
  const cancel = (venueOrderId: string | null) => adapter.cancel({ ...change, venueOrderId }, CONTROL);
  const result = (success: boolean, failure_reason: string) =>
    json({ results: [{ success, failure_reason, order_id: ID }] });
  stub.on(CANCEL, result(true, 'UNKNOWN_CANCEL_FAILURE_REASON'));
  expect(await cancel(ID)).toEqual({ kind: 'accepted', report: null });
  expect(JSON.parse(stub.requests.at(-1)?.body ?? '')).toEqual({ order_ids: [ID] });
  stub.on(CANCEL, result(false, 'DUPLICATE_CANCEL_REQUEST'));
  expect((await cancel(ID)).kind).toBe('accepted');
  stub.on(CANCEL, result(false, 'UNKNOWN_CANCEL_ORDER'));
  expect(await cancel(ID)).toMatchObject({ kind: 'unknownOrder', nativeCode: 'UNKNOWN_CANCEL_ORDER' });
  stub.on(CANCEL, json({ results: [] }));
  expect((await cancel(ID)).kind).toBe('unknownOrder');
  const before = stub.requests.length;
  expect(await cancel(null)).toMatchObject({ kind: 'refused', nativeCode: null });
  expect(stub.requests).toHaveLength(before);
});
