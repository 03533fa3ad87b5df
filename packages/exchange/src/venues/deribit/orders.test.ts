import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OrderSpec } from '@orderplane/domain';
import type { ExchangeAdapter, SubmitRequest } from '../../adapter.ts';
import { createAdapter } from '../../create.ts';
import { json, serveMarkets, startStubVenue } from '../../testing/stub-venue.ts';
import type { StubVenue } from '../../testing/stub-venue.ts';

/** What goes out to Deribit and what its answers say, against the real ccxt class and a stub. */

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const BUY = 'GET www.deribit.com/api/v2/private/buy';
/** Nothing here is about time: generous, for machines under load. */
const CONTROL = { timeoutMs: 20_000 };
const DEADLINE_MS = 60_000;
const LABEL = '0197aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee';
const REFUSAL = json({ jsonrpc: '2.0', error: { code: 10043, message: 'price_wrong_tick' } }, 400);
let stub: StubVenue;
const adapters: ExchangeAdapter[] = [];

function openAdapter(): ExchangeAdapter {
  const options = { simulator: stub.address, clock: { now: () => Date.now() }, log: quiet, callTimeoutMs: 5_000 };
  const credentials = { apiKey: 'key', secret: 'secret' };
  const adapter = createAdapter({ accountId: 'a', exchange: 'deribit', mode: 'PAPER', credentials }, options);
  adapters.push(adapter);
  return adapter;
}

