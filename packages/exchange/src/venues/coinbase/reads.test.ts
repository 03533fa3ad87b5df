import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ExchangeAdapter } from '../../adapter.ts';
import { drawCredentials } from '../../draw-credentials.ts';
import { createAdapter } from '../../create.ts';
import { json, serveMarkets, startStubVenue } from '../../testing/stub-venue.ts';
import type { Ending, StubVenue } from '../../testing/stub-venue.ts';
import { coinbaseCapabilities } from './capabilities.ts';

/** Lists of many pages, lists that break off, and what a look-up proves, against a stub with Coinbase's pages. */

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const NOW = Date.now();
/** The first call loads ccxt, which takes seconds on a busy machine. */
const CONTROL = { timeoutMs: 30_000 };
let stub: StubVenue;
let adapter: ExchangeAdapter;

beforeAll(async () => {
  stub = await startStubVenue();
  serveMarkets(stub);
  const credentials = drawCredentials(coinbaseCapabilities.credentials);
  adapter = createAdapter(
    { accountId: 'a', exchange: 'coinbase', mode: 'PAPER', credentials },
    { simulator: stub.address, clock: { now: () => Date.now() }, log: quiet, callTimeoutMs: 5_000 },
  );
});
beforeEach(() => {
  stub.requests.length = 0;
});
afterAll(async () => {
  await adapter.close();
  await stub.close();
});

const BATCH = 'GET api.coinbase.com/api/v3/brokerage/orders/historical/batch';
const FILLS = 'GET api.coinbase.com/api/v3/brokerage/orders/historical/fills';
const ONE = 'GET api.coinbase.com/api/v3/brokerage/orders/historical/o1';
const at = new Date(NOW).toISOString();
const order = (nth: number, terms: object = {}) => ({
  ...{ order_id: `o${nth}`, client_order_id: `c${nth}`, product_id: 'BTC-USD', side: 'BUY', status: 'OPEN' },
  ...{ order_configuration: { limit_limit_gtc: { base_size: '1', limit_price: '40000.5' } }, filled_size: '0' },
  ...{ filled_value: '0', number_of_fills: '0', created_time: at },
  ...terms,
});
const fill = (nth: number, terms: object = {}) => ({
  ...{ trade_id: `t${nth}`, order_id: `o${nth}`, trade_time: at, trade_type: 'FILL', price: '40000', size: '0.1' },
  ...{ commission: '1', product_id: 'BTC-USD', liquidity_indicator: 'TAKER', size_in_quote: false, side: 'BUY' },
  ...terms,
});
/** `total` entries, newest first; `broken` answers the page that begins there. */
function serve(route: string, key: 'orders' | 'fills', total: number, broken?: readonly [number, Ending]): void {
  stub.on(route, ({ parameters }) => {
    const from = Number(parameters.get('cursor') ?? 0);
    if (broken !== undefined && from === broken[0]) return broken[1];
    const until = Math.min(total, from + Number(parameters.get('limit')));
    const nths = Array.from({ length: until - from }, (_, index) => total - from - index);
    const hasNext = until < total;
    const rest = key === 'orders' ? { has_next: hasNext } : {};
    const list = nths.map((nth) => (key === 'orders' ? order(nth) : fill(nth)));
    // The cursor of the last page of fills may lead to an empty one.
    return json({ [key]: list, ...rest, cursor: hasNext || key === 'fills' ? String(until) : '' });
  });
}

it.each([
  [0, 1],
  [1, 1],
  [250, 1],
  [625, 3],
])('%i open orders are %i pages', async (total, pages) => {
  serve(BATCH, 'orders', total);
  const { items, coverage } = await adapter.openOrders(CONTROL);
  expect(coverage).toMatchObject({ complete: true, pages, error: null });
  expect(new Set(items.map((one) => one.orderId)).size).toBe(total);
  expect(stub.requests.every((one) => one.route !== BATCH || one.parameters.get('order_status') === 'OPEN')).toBe(true);
});

it.each([
  [0, 1],
  [100, 2],
  [250, 4],
])('%i fills are %i pages', async (total, pages) => {
  serve(FILLS, 'fills', total);
  const listing = await adapter.fills(new Date(NOW - 60_000).toISOString(), [], CONTROL);
  expect(listing.coverage).toMatchObject({ complete: true, pages, error: null });
  expect(new Set(listing.items.map((one) => one.tradeId)).size).toBe(total);
});

