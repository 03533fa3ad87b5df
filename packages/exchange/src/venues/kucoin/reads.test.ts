import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExchangeAdapter } from '../../adapter.ts';
import { createAdapter } from '../../create.ts';
import { json, serveMarkets, startStubVenue } from '../../testing/stub-venue.ts';
import type { Ending, StubVenue } from '../../testing/stub-venue.ts';

/** Look-ups through every place, and listings of many pages, against the real ccxt class and a stub. */

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const HOST = 'GET api.kucoin.com/api/v1';
const CLIENT_ID = 'op-0190a3c48f217b6e9d105a4b3c2d1e0f';
const ID = '691f0000aa00bb00cc000017';
const STOP_ID = 'vs9testtest0000stop000017';
const NOW = Date.now();
const CONTROL = { timeoutMs: 10_000 };
const BY_CLIENT_ID = `${HOST}/hf/orders/client-order/${CLIENT_ID}`;
const STOP_BY_CLIENT_ID = `${HOST}/stop-order/queryOrderByClientOid`;
let stub: StubVenue;
let adapter: ExchangeAdapter;

const ok = (data: unknown): Ending => json({ code: '200000', data });
const NONE = json({ code: '400100', msg: 'order not exist.' });

const order = (change: object = {}) => ({
  ...{ id: ID, clientOid: CLIENT_ID, symbol: 'BTC-USDT', opType: 'DEAL', type: 'limit', side: 'buy' },
  ...{ price: '40000', size: '0.1', funds: '4000', dealSize: '0', dealFunds: '0', remainSize: '0.1' },
  ...{ cancelledSize: '0', fee: '0', feeCurrency: 'USDT', timeInForce: 'GTC', postOnly: false, cancelAfter: 0 },
  ...{ cancelExist: false, inOrderBook: true, active: true, createdAt: NOW, lastUpdatedAt: NOW },
  ...change,
});
const stop = (status: string) => ({
  ...{ id: STOP_ID, clientOid: CLIENT_ID, symbol: 'BTC-USDT', status, type: 'limit', side: 'sell', price: '39000' },
  ...{ size: '0.1', funds: null, timeInForce: 'GTC', stop: 'loss', stopPrice: '39500', createdAt: NOW },
});
const fill = (nth: number, change: object = {}) => ({
  ...{ id: 1_000_000 + nth, orderId: ID, tradeId: String(11_029_373_945_659_392n + BigInt(nth)), symbol: 'BTC-USDT' },
  ...{ side: 'buy', liquidity: 'taker', type: 'limit', price: '40000', size: '0.1', fee: '4', feeCurrency: 'USDT' },
  ...{ createdAt: NOW, ...change },
});
/** Nothing anywhere. */
function empty(): void {
  stub.on(BY_CLIENT_ID, NONE);
  stub.on(STOP_BY_CLIENT_ID, ok([]));
  stub.on(`${HOST}/hf/orders/done`, ok({ lastId: 0, items: [] }));
  stub.on(`${HOST}/hf/orders/active`, ok([]));
  stub.on(`${HOST}/hf/orders/active/symbols`, ok({ symbols: [] }));
  stub.on(`${HOST}/hf/fills`, ok({ lastId: 0, items: [] }));
  stub.on(`${HOST}/stop-order`, ok({ currentPage: 1, pageSize: 500, totalNum: 0, totalPage: 0, items: [] }));
  stub.on(`${HOST}/hf/orders/${ID}`, NONE);
  stub.on(`${HOST}/stop-order/${STOP_ID}`, NONE);
}

beforeAll(async () => {
  stub = await startStubVenue();
  serveMarkets(stub);
  const credentials = { apiKey: 'key', secret: 'secret', passphrase: 'phrase' };
  adapter = createAdapter(
    { accountId: 'a', exchange: 'kucoin', mode: 'PAPER', credentials },
    { simulator: stub.address, clock: { now: () => Date.now() }, log: quiet, callTimeoutMs: 5_000 },
  );
});
beforeEach(() => {
  stub.requests.length = 0;
  empty();
});
afterAll(async () => {
  await adapter.close();
  await stub.close();
});

const lookup = (venueOrderId: string | null = null) =>
  adapter.lookup(
    { symbol: 'BTC-USDT', venueClientId: CLIENT_ID, venueOrderId, since: new Date(NOW - 1_000).toISOString() },
    CONTROL,
  );
const ended = { active: false, inOrderBook: false, dealSize: '0.1', dealFunds: '4000', remainSize: '0' };