const limitOrder = (terms: Partial<OrderSpec> = {}): SubmitRequest => ({
  venueClientId: LABEL,
  deadlineAt: new Date(Date.now() + DEADLINE_MS).toISOString(),
  spec: {
    symbol: 'BTC-USDC',
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
});
beforeEach(() => {
  stub.requests.length = 0;
});
afterAll(async () => {
  await Promise.all(adapters.map((adapter) => adapter.close()));
  await stub.close();
});

const answered = (order: object, trades: readonly object[] = []) => json({ jsonrpc: '2.0', result: { order, trades } });
const ORDER = {
  ...{ order_id: '46000000017', order_state: 'open', order_type: 'limit', time_in_force: 'good_til_cancelled' },
  ...{
    instrument_name: 'BTC_USDC',
    direction: 'buy',
    price: 40000.5,
    amount: 0.25,
    filled_amount: 0,
    average_price: 0,
  },
  ...{ label: LABEL, creation_timestamp: 1763640000000, post_only: false },
  ...{ last_update_timestamp: 1763640000120 },
};
const sent = async (request: SubmitRequest): Promise<Record<string, string>> => {
  stub.requests.length = 0;
  stub.on(BUY, REFUSAL);
  await openAdapter().submit(request, CONTROL);
  return Object.fromEntries(stub.requests.find((one) => one.route === BUY)?.parameters ?? []);
};

it('sends exact decimals, the label, and the deadline as an instant', async () => {
  const request = limitOrder({ size: '0.0001', price: '123456.78' });
  const wire = await sent(request);
  expect(wire).toMatchObject({
    instrument_name: 'BTC_USDC',
    type: 'limit',
    amount: '0.0001',
    price: '123456.78',
    label: LABEL,
    valid_until: String(Date.parse(request.deadlineAt)),
  });
  expect(wire).not.toHaveProperty('time_in_force');
});

it.each([
  [{ timeInForce: 'IOC' as const }, { time_in_force: 'immediate_or_cancel' }],
  [{ timeInForce: 'FOK' as const }, { time_in_force: 'fill_or_kill' }],
  [{ postOnly: true }, { post_only: 'true', reject_post_only: 'true' }],
  [{ type: 'MARKET' as const, price: null }, { type: 'market' }],
  [
    { type: 'STOP_LIMIT' as const, stopPrice: '41000' },
    { type: 'stop_limit', price: '40000.5', trigger_price: '41000', trigger: 'last_price' },
  ],
  [
    { type: 'STOP_MARKET' as const, stopPrice: '41000', price: null },
    { type: 'stop_market', trigger_price: '41000', trigger: 'last_price' },
  ],
  [
    { symbol: 'BTC-USDC-PERPETUAL', reduceOnly: true },
    { instrument_name: 'BTC_USDC-PERPETUAL', reduce_only: 'true' },
  ],
])('%j goes out as %j', async (terms, expected) => {
  expect(await sent(limitOrder(terms))).toMatchObject(expected);
});

it('asks for no options: there are thousands', async () => {
  const own = await startStubVenue();
  serveMarkets(own);
  const options = { simulator: own.address, clock: { now: () => Date.now() }, log: quiet, callTimeoutMs: 5_000 };
  const credentials = { apiKey: 'key', secret: 'secret' };
  const adapter = createAdapter({ accountId: 'a', exchange: 'deribit', mode: 'PAPER', credentials }, options);
  await adapter.openOrders(CONTROL);
  const asked = own.requests.filter(({ route }) => route.endsWith('/get_instruments'));
  const terms = asked.map(({ parameters }) => `${parameters.get('currency')} ${parameters.get('kind')}`);
  expect(terms.sort()).toEqual(['any future', 'any spot']);
  await adapter.close();
  await own.close();
});

it('trades pairs and linear perpetuals, and nothing whose amounts are dollars', async () => {
  const adapter = openAdapter();
  const kinds: string[] = [];
  for (const [symbol, instrument_name] of [
    ['BTC-USDC', 'BTC_USDC'],
    ['BTC-USDC-PERPETUAL', 'BTC_USDC-PERPETUAL'],
    ['BTC-USD-PERPETUAL', 'BTC-PERPETUAL'],
    ['BTC-USDC-25DEC26', 'BTC_USDC-25DEC26'],
  ] as const) {
    stub.on(BUY, answered({ ...ORDER, instrument_name }));
    kinds.push((await adapter.submit(limitOrder({ symbol }), CONTROL)).kind);
  }
  expect(kinds).toEqual(['placed', 'placed', 'notPlaced', 'notPlaced']);
});

it('the answer is the order with its executions so far', async () => {
  const trade = {
    ...{ trade_id: '9001', order_id: ORDER.order_id, instrument_name: 'BTC_USDC', direction: 'buy', price: 40000.5 },
    ...{
      amount: 0.25,
      fee: 0.000125,
      fee_currency: 'BTC',
      liquidity: 'T',
      label: ORDER.label,
      timestamp: 1763640000119,
    },
  };
  stub.on(BUY, answered({ ...ORDER, order_state: 'filled', filled_amount: 0.25 }, [trade]));
  const outcome = await openAdapter().submit(limitOrder(), CONTROL);
  expect(outcome).toMatchObject({
    kind: 'placed',
    report: {
      fillsComplete: true,
      order: { orderId: ORDER.order_id, clientOrderId: ORDER.label, status: 'FILLED', filledSize: '0.25' },
      fills: [{ tradeId: '9001', size: '0.25' }],
    },
  });
});

it('an answer without the order is unknown', async () => {
  stub.on(BUY, json({ jsonrpc: '2.0', result: { trades: [] } }));
  expect((await openAdapter().submit(limitOrder(), CONTROL)).kind).toBe('unknown');
});

it('a deadline that had passed on arrival stays in doubt and teaches the offset', async () => {
  const offset = 30_000;
  stub.on('GET www.deribit.com/api/v2/public/get_time', () => json({ jsonrpc: '2.0', result: Date.now() + offset }));
  stub.on(BUY, json({ jsonrpc: '2.0', error: { code: 13888, message: 'timed_out' } }, 400));
  const adapter = openAdapter();
  expect((await adapter.submit(limitOrder(), CONTROL)).kind).toBe('unknown');
  stub.requests.length = 0;
  const request = limitOrder();
  await adapter.submit(request, CONTROL);
  const again = stub.requests.find((one) => one.route === BUY);
  const ahead = Number(again?.parameters.get('valid_until')) - Date.parse(request.deadlineAt);
  expect(ahead).toBeGreaterThan(offset / 2);
});

describe('a stop that was triggered meanwhile', () => {
  const REST = 'GET www.deribit.com/api/v2/private/';
  const CANCEL = `${REST}cancel`;
  const notOpen = json({ jsonrpc: '2.0', error: { code: 11044, message: 'not_open_order' } }, 400);
  const target = () => ({ ...limitOrder(), symbol: 'BTC-USDC', venueOrderId: 'SLTS-9' });
  const created = { ...ORDER, trigger_order_id: 'SLTS-9' };
  const open = (orders: readonly object[]) =>
    stub.on(`${REST}get_open_orders_by_instrument`, json({ jsonrpc: '2.0', result: orders }));
  const idsSent = (route: string) =>
    stub.requests.filter((one) => one.route === route).map((one) => one.parameters.get('order_id'));

  it('is cancelled as the order that it has created', async () => {
    open([created]);
    stub.on(CANCEL, ({ parameters }) =>
      parameters.get('order_id') === 'SLTS-9'
        ? notOpen
        : json({ jsonrpc: '2.0', result: { ...created, order_state: 'cancelled', cancel_reason: 'user_request' } }),
    );
    const outcome = await openAdapter().cancel(target(), CONTROL);
    expect(outcome).toMatchObject({ kind: 'accepted', report: { order: { status: 'CANCELLED' } } });
    expect(idsSent(CANCEL)).toEqual(['SLTS-9', ORDER.order_id]);
  });

  it('and whose order is gone too is unknown', async () => {
    open([]);
    stub.on(CANCEL, notOpen);
    const outcome = await openAdapter().cancel(target(), CONTROL);
    expect(outcome).toMatchObject({ kind: 'unknownOrder', nativeCode: '11044' });
  });

  it('is changed as the order that it has created, without a trigger', async () => {
    open([created]);
    stub.on(`${REST}edit`, ({ parameters }) =>
      parameters.get('order_id') === 'SLTS-9' ? notOpen : answered({ ...created, price: 40100 }),
    );
    const wish = { side: 'BUY', type: 'STOP_LIMIT', size: '0.25', price: '40100', stopPrice: '41000' } as const;
    const outcome = await openAdapter().amend({ ...target(), ...wish }, CONTROL);
    expect(outcome.kind).toBe('accepted');
    const [first, second] = stub.requests.filter((one) => one.route === `${REST}edit`).map((one) => one.parameters);
    expect(Object.fromEntries(first ?? [])).toMatchObject({ amount: '0.25', price: '40100', trigger_price: '41000' });
    expect(Object.fromEntries(second ?? [])).toMatchObject({
      order_id: ORDER.order_id,
      amount: '0.25',
      price: '40100',
    });
    expect(second?.has('trigger_price')).toBe(false);
  });
});
