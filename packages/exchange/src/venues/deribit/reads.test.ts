import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExchangeAdapter } from '../../adapter.ts';
import { createAdapter } from '../../create.ts';
import { json, serveMarkets, startStubVenue } from '../../testing/stub-venue.ts';
import type { Ending, StubVenue } from '../../testing/stub-venue.ts';

/** Listings of many pages, listings that break off, and look-ups, against a stub with pages of Deribit's own size. */

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const NOW = Date.now();
const CONTROL = { timeoutMs: 20_000 };
let stub: StubVenue;
const adapters: ExchangeAdapter[] = [];

function openAdapter(): ExchangeAdapter {
  const options = { simulator: stub.address, clock: { now: () => Date.now() }, log: quiet, callTimeoutMs: 5_000 };
  const credentials = { apiKey: 'key', secret: 'secret' };
  const adapter = createAdapter({ accountId: 'a', exchange: 'deribit', mode: 'PAPER', credentials }, options);
  adapters.push(adapter);
  return adapter;
}

beforeAll(async () => {
  stub = await startStubVenue();
  serveMarkets(stub);
});
afterAll(async () => {
  await Promise.all(adapters.map((adapter) => adapter.close()));
  await stub.close();
});

const REST = 'GET www.deribit.com/api/v2/private/';
const ROUTE = `${REST}get_user_trades_by_instrument_and_time`;
const HOUR = 3_600_000;
const trade = (nth: number, timestamp: number) => ({
  ...{ trade_id: String(nth), order_id: `4600${nth}`, instrument_name: 'BTC_USDC', direction: 'buy', price: 40000.5 },
  ...{ amount: 0.1, fee: 0, fee_currency: 'BTC', liquidity: 'M', timestamp },
});
/** Trades by the rules of the exchange: recent ones for a day, older ones apart; a thousand a page. */
function serve(times: readonly number[], broken?: Ending): void {
  const all = times.map((time, at) => trade(at + 1, time));
  let pages = 0;
  stub.on(ROUTE, ({ parameters }) => {
    if (broken !== undefined && (pages += 1) === 2) return broken;
    const { start_timestamp, end_timestamp, count, historical, sorting } = Object.fromEntries(parameters);
    if (sorting !== 'asc') return json({ error: { code: -32602, message: 'the test wants them sorted' } }, 400);
    const chosen = all.filter(({ timestamp }) => {
      const isRecent = NOW - timestamp < 24 * HOUR;
      return (
        timestamp >= Number(start_timestamp) &&
        timestamp <= Number(end_timestamp) &&
        isRecent !== (historical === 'true')
      );
    });
    const trades = chosen.slice(0, Number(count));
    return json({ jsonrpc: '2.0', result: { trades, has_more: chosen.length > trades.length } });
  });
}
const list = (from: number) => openAdapter().fills(new Date(from).toISOString(), ['BTC-USDC'], CONTROL);

it.each([
  ['nothing', []],
  ['one', [NOW - 1_000]],
  ['exactly a page', Array.from({ length: 1_000 }, () => NOW - 1_000)],
  ['two and a half pages', Array.from({ length: 2_500 }, (_, at) => NOW - 5_000 + Math.floor(at / 2))],
  ['some three days ago, some now', [NOW - 72 * HOUR, NOW - 72 * HOUR + 1, NOW - 1]],
])('%s', async (_name, times) => {
  serve(times);
  const { items, coverage } = await list(NOW - 80 * HOUR);
  expect(coverage).toMatchObject({ complete: true, error: null });
  expect(new Set(items.map((fill) => fill.tradeId)).size).toBe(times.length);
  expect(items).toHaveLength(times.length);
});

it('more of one millisecond than a page holds can not be listed, and that is said', async () => {
  serve(Array.from({ length: 1_500 }, () => NOW - 1_000));
  expect((await list(NOW - 2_000)).coverage).toMatchObject({ complete: false });
});