it.each([
  ['a refusal', json({ error: 'INVALID_ARGUMENT', error_details: 'cursor' }, 400)],
  ['a 500 with JSON', json({ error: 'INTERNAL' }, 500)],
  ['a reset', { kind: 'reset' }],
  ['a page without orders', json({ has_next: true, cursor: '1' })],
  ['a limit', json({ errors: [{ id: 'rate_limit_exceeded', message: 'Too many requests' }] }, 429)],
  ['an entry that nobody can read', json({ orders: [{ order_id: 'x', status: 'ODD', filled_size: '0' }] })],
] as readonly (readonly [string, Ending])[])('%s makes it incomplete', async (_name, ending) => {
  serve(BATCH, 'orders', 300, [250, ending]);
  const { items, coverage } = await adapter.openOrders(CONTROL);
  expect(coverage.complete).toBe(false);
  expect(items).toHaveLength(250);
});

it('contracts in the same account are passed over', async () => {
  const contract = { product_id: 'BIT-28JUN24-CDE' };
  stub.on(BATCH, json({ orders: [order(1), order(2, contract)], has_next: false, cursor: '' }));
  stub.on(FILLS, json({ fills: [fill(1, contract), fill(2)], cursor: '' }));
  const open = await adapter.openOrders(CONTROL);
  expect(open).toMatchObject({ items: [{ orderId: 'o1' }], coverage: { complete: true } });
  const fills = await adapter.fills(at, [], CONTROL);
  expect(fills.coverage.error).toBe(null);
  expect(new Set(fills.items.map((one) => one.tradeId))).toEqual(new Set(['t2']));
});

const wanted = { symbol: 'BTC-USD', venueClientId: 'c1', venueOrderId: null, since: at };

it('finds an order by its client id on a later page, and stops there', async () => {
  serve(BATCH, 'orders', 600);
  const found = await adapter.lookup({ ...wanted, venueClientId: 'c200' }, CONTROL);
  expect(found).toMatchObject({ order: { orderId: 'o200' }, fillsComplete: true, error: null });
  expect(stub.requests.filter((one) => one.route === BATCH)).toHaveLength(2);
});

it('is absent only where every place was read: orders, open orders, fills and the orders of strange fills', async () => {
  const elsewhere = { ...wanted, venueClientId: 'nobody' };
  serve(BATCH, 'orders', 3);
  serve(FILLS, 'fills', 3);
  const looked = await adapter.lookup(elsewhere, CONTROL);
  expect(looked).toMatchObject({ order: null, provesAbsence: true, places: ['orders', 'open', 'fills'] });
  // An execution of an order that no list names could be ours.
  serve(BATCH, 'orders', 0);
  stub.on(FILLS, json({ fills: [fill(1)], cursor: '' }));
  stub.on(ONE, json({ error: 'INTERNAL' }, 500));
  expect(await adapter.lookup(elsewhere, CONTROL)).toMatchObject({ order: null, provesAbsence: false });
  stub.on(ONE, json({ order: order(1, { status: 'FILLED', filled_size: '0.1', number_of_fills: '1' }) }));
  expect(await adapter.lookup(elsewhere, CONTROL)).toMatchObject({ order: null, provesAbsence: true });
  expect(await adapter.lookup(wanted, CONTROL)).toMatchObject({ order: { orderId: 'o1' }, fillsComplete: true });
});

it('an unknown id is looked for everywhere else', async () => {
  serve(BATCH, 'orders', 3);
  stub.on(ONE, json({ error: 'unknown', error_details: 'order with this orderID was not found' }, 404));
  const found = await adapter.lookup({ ...wanted, venueOrderId: 'o1' }, CONTROL);
  expect(found).toMatchObject({ order: { orderId: 'o1', clientOrderId: 'c1' } });
});

it('an order by quote amount is filled by what its fills add up to, when none is missing', async () => {
  const inQuote = { price: '0.3', size: '0.1000000000000001', size_in_quote: true };
  const terms = {
    ...{ order_configuration: { market_market_ioc: { quote_size: '0.2' } }, size_in_quote: true, status: 'FILLED' },
    ...{ filled_size: '0.6666666666666667', filled_value: '0.2000000000000002', number_of_fills: '2' },
  };
  const byId = { ...wanted, venueOrderId: 'o1' };
  const fills = [fill(1, inQuote), fill(1, { ...inQuote, trade_id: 'u1' })];
  stub.on(ONE, json({ order: order(1, terms) }));
  stub.on(FILLS, json({ fills, cursor: '' }));
  const total = '0.6666666666666674';
  expect(await adapter.lookup(byId, CONTROL)).toMatchObject({
    order: { status: 'FILLED', filledSize: total, size: total, quoteSize: '0.2' },
    fillsComplete: true,
  });
  stub.on(FILLS, json({ fills: fills.slice(1), cursor: '' }));
  expect(await adapter.lookup(byId, CONTROL)).toMatchObject({
    order: { filledSize: '0.6666666666666667' },
    fillsComplete: false,
  });
});
