import ccxt from 'ccxt';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { endOfDay } from './order-request.ts';
import type { Deribit, Info } from './testing.ts';
import { resultOf, Rig } from './testing.ts';

/** Orders of every kind through the unmodified ccxt class. */

let rig: Rig;
let client: Deribit;

beforeAll(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
afterAll(() => rig.close());
beforeEach(async () => {
  await client.cancelAllOrders();
  await rig.price('BTC-USDC', '60000');
  await rig.price('BTC-USDC-PERPETUAL', '60000');
});

const SPOT = 'BTC/USDC';
const PERPETUAL = 'BTC/USDC:USDC';
const create = (symbol: string, type: string, side: 'buy' | 'sell', amount: string, price?: string, params = {}) =>
  client.createOrder(symbol, type, side, amount as never, price as never, params);
const state = (order_id: string) => resultOf(client.privateGetGetOrderState({ order_id }));
const byLabel = (label: string) => resultOf<Info[]>(client.privateGetGetOrderStateByLabel({ currency: 'USDC', label }));
let labels = 0;
const freshLabel = (): string => `label-${(labels += 1)}`;

describe('markets', () => {
  test('pairs and perpetuals that are settled in their quote', () => {
    expect(client.market(SPOT)).toMatchObject({ id: 'BTC_USDC', spot: true, type: 'spot' });
    expect(client.market(PERPETUAL)).toMatchObject({ id: 'BTC_USDC-PERPETUAL', swap: true, linear: true });
    expect(Object.keys(client.markets ?? {})).toHaveLength(12);
  });

  test('time, ticker, tickers, book and trades', async () => {
    expect(Math.abs(((await client.fetchTime()) ?? 0) - rig.now())).toBeLessThan(5_000);
    const ticker = await client.fetchTicker(SPOT);
    expect(Number(ticker.ask)).toBeGreaterThan(Number(ticker.bid));
    expect(ticker.last).toBe('60000');
    await create(SPOT, 'market', 'buy', '0.01');
    expect((await client.fetchTrades(SPOT)).length).toBeGreaterThan(0);
    expect((await client.fetchOrderBook(SPOT)).bids).toHaveLength(1);
    expect(Object.keys(await client.fetchTickers(undefined, { currency: 'USDC' }))).toContain(SPOT);
    expect((await client.fetchStatus()).status).toBe('ok');
  });
});

describe('orders', () => {
  test('a limit order rests, is found by both ids, and is cancelled', async () => {
    const label = freshLabel();
    const placed = await create(SPOT, 'limit', 'buy', '0.25', '50000.5', { label });
    expect(placed.info).toMatchObject({ order_state: 'open', label, amount: 0.25, price: 50000.5, api: true });
    expect(placed.clientOrderId).toBeUndefined();
    const id = placed.id ?? '';
    expect(await client.fetchOrder(id)).toMatchObject({ id, status: 'open', amount: '0.25', filled: '0' });
    expect(await byLabel(label)).toMatchObject([{ order_id: id }]);
    expect((await client.fetchOpenOrders(SPOT)).map((order) => order.id)).toEqual([id]);
    expect(await client.cancelOrder(id)).toMatchObject({ status: 'canceled' });
    expect(await state(id)).toMatchObject({ order_state: 'cancelled', cancel_reason: 'user_request' });
    await expect(client.cancelOrder(id)).rejects.toThrow(/"code":11044,"message":"not_open_order"/);
    await expect(client.cancelOrder('46000999999')).rejects.toThrow(ccxt.OrderNotFound);
    await expect(client.fetchOrder('nothing')).rejects.toThrow(ccxt.OrderNotFound);
  });

  test('a market order fills at once; the fee of a purchase is in what was bought', async () => {
    const placed = await create(SPOT, 'market', 'buy', '0.01', undefined, { label: freshLabel() });
    expect(placed.info).toMatchObject({ order_state: 'filled', order_type: 'market', filled_amount: 0.01 });
    const trades = await client.fetchOrderTrades(placed.id ?? '');
    expect(trades[0]?.info).toMatchObject({ liquidity: 'T', fee_currency: 'BTC', fee: 0.000005, amount: 0.01 });
    const sold = await create(SPOT, 'market', 'sell', '0.01');
    expect((await client.fetchOrderTrades(sold.id ?? ''))[0]?.info).toMatchObject({ fee_currency: 'USDC' });
  });

  test('IOC and FOK never rest', async () => {
    const ioc = await create(SPOT, 'limit', 'buy', '0.1', '40000', { timeInForce: 'IOC' });
    expect(ioc.info).toMatchObject({ order_state: 'cancelled', time_in_force: 'immediate_or_cancel' });
    expect(ioc.info).not.toHaveProperty('cancel_reason');
    const fok = await create(SPOT, 'limit', 'buy', '0.01', '61000', { timeInForce: 'FOK' });
    expect(fok.info).toMatchObject({ order_state: 'filled', time_in_force: 'fill_or_kill' });
  });

  test('what is good for the day ends at 08:00 UTC', async () => {
    expect(new Date(endOfDay(Date.UTC(2026, 1, 3, 7, 59))).toISOString()).toBe('2026-02-03T08:00:00.000Z');
    expect(new Date(endOfDay(Date.UTC(2026, 1, 3, 8))).toISOString()).toBe('2026-02-04T08:00:00.000Z');
    const placed = await create(SPOT, 'limit', 'buy', '0.1', '40000', { time_in_force: 'good_til_day' });
    expect(placed.info).toMatchObject({ order_state: 'open', time_in_force: 'good_til_day' });
    rig.advance(endOfDay(rig.now()) - rig.now() + 1_000);
    expect(await state(placed.id ?? '')).toMatchObject({ order_state: 'cancelled' });
  });

  test('a crossing post-only order is refused, or put where it rests', async () => {
    await expect(create(SPOT, 'limit', 'buy', '0.1', '61000', { postOnly: true })).rejects.toThrow(/11054/);
    const { ask } = await client.fetchTicker(SPOT);
    const placed = await create(SPOT, 'limit', 'buy', '0.1', '61000', { post_only: true, reject_post_only: false });
    expect(Number(placed.price)).toBeCloseTo(Number(ask) - 0.01, 6);
    await expect(
      create(SPOT, 'limit', 'buy', '0.1', '50000', { postOnly: true, timeInForce: 'IOC' }),
    ).rejects.toThrow();
  });

  test.each([
    ['no money', '5000', '50000', {}, ccxt.InsufficientFunds, '10009'],
    ['off the tick', '0.1', '50000.001', {}, ccxt.InvalidOrder, '10043'],
    ['too little', '0.00001', '50000', {}, ccxt.InvalidOrder, '10002'],
    ['off the step', '0.00015', '50000', {}, ccxt.BadRequest, '-32602'],
    ['too long a label', '0.1', '50000', { label: 'x'.repeat(65) }, ccxt.BadRequest, '-32602'],
    ['too late', '0.1', '50000', { valid_until: 1_000 }, ccxt.ExchangeError, '13888'],
    ['reduce-only on a pair', '0.1', '50000', { reduceOnly: true }, ccxt.BadRequest, '11047'],
    ['no such time in force', '0.1', '50000', { time_in_force: 'forever' }, ccxt.BadRequest, '-32602'],
  ])('%s is refused', async (_name, amount, price, params, type, code) => {
    const request = { instrument_name: 'BTC_USDC', type: 'limit', amount, price, ...params };
    const { reduceOnly, ...native } = request as typeof request & { reduceOnly?: boolean };
    const call = client.privateGetBuy(reduceOnly === true ? { ...native, reduce_only: true } : native);
    await expect(call).rejects.toThrow(type);
    await expect(call).rejects.toThrow(`"code":${code}`);
    expect(await client.fetchOpenOrders(SPOT)).toEqual([]);
  });

  test('labels are not unique, and a cancel by label takes all of them', async () => {
    const label = freshLabel();
    for (const price of ['50000', '50001']) await create(SPOT, 'limit', 'buy', '0.1', price, { label });
    expect(await byLabel(label)).toHaveLength(2);
    const open = client.privateGetGetOpenOrdersByLabel({ currency: 'USDC', label });
    expect(await resultOf<Info[]>(open)).toHaveLength(2);
    const edit = { instrument_name: 'BTC_USDC', amount: 0.1, price: 50002, label };
    await expect(client.privateGetEditByLabel(edit)).rejects.toThrow(/more than one/);
    expect(await resultOf(client.privateGetCancelByLabel({ label, currency: 'USDC' }))).toBe(2);
    expect(await resultOf(client.privateGetCancelByLabel({ label }))).toBe(0);
    expect(await byLabel(label)).toMatchObject([{ order_state: 'cancelled' }, { order_state: 'cancelled' }]);
  });

  test('a partial fill, then the rest is cancelled', async () => {
    const { id = '' } = await create(SPOT, 'limit', 'buy', '0.3', '50000');
    await rig.price('BTC-USDC', '50000', '0.1');
    expect(await state(id)).toMatchObject({ order_state: 'open', filled_amount: 0.1, average_price: 50000 });
    await client.cancelOrder(id);
    expect(await state(id)).toMatchObject({ order_state: 'cancelled', filled_amount: 0.1 });
  });

  test('the cancels of many say how many', async () => {
    await create(SPOT, 'limit', 'buy', '0.1', '50000');
    await create('ETH/USDC', 'limit', 'buy', '0.1', '2000');
    await create('ETH/BTC', 'limit', 'buy', '0.1', '0.02');
    expect(await resultOf(client.privateGetCancelAllByInstrument({ instrument_name: 'BTC_USDC' }))).toBe(1);
    expect(await resultOf(client.privateGetCancelAllByCurrency({ currency: 'BTC' }))).toBe(1);
    expect(await resultOf(client.privateGetCancelAll({}))).toBe(1);
  });
});

describe('edits', () => {
  test('change price and size in place, and may fill', async () => {
    const { id = '' } = await create(SPOT, 'limit', 'buy', '0.2', '50000');
    const edited = await client.editOrder(id, SPOT, 'limit', 'buy', '0.3' as never, '50100' as never);
    expect(edited.info).toMatchObject({ order_id: id, amount: 0.3, price: 50100, replaced: true });
    const filled = await client.editOrder(id, SPOT, 'limit', 'buy', '0.3' as never, '61000' as never);
    expect(filled.info).toMatchObject({ order_id: id, order_state: 'filled' });
    await expect(client.editOrder(id, SPOT, 'limit', 'buy', '0.3' as never, '50000' as never)).rejects.toThrow(/11044/);
  });

  test('by label, and never below what is filled', async () => {
    const label = freshLabel();
    const { id = '' } = await create(SPOT, 'limit', 'buy', '0.3', '50000', { label });
    await rig.price('BTC-USDC', '50000', '0.1');
    const edit = { instrument_name: 'BTC_USDC', label, price: 50000 };
    await expect(client.privateGetEditByLabel({ ...edit, amount: 0.1 })).rejects.toThrow(/10021/);
    await client.privateGetEditByLabel({ ...edit, amount: 0.2 });
    expect(await state(id)).toMatchObject({ amount: 0.2, filled_amount: 0.1, order_state: 'open' });
    await expect(client.privateGetEditByLabel({ ...edit, label: 'nobody', amount: 0.2 })).rejects.toThrow(/10004/);
  });

  test('that would let a post-only order take cancels it where it rejects that', async () => {
    const { id = '' } = await create(SPOT, 'limit', 'buy', '0.1', '50000', { postOnly: true });
    await client.editOrder(id, SPOT, 'limit', 'buy', '0.1' as never, '61000' as never);
    expect(await state(id)).toMatchObject({ order_state: 'cancelled', cancel_reason: 'edit_post_only_reject' });
  });
});

describe('stops', () => {
  test('wait, create an order of their own, and are followed by it', async () => {
    const label = freshLabel();
    const params = { stopLossPrice: '61000', label };
    const stop = await create(SPOT, 'limit', 'buy', '0.1', '62000', params);
    const stopId = stop.id ?? '';
    expect(stop.info).toMatchObject({
      order_state: 'untriggered',
      order_type: 'stop_limit',
      trigger: 'last_price',
      trigger_price: 61000,
      triggered: false,
      filled_amount: 0,
    });
    expect((await client.fetchOpenOrders(SPOT)).map((order) => order.id)).toEqual([stopId]);
    await rig.price('BTC-USDC', '61000');
    expect(await state(stopId)).toMatchObject({ order_state: 'triggered', filled_amount: 0 });
    const [created] = (await byLabel(label)).filter((one) => one['trigger_order_id'] === stopId);
    expect(created).toMatchObject({ order_type: 'limit', order_state: 'filled', filled_amount: 0.1 });
    const createdId = String(created?.['order_id']);
    expect(await state(createdId)).toMatchObject({ order_state: 'filled', trigger_order_id: stopId });
    expect((await client.fetchOrderTrades(createdId)).map((trade) => trade.order)).toEqual([createdId]);
    expect(await client.fetchOrderTrades(stopId)).toEqual([]);
    await expect(client.cancelOrder(stopId)).rejects.toThrow(/11044/);
    const log = await resultOf<{ entries: Info[] }>(client.privateGetGetTriggerOrderHistory({ currency: 'USDC' }));
    expect(log.entries.slice(0, 2)).toMatchObject([
      { order_state: 'triggered', trigger_order_id: stopId, order_id: createdId },
      { order_state: 'new', trigger_order_id: stopId },
    ]);
  });

  test('are changed and cancelled while they wait', async () => {
    const stop = await create(SPOT, 'market', 'sell', '0.1', undefined, { stopLossPrice: '55000' });
    const id = stop.id ?? '';
    expect(stop.info).toMatchObject({ order_type: 'stop_market', price: 'market_price' });
    await client.privateGetEdit({ order_id: id, amount: 0.2, trigger_price: 56000 });
    expect(await state(id)).toMatchObject({ amount: 0.2, trigger_price: 56000, order_state: 'untriggered' });
    expect((await client.cancelOrder(id)).status).toBe('canceled');
  });

  test('that rest once triggered are cancelled by the id of what they created', async () => {
    const stop = await create(SPOT, 'limit', 'buy', '0.1', '60500', { stopLossPrice: '61000' });
    await rig.price('BTC-USDC', '61000');
    const [created] = await resultOf<Info[]>(client.privateGetGetOpenOrders({}));
    expect(created).toMatchObject({ trigger_order_id: stop.id, order_state: 'open', price: 60500 });
    expect((await client.cancelOrder(String(created?.['order_id']))).status).toBe('canceled');
  });

  test('on the wrong side, or with what is not documented for them, are refused', async () => {
    await expect(create(SPOT, 'market', 'buy', '0.1', undefined, { stopLossPrice: '59000' })).rejects.toThrow(/10035/);
    await expect(create(SPOT, 'market', 'sell', '0.1', undefined, { stopLossPrice: '61000' })).rejects.toThrow(/10034/);
    const ioc = { stopLossPrice: '61000', timeInForce: 'IOC' };
    await expect(create(SPOT, 'limit', 'buy', '0.1', '62000', ioc)).rejects.toThrow(/11047/);
  });

  test('ccxt ignores triggerPrice: a plain order goes out at once', async () => {
    const plain = await create(SPOT, 'market', 'buy', '0.01', undefined, { triggerPrice: '70000' });
    expect(plain.info).toMatchObject({ order_type: 'market', order_state: 'filled' });
  });
});

describe('perpetuals', () => {
  test('are sold without owning the base, charged in the quote, and shown as positions', async () => {
    const before = await client.fetchBalance();
    const sold = await create(PERPETUAL, 'market', 'sell', '0.5');
    expect(sold.info).toMatchObject({ order_state: 'filled', reduce_only: false, is_liquidation: false });
    expect((await client.fetchOrderTrades(sold.id ?? ''))[0]?.info).toMatchObject({ fee_currency: 'USDC' });
    expect((await client.fetchBalance())['BTC']).toEqual(before['BTC']);
    const [position] = await client.fetchPositions([PERPETUAL]);
    expect(position?.info).toMatchObject({ direction: 'sell', size: -0.5 });
    const spare = create(PERPETUAL, 'market', 'sell', '0.1', undefined, { reduceOnly: true });
    await expect(spare).rejects.toThrow(/11030/);
    const back = await create(PERPETUAL, 'market', 'buy', '0.5', undefined, { reduceOnly: true });
    expect(back.info).toMatchObject({ order_state: 'filled', reduce_only: true });
    expect(await client.fetchPositions([PERPETUAL])).toEqual([]);
  });
});
