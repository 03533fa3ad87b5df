import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId, OrderSpec } from '@orderplane/domain';
import type { ExchangeAdapter, SubmitOutcome, SubmitRequest } from './adapter.ts';
import { capabilitiesOf, drawCredentials } from './capabilities.ts';
import { createAdapter } from './create.ts';
import { json, serveMarkets, startStubVenue } from './testing/stub-venue.ts';
import type { Ending, StubVenue } from './testing/stub-venue.ts';

/** Every way in which an answer can go missing or be unreadable, against the real ccxt classes and a stub. */

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const clock = { now: () => Date.now() };
const ROUTE: Readonly<Record<ExchangeId, string>> = {
  binance: 'POST api.binance.com/api/v3/order',
  kraken: 'POST api.kraken.com/0/private/AddOrder',
  coinbase: 'POST api.coinbase.com/api/v3/brokerage/orders',
};
const SYMBOL: Readonly<Record<ExchangeId, string>> = {
  binance: 'BTC-USDT',
  kraken: 'BTC-USD',
  coinbase: 'BTC-USD',
};
const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);

let stub: StubVenue;
const adapters: ExchangeAdapter[] = [];

function adapterOf(exchange: ExchangeId, address = stub.address): ExchangeAdapter {
  const credentials = drawCredentials(capabilitiesOf(exchange).credentials);
  const adapter = createAdapter(
    { accountId: 'a', exchange, mode: 'PAPER', credentials },
    { simulator: address, clock, log: quiet, callTimeoutMs: 5_000 },
  );
  adapters.push(adapter);
  return adapter;
}