describe('a look-up', () => {
  it('proves absence when every place was read and knows nothing', async () => {
    const looked = await lookup();
    expect(looked).toMatchObject({ order: null, provesAbsence: true, error: null });
    expect(looked.places).toEqual(['order', 'stop', 'done', 'active', 'fills']);
  });

  it.each([
    BY_CLIENT_ID,
    STOP_BY_CLIENT_ID,
    ...['hf/orders/done', 'hf/orders/active', 'hf/fills'].map((one) => `${HOST}/${one}`),
  ])('proves nothing when %s fails', async (route) => {
    stub.on(route, json({ code: '500000', msg: 'Internal Server Error' }, 500));
    const looked = await lookup();
    expect(looked).toMatchObject({ order: null, provesAbsence: false });
    expect(looked.error).not.toBeNull();
  });

  it('of a success without data proves nothing', async () => {
    stub.on(BY_CLIENT_ID, ok(null));
    expect(await lookup()).toMatchObject({ order: null, provesAbsence: false });
  });

  it.each([
    [{ 'gw-ratelimit-reset': '700' }, 700],
    [{ 'gw-ratelimit-reset': '1000', 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '' }, 5_000],
  ])('says how long to wait: %j', async (headers, rateLimitedMs) => {
    stub.on(BY_CLIENT_ID, json({ code: '429000', msg: '' }, 429, headers));
    expect(await lookup()).toMatchObject({ provesAbsence: false, rateLimitedMs });
  });

  it.each([
    ['the book', BY_CLIENT_ID, ok(order())],
    ['the list of the book', `${HOST}/hf/orders/active`, ok([order()])],
    [
      'the ended orders',
      `${HOST}/hf/orders/done`,
      ok({ lastId: 7, items: [order({ active: false, cancelExist: true })] }),
    ],
  ])('finds it in %s', async (_name, route, ending) => {
    stub.on(route, ending);
    expect((await lookup()).order).toMatchObject({ orderId: ID, clientOrderId: CLIENT_ID });
  });

  it('finds it by its execution, and all of its executions', async () => {
    stub.on(`${HOST}/hf/fills`, ok({ lastId: 1, items: [fill(1)] }));
    stub.on(`${HOST}/hf/orders/${ID}`, ok(order(ended)));
    const looked = await lookup();
    expect(looked).toMatchObject({ fillsComplete: true, order: { orderId: ID, status: 'FILLED' } });
    expect(looked.fills.map((one) => one.tradeId)).toEqual(['11029373945659393']);
  });

  it('an execution that no order explains forbids the proof', async () => {
    stub.on(`${HOST}/hf/fills`, ok({ lastId: 1, items: [fill(1)] }));
    expect(await lookup()).toMatchObject({ order: null, provesAbsence: false });
  });

  it('keeps trade ids that a double can not tell apart', async () => {
    stub.on(`${HOST}/hf/orders/${ID}`, ok(order({ ...ended, size: '0.2', dealSize: '0.2' })));
    const items = [fill(1), fill(2)].map(
      ({ tradeId, ...rest }) => `{"tradeId":${tradeId},${JSON.stringify(rest).slice(1)}`,
    );
    stub.on(`${HOST}/hf/fills`, {
      kind: 'answer',
      body: `{"code":"200000","data":{"lastId":1000001,"items":[${items.join(',')}]}}`,
    });
    const looked = await lookup(ID);
    expect(looked).toMatchObject({ fillsComplete: true });
    expect(looked.fills.map((one) => one.tradeId)).toEqual(['11029373945659393', '11029373945659394']);
  });
});

describe('a stop', () => {
  it.each([
    ['NEW', 'OPEN', false],
    ['CANCELLED', 'CANCELLED', null],
  ])('%s is the order itself, by both ids', async (status, expected, working) => {
    stub.on(STOP_BY_CLIENT_ID, ok([stop(status)]));
    stub.on(`${HOST}/stop-order/${STOP_ID}`, ok(stop(status)));
    for (const id of [null, STOP_ID]) {
      expect(await lookup(id)).toMatchObject({
        fillsComplete: true,
        order: { orderId: STOP_ID, status: expected, working },
      });
    }
  });

  it('that was triggered leads to the order that it became', async () => {
    stub.on(STOP_BY_CLIENT_ID, ok([stop('TRIGGERED')]));
    stub.on(`${HOST}/stop-order/${STOP_ID}`, ok(stop('TRIGGERED')));
    stub.on(`${HOST}/hf/orders/done`, ok({ lastId: 7, items: [order(ended)] }));
    stub.on(`${HOST}/hf/fills`, ok({ lastId: 1, items: [fill(1)] }));
    for (const id of [null, STOP_ID]) {
      expect(await lookup(id)).toMatchObject({
        fillsComplete: true,
        order: { orderId: ID, status: 'FILLED', working: true },
      });
    }
  });

  it('that triggers between two questions is found', async () => {
    let asked = 0;
    stub.on(BY_CLIENT_ID, () => ((asked += 1) === 1 ? NONE : ok(order())));
    stub.on(STOP_BY_CLIENT_ID, ok([stop('TRIGGERED')]));
    expect((await lookup()).order).toMatchObject({ orderId: ID });
  });

  it('that was triggered and became nothing that is known proves nothing to be over', async () => {
    stub.on(`${HOST}/stop-order/${STOP_ID}`, ok(stop('TRIGGERED')));
    expect(await lookup(STOP_ID)).toMatchObject({ order: null, provesAbsence: false });
  });
});

