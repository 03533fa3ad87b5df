import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExchangeAdapter } from '../../adapter.ts';
import { createAdapter } from '../../create.ts';
import { json, serveMarkets, startStubVenue } from '../../testing/stub-venue.ts';
import type { StubVenue } from '../../testing/stub-venue.ts';

/** Listings and look-ups against a stub that keeps the exchange's rules, and breaks them. */

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const NOW = Date.now();
const CONTROL = { timeoutMs: 20_000 };
let stub: StubVenue;
let adapter: ExchangeAdapter;

beforeAll(async () => {
  stub = await startStubVenue();
  serveMarkets(stub);
  const options = { simulator: stub.address, clock: { now: () => Date.now() }, log, callTimeoutMs: 5_000 };
  const credentials = { apiKey: 'key', secret: 'secret' };
  adapter = createAdapter({ accountId: 'a', exchange: 'mexc', mode: 'PAPER', credentials }, options);
  // The first call loads ccxt, which takes seconds on a busy machine.
  await adapter.openOrders({ timeoutMs: 30_000 });
});
beforeEach(() => {
  stub.requests.length = 0;
});
afterAll(async () => {
  await adapter.close();
  await stub.close();
});

describe('mexc pages by windows of time, whichever end an answer shows', () => {
  const ROUTE = 'GET api.mexc.com/api/v3/myTrades';
  const trade = (nth: number, time: number) => ({
    ...{ symbol: 'BTCUSDT', id: `T${nth}`, orderId: 'C02__7', price: '40000.1', qty: '0.01', quoteQty: '400.001' },
    ...{ commission: '0.2', commissionAsset: 'USDT', time, isBuyer: true, isMaker: true, clientOrderId: 'op7' },
  });
  /** Trades by the rules of the exchange: a hundred an answer, from the end or from the start of the window. */
  function serve(times: readonly number[], latestFirst: boolean): void {
    const all = times.map((time, at) => trade(at + 1, time)).sort((a, b) => a.time - b.time);
    stub.on(ROUTE, ({ parameters }) => {
      const within = all.filter(
        (one) => one.time >= Number(parameters.get('startTime')) && one.time <= Number(parameters.get('endTime')),
      );
      return json(latestFirst ? within.reverse().slice(0, 100) : within.slice(0, 100));
    });
  }
  const list = (from = NOW - 3_600_000) => adapter.fills(new Date(from).toISOString(), ['BTC-USDT'], CONTROL);
  const spread = (count: number, everyMs: number) => Array.from({ length: count }, (_, nth) => NOW - 1 - nth * everyMs);

  describe.each([true, false])('latest first: %s', (latestFirst) => {
    it.each([
      ['nothing', []],
      ['one', [NOW - 1_000]],
      ['exactly a page', spread(100, 10)],
      ['a page and one', spread(101, 10)],
      ['seven and a half pages', spread(750, 3)],
      [
        'ninety-nine in each of three instants',
        [5_000, 6_000, 6_001].flatMap((ago) => Array(99).fill(NOW - ago) as number[]),
      ],
    ])('%s', async (_name, times) => {
      serve(times, latestFirst);
      const { items, coverage } = await list();
      expect(coverage).toMatchObject({ complete: true, error: null });
      expect(new Set(items.map((fill) => fill.tradeId)).size).toBe(times.length);
      expect(items).toHaveLength(times.length);
    });

    it('a hundred in one instant may be more: incomplete, and said', async () => {
      serve(Array(130).fill(NOW - 5_000) as number[], latestFirst);
      const { items, coverage } = await list();
      expect(coverage.complete).toBe(false);
      expect(coverage.error).toContain('one instant');
      expect(items.length).toBeGreaterThanOrEqual(100);
    });
  });

  it('the list begins where MEXC has forgotten what was before, and says so', async () => {
    serve([NOW - 1_000], true);
    const { items, coverage } = await list(NOW - 60 * 24 * 3_600_000);
    expect(items).toHaveLength(1);
    expect(coverage).toMatchObject({ complete: true, error: expect.stringContaining('one month') as string });
    expect(Date.parse(coverage.from ?? '')).toBeGreaterThan(NOW - 31 * 24 * 3_600_000);
  });
});