it.each([
  ['a 502', { kind: 'answer', status: 502, body: '<html>' }],
  ['a limit', json({ error: { code: 10028, message: 'too_many_requests' } }, 400)],
  ['a page without trades', json({ jsonrpc: '2.0', result: {} })],
] as readonly (readonly [string, Ending])[])('%s makes it incomplete', async (_name, ending) => {
  serve(
    Array.from({ length: 1_500 }, (_, at) => NOW - 5_000 + at),
    ending,
  );
  expect((await list(NOW - 10_000)).coverage).toMatchObject({ complete: false });
});

const ORDER = {
  ...{
    order_state: 'cancelled',
    order_type: 'limit',
    time_in_force: 'good_til_cancelled',
    instrument_name: 'BTC_USDC',
  },
  ...{ direction: 'buy', price: 40000.5, amount: 0.25, filled_amount: 0, average_price: 0, label: '' },
};

it('a look-up pages through the history until it is older than the leg, recent and historical', async () => {
  const since = NOW - HOUR;
  const asked: string[] = [];
  for (const name of ['get_order_state_by_label', 'get_open_orders_by_instrument']) {
    stub.on(`${REST}${name}`, json({ jsonrpc: '2.0', result: [] }));
  }
  serve([]);
  stub.on(`${REST}get_order_history_by_instrument`, ({ parameters }) => {
    const { offset = '', historical = '', include_unfilled, include_old } = Object.fromEntries(parameters);
    expect([include_unfilled, include_old]).toEqual(['true', 'true']);
    asked.push(`${historical} ${offset}`);
    const at = (nth: number) => NOW - (historical === 'true' ? nth * 3_000 : 0);
    const length = historical === 'true' ? 1_000 : 7;
    const page = Array.from({ length }, (_, nth) => ({
      ...ORDER,
      order_id: `${historical}-${Number(offset) + nth}`,
      last_update_timestamp: at(Number(offset) + nth),
    }));
    return json({ jsonrpc: '2.0', result: page });
  });
  const request = {
    symbol: 'BTC-USDC',
    venueClientId: 'op-1',
    venueOrderId: null,
    since: new Date(since).toISOString(),
  };
  const looked = await openAdapter().lookup(request, CONTROL);
  expect(looked).toMatchObject({ order: null, provesAbsence: true, places: ['label', 'open', 'history', 'trades'] });
  expect(asked).toEqual(['false 0', 'true 0', 'true 1000', 'true 2000']);
});

it('a history that begins with what is oldest is read to its end', async () => {
  for (const name of ['get_order_state_by_label', 'get_open_orders_by_instrument']) {
    stub.on(`${REST}${name}`, json({ jsonrpc: '2.0', result: [] }));
  }
  const all = Array.from({ length: 1_500 }, (_, nth) => ({
    ...{ ...ORDER, order_id: String(nth), last_update_timestamp: NOW - (1_500 - nth) * 1_000 },
    label: nth === 1_499 ? 'op-1' : '',
  }));
  stub.on(`${REST}get_order_history_by_instrument`, ({ parameters }) => {
    const offset = Number(parameters.get('offset'));
    return json({ jsonrpc: '2.0', result: all.slice(offset, offset + 1_000) });
  });
  const since = new Date(NOW - 10_000).toISOString();
  const request = { symbol: 'BTC-USDC', venueClientId: 'op-1', venueOrderId: null, since };
  expect(await openAdapter().lookup(request, CONTROL)).toMatchObject({
    order: { orderId: '1499', status: 'CANCELLED' },
  });
});

it('an execution with our label, whose order no list names, forbids the proof', async () => {
  for (const name of ['get_order_state_by_label', 'get_open_orders_by_instrument', 'get_order_history_by_instrument']) {
    stub.on(`${REST}${name}`, json({ jsonrpc: '2.0', result: [] }));
  }
  const trades = [{ ...trade(1, NOW - 500), label: 'op-1' }];
  stub.on(ROUTE, json({ jsonrpc: '2.0', result: { trades, has_more: false } }));
  stub.on(`${REST}get_order_state`, json({ error: { code: 10004, message: 'order_not_found' } }, 400));
  const since = new Date(NOW - 1_000).toISOString();
  const request = { symbol: 'BTC-USDC', venueClientId: 'op-1', venueOrderId: null, since };
  expect(await openAdapter().lookup(request, CONTROL)).toMatchObject({ order: null, provesAbsence: false });
  stub.on(`${REST}get_order_state`, json({ jsonrpc: '2.0', result: { ...ORDER, order_id: '46001', label: 'op-1' } }));
  expect(await openAdapter().lookup(request, CONTROL)).toMatchObject({ order: { orderId: '46001' } });
});

