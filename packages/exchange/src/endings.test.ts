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
  kucoin: 'POST api.kucoin.com/api/v1/hf/orders',
  deribit: 'GET www.deribit.com/api/v2/private/buy',
  mexc: 'POST api.mexc.com/api/v3/order',
  okx: 'POST www.okx.com/api/v5/trade/batch-orders',
};
const SYMBOL: Readonly<Record<ExchangeId, string>> = {
  binance: 'BTC-USDT',
  kraken: 'BTC-USD',
  coinbase: 'BTC-USD',
  kucoin: 'BTC-USDT',
  deribit: 'BTC-USDC',
  mexc: 'BTC-USDT',
  okx: 'BTC-USDT',
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
    await adapter.openOrders({ timeoutMs: 20_000 });
    const startedAt = performance.now();
    const outcome = await adapter.submit(limitOrder(exchange), { timeoutMs: 500 });
    expect(outcome.kind).toBe('unknown');
    // By its own deadline, and not by the exchange's answer, which never comes.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(stub.requests.filter((one) => one.route === ROUTE[exchange])).toHaveLength(1);
  });

  it('gives the socket of a stalled answer up', async () => {
    const own = await startStubVenue();
    serveMarkets(own);
    const adapter = adapterOf(exchange, own.address);
    await adapter.openOrders({ timeoutMs: 20_000 });
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
    await adapter.openOrders({ timeoutMs: 20_000 });
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
    await adapter.openOrders({ timeoutMs: 20_000 });
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
  kucoin: json({ code: '400100', msg: 'Order size below the minimum requirement.' }),
  deribit: json({ jsonrpc: '2.0', error: { code: 10043, message: 'price_wrong_tick' } }, 400),
  mexc: json({ code: 30002, msg: 'The minimum transaction volume cannot be less than：1USDT' }, 400),
  okx: json({ code: '1', msg: '', data: [{ ordId: '', sCode: '51020', sMsg: 'Below the minimum' }] }),
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
