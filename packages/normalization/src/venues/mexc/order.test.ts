import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';
import { ORDER } from './fixtures.ts';

const { from, only, failure } = readersOf('mexc');

describe('order objects', () => {
  it('reads every field of an open order', () => {
    expect(only(ORDER)).toEqual({
      exchange: 'mexc',
      orderId: 'C02__700000000000000017',
      clientOrderId: '0190a3c48f217b6e9d105a4b3c2d1e0f',
      symbol: 'SOL-USDT',
      side: 'SELL',
      type: 'LIMIT',
      status: 'OPEN',
      size: '3',
      filledSize: '0',
      remainingSize: '3',
      price: '151.2',
      stopPrice: null,
      averageFilledPrice: null,
      quoteSize: null,
      filledValue: '0',
      createdAt: '2026-02-13T16:26:40.100Z',
      updatedAt: '2026-02-13T16:26:40.200Z',
      expiresAt: null,
      timeInForce: 'GTC',
      postOnly: false,
      reduceOnly: null,
      reason: null,
      working: true,
    });
  });

  it('reads a partial fill with its exact average', () => {
    const order = only({ ...ORDER, status: 'PARTIALLY_FILLED', executedQty: '0.7', cummulativeQuoteQty: '105.85' });
    expect(order).toMatchObject({ status: 'OPEN', filledSize: '0.7', remainingSize: '2.3', filledValue: '105.85' });
    expect(order.averageFilledPrice).toBe('151.214285714285714286');
  });

  it.each([
    ['FILLED', '3.0', 'LIMIT', 'FILLED', null],
    ['CANCELED', '0', 'LIMIT', 'CANCELLED', null],
    ['PARTIALLY_CANCELED', '1.1', 'LIMIT', 'CANCELLED', null],
    ['PARTIALLY_CANCELED', '3', 'LIMIT', 'FILLED', null],
    ['CANCELED', '3.00', 'LIMIT', 'FILLED', null],
    ['CANCELED', '0', 'LIMIT_MAKER', 'CANCELLED', null],
    ['CANCELED', '0', 'FILL_OR_KILL', 'EXPIRED', 'tif'],
    ['CANCELED', '0', 'IMMEDIATE_OR_CANCEL', 'EXPIRED', 'tif'],
    ['PARTIALLY_CANCELED', '1.1', 'IMMEDIATE_OR_CANCEL', 'EXPIRED', 'tif'],
    ['PARTIALLY_CANCELED', '1.1', 'MARKET', 'EXPIRED', 'tif'],
    ['EXPIRED', '1.1', 'LIMIT', 'EXPIRED', null],
    ['REJECTED', '0', 'LIMIT', 'FAILED', null],
  ])('%s with %s filled, %s, is %s (%s)', (status, executedQty, type, expected, reason) => {
    const order = only({ ...ORDER, status, executedQty, type, cummulativeQuoteQty: '10' });
    expect(order).toMatchObject({ status: expected, reason, remainingSize: '0', filledSize: String(+executedQty) });
  });

  it.each([
    ['LIMIT', 'LIMIT', 'GTC', false],
    ['LIMIT_MAKER', 'LIMIT', 'GTC', true],
    ['IMMEDIATE_OR_CANCEL', 'LIMIT', 'IOC', false],
    ['FILL_OR_KILL', 'LIMIT', 'FOK', false],
    ['MARKET', 'MARKET', null, false],
  ])('%s is %s, %s', (word, type, timeInForce, postOnly) => {
    expect(only({ ...ORDER, type: word })).toMatchObject({ type, timeInForce, postOnly });
  });

  it('takes the price of a market order for no limit', () => {
    const native = { ...ORDER, type: 'MARKET', price: '158.76' };
    expect(only(native)).toMatchObject({ price: null, size: '3', quoteSize: null });
  });

  it('keeps market orders by quote amount without a size until they are filled', () => {
    const native = { ...ORDER, type: 'MARKET', price: '0', origQty: '0', origQuoteOrderQty: '250' };
    expect(only(native)).toMatchObject({ quoteSize: '250', size: null, remainingSize: null });
    const filled = { ...native, status: 'FILLED', executedQty: '1.65', cummulativeQuoteQty: '249.9' };
    expect(only(filled)).toMatchObject({ status: 'FILLED', size: '1.65', remainingSize: '0' });
    expect(only({ ...filled, status: 'PARTIALLY_CANCELED' })).toMatchObject({ status: 'EXPIRED', reason: 'tif' });
  });

  it('passes over missing client ids', () => {
    for (const clientOrderId of ['', null]) expect(only({ ...ORDER, clientOrderId }).clientOrderId).toBeNull();
  });

  it.each([
    ['status', { status: 'DREAMING' }, /unknown order status "DREAMING"/],
    ['type', { type: 'PEGGED' }, /unknown order type "PEGGED"/],
    ['side', { side: 'HOLD' }, /unknown side "HOLD"/],
    ['time in force', { type: 'MARKET', timeInForce: 'GTX' }, /unknown time in force "GTX"/],
    ['symbol', { symbol: 'QQQ' }, /unknown symbol "QQQ"/],
  ])('names an unknown %s', (_name, change, message) => {
    const error = failure({ ...ORDER, ...change });
    expect(error.code).toBe('UNKNOWN_WORD');
    expect(error.message).toMatch(message);
  });
});

