import { describe, expect, it } from 'vitest';
import { readNative } from '../../normalize.ts';
import { readersOf } from '../../testing.ts';
import { ALGO, CLIENT_ID, ok, ORDER, push } from './fixtures.ts';

const { from, only, failure } = readersOf('okx');

describe('order objects', () => {
  it('reads every field of an open order', () => {
    expect(only(ok(ORDER))).toEqual({
      exchange: 'okx',
      orderId: '3100000000000000017',
      clientOrderId: CLIENT_ID,
      symbol: 'SOL-USDC',
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
      filledValue: null,
      createdAt: '2026-02-13T16:26:40.100Z',
      updatedAt: '2026-02-13T16:26:40.200Z',
      expiresAt: null,
      timeInForce: 'GTC',
      postOnly: false,
      reduceOnly: false,
      reason: null,
      working: null,
    });
  });

  it('reads it in every wrapper', () => {
    const unified = { id: ORDER.ordId, symbol: 'SOL/USDC', status: 'open', info: ORDER };
    for (const shape of [ORDER, [ORDER], ok(ORDER), push('orders', ORDER), unified]) {
      expect(only(shape)).toMatchObject({ orderId: ORDER.ordId, status: 'OPEN' });
    }
    expect(from(ok())).toEqual({ orders: [], fills: [] });
  });

  it.each([
    ['live', {}, 'OPEN', null],
    ['partially_filled', { accFillSz: '1' }, 'OPEN', null],
    // Everything is executed, and the end is yet to be told.
    ['partially_filled', { accFillSz: '3' }, 'OPEN', null],
    ['filled', { accFillSz: '3.0' }, 'FILLED', null],
    ['canceled', { accFillSz: '3' }, 'FILLED', null],
    ['canceled', { accFillSz: '1', cancelSource: '1' }, 'CANCELLED', null],
    ['canceled', { cancelSource: '20', cancelSourceReason: 'Cancel all after' }, 'CANCELLED', 'Cancel all after'],
    ['canceled', {}, 'CANCELLED', null],
    ['canceled', { cancelSource: '0' }, 'CANCELLED', 'venue'],
    ['canceled', { cancelSource: '31' }, 'CANCELLED', 'post-only would have taken'],
    ['canceled', { cancelSource: '32' }, 'CANCELLED', 'stp'],
    ['canceled', { cancelSource: '14', accFillSz: '1' }, 'EXPIRED', 'tif'],
    ['canceled', { ordType: 'ioc', accFillSz: '1' }, 'EXPIRED', 'tif'],
    ['canceled', { ordType: 'fok', cancelSource: '13' }, 'EXPIRED', 'tif'],
    ['canceled', { ordType: 'fok', cancelSource: '1' }, 'CANCELLED', null],
    ['canceled', { ordType: 'market', px: '', cancelSource: '0' }, 'EXPIRED', 'tif'],
    ['mmp_canceled', {}, 'CANCELLED', 'venue'],
  ])('%s with %j is %s (%s)', (state, change, status, reason) => {
    expect(only({ ...ORDER, state, ...change })).toMatchObject({ status, reason });
  });

  it('keeps what was filled before the end', () => {
    const native = { ...ORDER, state: 'canceled', accFillSz: '1.25', avgPx: '151.3', cancelSource: '1' };
    expect(only(native)).toMatchObject({ filledSize: '1.25', remainingSize: '0', averageFilledPrice: '151.3' });
  });

  it.each([
    ['post_only', 'LIMIT', 'GTC', true],
    ['ioc', 'LIMIT', 'IOC', false],
    ['fok', 'LIMIT', 'FOK', false],
    ['market', 'MARKET', null, false],
    ['optimal_limit_ioc', 'MARKET', 'IOC', false],
  ])('%s is %s, %s', (ordType, type, timeInForce, postOnly) => {
    expect(only({ ...ORDER, ordType })).toMatchObject({ type, timeInForce, postOnly });
  });

  it('takes the size of a market order in the currency that is meant', () => {
    const market = { ...ORDER, ordType: 'market', px: '', sz: '500' };
    const byQuote = { ...market, side: 'buy', tgtCcy: 'quote_ccy' };
    expect(only(byQuote)).toMatchObject({ size: null, quoteSize: '500', remainingSize: null, price: null });
    expect(only({ ...byQuote, tgtCcy: '' })).toMatchObject({ size: null, quoteSize: '500' });
    expect(only({ ...byQuote, tgtCcy: 'base_ccy' })).toMatchObject({ size: '500', quoteSize: null });
    expect(only({ ...market, side: 'sell' })).toMatchObject({ size: '500', quoteSize: null });
    const filled = { ...byQuote, state: 'filled', accFillSz: '3.29', avgPx: '151.9' };
    expect(only(filled)).toMatchObject({ status: 'FILLED', size: '3.29', quoteSize: '500', remainingSize: '0' });
    expect(only({ ...byQuote, state: 'canceled', accFillSz: '0' })).toMatchObject({ status: 'EXPIRED', size: null });
  });

  it('knows an order that a trigger placed by the client id of the stop', () => {
    const placed = { ...ORDER, clOrdId: '', algoId: ALGO.algoId, algoClOrdId: CLIENT_ID, source: '7' };
    expect(only(placed)).toMatchObject({ orderId: ORDER.ordId, clientOrderId: CLIENT_ID, working: true });
  });

  it('has no symbol for a contract, and names a symbol it does not know', () => {
    expect(only({ ...ORDER, instId: 'BTC-USDT-SWAP' }).symbol).toBeNull();
    expect(only({ ...ORDER, instId: 'BTC-USD-260925-60000-C' }).symbol).toBeNull();
    expect(failure({ ...ORDER, instId: 'NONSENSE' }).code).toBe('UNKNOWN_WORD');
  });

  it('keeps the rest when one entry is bad, and names its order', () => {
    const payload = ok({ ...ORDER, ordId: '1', state: 'dreaming' }, ORDER, { ...ORDER, ordId: '2', ordType: 'guess' });
    const { orders, errors } = readNative({ exchange: 'okx', transport: 'rest', method: '', payload });
    expect(orders.map((order) => order.orderId)).toEqual([ORDER.ordId]);
    expect(errors).toMatchObject([
      { code: 'UNKNOWN_WORD', orderId: '1' },
      { code: 'UNKNOWN_WORD', orderId: '2' },
    ]);
    expect(failure({ ...ORDER, side: 'hold' }).code).toBe('UNKNOWN_WORD');
    expect(failure({ ...ORDER, ordId: '' }).message).toMatch(/ordId/);
    expect(failure({ ...ORDER, reduceOnly: 'maybe' }).message).toMatch(/reduceOnly/);
  });
});

