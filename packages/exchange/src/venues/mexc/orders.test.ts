import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OrderSpec } from '@orderplane/domain';
import type { ExchangeAdapter, SubmitRequest } from '../../adapter.ts';
import { createAdapter } from '../../create.ts';
import { json, serveMarkets, startStubVenue } from '../../testing/stub-venue.ts';
import type { StubVenue } from '../../testing/stub-venue.ts';

/** What goes out for an order, and what its answer proves, against the real ccxt class and a stub. */

const ROUTE = 'POST api.mexc.com/api/v3/order';
const REFUSAL = json({ code: 30002, msg: 'The minimum transaction volume cannot be less than：1USDT' }, 400);
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
let stub: StubVenue;
const adapters: ExchangeAdapter[] = [];

function adapterOf(): ExchangeAdapter {
  const credentials = { apiKey: 'key', secret: 'secret' };
  const options = { simulator: stub.address, clock: { now: () => Date.now() }, log, callTimeoutMs: 5_000 };
  const adapter = createAdapter({ accountId: 'a', exchange: 'mexc', mode: 'PAPER', credentials }, options);
  adapters.push(adapter);
  return adapter;
}

const limitOrder = (terms: Partial<OrderSpec> = {}): SubmitRequest => ({
  venueClientId: '0197aaaabbbb7ccc8dddeeeeeeeeeeee',
  deadlineAt: new Date(Date.now() + 5_000).toISOString(),
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

beforeAll(async () => {
  stub = await startStubVenue();
  serveMarkets(stub);
  // The first call loads ccxt, which takes seconds on a busy machine.
  await adapterOf().openOrders({ timeoutMs: 30_000 });
});
beforeEach(() => {
  stub.requests.length = 0;
});
afterAll(async () => {
  await Promise.all(adapters.map((adapter) => adapter.close()));
  await stub.close();
});

describe('orders of mexc', () => {
  const sent = () => stub.requests.filter((one) => one.route === ROUTE).map((one) => one.parameters);
  const submit = (terms: Partial<OrderSpec> = {}) => adapterOf().submit(limitOrder(terms), { timeoutMs: 1_000 });

  it('sends exact decimals, our client id and a window that ends at the deadline', async () => {
    stub.on(ROUTE, REFUSAL);
    const request = limitOrder({ size: '0.00001', price: '123456.78' });
    await adapterOf().submit(request, { timeoutMs: 1_000 });
    const [parameters] = sent();
    expect(Object.fromEntries(parameters ?? [])).toMatchObject({
      ...{ symbol: 'BTCUSDT', type: 'LIMIT', quantity: '0.00001', price: '123456.78' },
      newClientOrderId: request.venueClientId,
    });
    expect([...(parameters?.keys() ?? [])]).not.toContain('orderplaneDeadline');
    const end = Number(parameters?.get('timestamp')) + Number(parameters?.get('recvWindow'));
    expect(Math.abs(end - Date.parse(request.deadlineAt))).toBeLessThan(5);
  });

  it('every kind of order goes out as its own type, a market order without a price', async () => {
    stub.on(ROUTE, REFUSAL);
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const market = { type: 'MARKET', price: null } as const;
    await submit({ timeInForce: 'IOC' });
    await submit({ timeInForce: 'FOK' });
    await submit({ postOnly: true });
    await submit({ timeInForce: 'GTT', expiresAt });
    await submit(market);
    await submit({ ...market, size: null, quoteSize: '123.45' });
    const told = sent().map((one) => [
      one.get('type'),
      one.get('quantity'),
      one.get('quoteOrderQty'),
      one.get('price'),
    ]);
    expect(told).toEqual([
      ['IMMEDIATE_OR_CANCEL', '0.25', null, '40000.5'],
      ['FILL_OR_KILL', '0.25', null, '40000.5'],
      ['LIMIT_MAKER', '0.25', null, '40000.5'],
      ['LIMIT', '0.25', null, '40000.5'],
      ['MARKET', '0.25', null, null],
      ['MARKET', null, '123.45', null],
    ]);
    for (const one of sent()) expect(one.get('timeInForce')).toBeNull();
  });

  it('a stop is refused here: MEXC would place a plain order', async () => {
    const stops = [
      { type: 'STOP_LIMIT', stopPrice: '41000' },
      { type: 'STOP_MARKET', stopPrice: '41000', price: null },
    ] as const;
    for (const terms of stops) expect(await submit(terms)).toMatchObject({ kind: 'notPlaced', nativeCode: null });
    expect(sent()).toHaveLength(0);
  });

  it('a refused timestamp takes the exchange time and signs again with the same deadline', async () => {
    const offset = 30_000;
    const ends: number[] = [];
    stub.on('GET api.mexc.com/api/v3/time', () => json({ serverTime: Date.now() + offset }));
    stub.on(ROUTE, ({ parameters }) => {
      ends.push(Number(parameters.get('timestamp')) + Number(parameters.get('recvWindow')));
      const early = Number(parameters.get('timestamp')) < Date.now() + offset - 5_000;
      const text = 'Timestamp for this request is outside of the recvWindow.';
      return early ? json({ code: 700003, msg: text }, 400) : json({});
    });
    expect((await submit()).kind).toBe('unknown');
    expect(ends).toHaveLength(2);
    expect((ends[1] ?? 0) - offset - (ends[0] ?? 0)).toBeLessThan(50);
  });

  it('the answer names the order and nothing else; our client id is added', async () => {
    const answer = { symbol: 'BTCUSDT', orderId: 'C02__17', orderListId: -1, transactTime: 1763640000000 };
    stub.on(ROUTE, json(answer));
    const request = limitOrder();
    const outcome = await adapterOf().submit(request, { timeoutMs: 1_000 });
    expect(outcome).toMatchObject({
      kind: 'placed',
      report: {
        fillsComplete: false,
        order: { orderId: 'C02__17', clientOrderId: request.venueClientId, status: 'OPEN', symbol: 'BTC-USDT' },
      },
    });
  });

  it.each([
    ['the order as it ended', { status: 'PARTIALLY_CANCELED', executedQty: '0.1', cummulativeQuoteQty: '4000' }, true],
    ['its terms alone', {}, false],
  ])('a cancel is confirmed by %s', async (_name, more, hasReport) => {
    const terms = {
      symbol: 'BTCUSDT',
      orderId: 'C02__17',
      price: '40000.5',
      origQty: '0.25',
      type: 'LIMIT',
      side: 'BUY',
    };
    stub.on('DELETE api.mexc.com/api/v3/order', json({ ...terms, ...more }));
    const request = { ...limitOrder(), symbol: 'BTC-USDT', venueOrderId: 'C02__17' };
    const outcome = await adapterOf().cancel(request, { timeoutMs: 1_000 });
    expect(outcome.kind).toBe('accepted');
    expect(outcome.kind === 'accepted' && outcome.report !== null).toBe(hasReport);
  });

  it('an empty answer to a cancel confirms nothing', async () => {
    stub.on('DELETE api.mexc.com/api/v3/order', json({}));
    const request = { ...limitOrder(), symbol: 'BTC-USDT', venueOrderId: null };
    expect((await adapterOf().cancel(request, { timeoutMs: 1_000 })).kind).toBe('unknownOrder');
  });
});