it('open orders of what is not traded here are left out, unreadable ones are told', async () => {
  const open = { ...ORDER, order_state: 'open' };
  const serveOpen = (...orders: readonly object[]) =>
    stub.on(`${REST}get_open_orders`, json({ jsonrpc: '2.0', result: orders }));
  serveOpen({ ...open, order_id: '1' }, { ...open, order_id: '2', instrument_name: 'BTC_USDC-25DEC26-90000-C' });
  expect(await openAdapter().openOrders(CONTROL)).toMatchObject({
    items: [{ orderId: '1' }],
    coverage: { complete: true },
  });
  serveOpen({ ...open, order_id: '1' }, { ...open, order_id: '2', order_state: 'dreaming' });
  expect(await openAdapter().openOrders(CONTROL)).toMatchObject({
    items: [{ orderId: '1' }],
    coverage: { complete: false },
  });
});

describe('a stop that was triggered', () => {
  const STOP = { ...ORDER, order_id: 'SLTS-9', order_state: 'triggered', order_type: 'stop_limit', label: 'op-1' };
  const CREATED = {
    ...{ ...ORDER, order_id: '46001', order_state: 'filled', filled_amount: 0.1, average_price: 40000.5 },
    ...{ trigger_order_id: 'SLTS-9', triggered: true, label: 'op-1', creation_timestamp: NOW - 500 },
  };
  const serveStop = (open: readonly object[], ended: readonly object[]): void => {
    stub.on(`${REST}get_order_state`, json({ jsonrpc: '2.0', result: STOP }));
    stub.on(`${REST}get_open_orders_by_instrument`, json({ jsonrpc: '2.0', result: open }));
    stub.on(`${REST}get_order_history_by_instrument`, json({ jsonrpc: '2.0', result: ended }));
    stub.on(`${REST}get_user_trades_by_order`, json({ jsonrpc: '2.0', result: [trade(1, NOW - 400)] }));
    serve([]);
  };
  const since = new Date(NOW - 1_000).toISOString();
  const request = { symbol: 'BTC-USDC', venueClientId: 'op-1', venueOrderId: 'SLTS-9', since };

  it.each([
    ['open', [{ ...CREATED, order_state: 'open' }], [], 'OPEN', '46001'],
    ['ended', [], [CREATED], 'FILLED', '46001'],
    ['without a label', [], [{ ...CREATED, label: '' }], 'FILLED', 'SLTS-9'],
  ] as const)('is the order that it has created (%s)', async (_name, open, ended, status, orderId) => {
    serveStop(open, ended);
    const looked = await openAdapter().lookup(request, CONTROL);
    expect(looked).toMatchObject({
      order: { orderId, status, filledSize: '0.1', working: true },
      fills: [{ tradeId: '1', orderId }],
      fillsComplete: true,
    });
  });

  it('says nothing of executions while that order is not found', async () => {
    serveStop([], []);
    const looked = await openAdapter().lookup(request, CONTROL);
    expect(looked).toMatchObject({ order: { orderId: 'SLTS-9', status: 'OPEN' }, fills: [], fillsComplete: false });
  });

  it('is listed under its own id where no label tells whose the open order is', async () => {
    const open = { ...CREATED, order_state: 'open', label: '' };
    stub.on(`${REST}get_open_orders`, json({ jsonrpc: '2.0', result: [open] }));
    expect((await openAdapter().openOrders(CONTROL)).items).toMatchObject([{ orderId: 'SLTS-9', status: 'OPEN' }]);
  });
});