describe('listings', () => {
  const fills = () => adapter.fills(new Date(NOW - 60_000).toISOString(), ['BTC-USDT'], CONTROL);

  /** `total` fills, newest first, as the exchange pages them; `broken` answers the page after that id. */
  function serve(total: number, broken?: readonly [number, Ending]): void {
    stub.on(`${HOST}/hf/fills`, ({ parameters }) => {
      const lastId = Number(parameters.get('lastId') ?? Number.POSITIVE_INFINITY);
      if (broken !== undefined && lastId === broken[0]) return broken[1];
      const all = Array.from({ length: total }, (_, at) => fill(total - at)).filter((one) => one.id < lastId);
      const items = all.slice(0, Number(parameters.get('limit')));
      return ok({ lastId: items.at(-1)?.id ?? 0, items });
    });
  }

  it.each([
    [0, 1],
    [1, 1],
    [99, 1],
    [100, 2],
    [250, 3],
  ])('%i fills are %i pages', async (total, pages) => {
    serve(total);
    const { items, coverage } = await fills();
    expect(coverage).toMatchObject({ complete: true, pages, error: null });
    expect(new Set(items.map((one) => one.tradeId)).size).toBe(total);
  });

  it.each([
    ['an error', json({ code: '500000', msg: '' }, 500)],
    ['a limit', json({ code: '429000', msg: '' }, 429)],
    ['a success without data', ok(null)],
    ['a page that is no page', ok({ lastId: 0 })],
    ['a reset', { kind: 'reset' }],
  ] as readonly (readonly [string, Ending])[])('%s in the middle makes it incomplete', async (_name, ending) => {
    serve(250, [1_000_151, ending]);
    const { items, coverage } = await fills();
    expect(coverage.complete).toBe(false);
    expect(items).toHaveLength(100);
  });

  it('what lies beyond the exchange’s memory can not be complete', async () => {
    serve(1);
    const listing = await adapter.fills(new Date(NOW - 8 * 86_400_000).toISOString(), ['BTC-USDT'], CONTROL);
    expect(listing.items).toHaveLength(1);
    expect(listing.coverage.complete).toBe(false);
  });

  it('open orders are stops and the orders of each market, the stops asked first', async () => {
    stub.on(
      `${HOST}/stop-order`,
      ok({ currentPage: 1, pageSize: 500, totalNum: 1, totalPage: 1, items: [stop('NEW')] }),
    );
    stub.on(`${HOST}/hf/orders/active/symbols`, ok({ symbols: ['BTC-USDT'] }));
    stub.on(`${HOST}/hf/orders/active`, ok([order()]));
    const open = await adapter.openOrders(CONTROL);
    expect(open.coverage).toMatchObject({ complete: true, error: null });
    expect(open.items.map((one) => one.orderId)).toEqual([STOP_ID, ID]);
    const asked = stub.requests.map((one) => one.route.slice(HOST.length + 1));
    expect(asked).toEqual(['stop-order', 'hf/orders/active/symbols', 'hf/orders/active']);
  });

  it.each(['stop-order', 'hf/orders/active/symbols', 'hf/orders/active'])(
    '%s that fails makes it incomplete',
    async (name) => {
      stub.on(`${HOST}/hf/orders/active/symbols`, ok({ symbols: ['BTC-USDT'] }));
      stub.on(`${HOST}/hf/orders/active`, ok([order()]));
      stub.on(`${HOST}/${name}`, json({ code: '500000', msg: '' }, 500));
      expect((await adapter.openOrders(CONTROL)).coverage.complete).toBe(false);
    },
  );

  it('a list of stops that changes under the reader is not whole', async () => {
    stub.on(`${HOST}/stop-order`, ({ parameters }) => {
      const page = Number(parameters.get('currentPage'));
      const items = Array.from({ length: page === 1 ? 500 : 1 }, (_, at) => ({
        ...stop('NEW'),
        id: `vs${page}x${at}`,
      }));
      return ok({ currentPage: page, pageSize: 500, totalNum: page === 1 ? 502 : 501, totalPage: 2, items });
    });
    const open = await adapter.openOrders(CONTROL);
    expect(open.items).toHaveLength(501);
    expect(open.coverage.complete).toBe(false);
  });
});