describe('algo orders', () => {
  it('reads a stop that waits', () => {
    for (const shape of [ok(ALGO), push('orders-algo', ALGO)]) {
      expect(only(shape)).toMatchObject({
        orderId: ALGO.algoId,
        clientOrderId: CLIENT_ID,
        symbol: 'SOL-USDC',
        type: 'STOP_LIMIT',
        status: 'OPEN',
        size: '3',
        filledSize: '0',
        remainingSize: '3',
        stopPrice: '140.5',
        price: '140.1',
        working: false,
      });
    }
  });

  it.each([
    ['conditional', { slOrdPx: '-1' }, 'STOP_MARKET', '140.5', null],
    [
      'conditional',
      { slTriggerPx: '', slOrdPx: '', tpTriggerPx: '160', tpOrdPx: '160.5' },
      'STOP_LIMIT',
      '160',
      '160.5',
    ],
    ['trigger', { slTriggerPx: '', slOrdPx: '', triggerPx: '139', ordPx: '138.5' }, 'STOP_LIMIT', '139', '138.5'],
    ['trigger', { slTriggerPx: '', slOrdPx: '', triggerPx: '139', ordPx: '-1' }, 'STOP_MARKET', '139', null],
    ['move_order_stop', { slTriggerPx: '', slOrdPx: '', moveTriggerPx: '144' }, 'STOP_MARKET', '144', null],
    ['twap', { slTriggerPx: '', slOrdPx: '' }, null, null, null],
  ])('%s with %j is %s', (ordType, change, type, stopPrice, price) => {
    expect(only({ ...ALGO, ordType, ...change })).toMatchObject({ type, stopPrice, price });
  });

  it.each([
    ['live', 'OPEN', false, '0', null],
    ['pause', 'OPEN', false, '0', null],
    // It gave way to an order of its own: what became of that one is not said here.
    ['effective', 'OPEN', null, null, null],
    ['partially_effective', 'OPEN', null, null, null],
    ['canceled', 'CANCELLED', null, '0', null],
    ['order_failed', 'FAILED', null, '0', '51008'],
  ])('%s is %s', (state, status, working, filledSize, reason) => {
    const native = { ...ALGO, state, failCode: state === 'order_failed' ? '51008' : '' };
    expect(only(native)).toMatchObject({ status, working, filledSize, reason });
  });

  it('reads an amount of the quote currency', () => {
    expect(only({ ...ALGO, tgtCcy: 'quote_ccy', side: 'buy' })).toMatchObject({ size: null, quoteSize: '3' });
  });
});
