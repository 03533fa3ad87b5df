import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExchangeAdapter } from '../../adapter.ts';
import { createAdapter } from '../../create.ts';
import { json, serveMarkets, startStubVenue } from '../../testing/stub-venue.ts';
import type { Ending, StubVenue } from '../../testing/stub-venue.ts';

/** Listings of many pages that break off, and look-ups in every place, against a stub. */

const NOW = Date.now();
const CONTROL = { timeoutMs: 20_000 };
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const CREDENTIALS = { apiKey: 'key', secret: 'secret', passphrase: 'phrase' };
let stub: StubVenue;
const adapters: ExchangeAdapter[] = [];

function adapterOf(): ExchangeAdapter {
  const options = { simulator: stub.address, clock: { now: () => Date.now() }, log: quiet, callTimeoutMs: 5_000 };
  const context = { accountId: 'a', exchange: 'okx', mode: 'PAPER', credentials: CREDENTIALS } as const;
  const adapter = createAdapter(context, options);
  adapters.push(adapter);
  return adapter;
}

beforeAll(async () => {
  stub = await startStubVenue();
  serveMarkets(stub);
});
beforeEach(() => {
  stub.requests.length = 0;
});
afterAll(async () => {
  await Promise.all(adapters.map((adapter) => adapter.close()));
  await stub.close();
});

