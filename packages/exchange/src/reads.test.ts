import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExchangeId } from '@orderplane/domain';
import type { ExchangeAdapter } from './adapter.ts';
import { capabilitiesOf, drawCredentials } from './capabilities.ts';
import { createAdapter } from './create.ts';
import { Session, UnusableMode } from './session.ts';
import { json, serveMarkets, startStubVenue } from './testing/stub-venue.ts';
import type { Ending, StubVenue } from './testing/stub-venue.ts';
import { VENUES } from './registry.ts';

/** Listings of many pages, and listings that break off, against a stub with pages of the exchange's own size. */

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const NOW = Date.now();
const CONTROL = { timeoutMs: 20_000 };
let stub: StubVenue;
const adapters: ExchangeAdapter[] = [];

function adapterOf(exchange: ExchangeId): ExchangeAdapter {
  const credentials = drawCredentials(capabilitiesOf(exchange).credentials);
  const options = { simulator: stub.address, clock: { now: () => Date.now() }, log: quiet, callTimeoutMs: 5_000 };
  const adapter = createAdapter({ accountId: 'a', exchange, mode: 'PAPER', credentials }, options);
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

describe('kraken pages by offset', () => {
  const ROUTE = 'POST api.kraken.com/0/private/TradesHistory';
  const trade = (nth: number) => ({
    ordertxid: `O${nth}`,
    pair: 'XXBTZUSD',
    time: NOW / 1000,
    type: 'buy',
    ordertype: 'limit',
    price: '40000.1',
    cost: '400.001',
    fee: '0.64',
    vol: '0.01',
    margin: '0',
    maker: true,
    trade_id: nth,
  });
  /** `total` trades, newest first, fifty a page; `broken` answers the page from that offset. */
  function serve(total: number, broken?: readonly [number, Ending]): void {
    stub.on(ROUTE, ({ parameters }) => {
      const ofs = Number(parameters.get('ofs'));
      if (broken !== undefined && ofs === broken[0]) return broken[1];
      const nths = Array.from({ length: Math.max(0, Math.min(50, total - ofs)) }, (_, at) => total - ofs - at);
      const trades = Object.fromEntries(nths.map((nth) => [`T${nth}`, trade(nth)]));
      return json({ error: [], result: { trades, count: total } });
    });
  }
  const list = () => adapterOf('kraken').fills(new Date(NOW - 60_000).toISOString(), [], CONTROL);

  it.each([
    [0, 1],
    [1, 1],
    [50, 1],
    [51, 2],
    [125, 3],
  ])('%i trades are %i pages', async (total, pages) => {
    serve(total);
    const listing = await list();
    expect(listing.coverage).toMatchObject({ complete: true, pages, error: null });
    expect(new Set(listing.items.map((fill) => fill.tradeId)).size).toBe(total);
  });

  it.each([
    ['an error inside a 200', json({ error: ['EGeneral:Internal error'] })],
    ['an empty page before the end', json({ error: [], result: { trades: {}, count: 125 } })],
    ['a 502', { kind: 'answer', status: 502, body: '<html>' }],
    ['a reset', { kind: 'reset' }],
    ['a page without trades', json({ error: [], result: {} })],
    ['a limit', json({ error: ['EAPI:Rate limit exceeded'] })],
  ] as readonly (readonly [string, Ending])[])('%s makes it incomplete', async (_name, ending) => {
    serve(125, [50, ending]);
    const { coverage, items } = await list();
    expect(coverage.complete).toBe(false);
    expect(coverage.error).not.toBeNull();
    expect(items).toHaveLength(50);
  });

  it('an entry that nobody can read makes it incomplete and hides no other', async () => {
    const trades = { T1: trade(1), T2: { ...trade(2), vol: 'much' }, T3: trade(3) };
    stub.on(ROUTE, json({ error: [], result: { trades, count: 3 } }));
    const { coverage, items } = await list();
    expect(items.map((fill) => fill.tradeId)).toEqual(['T1', 'T3']);
    expect(coverage.complete).toBe(false);
  });

  it('a limit in a look-up says how long to wait', async () => {
    const limited = json({ error: ['EAPI:Rate limit exceeded'] });
    for (const name of ['OpenOrders', 'ClosedOrders', 'TradesHistory']) {
      stub.on(`POST api.kraken.com/0/private/${name}`, limited);
    }
    const request = { symbol: 'BTC-USD', venueClientId: 'x', venueOrderId: null, since: new Date(NOW).toISOString() };
    const looked = await adapterOf('kraken').lookup(request, CONTROL);
    expect(looked).toMatchObject({ order: null, provesAbsence: false, rateLimitedMs: 3_000 });
  });
});

describe('binance pages by time, then by id', () => {
  const ROUTE = 'GET api.binance.com/api/v3/myTrades';
  const DAY = 24 * 3_600_000;
  const trade = (id: number, time: number) => ({
    ...{ symbol: 'BTCUSDT', id, orderId: 7, price: '40000.10000000', qty: '0.01000000', quoteQty: '400.001' },
    ...{ commission: '0.00001', commissionAsset: 'BTC', time, isBuyer: true, isMaker: true },
  });
  /** Trades by the rules of the exchange: windows of a day at most, a thousand a page. */
  function serve(times: readonly number[]): void {
    const all = times.map((time, at) => trade(at + 1, time));
    stub.on(ROUTE, ({ parameters }) => {
      const { fromId, startTime, endTime } = Object.fromEntries(parameters) as Record<string, string | undefined>;
      if (Number(endTime) - Number(startTime) > DAY) return json({ code: -1127, msg: 'More than 24 hours' }, 400);
      const chosen =
        fromId === undefined
          ? all.filter((one) => one.time >= Number(startTime) && one.time <= Number(endTime))
          : all.filter((one) => one.id >= Number(fromId));
      return json(chosen.slice(0, Number(parameters.get('limit') ?? 500)));
    });
  }
  const list = (from: number) => adapterOf('binance').fills(new Date(from).toISOString(), ['BTC-USDT'], CONTROL);

  it.each([
    ['nothing', []],
    ['one', [NOW - 1_000]],
    ['exactly a page', Array.from({ length: 1_000 }, () => NOW - 1_000)],
    ['two and a half pages of one millisecond', Array.from({ length: 2_500 }, () => NOW - 1_000)],
    ['some three days ago, some now', [NOW - 3 * DAY, NOW - 3 * DAY + 1, NOW - 1]],
    ['some two days ago', [NOW - 2 * DAY]],
  ])('%s', async (_name, times) => {
    serve(times);
    const { items, coverage } = await list(NOW - 3.5 * DAY);
    expect(coverage).toMatchObject({ complete: true, error: null });
    expect(new Set(items.map((fill) => fill.tradeId)).size).toBe(times.length);
    expect(items).toHaveLength(times.length);
  });

  it('a market that is not known makes it incomplete', async () => {
    serve([NOW - 1]);
    const listing = await adapterOf('binance').fills(new Date(NOW - 1_000).toISOString(), ['BTC-USDT', 'X-Y'], CONTROL);
    expect(listing.items).toHaveLength(1);
    expect(listing.coverage.complete).toBe(false);
  });
});

describe('modes', () => {
  const options = { clock: { now: () => Date.now() }, log: quiet, callTimeoutMs: 1_000 };
  const credentials = { apiKey: 'k', secret: 's' };
  const open = (exchange: ExchangeId, mode: 'PAPER' | 'SANDBOX' | 'LIVE') =>
    createAdapter({ accountId: 'a', exchange, mode, credentials }, options);

  it('a paper account needs a simulator, a sandbox must exist', () => {
    expect(() => open('binance', 'PAPER')).toThrow(UnusableMode);
    expect(() => open('kraken', 'SANDBOX')).toThrow(UnusableMode);
    expect(() => open('kraken', 'LIVE')).not.toThrow();
  });

  it('a sandbox goes to the testnet, the simulator sees the live URLs', async () => {
    const urlOf = async (mode: 'SANDBOX' | 'PAPER'): Promise<unknown> => {
      const session = new Session(VENUES.binance, { mode, credentials }, { ...options, simulator: stub.address });
      const { private: url } = (await session.instance()).urls.api;
      await session.close();
      return url;
    };
    expect(await urlOf('SANDBOX')).toContain('testnet.binance.vision');
    expect(await urlOf('PAPER')).toContain('https://api.binance.com/');
  });
});