describe('open orders of mexc', () => {
  const ROUTE = 'GET api.mexc.com/api/v3/openOrders';
  const order = (symbol: string) => ({
    ...{ symbol, orderId: `C02__${symbol}`, orderListId: -1, clientOrderId: '', price: '1', origQty: '1' },
    ...{ executedQty: '0', cummulativeQuoteQty: '0', status: 'NEW', timeInForce: null, type: 'LIMIT', side: 'BUY' },
    ...{ stopPrice: null, time: NOW, updateTime: null, isWorking: true, origQuoteOrderQty: '1' },
  });
  const symbolsAsked = () =>
    stub.requests.filter((one) => one.route === ROUTE).map((one) => one.parameters.get('symbol'));

  it('one answer holds those of the whole account', async () => {
    stub.on(ROUTE, json([order('BTCUSDT'), order('ADAUSDT')]));
    const { items, coverage } = await adapter.openOrders(CONTROL);
    expect(items.map((one) => one.symbol)).toEqual(['BTC-USDT', 'ADA-USDT']);
    expect(coverage).toMatchObject({ complete: true, pages: 1 });
    expect(symbolsAsked()).toEqual([null]);
  });

  /** As the documentation has it: a symbol is mandatory, five at most. */
  const mandatory = (broken?: string) =>
    stub.on(ROUTE, ({ parameters }) => {
      const symbols = parameters.get('symbol')?.split(',') ?? [];
      if (symbols.length === 0) return json({ code: 700004, msg: "Mandatory parameter 'symbol' was not sent" }, 400);
      if (broken !== undefined && symbols.includes(broken)) return json({ code: 500, msg: 'Internal error' }, 500);
      return json(symbols.filter((one) => one === 'BTCUSDT' || one === 'DOTUSDT').map(order));
    });

  it('or else they are asked for five markets at a time', async () => {
    mandatory();
    const { items, coverage } = await adapter.openOrders(CONTROL);
    expect(items.map((one) => one.symbol).sort()).toEqual(['BTC-USDT', 'DOT-USDT']);
    expect(coverage).toMatchObject({ complete: true, pages: 2, error: null });
    expect(symbolsAsked().map((one) => one?.split(',').length)).toEqual([undefined, 5, 2]);
  });

  it.each(['BTCUSDT', 'DOTUSDT'])('a failure at %s makes the listing incomplete', async (broken) => {
    mandatory(broken);
    expect((await adapter.openOrders(CONTROL)).coverage.complete).toBe(false);
  });

  it('an answer that is no list is not an empty one', async () => {
    stub.on(ROUTE, json({}));
    expect((await adapter.openOrders(CONTROL)).coverage.complete).toBe(false);
  });
});

describe('a look-up at mexc', () => {
  const since = new Date(NOW - 10_000).toISOString();
  const request = { symbol: 'BTC-USDT', venueClientId: 'op7', venueOrderId: null, since };
  const native = (orderId: string, clientOrderId: string) => ({
    ...{ symbol: 'BTCUSDT', orderId, orderListId: -1, clientOrderId, price: '40000', origQty: '0.1', executedQty: '0' },
    ...{ cummulativeQuoteQty: '0', status: 'NEW', timeInForce: null, type: 'LIMIT', side: 'BUY', time: NOW },
    ...{ updateTime: null, isWorking: true, origQuoteOrderQty: '4000', stopPrice: null },
  });
  const trade = (orderId: string, clientOrderId: string | null) => ({
    ...{ symbol: 'BTCUSDT', id: 'T1', orderId, price: '40000', qty: '0.1', quoteQty: '4000', commission: '0' },
    ...{ commissionAsset: 'USDT', time: NOW, isBuyer: true, isMaker: true, clientOrderId },
  });
  function serve(places: { open?: unknown[]; history?: unknown[]; trades?: unknown[]; byOrderId?: object }): void {
    stub.on('GET api.mexc.com/api/v3/order', ({ parameters }) =>
      parameters.has('orderId') && places.byOrderId !== undefined
        ? json(places.byOrderId)
        : json({ code: -2013, msg: 'Order does not exist.' }, 400),
    );
    stub.on('GET api.mexc.com/api/v3/openOrders', json(places.open ?? []));
    stub.on('GET api.mexc.com/api/v3/allOrders', json(places.history ?? []));
    stub.on('GET api.mexc.com/api/v3/myTrades', json(places.trades ?? []));
  }
  const look = (more: object = {}) => adapter.lookup({ ...request, ...more }, CONTROL);

  it('proves absence only when every place says no', async () => {
    serve({ open: [native('C1', 'other')], history: [native('C2', '')], trades: [trade('C2', null)] });
    const found = await look();
    expect(found).toMatchObject({ order: null, provesAbsence: true, error: null });
    expect(found.places).toEqual(['order', 'open', 'history', 'trades']);
  });

  it.each([
    ['open', { open: [native('C1', 'op7')] }],
    ['history', { history: [native('C1', 'op7')] }],
    ['trades', { trades: [trade('C1', 'op7')], byOrderId: native('C1', 'op7') }],
  ])('finds the order in its %s although its query says no', async (_name, places) => {
    serve(places);
    expect((await look()).order).toMatchObject({ orderId: 'C1', clientOrderId: 'op7' });
  });

  it.each([
    ['a trade of ours whose order is not shown', { trades: [trade('C1', 'op7')] }],
    ['a trade without a client id of an order that no list names', { trades: [trade('C9', null)] }],
  ])('%s proves nothing', async (_name, places) => {
    serve(places);
    expect(await look()).toMatchObject({ order: null, provesAbsence: false });
  });

  it("a trade of somebody else's order proves nothing against absence", async () => {
    serve({ trades: [trade('C9', 'web1')] });
    expect(await look()).toMatchObject({ order: null, provesAbsence: true });
  });

  it('what was sent before the history begins can not be proved absent', async () => {
    serve({});
    const longAgo = new Date(NOW - 8 * 24 * 3_600_000).toISOString();
    expect(await look({ since: longAgo })).toMatchObject({ order: null, provesAbsence: false });
  });
});