describe('okx pages by id', () => {
  const API = 'www.okx.com/api/v5/trade';
  const page = (data: readonly unknown[]) => json({ code: '0', msg: '', data });
  const order = (nth: number) => ({
    ...{ instType: 'SPOT', instId: 'BTC-USDT', ordId: String(1_000 + nth), clOrdId: `c${nth}`, px: '40000.1', sz: '1' },
    ...{ ordType: 'limit', side: 'buy', tgtCcy: '', state: 'live', accFillSz: '0', avgPx: '', cTime: String(NOW) },
  });
  /** `total` open orders, newest first, a hundred a page; `broken` answers the page after that id. */
  function serve(total: number, broken?: readonly [number, Ending]): void {
    stub.on(`GET ${API}/orders-algo-pending`, page([]));
    stub.on(`GET ${API}/orders-pending`, ({ parameters }) => {
      const after = Number(parameters.get('after') ?? 1_001 + total) - 1_000;
      if (broken !== undefined && after === broken[0]) return broken[1];
      const nths = Array.from({ length: Math.max(0, Math.min(100, after - 1)) }, (_, at) => after - 1 - at);
      return page(nths.map(order));
    });
  }
  const list = () => adapterOf().openOrders(CONTROL);

  // Two lists of stops are asked first.
  it.each([
    [0, 3],
    [99, 3],
    [100, 4],
    [101, 4],
    [250, 5],
  ])('%i orders are %i pages', async (total, pages) => {
    serve(total);
    const { coverage, items } = await list();
    expect(coverage).toMatchObject({ complete: true, pages, error: null });
    expect(new Set(items.map((one) => one.orderId)).size).toBe(total);
  });

  it.each([
    ['an error inside a 200', json({ code: '50026', msg: 'System error', data: [] })],
    ['a limit', json({ code: '50011', msg: 'Too Many Requests', data: [] }, 429)],
    ['a 502', { kind: 'answer', status: 502, body: '<html>' }],
    ['a reset', { kind: 'reset' }],
    ['an answer without a list', json({ code: '0', msg: '' })],
    ['an entry that nobody can read', page([{ ...order(1), state: 'dreaming' }])],
  ] as readonly (readonly [string, Ending])[])('%s makes it incomplete', async (_name, ending) => {
    serve(250, [151, ending]);
    const { coverage, items } = await list();
    expect(coverage.complete).toBe(false);
    expect(coverage.error).not.toBeNull();
    expect(items).toHaveLength(100);
  });

  it('a failed list of stops is not an empty one', async () => {
    serve(5);
    stub.on(`GET ${API}/orders-algo-pending`, json({ code: '50001', msg: 'maintenance', data: [] }, 503));
    expect(await list()).toMatchObject({ items: [], coverage: { complete: false } });
  });

  describe('look-ups', () => {
    const absent = json({ code: '51603', msg: 'Order does not exist', data: [] });
    const question = { symbol: 'BTC-USDT', venueClientId: 'c1', venueOrderId: null };
    const since = (hoursAgo: number) => new Date(Date.now() - hoursAgo * 3_600_000).toISOString();
    const fill = (terms: Record<string, string>) => ({
      ...{ instType: 'SPOT', instId: 'BTC-USDT', tradeId: '1', ordId: '7', clOrdId: '', billId: '9', side: 'buy' },
      ...{ fillPx: '40000.1', fillSz: '1', execType: 'T', fee: '-0.001', feeCcy: 'BTC', ts: String(Date.now()) },
      ...terms,
    });
    function nowhere(): void {
      for (const name of ['order', 'order-algo']) stub.on(`GET ${API}/${name}`, absent);
      for (const name of ['orders-pending', 'orders-algo-pending', 'orders-history', 'fills']) {
        stub.on(`GET ${API}/${name}`, page([]));
      }
    }
    const look = (sinceAt = since(0)) => adapterOf().lookup({ ...question, since: sinceAt }, CONTROL);

    it('prove absence while a cancelled order would still be remembered', async () => {
      nowhere();
      expect(await look()).toMatchObject({ order: null, provesAbsence: true, error: null });
      expect(await look(since(3))).toMatchObject({ order: null, provesAbsence: false });
    });

    it('take an answer without data for "no"', async () => {
      nowhere();
      stub.on(`GET ${API}/order`, page([]));
      expect(await look()).toMatchObject({ provesAbsence: true });
    });

    it("are not misled by other orders' executions, and prove nothing by those that could be ours", async () => {
      nowhere();
      stub.on(`GET ${API}/fills`, page([fill({ clOrdId: 'another' })]));
      expect(await look()).toMatchObject({ provesAbsence: true });
      stub.on(`GET ${API}/fills`, page([fill({})]));
      expect(await look()).toMatchObject({ provesAbsence: false });
      const placed = {
        ...order(1),
        ordId: '7',
        clOrdId: '',
        algoId: '5',
        algoClOrdId: 'c1',
        state: 'filled',
        accFillSz: '1',
      };
      stub.on(`GET ${API}/order`, ({ parameters }) => (parameters.get('ordId') === '7' ? page([placed]) : absent));
      expect(await look()).toMatchObject({ order: { orderId: '7', clientOrderId: 'c1' }, fillsComplete: true });
    });

    it('follow a stop to the order that it placed; that of another client is over', async () => {
      nowhere();
      const stop = {
        ...{
          algoId: '5',
          algoClOrdId: 'c1',
          instType: 'SPOT',
          instId: 'BTC-USDT',
          ordType: 'conditional',
          side: 'buy',
        },
        ...{ sz: '1', state: 'effective', slTriggerPx: '41000', slOrdPx: '-1', ordId: '7', cTime: String(NOW) },
      };
      stub.on(`GET ${API}/order-algo`, page([stop]));
      expect(await look()).toMatchObject({ order: null, provesAbsence: false });
      const placed = { ...order(1), ordId: '7', clOrdId: '', algoId: '5' };
      stub.on(`GET ${API}/order`, ({ parameters }) => (parameters.get('ordId') === '7' ? page([placed]) : absent));
      expect(await look()).toMatchObject({ order: { orderId: '7', clientOrderId: 'c1', working: true } });
      const adopted = { ...question, venueClientId: 'ext-BTC-USDT-5', venueOrderId: '5', since: since(0) };
      const found = await adapterOf().lookup(adopted, CONTROL);
      expect(found.order).toMatchObject({
        orderId: '5',
        status: 'CANCELLED',
        reason: expect.stringContaining('7') as string,
      });
    });
  });
});