const limitOrder = (exchange: ExchangeId, terms: Partial<OrderSpec> = {}): SubmitRequest => ({
  venueClientId: '0197aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee',
  deadlineAt: new Date(Date.now() + 5_000).toISOString(),
  spec: {
    symbol: SYMBOL[exchange],
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

beforeAll(async () => {
  process.on('unhandledRejection', note);
  stub = await startStubVenue();
  serveMarkets(stub);
});
beforeEach(() => {
  stub.requests.length = 0;
});
afterAll(async () => {
  await Promise.all(adapters.map((adapter) => adapter.close()));
  await stub.close();
  process.off('unhandledRejection', note);
  expect(rejections).toEqual([]);
});

const ENDINGS: readonly (readonly [string, Ending])[] = [
  ['no answer', { kind: 'silent' }],
  ['reset after the send', { kind: 'reset' }],
  ['headers, then a stalled body', { kind: 'stalledBody' }],
  ['half a body, then silence', { kind: 'stalledBody', part: '{"orderId":70' }],
  ['half a body, then a reset', { kind: 'cutBody', part: '{"orderId":70' }],
  ['200 with an empty body', { kind: 'answer', body: '' }],
  ['200 with HTML', { kind: 'answer', body: '<html>hello</html>' }],
  ['200 with cut JSON', { kind: 'answer', body: '{"orderId":7' }],
  ['200 with {}', { kind: 'answer', body: '{}' }],
  ['200 with null', { kind: 'answer', body: 'null' }],
  ['302', { kind: 'answer', status: 302, body: '', headers: { location: 'https://elsewhere/' } }],
  ['403 without JSON', { kind: 'answer', status: 403, body: '<html>waf</html>' }],
  ...[500, 502, 503, 504, 520, 524, 529].map(
    (status) => [`${status} with HTML`, { kind: 'answer', status, body: '<html>oops</html>' }] as const,
  ),
  ['503 with JSON', json({ code: -1000, msg: 'unknown' }, 503)],
];

describe.each(EXCHANGE_IDS)('submit to %s', (exchange) => {
  it.each(ENDINGS)('%s is unknown, and sent once', async (_name, ending) => {
    stub.on(ROUTE[exchange], ending);
    const adapter = adapterOf(exchange);
    await adapter.openOrders({ timeoutMs: 2_000 });
    const startedAt = performance.now();
    const outcome = await adapter.submit(limitOrder(exchange), { timeoutMs: 100 });
    expect(outcome.kind).toBe('unknown');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(stub.requests.filter((one) => one.route === ROUTE[exchange])).toHaveLength(1);
  });

  it('gives the socket of a stalled answer up', async () => {
    const own = await startStubVenue();
    serveMarkets(own);
    const adapter = adapterOf(exchange, own.address);
    await adapter.openOrders({ timeoutMs: 2_000 });
    const stalled = new Promise<Socket>((resolve) => {
      own.on(ROUTE[exchange], ({ socket }) => {
        resolve(socket);
        return { kind: 'stalledBody' };
      });
    });
    await adapter.submit(limitOrder(exchange), { timeoutMs: 60 });
    const socket = await stalled;
    await expect.poll(() => socket.destroyed).toBe(true);
    await own.close();
  });

  it('a stalled answer does not hold up other orders', async () => {
    const adapter = adapterOf(exchange);
    await adapter.openOrders({ timeoutMs: 2_000 });
    let first = true;
    stub.on(ROUTE[exchange], () => {
      const ending: Ending = first ? { kind: 'stalledBody' } : refusal(exchange);
      first = false;
      return ending;
    });
    const stalled = adapter.submit(limitOrder(exchange), { timeoutMs: 700 });
    const next = await adapter.submit(limitOrder(exchange), { timeoutMs: 1_000 });
    expect(next.kind).toBe('notPlaced');
    expect((await stalled).kind).toBe('unknown');
  });

  it('a refused connection is notSent', async () => {
    const other = await startStubVenue();
    serveMarkets(other);
    const adapter = adapterOf(exchange, other.address);
    await adapter.openOrders({ timeoutMs: 2_000 });
    await other.close();
    // A kept socket has to notice its end first; a request written into it would rightly be unknown.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const outcome = await adapter.submit(limitOrder(exchange), { timeoutMs: 1_000 });
    expect(outcome).toMatchObject({ kind: 'notSent', nativeCode: null });
  });

  it('a host that was never reached is notSent', async () => {
    const adapter = adapterOf(exchange, { host: 'no-such-host.invalid', port: 1 });
    const outcome = await adapter.submit(limitOrder(exchange), { timeoutMs: 3_000 });
    expect(outcome.kind).toBe('notSent');
  });

  it('a deadline that has passed is notSent', async () => {
    const adapter = adapterOf(exchange);
    const request = { ...limitOrder(exchange), deadlineAt: new Date(Date.now() - 1).toISOString() };
    expect((await adapter.submit(request, { timeoutMs: 1_000 })).kind).toBe('notSent');
    expect(stub.requests.filter((one) => one.route === ROUTE[exchange])).toHaveLength(0);
  });

  it.each([
    ['a size off the step', { size: '0.123456789' }],
    ['a price off the tick', { price: '40000.123' }],
    ['an unlisted flag', { reduceOnly: true }],
    ['post-only and IOC', { postOnly: true, timeInForce: 'IOC' as const }],
    ['a price on a market order', { type: 'MARKET' as const }],
    ['a post-only stop', { type: 'STOP_LIMIT' as const, stopPrice: '41000', postOnly: true }],
    ['an unknown market', { symbol: 'NOPE-USD' }],
  ])('%s is refused before anything is sent', async (_name, terms) => {
    const adapter = adapterOf(exchange);
    const outcome = await adapter.submit(limitOrder(exchange, terms), { timeoutMs: 1_000 });
    expect(outcome).toMatchObject({ kind: 'notPlaced', nativeCode: null });
    expect(stub.requests.filter((one) => one.route === ROUTE[exchange])).toHaveLength(0);
  });
});

const REFUSAL: Readonly<Record<ExchangeId, Ending>> = {
  binance: json({ code: -1013, msg: 'Filter failure: LOT_SIZE' }, 400),
  kraken: json({ error: ['EOrder:Nope'] }),
  coinbase: json({ success: false, error_response: { error: 'INVALID_LIMIT_PRICE' } }),
};
const refusal = (exchange: ExchangeId): Ending => REFUSAL[exchange];

describe('binance', () => {
  const submit = (): Promise<SubmitOutcome> => adapterOf('binance').submit(limitOrder('binance'), { timeoutMs: 1_000 });

  it('429 with Retry-After waits that long', async () => {
    stub.on(ROUTE.binance, json({ code: -1003, msg: 'Too much' }, 429, { 'retry-after': '7' }));
    expect(await submit()).toMatchObject({ kind: 'rateLimited', retryAfterMs: 7_000 });
  });

  it('a key refused after a success is auth, whatever class ccxt gives it', async () => {
    stub.on('GET api.binance.com/api/v3/openOrders', json([]));
    stub.on(ROUTE.binance, json({ code: -2015, msg: 'Invalid API-key, IP, or permissions for action.' }, 401));
    const adapter = adapterOf('binance');
    expect((await adapter.openOrders({ timeoutMs: 1_000 })).coverage.complete).toBe(true);
    expect((await adapter.submit(limitOrder('binance'), { timeoutMs: 1_000 })).kind).toBe('auth');
  });

  it('a refused timestamp takes the exchange time and signs again with the same deadline', async () => {
    const offset = 30_000;
    let windows: number[] = [];
    stub.on('GET api.binance.com/api/v3/time', () => json({ serverTime: Date.now() + offset }));
    stub.on(ROUTE.binance, ({ parameters }) => {
      windows = [...windows, Number(parameters.get('timestamp')) + Number(parameters.get('recvWindow'))];
      const early = Number(parameters.get('timestamp')) < Date.now() + offset - 5_000;
      return early
        ? json({ code: -1021, msg: 'Timestamp for this request is outside of the recvWindow.' }, 400)
        : json({});
    });
    expect((await submit()).kind).toBe('unknown');
    expect(windows).toHaveLength(2);
    expect((windows[1] ?? 0) - offset - (windows[0] ?? 0)).toBeLessThan(50);
  });

  it('sends exact decimals, our client id and a window that ends at the deadline', async () => {
    stub.on(ROUTE.binance, json({ code: -2010, msg: 'Duplicate order sent.' }, 400));
    const request = limitOrder('binance', { size: '0.00001', price: '123456.78' });
    const outcome = await adapterOf('binance').submit(request, { timeoutMs: 1_000 });
    expect(outcome.kind).toBe('duplicate');
    const { parameters } = stub.requests.find((one) => one.route === ROUTE.binance) ?? { parameters: null };
    expect(parameters?.get('quantity')).toBe('0.00001');
    expect(parameters?.get('price')).toBe('123456.78');
    expect(parameters?.get('newClientOrderId')).toBe(request.venueClientId);
    expect([...(parameters?.keys() ?? [])]).not.toContain('orderplaneDeadline');
    const end = Number(parameters?.get('timestamp')) + Number(parameters?.get('recvWindow'));
    expect(Math.abs(end - Date.parse(request.deadlineAt))).toBeLessThan(5);
  });
});

describe('kraken', () => {
  it('a refused nonce is signed again, with a newer one', async () => {
    const nonces: number[] = [];
    stub.on(ROUTE.kraken, ({ parameters }) => {
      nonces.push(Number(parameters.get('nonce')));
      if (nonces.length < 3) return json({ error: ['EAPI:Invalid nonce'] });
      return json({
        error: [],
        result: { txid: ['OPL4CE-7QX2M-DEMO01'], descr: { order: 'buy 0.25000000 XBTUSD @ limit 40000.5' } },
      });
    });
    const outcome = await adapterOf('kraken').submit(limitOrder('kraken'), { timeoutMs: 1_000 });
    expect(outcome).toMatchObject({
      kind: 'placed',
      report: {
        fillsComplete: false,
        order: { orderId: 'OPL4CE-7QX2M-DEMO01', status: 'OPEN', symbol: 'BTC-USD', size: '0.25', price: '40000.5' },
      },
    });
    expect(nonces).toEqual([...nonces].sort((a, b) => a - b));
    expect(new Set(nonces).size).toBe(3);
  });

  it('20 orders at once arrive with growing nonces', async () => {
    const nonces: number[] = [];
    stub.on(ROUTE.kraken, ({ parameters }) => {
      nonces.push(Number(parameters.get('nonce')));
      return refusal('kraken');
    });
    const adapter = adapterOf('kraken');
    await Promise.all(Array.from({ length: 20 }, () => adapter.submit(limitOrder('kraken'), { timeoutMs: 2_000 })));
    expect(nonces).toHaveLength(20);
    expect(nonces).toEqual([...new Set(nonces)].sort((a, b) => a - b));
  });

  it('a text that nobody can read still gives the order id', async () => {
    stub.on(
      ROUTE.kraken,
      json({ error: [], result: { txid: ['OPL4CE-7QX2M-DEMO01'], descr: { order: 'gibberish' } } }),
    );
    const outcome = await adapterOf('kraken').submit(limitOrder('kraken'), { timeoutMs: 1_000 });
    expect(outcome).toMatchObject({ kind: 'placed', report: { order: { orderId: 'OPL4CE-7QX2M-DEMO01' } } });
  });

  it('a stop goes out with its trigger, a GTT with its time', async () => {
    stub.on(ROUTE.kraken, refusal('kraken'));
    const adapter = adapterOf('kraken');
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    await adapter.submit(limitOrder('kraken', { type: 'STOP_LIMIT', stopPrice: '41000' }), { timeoutMs: 1_000 });
    await adapter.submit(limitOrder('kraken', { timeInForce: 'GTT', expiresAt }), { timeoutMs: 1_000 });
    const [stop, timed] = stub.requests.filter((one) => one.route === ROUTE.kraken).map((one) => one.parameters);
    expect(Object.fromEntries(stop ?? [])).toMatchObject({
      ordertype: 'stop-loss-limit',
      price: '41000',
      price2: '40000.5',
    });
    expect(Object.fromEntries(timed ?? [])).toMatchObject({
      ordertype: 'limit',
      timeinforce: 'GTD',
      expiretm: String(Math.ceil(Date.parse(expiresAt) / 1000)),
    });
    expect(timed?.get('deadline')).toMatch(/^\d{4}-\d\d-\d\dT/);
  });
});

describe('coinbase', () => {
  const ID = '7d0c2f1e-33aa-4b1c-9f20-0a1b2c3d4e5f';
  const accepted = (client_order_id: string) =>
    json({
      success: true,
      success_response: { order_id: ID, product_id: 'BTC-USD', side: 'BUY', client_order_id },
      order_configuration: { limit_limit_gtc: { base_size: '0.25', limit_price: '40000.5', post_only: false } },
    });
  const sent = () => stub.requests.filter((one) => one.route === ROUTE.coinbase);
  const bodies = () => sent().map((one) => JSON.parse(one.body) as Record<string, unknown>);
  const claims = (authorization: string | undefined) =>
    JSON.parse(Buffer.from(authorization?.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

  it('sends our client id and nothing of ours beside it; the answer names the order', async () => {
    const request = limitOrder('coinbase');
    stub.on(ROUTE.coinbase, accepted(request.venueClientId));
    expect(await adapterOf('coinbase').submit(request, { timeoutMs: 1_000 })).toMatchObject({
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
    stub.on(ROUTE.coinbase, refusal('coinbase'));
    const request = limitOrder('coinbase');
    await adapterOf('coinbase').submit(request, { timeoutMs: 1_000 });
    const { nbf, exp, ...rest } = claims(sent()[0]?.headers.authorization);
    expect(rest).toMatchObject({ uri: ROUTE.coinbase, iss: 'coinbase-cloud' });
    expect(exp).toBe(Math.ceil(Date.parse(request.deadlineAt) / 1000));
    expect(Number(exp) - Number(nbf)).toBeLessThanOrEqual(120);
  });

  it('a refused token takes the exchange time and signs again with the same deadline', async () => {
    const offset = 90_000;
    stub.on('GET api.coinbase.com/v2/time', () => json({ data: { epoch: Math.floor((Date.now() + offset) / 1000) } }));
    stub.on(ROUTE.coinbase, ({ headers }) => {
      const isLate = Number(claims(headers.authorization)['exp']) * 1000 < Date.now() + offset;
      return isLate ? { kind: 'answer', status: 401, body: 'Unauthorized' } : accepted('x');
    });
    const adapter = adapterOf('coinbase');
    expect((await adapter.submit(limitOrder('coinbase'), { timeoutMs: 2_000 })).kind).toBe('placed');
    expect(sent()).toHaveLength(2);
    // Where the clocks agree a refused token means the key.
    stub.on(ROUTE.coinbase, { kind: 'answer', status: 401, body: 'Unauthorized' });
    expect((await adapter.submit(limitOrder('coinbase'), { timeoutMs: 2_000 })).kind).toBe('auth');
    expect(sent()).toHaveLength(3);
  });

  it('each kind of order goes out under its own configuration', async () => {
    stub.on(ROUTE.coinbase, refusal('coinbase'));
    const adapter = adapterOf('coinbase');
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
    for (const terms of orders) await adapter.submit(limitOrder('coinbase', terms), { timeoutMs: 1_000 });
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
    const adapter = adapterOf('coinbase');
    const terms = { side: 'BUY', type: 'LIMIT', size: '0.5', price: '41000', stopPrice: null } as const;
    const amend = (more: object = {}) =>
      adapter.amend({ ...change, venueOrderId: ID, ...terms, ...more }, { timeoutMs: 1_000 });
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
    const adapter = adapterOf('coinbase');
    const cancel = (venueOrderId: string | null) => adapter.cancel({ ...change, venueOrderId }, { timeoutMs: 1_000 });
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
});