describe('answers', () => {
  const PLACED = {
    ...{ symbol: 'SOLUSDT', orderId: 'C02__5', orderListId: -1, price: '151.2', origQty: '3', type: 'LIMIT_MAKER' },
    ...{ side: 'SELL', transactTime: 1771000000300 },
  };

  it('reads a place answer, which knows neither a client id nor a state', () => {
    expect(only(PLACED)).toMatchObject({
      ...{ orderId: 'C02__5', clientOrderId: null, status: 'OPEN', filledSize: null, remainingSize: null, size: '3' },
      ...{ price: '151.2', postOnly: true, createdAt: '2026-02-13T16:26:40.300Z' },
    });
    expect(only({ symbol: 'SOLUSDT', orderId: 'C02__6', orderListId: -1 })).toMatchObject({
      ...{ orderId: 'C02__6', status: 'OPEN', side: null, type: null, size: null },
    });
  });

  it('does not take an answer without an id for an order', () => {
    expect(failure({ ...PLACED, orderId: null }).message).toMatch(/orderId/);
    expect(failure({}).code).toBe('UNREADABLE');
  });

  const CANCELLED = {
    ...{ symbol: 'SOLUSDT', origClientOrderId: 'op17', orderId: 'C02__5', clientOrderId: 'the-cancel', price: '151.2' },
    ...{ origQty: '3', executedQty: '0', cummulativeQuoteQty: '0', status: 'CANCELED', timeInForce: 'GTC' },
    ...{ type: 'LIMIT', side: 'SELL' },
  };

  it('knows the order, not the cancel, by its client id, and that it was asked for', () => {
    expect(only(CANCELLED)).toMatchObject({ clientOrderId: 'op17', status: 'CANCELLED', createdAt: null });
    const ioc = { ...CANCELLED, type: 'IMMEDIATE_OR_CANCEL', executedQty: '1', status: 'PARTIALLY_CANCELED' };
    expect(only(ioc)).toMatchObject({ status: 'CANCELLED', reason: null, filledSize: '1' });
    expect(from([CANCELLED, CANCELLED]).orders).toHaveLength(2);
  });

  it('reads a cancel that says nothing of the state as nothing', () => {
    const { symbol, orderId, price, origQty, type, side } = CANCELLED;
    expect(from({ symbol, orderId, price, origQty, type, side })).toEqual({ orders: [], fills: [] });
  });

  it('keeps the placed orders of a batch of which one is refused', () => {
    const refused = { newClientOrderId: 'op2', msg: 'The minimum transaction volume cannot be less than:1USDT' };
    const error = failure([
      { ...PLACED, newClientOrderId: 'op1' },
      { ...refused, code: 30002 },
    ]);
    expect(error).toMatchObject({ code: 'EXCHANGE_ERROR', nativeCode: '30002' });
    expect(error.evidence?.orders).toMatchObject([{ orderId: 'C02__5', clientOrderId: 'op1' }]);
  });

  it.each([
    [{ code: -2013, msg: 'Order does not exist.' }, '-2013'],
    [{ code: 30004, msg: 'Insufficient position' }, '30004'],
    [{ success: false, code: 700002, message: 'Signature for this request is not valid.' }, '700002'],
    [{ id: 0, code: 0, msg: 'Not Subscribed successfully! [spot@private.orders.v3.api.pb]. Reason: Blocked!' }, '0'],
  ])('%j is a refusal', (payload, nativeCode) => {
    expect(failure(payload)).toMatchObject({ code: 'EXCHANGE_ERROR', nativeCode });
  });

  it('reads as nothing what names no order', () => {
    for (const other of [
      { listenKey: 'x' },
      { serverTime: 1771000000300 },
      { balances: [{ asset: 'USDT', free: '1', locked: '0' }] },
      { timezone: 'CST', symbols: [] },
      { id: 0, code: 0, msg: 'spot@private.orders.v3.api.pb' },
      { id: 0, code: 0, msg: 'PONG' },
    ]) {
      expect(from(other)).toEqual({ orders: [], fills: [] });
    }
  });

  it.each(['nonsense', null, 7, { symbol: 'SOLUSDT' }])('refuses %j', (payload) => {
    expect(failure(payload).code).toBe('UNREADABLE');
  });
});

describe('own trades', () => {
  const TRADE = {
    ...{ symbol: 'SOLUSDT', id: '505979017439002624X1', orderId: 'C02__5', orderListId: -1, price: '151.3', qty: '2' },
    ...{ quoteQty: '302.6', commission: '0.1513', commissionAsset: 'USDT', time: 1771000000300, isBuyer: false },
    ...{ isMaker: true, isBestMatch: true, isSelfTrade: false, clientOrderId: 'op17' },
  };

  it('reads them, with the client id that they carry', () => {
    expect(from([TRADE])).toEqual({
      orders: [],
      fills: [
        {
          exchange: 'mexc',
          tradeId: '505979017439002624X1',
          orderId: 'C02__5',
          clientOrderId: 'op17',
          symbol: 'SOL-USDT',
          side: 'SELL',
          size: '2',
          price: '151.3',
          fee: { currency: 'USDT', cost: '0.1513' },
          liquidity: 'MAKER',
          executedAt: '2026-02-13T16:26:40.300Z',
        },
      ],
    });
    expect(from([{ ...TRADE, commissionAsset: null, clientOrderId: null }]).fills).toMatchObject([
      { fee: null, clientOrderId: null },
    ]);
  });

  it('does not take public trades for ours', () => {
    expect(failure([{ a: null, f: null, l: null, p: '1', q: '1', T: 1771000000300, m: true, M: true }]).code).toBe(
      'UNREADABLE',
    );
  });
});
