import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fixed } from '../../engine/fixed.ts';
import { ACCOUNT, idOf, infoOf, OTHER, refusal, Rig, UNIFIED } from './testing.ts';
import type { Mexc } from './testing.ts';

// The unmodified ccxt class against the simulator: what a client of the exchange sees.

let rig: Rig;
let client: Mexc;
let serial = 0;
const id = (): string => `t${(serial += 1)}`;
const number = (text: string): never => text as never;

beforeAll(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
beforeEach(async () => {
  await rig.reset();
  await rig.setPrice('90000');
});
afterAll(() => rig.close());

const resting = (clientOrderId = id(), amount = '0.25', price = '80000.5') =>
  client.createOrder(UNIFIED, 'limit', 'buy', number(amount), number(price), { clientOrderId });
const limit = (price: string, params: object, amount = '0.25') =>
  client.createOrder(UNIFIED, 'limit', 'buy', number(amount), number(price), params);
const market = (amount: string, params: object = {}) =>
  client.createOrder(UNIFIED, 'market', 'buy', number(amount), undefined, params);
const byClientId = (clientOrderId: string) => client.fetchOrder(undefined as never, UNIFIED, { clientOrderId });

describe('placing', () => {
  test('a limit order rests with exact terms and is found by both ids; its answer has neither id nor state', async () => {
    const clientOrderId = id();
    const placed = await resting(clientOrderId);
    expect(Object.keys(infoOf(placed)).sort()).toEqual(
      ['symbol', 'orderId', 'orderListId', 'price', 'origQty', 'type', 'side', 'transactTime'].sort(),
    );
    for (const order of [await byClientId(clientOrderId), await client.fetchOrder(idOf(placed), UNIFIED)]) {
      expect([order.id, order.status, order.filled, order.amount, order.price, order.clientOrderId]).toEqual([
        ...[placed.id, 'open', '0', '0.25', '80000.5', clientOrderId],
      ]);
      expect(infoOf(order)).toMatchObject({ status: 'NEW', type: 'LIMIT', timeInForce: null });
    }
    for (const list of [await client.fetchOpenOrders(UNIFIED), await client.fetchOpenOrders()]) {
      expect(list.map((order) => order.id)).toEqual([placed.id]);
    }
  });

  test('a market order fills at once over several levels and pays its fee in the quote currency', async () => {
    const order = await market('0.3', { clientOrderId: id() });
    const seen = await client.fetchOrder(idOf(order), UNIFIED);
    expect([seen.status, seen.filled]).toEqual(['closed', '0.3']);
    const trades = await client.fetchMyTrades(UNIFIED, undefined, undefined, { orderId: order.id });
    expect(trades.length).toBeGreaterThan(1);
    expect(trades.every((trade) => trade.fee?.currency === 'USDT' && trade.takerOrMaker === 'taker')).toBe(true);
    expect(trades.every((trade) => infoOf(trade)['clientOrderId'] === seen.clientOrderId)).toBe(true);
  });

  test('market orders by amount spend no more than that', async () => {
    const bought = await client.createMarketBuyOrderWithCost(UNIFIED, number('100'));
    const seen = infoOf(await client.fetchOrder(idOf(bought), UNIFIED));
    expect(seen).toMatchObject({ status: 'FILLED', origQty: '0', origQuoteOrderQty: '100' });
    const spent = fixed(String(seen['cummulativeQuoteQty']));
    expect(spent <= fixed('100') && spent > fixed('98')).toBe(true);
    const sold = await client.createMarketSellOrderWithCost(UNIFIED, number('100'));
    expect((await client.fetchOrder(idOf(sold), UNIFIED)).status).toBe('closed');
    // A price makes an amount of it.
    const priced = await client.createOrder(UNIFIED, 'market', 'buy', number('0.001'), number('90000'));
    expect(infoOf(await client.fetchOrder(idOf(priced), UNIFIED))).toMatchObject({ origQuoteOrderQty: '90' });
  });

  test('the rest of IOC and FOK is cancelled', async () => {
    const { ask } = await client.fetchTicker(UNIFIED);
    const partly = await limit(String(ask), { timeInForce: 'IOC' }, '5');
    expect(infoOf(await client.fetchOrder(idOf(partly), UNIFIED))).toMatchObject({
      ...{ type: 'IMMEDIATE_OR_CANCEL', status: 'PARTIALLY_CANCELED' },
    });
    const nothing = await limit('80000', { timeInForce: 'IOC' });
    expect(infoOf(await client.fetchOrder(idOf(nothing), UNIFIED))).toMatchObject({ status: 'CANCELED' });
    const killed = await limit(String(ask), { timeInForce: 'FOK' }, '5');
    expect(infoOf(await client.fetchOrder(idOf(killed), UNIFIED))).toMatchObject({
      ...{ type: 'FILL_OR_KILL', status: 'CANCELED', executedQty: '0' },
    });
  });

  test('there are no stops and no GTD: a plain order goes out at once', async () => {
    for (const params of [{ stopLossPrice: '70000' }, { triggerPrice: '70000' }, { timeInForce: 'GTD' }]) {
      const order = await limit('80000', params);
      expect(infoOf(await client.fetchOrder(idOf(order), UNIFIED))).toMatchObject({ type: 'LIMIT', status: 'NEW' });
    }
    const sold = await client.createOrder(UNIFIED, 'market', 'sell', number('0.1'), undefined, {
      stopLossPrice: '70000',
      reduceOnly: true,
    });
    expect((await client.fetchOrder(idOf(sold), UNIFIED)).status).toBe('closed');
  });

  test('partial fills by a set price with a size', async () => {
    const order = await resting();
    await rig.setPrice('80000', '0.1');
    const seen = await client.fetchOrder(idOf(order), UNIFIED);
    expect([infoOf(seen)['status'], seen.filled, seen.remaining]).toEqual(['PARTIALLY_FILLED', '0.1', '0.15']);
    await rig.setPrice('80000');
    expect((await client.fetchOrder(idOf(order), UNIFIED)).status).toBe('closed');
    const [trade] = await client.fetchMyTrades(UNIFIED);
    expect([trade?.takerOrMaker, trade?.fee?.cost]).toEqual(['maker', '0']);
  });

  test('the same client id is taken again and again', async () => {
    const clientOrderId = id();
    const first = await resting(clientOrderId);
    const second = await resting(clientOrderId);
    expect(second.id).not.toBe(first.id);
    expect(await client.fetchOpenOrders(UNIFIED)).toHaveLength(2);
  });

  test('a batch: each order by itself', async () => {
    const order = (price: string) => ({
      ...{ symbol: UNIFIED, type: 'limit', side: 'buy', amount: number('0.25'), price: number(price) },
      params: { clientOrderId: id() },
    });
    const [good, bad] = await client.createOrders([order('80000'), order('80000.001'), order('81000')] as never);
    expect(good?.id).toMatch(/^C02__/);
    // ccxt cuts prices to their step before they go out.
    expect(bad?.id).toMatch(/^C02__/);
    const raw = (await client.spotPrivatePostBatchOrders({
      batchOrders: JSON.stringify([
        { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', quantity: '0.1', price: '80000', newClientOrderId: 'b1' },
        { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', quantity: '0.000001', price: '1', newClientOrderId: 'b2' },
      ]),
    })) as Record<string, unknown>[];
    expect(raw).toMatchObject([
      { symbol: 'BTCUSDT', newClientOrderId: 'b1' },
      { newClientOrderId: 'b2', code: 30002 },
    ]);
  });
});

describe('refusals, with the class that ccxt makes of them', () => {
  const raw = (params: object) => refusal(client.spotPrivatePostOrder({ symbol: 'BTCUSDT', side: 'BUY', ...params }));

  test.each([
    [-1121, 'BadSymbol', 'Invalid symbol', { symbol: 'BTCXXX', type: 'MARKET', quantity: '0.1' }],
    [-1128, 'BadRequest', 'Combination of optional', { type: 'MARKET' }],
    [-1128, 'BadRequest', 'Combination of optional', { type: 'MARKET', quantity: '1', quoteOrderQty: '5' }],
    [700004, 'BadRequest', "'price'", { type: 'LIMIT', quantity: '0.1' }],
    [700004, 'BadRequest', "'price'", { type: 'IMMEDIATE_OR_CANCEL', quantity: '0.1' }],
    [700004, 'BadRequest', "'type'", { type: 'STOP_LIMIT', quantity: '0.1' }],
    [700008, 'BadRequest', "'newClientOrderId'", { type: 'MARKET', quantity: '0.1', newClientOrderId: 'a b' }],
    [400, 'BadRequest', 'quantity scale is invalid', { type: 'MARKET', quantity: '0.000000001' }],
    [400, 'BadRequest', 'price scale is invalid', { type: 'LIMIT', quantity: '0.1', price: '80000.001' }],
    [30002, 'InvalidOrder', 'minimum transaction volume', { type: 'MARKET', quoteOrderQty: '0.99' }],
    [30002, 'InvalidOrder', 'minimum transaction volume', { type: 'LIMIT', quantity: '0.00001', price: '80000' }],
    [30004, 'InsufficientFunds', 'Insufficient position', { type: 'LIMIT', quantity: '30', price: '80000' }],
    [30004, 'InsufficientFunds', 'Insufficient position', { type: 'LIMIT', quantity: '500', price: '80000' }],
    [
      ...([30005, 'InsufficientFunds', 'Oversold'] as const),
      { symbol: 'ETHUSDT', side: 'SELL', type: 'LIMIT', quantity: '400', price: '3100' },
    ],
    [
      ...([30005, 'InsufficientFunds', 'Oversold'] as const),
      { symbol: 'ETHUSDT', side: 'SELL', type: 'LIMIT', quantity: '4000', price: '3100' },
    ],
    [30041, 'InvalidOrder', 'current order type', { type: 'LIMIT_MAKER', quantity: '0.1', price: '99000' }],
    [30019, 'BadRequest', 'api market order is disabled', { symbol: 'MXUSDT', type: 'MARKET', quantity: '100' }],
  ] as readonly (readonly [number, string, string, object])[])('%d %s: %s', async (code, kind, text, params) => {
    const answer = await raw(params);
    expect(answer).toMatchObject({ kind });
    expect(answer.text).toContain(`"code":${code},`);
    expect(answer.text).toContain(text);
    expect([...rig.exchange.engine.allOrders]).toHaveLength(0);
  });

  test('more than the maximum, of who could pay for it', async () => {
    rig.exchange.register(ACCOUNT, { USDT: '100000000' });
    expect((await raw({ type: 'LIMIT', quantity: '500', price: '80000' })).text).toContain('"code":30003,');
  });

  test('key, signature, clock', async () => {
    const stranger = await rig.client({ apiKey: 'nobody', secret: 'x' });
    expect((await refusal(stranger.fetchBalance())).text).toContain('"code":10072,');
    const forger = await rig.client({ apiKey: ACCOUNT.apiKey, secret: 'wrong' });
    expect(await refusal(forger.fetchBalance())).toMatchObject({ kind: 'AuthenticationError' });
    const late = await rig.client();
    for (const offset of [-6_000, 1_500]) {
      late.milliseconds = () => rig.now() + offset;
      const { kind, text } = await refusal(late.fetchBalance());
      expect(kind).toBe('InvalidNonce');
      expect(text).toContain('"code":700003,');
    }
    late.milliseconds = () => rig.now() - 6_000;
    late.options['recvWindow'] = 10_000;
    expect((await late.fetchBalance())['BTC']).toBeDefined();
    late.options['recvWindow'] = 60_001;
    expect((await refusal(late.fetchBalance())).text).toContain('"code":700005,');
  });

  test('what another account holds does not exist', async () => {
    const other = await rig.client(OTHER);
    const order = await resting();
    expect((await refusal(other.fetchOrder(idOf(order), UNIFIED))).text).toContain('"code":-2013,');
    expect((await refusal(other.cancelOrder(idOf(order), UNIFIED))).text).toContain('"code":-2011,');
    expect(await other.fetchOpenOrders(UNIFIED)).toEqual([]);
    expect(await other.fetchMyTrades(UNIFIED)).toEqual([]);
  });

  test('500 open orders, times the scale', async () => {
    rig.exchange.limits = { enabled: true, scale: 0.004 };
    await resting();
    await resting();
    // Past the window of the rate limit, which the scale has made as small.
    rig.advance(10_000);
    expect((await refusal(resting())).text).toContain('"code":30029,');
  });

  test('each endpoint has its own limit', async () => {
    rig.exchange.limits = { enabled: true, scale: 0.1 };
    for (let nth = 0; nth < 5; nth += 1) await client.fetchMyTrades(UNIFIED);
    const refused = await refusal(client.fetchMyTrades(UNIFIED));
    expect(refused.kind).toBe('RateLimitExceeded');
    expect(Number(client.last_response_headers?.['Retry-After'])).toBeGreaterThan(0);
    expect(await client.fetchOpenOrders(UNIFIED)).toEqual([]);
    rig.advance(10_000);
    expect(await client.fetchMyTrades(UNIFIED)).toEqual([]);
  });
});

describe('cancelling', () => {
  test('a cancel has its own id and leaves what was filled', async () => {
    const clientOrderId = id();
    const order = await resting(clientOrderId);
    await rig.setPrice('80000', '0.1');
    const cancelled = infoOf(await client.cancelOrder(undefined as never, UNIFIED, { clientOrderId }));
    expect(cancelled).toMatchObject({
      ...{ origClientOrderId: clientOrderId, status: 'PARTIALLY_CANCELED', executedQty: '0.1' },
    });
    expect(cancelled['clientOrderId']).not.toBe(clientOrderId);
    expect((await client.fetchOrder(idOf(order), UNIFIED)).status).toBe('canceled');
    const twice = await refusal(client.cancelOrder(idOf(order), UNIFIED));
    expect(twice.text).toContain('"code":-2011,');
    expect((await refusal(client.spotPrivateDeleteOrder({ symbol: 'BTCUSDT' }))).text).toContain('"code":700004,');
  });

  test('cancel all cancels the symbol only', async () => {
    await resting();
    await resting();
    const other = await client.createOrder('ETH/USDT', 'limit', 'buy', number('1'), number('2000'));
    expect(await client.cancelAllOrders(UNIFIED)).toHaveLength(2);
    expect((await client.fetchOpenOrders()).map((order) => order.id)).toEqual([other.id]);
    expect(await client.cancelAllOrders(UNIFIED)).toEqual([]);
  });

  test('the operator cancels, and hides an order from the listing', async () => {
    const order = await resting('hidden1');
    const another = await resting();
    await rig.admin('POST /faults', { exchange: 'mexc', fault: 'hideFromOpenOrders', clientId: 'hidden1', times: 1 });
    expect((await client.fetchOpenOrders(UNIFIED)).map((one) => one.id)).toEqual([another.id]);
    await rig.admin('POST /orders/cancel', { exchange: 'mexc', exchangeOrderId: order.id });
    expect((await client.fetchOrder(idOf(order), UNIFIED)).status).toBe('canceled');
  });
});

describe('history', () => {
  test('the latest come first; a window and a limit cut', async () => {
    const placed: string[] = [];
    for (let nth = 0; nth < 4; nth += 1) {
      placed.push(idOf(await resting(id(), '0.01')));
      rig.advance(1_000);
    }
    const raw = async (params: object) =>
      ((await client.spotPrivateGetAllOrders({ symbol: 'BTCUSDT', ...params })) as { orderId: string }[]).map(
        (one) => one.orderId,
      );
    expect(await raw({})).toEqual([...placed].reverse());
    expect(await raw({ limit: 2 })).toEqual([placed[3], placed[2]]);
    expect(await raw({ startTime: rig.now() - 3_500, endTime: rig.now() - 1_500 })).toEqual([placed[2], placed[1]]);
    await rig.setPrice('80000');
    expect(await client.fetchMyTrades(UNIFIED)).toHaveLength(4);
    expect(await client.fetchMyTrades(UNIFIED, undefined, 3)).toHaveLength(3);
  });

  test('orders are listed for a day unless asked, for seven at most; trades for a month', async () => {
    const order = await resting();
    await rig.setPrice('80000');
    rig.advance(2 * 86_400_000);
    expect(await client.fetchOrders(UNIFIED)).toEqual([]);
    expect(await client.fetchOrders(UNIFIED, rig.now() - 3 * 86_400_000)).toHaveLength(1);
    expect(await client.fetchMyTrades(UNIFIED)).toHaveLength(1);
    rig.advance(6 * 86_400_000);
    expect(await client.fetchOrders(UNIFIED, rig.now() - 9 * 86_400_000)).toEqual([]);
    rig.advance(25 * 86_400_000);
    expect(await client.fetchMyTrades(UNIFIED, rig.now() - 40 * 86_400_000)).toEqual([]);
    expect((await client.fetchOrder(idOf(order), UNIFIED)).status).toBe('closed');
  });

  test('balances show what is held', async () => {
    const before = await client.fetchBalance();
    await resting();
    const after = await client.fetchBalance();
    // With the fee that taking it all would cost.
    expect(fixed(String(after['USDT']?.used)) - fixed(String(before['USDT']?.used))).toBe(fixed('20010.1250625'));
  });
});

describe('public data', () => {
  test('markets, tickers, trades, time', async () => {
    expect(Object.keys(client.markets ?? {}).length).toBeGreaterThanOrEqual(12);
    expect(client.market(UNIFIED)).toMatchObject({ active: true, precision: { amount: '0.00000001', price: '0.01' } });
    const ticker = await client.fetchTicker(UNIFIED);
    expect(fixed(String(ticker.bid)) < fixed(String(ticker.ask))).toBe(true);
    expect(Object.keys(await client.fetchTickers())).toContain(UNIFIED);
    await market('0.01');
    expect((await client.fetchTrades(UNIFIED)).length).toBeGreaterThan(0);
    expect(Math.abs(Number(await client.fetchTime()) - rig.now())).toBeLessThan(5_000);
    expect((await client.fetchStatus()).status).toBe('ok');
    expect((await client.fetchTradingFee(UNIFIED)).taker).toBe('0.0005');
    const { bids } = await client.fetchOrderBook(UNIFIED);
    expect(bids).toHaveLength(1);
  });

  test('the full start of a client, with the list of currencies', async () => {
    const fresh = await rig.client();
    fresh.has['fetchCurrencies'] = true;
    await fresh.loadMarkets(true);
    expect(fresh.market('ETH/BTC').active).toBe(true);
  });
});
