import ccxt from 'ccxt';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fixed } from '../../engine/fixed.ts';
import type { Coinbase } from './testing.ts';
import { OTHER, Rig } from './testing.ts';

let rig: Rig;
let client: Coinbase;

beforeAll(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
afterAll(() => rig.close());
beforeEach(async () => {
  const open = await openIds();
  if (open.length > 0) await client.cancelOrders(open);
  rig.engine.setPrice('BTC-USD', fixed('60000'), null, rig.now());
});

interface NativeOrder {
  readonly status: string;
  readonly client_order_id: string;
  readonly cancel_message: string;
  readonly filled_size: string;
  readonly filled_value: string;
  readonly total_value_after_fees: string;
  readonly size_in_quote: boolean;
  readonly trigger_status: string;
  readonly order_configuration: Record<string, Record<string, unknown>>;
  readonly edit_history: readonly Record<string, string>[];
}

const uuid = () => crypto.randomUUID();
async function place(type: string, side: 'buy' | 'sell', amount: string, price?: string, params: object = {}) {
  const terms = { client_order_id: uuid(), ...params };
  const order = await client.createOrder('BTC/USD', type, side, amount as never, price as never, terms);
  return { ...order, id: order.id ?? '' };
}
const openIds = async (symbol?: string) => (await client.fetchOpenOrders(symbol)).map((order) => order.id ?? '');
const limitBuy = (amount: string, price: string, params: object = {}) => place('limit', 'buy', amount, price, params);
const native = async (id: string) => (await client.fetchOrder(id)).info as NativeOrder;
const soon = (ms: number) => new Date(rig.now() + ms).toISOString();

/** Why an order was refused: the three fields that can say so. */
async function refusal(placing: Promise<unknown>) {
  const error = await placing.then(
    () => null,
    (reason: unknown) => reason as Error,
  );
  const body = JSON.parse(error?.message.replace(/^coinbase /, '') ?? '{}') as {
    error_response: { error: string; preview_failure_reason: string };
  };
  return [body.error_response.error, body.error_response.preview_failure_reason];
}

describe('markets and public data', () => {
  test('every product has its steps and its smallest worth; fees are those of the first tier', () => {
    expect(Object.keys(client.markets ?? {})).toHaveLength(13);
    expect(client.markets?.['BTC/USD']).toMatchObject({
      id: 'BTC-USD',
      spot: true,
      active: true,
      precision: { amount: '0.00000001', price: '0.01' },
      limits: { amount: { min: '0.00000001' }, cost: { min: '1' } },
      taker: '0.012',
      maker: '0.006',
    });
    expect(client.markets?.['DOGE/USD']).toMatchObject({ precision: { amount: '0.1', price: '0.00001' } });
    expect(client.currencies?.['BTC']).toMatchObject({ type: 'crypto' });
  });

  test('time, ticker, trades, book', async () => {
    expect(Math.abs(((await client.fetchTime()) ?? 0) - Date.now())).toBeLessThan(5000);
    const ticker = await client.fetchTicker('BTC/USD');
    expect(Number(ticker.ask)).toBeGreaterThan(Number(ticker.bid));
    await place('market', 'sell', '0.01');
    const trades = await client.fetchTrades('BTC/USD');
    expect(trades.at(-1)).toMatchObject({ side: 'sell', amount: '0.01' });
    expect((await client.fetchOrderBook('BTC/USD')).asks).toHaveLength(1);
    expect((await client.fetchBidsAsks(['BTC/USD']))['BTC/USD']).toMatchObject({ symbol: 'BTC/USD' });
  });

  test('an unknown product is refused', async () => {
    await expect(client.v3PublicGetBrokerageMarketProductsProductIdTicker({ product_id: 'NOPE-USD' })).rejects.toThrow(
      'NOT_FOUND',
    );
  });
});

describe('orders', () => {
  test('a limit order rests under its ids, and holds its money', async () => {
    const client_order_id = uuid();
    const order = await limitBuy('0.01', '50000', { client_order_id });
    expect(order).toMatchObject({ clientOrderId: client_order_id, symbol: 'BTC/USD', side: 'buy' });
    expect(await native(order.id)).toMatchObject({
      status: 'OPEN',
      client_order_id,
      order_configuration: { limit_limit_gtc: { base_size: '0.01', limit_price: '50000', post_only: false } },
    });
    expect(await openIds('BTC/USD')).toEqual([order.id]);
    const balance = (await client.fetchBalance({ v3: true })) as { USD?: { used?: string } };
    expect(balance.USD?.used).toBe('506');
    expect((await client.fetchBalance())['BTC']).toBeDefined();
    expect(await client.fetchPortfolios()).toHaveLength(1);
    expect((await client.fetchTradingFees())['BTC/USD']).toMatchObject({ taker: '0.012' });
    expect((await client.fetchTickers(['BTC/USD']))['BTC/USD']?.last).toBe('60000');
  });

  test('a market order by base size, and its fill', async () => {
    const { id } = await place('market', 'sell', '0.02');
    expect(await native(id)).toMatchObject({ status: 'FILLED', filled_size: '0.02', size_in_quote: false });
    const trades = await client.fetchMyTrades('BTC/USD', undefined, 100, { order_ids: [id] });
    expect(trades.reduce((sum, trade) => sum + Number(trade.amount), 0)).toBeCloseTo(0.02, 12);
    expect(trades[0]).toMatchObject({ order: id, side: 'sell', fee: { currency: 'USD' } });
    const bought = await place('market', 'buy', '0.01', undefined, {
      cost: '1',
      order_configuration: { market_market_ioc: { base_size: '0.01' } },
    });
    expect(await native(bought.id)).toMatchObject({ status: 'FILLED', filled_size: '0.01' });
  });

  test('a market buy by quote amount spends it with its fees, and tells its fills in the quote currency', async () => {
    const placed = await client.createMarketBuyOrderWithCost('BTC/USD', '250' as never, { client_order_id: uuid() });
    const id = placed.id ?? '';
    const order = await native(id);
    expect(order).toMatchObject({
      status: 'FILLED',
      size_in_quote: true,
      order_configuration: { market_market_ioc: { quote_size: '250' } },
    });
    expect(Number(order.total_value_after_fees)).toBeLessThanOrEqual(250);
    expect(Number(order.total_value_after_fees)).toBeGreaterThan(249.9);
    const { fills } = (await client.v3PrivateGetBrokerageOrdersHistoricalFills({ order_ids: [id] })) as {
      fills: { size: string; size_in_quote: boolean }[];
    };
    expect(fills.every((fill) => fill.size_in_quote)).toBe(true);
    expect(fills.reduce((sum, fill) => sum + Number(fill.size), 0)).toBeCloseTo(Number(order.filled_value), 8);
    const trades = await client.fetchMyTrades('BTC/USD', undefined, 100, { order_ids: [id] });
    expect(trades.reduce((sum, trade) => sum + Number(trade.amount), 0)).toBeCloseTo(Number(order.filled_size), 12);
  });

  test('IOC, FOK, GTD and post-only', async () => {
    const ioc = await limitBuy('0.01', '50000', { timeInForce: 'IOC' });
    expect(await native(ioc.id)).toMatchObject({ status: 'CANCELLED', cancel_message: '' });
    const fok = await limitBuy('0.01', '61000', { timeInForce: 'FOK' });
    expect((await native(fok.id)).status).toBe('FILLED');
    const timed = await limitBuy('0.01', '50000', { timeInForce: 'GTD', end_time: soon(20_000), postOnly: true });
    expect(await native(timed.id)).toMatchObject({
      status: 'OPEN',
      order_configuration: { limit_limit_gtd: { post_only: true } },
    });
    rig.advance(21_000);
    expect((await native(timed.id)).status).toBe('EXPIRED');
    expect(await refusal(limitBuy('0.01', '61000', { postOnly: true }))).toEqual([
      'INVALID_LIMIT_PRICE_POST_ONLY',
      'UNKNOWN_PREVIEW_FAILURE_REASON',
    ]);
  });

  test('a stop waits for its trigger in its direction', async () => {
    const { id } = await place('limit', 'sell', '0.01', '54900', { stopLossPrice: '55000' });
    expect(await native(id)).toMatchObject({
      status: 'OPEN',
      trigger_status: 'STOP_PENDING',
      order_configuration: { stop_limit_stop_limit_gtc: { stop_direction: 'STOP_DIRECTION_STOP_DOWN' } },
    });
    rig.engine.setPrice('BTC-USD', fixed('54950'), null, rig.now());
    expect(await native(id)).toMatchObject({ status: 'FILLED', trigger_status: 'STOP_TRIGGERED' });
    const timed = await place('limit', 'buy', '0.01', '70100', {
      ...{ triggerPrice: '70000', stop_direction: 'STOP_DIRECTION_STOP_UP', timeInForce: 'GTD' },
      end_time: soon(60_000),
    });
    expect(await native(timed.id)).toMatchObject({
      order_configuration: { stop_limit_stop_limit_gtd: { stop_price: '70000' } },
    });
  });

  test.each([
    ['too little money', ['limit', 'buy', '100', '59000'], 'INSUFFICIENT_FUND', 'PREVIEW_INSUFFICIENT_FUND'],
    ['too little', ['limit', 'buy', '0.00001', '50000'], '', 'PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL'],
    ['too much', ['limit', 'sell', '5000', '59000'], '', 'PREVIEW_INVALID_BASE_SIZE_TOO_LARGE'],
    [
      'a stop on the wrong side',
      ['limit', 'sell', '0.01', '64000', { stopLossPrice: '65000' }],
      '',
      'PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE',
    ],
    [
      'a stop that could not buy',
      ['limit', 'buy', '0.01', '64000', { stopLossPrice: '65000' }],
      '',
      'PREVIEW_STOP_PRICE_ABOVE_LIMIT_PRICE',
    ],
    [
      'a bracket',
      ['limit', 'sell', '0.01', '64000', { order_configuration: { trigger_bracket_gtc: {} } }],
      'UNSUPPORTED_ORDER_CONFIGURATION',
      'UNKNOWN_PREVIEW_FAILURE_REASON',
    ],
    [
      'a price off the step',
      [
        'limit',
        'sell',
        '1',
        '1',
        { order_configuration: { limit_limit_gtc: { base_size: '1', limit_price: '1.001' } } },
      ],
      '',
      'PREVIEW_INVALID_PRICE_PRECISION',
    ],
  ] as const)('%s is refused', async (_name, args, error, preview) => {
    const [type, side, amount, price, params] = args;
    const expected = error === '' ? 'UNKNOWN_FAILURE_REASON' : error;
    expect(await refusal(place(type, side, amount, price, params))).toEqual([expected, preview]);
  });

  test('a body that is no order is a bad request', async () => {
    await expect(place('limit', 'buy', '1', '1', { order_configuration: {} })).rejects.toThrow(ccxt.BadRequest);
    await expect(limitBuy('0.01', '50000', { client_order_id: '' })).rejects.toThrow('INVALID_ARGUMENT');
    await expect(limitBuy('0.01', '50000', { timeInForce: 'GTD', end_time: soon(-1_000) })).rejects.toThrow('end_time');
  });

  test('a client id that was ever used names its first order', async () => {
    const client_order_id = uuid();
    const first = await limitBuy('0.01', '50000', { client_order_id });
    expect((await limitBuy('0.5', '40000', { client_order_id })).id).toBe(first.id);
    await client.cancelOrder(first.id);
    const again = await limitBuy('0.01', '50000', { client_order_id });
    expect(again.id).toBe(first.id);
    expect((await native(again.id)).status).toBe('CANCELLED');
    const stranger = await rig.client(OTHER);
    const other = await stranger.createOrder('BTC/USD', 'limit', 'buy', '0.01' as never, '50000' as never, {
      client_order_id,
    });
    expect(other.id).not.toBe(first.id);
    await expect(stranger.fetchOrder(first.id)).rejects.toThrow('order with this orderID was not found');
    await stranger.cancelOrder(other.id ?? '');
  });
});

describe('changes', () => {
  const edit = async (order_id: string, terms: Record<string, string>) => {
    const answer = (await client.v3PrivatePostBrokerageOrdersEdit({ order_id, ...terms })) as {
      success: boolean;
      errors: { edit_failure_reason: string; preview_failure_reason: string }[];
    };
    return answer.success ? true : answer.errors[0]?.edit_failure_reason;
  };

  test('an edit keeps id and fills; its size is the total', async () => {
    const { id } = await limitBuy('0.1', '50000');
    rig.engine.setPrice('BTC-USD', fixed('49999'), fixed('0.04'), rig.now());
    expect(await edit(id, { size: '0.2', price: '48000.5' })).toBe(true);
    expect(await native(id)).toMatchObject({
      status: 'OPEN',
      filled_size: '0.04',
      order_configuration: { limit_limit_gtc: { base_size: '0.2', limit_price: '48000.5' } },
      edit_history: [{ size: '0.2', price: '48000.5' }],
    });
    expect(await edit(id, { size: '0.04', price: '48000.5' })).toBe('CANNOT_EDIT_TO_BELOW_FILLED_SIZE');
    expect(await edit(id, { size: '0.2', price: '48000.5' })).toBe('EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST');
    // A size that is left out counts as 0.
    expect(await edit(id, { price: '48001' })).toBe('INVALID_EDITED_SIZE');
    expect(await edit(id, { size: '0.2', price: '48000.505' })).toBe('INVALID_EDITED_PRICE');
    await client.cancelOrder(id);
    expect(await edit(id, { size: '0.3', price: '48000' })).toBe('ONLY_OPEN_ORDERS_CAN_BE_EDITED');
    expect(await edit('nothing', { size: '0.3', price: '48000' })).toBe('ORDER_NOT_FOUND');
    const timed = await limitBuy('0.01', '50000', { timeInForce: 'GTD', end_time: soon(60_000) });
    expect(await edit(timed.id, { size: '0.02', price: '48000' })).toBe('ONLY_LIMIT_ORDER_EDITS_SUPPORTED');
    // ccxt answers the same for both.
    expect(await client.editOrder(timed.id, 'BTC/USD', 'limit', 'buy', '0.02' as never, '1' as never)).toMatchObject({
      info: { success: false },
    });
  });

  test('cancels answer each order by itself', async () => {
    const { id } = await limitBuy('0.01', '50000');
    const filled = await place('market', 'sell', '0.01');
    const { results } = (await client.v3PrivatePostBrokerageOrdersBatchCancel({
      order_ids: [id, filled.id, 'nothing'],
    })) as { results: { success: boolean; failure_reason: string; order_id: string }[] };
    expect(results.map((result) => [result.success, result.failure_reason])).toEqual([
      [true, 'UNKNOWN_CANCEL_FAILURE_REASON'],
      [false, 'ORDER_IS_FULLY_FILLED'],
      [false, 'UNKNOWN_CANCEL_ORDER'],
    ]);
    expect(await native(id)).toMatchObject({ status: 'CANCELLED', cancel_message: 'User requested cancel' });
    await expect(client.cancelOrder(id)).rejects.toThrow(ccxt.BadRequest);
  });
});

describe('lists', () => {
  interface OrderPage {
    readonly orders: { readonly order_id: string; readonly status: string }[];
    readonly has_next: boolean;
    readonly cursor: string;
  }
  const batch = async (parameters: object) =>
    (await client.v3PrivateGetBrokerageOrdersHistoricalBatch(parameters)) as unknown as OrderPage;

  test('pages follow the cursor, newest first, also while orders come', async () => {
    const ids: string[] = [];
    for (let nth = 0; nth < 5; nth += 1) ids.unshift((await limitBuy('0.01', '50000')).id);
    const first = await batch({ order_status: 'OPEN', limit: 2 });
    expect(first).toMatchObject({ has_next: true, orders: [{ order_id: ids[0] }, { order_id: ids[1] }] });
    await limitBuy('0.01', '50000');
    const second = await batch({ order_status: 'OPEN', limit: 2, cursor: first.cursor });
    const third = await batch({ order_status: 'OPEN', limit: 2, cursor: second.cursor });
    expect([...second.orders, ...third.orders].map((order) => order.order_id)).toEqual(ids.slice(2));
    expect(third).toMatchObject({ has_next: false, cursor: '' });
  });

  test('by time, by status, by product', async () => {
    const before = soon(0);
    const { id } = await limitBuy('0.01', '50000');
    expect((await batch({ start_date: before })).orders.map((order) => order.order_id)).toContain(id);
    expect((await batch({ start_date: soon(1_000) })).orders).toEqual([]);
    expect((await batch({ product_id: 'ETH-USD' })).orders).toEqual([]);
    await client.cancelOrder(id);
    expect((await client.fetchCanceledOrders('BTC/USD')).map((order) => order.id)).toContain(id);
    expect((await client.fetchClosedOrders('BTC/USD')).every((order) => order.status === 'closed')).toBe(true);
    await expect(batch({ order_status: ['OPEN', 'FILLED'] })).rejects.toThrow('INVALID_ARGUMENT');
  });

  test('fills have pages too', async () => {
    for (let nth = 0; nth < 3; nth += 1) await place('market', 'sell', '0.001');
    const page = async (cursor?: string) =>
      (await client.v3PrivateGetBrokerageOrdersHistoricalFills({
        limit: 2,
        ...(cursor ? { cursor } : {}),
      })) as unknown as {
        fills: { trade_id: string }[];
        cursor: string;
      };
    const first = await page();
    const second = await page(first.cursor);
    const ids = [...first.fills, ...second.fills].map((fill) => fill.trade_id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(2);
  });
});
