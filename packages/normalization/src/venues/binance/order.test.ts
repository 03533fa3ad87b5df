import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';
import { ORDER } from './fixtures.ts';

const { only, failure } = readersOf('binance');

describe('order objects', () => {
  it('reads every field of an open order', () => {
    expect(only(ORDER)).toEqual({
      exchange: 'binance',
      orderId: '880017',
      clientOrderId: 'op-aa',
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
    ['FILLED', '3.0', 'GTC', 'LIMIT', 'FILLED', null],
    ['CANCELED', '0', 'GTC', 'LIMIT', 'CANCELLED', null],
    ['CANCELED', '1.1', 'GTC', 'LIMIT', 'CANCELLED', null],
    ['CANCELED', '3.00', 'GTC', 'LIMIT', 'FILLED', null],
    ['CANCELED', '1.1', 'IOC', 'LIMIT', 'EXPIRED', 'tif'],
    ['EXPIRED', '1.1', 'IOC', 'LIMIT', 'EXPIRED', 'tif'],
    ['EXPIRED', '0', 'FOK', 'LIMIT', 'EXPIRED', 'tif'],
    ['EXPIRED', '0', 'GTC', 'MARKET', 'EXPIRED', 'tif'],
    ['EXPIRED', '3', 'GTC', 'MARKET', 'FILLED', null],
    ['EXPIRED', '0', 'GTC', 'LIMIT', 'EXPIRED', null],
    ['EXPIRED_IN_MATCH', '1', 'GTC', 'LIMIT', 'EXPIRED', 'stp'],
    ['EXPIRED_IN_MATCH', '1', 'IOC', 'LIMIT', 'EXPIRED', 'stp'],
    ['REJECTED', '0', 'GTC', 'LIMIT', 'FAILED', null],
    ['PENDING_NEW', '0', 'GTC', 'LIMIT', 'PENDING', null],
    ['PENDING_CANCEL', '0', 'GTC', 'LIMIT', 'OPEN', null],
    // A stop with IOC can be cancelled while it waits for its trigger.
    ['CANCELED', '0', 'IOC', 'STOP_LOSS_LIMIT', 'CANCELLED', null],
    ['EXPIRED', '1', 'GTC', 'STOP_LOSS', 'EXPIRED', 'tif'],
  ])('%s with %s filled, %s %s, is %s (%s)', (status, executedQty, timeInForce, type, expected, reason) => {
    const order = only({ ...ORDER, status, executedQty, timeInForce, type, cummulativeQuoteQty: '10' });
    expect(order).toMatchObject({ status: expected, reason });
    if (expected !== 'OPEN' && expected !== 'PENDING') expect(order.remainingSize).toBe('0');
  });

  it.each([
    ['STOP_LOSS_LIMIT', 'STOP_LIMIT', '151.2'],
    ['STOP_LOSS', 'STOP_MARKET', null],
    ['TAKE_PROFIT_LIMIT', 'STOP_LIMIT', '151.2'],
  ])('%s is %s and waits for its trigger', (type, expected, price) => {
    const native = { ...ORDER, type, stopPrice: '149.5', isWorking: false, price: price ?? '0.00000000' };
    expect(only(native)).toMatchObject({ type: expected, stopPrice: '149.5', price, working: false });
  });

  it('says of ended orders nothing about a trigger', () => {
    expect(only({ ...ORDER, type: 'STOP_LOSS', status: 'CANCELED', isWorking: false }).working).toBeNull();
  });

  it('knows post-only by its type', () => {
    expect(only({ ...ORDER, type: 'LIMIT_MAKER' })).toMatchObject({ type: 'LIMIT', postOnly: true });
  });

  it('keeps market orders by quote amount without a size until there is one', () => {
    const native = {
      ...ORDER,
      type: 'MARKET',
      price: '0.00000000',
      origQty: '0.00000000',
      origQuoteOrderQty: '250.00',
    };
    expect(only(native)).toMatchObject({ quoteSize: '250', size: null, remainingSize: null, price: null });
    const partly = { ...native, origQty: '1.5', executedQty: '1.5', cummulativeQuoteQty: '226', status: 'EXPIRED' };
    expect(only(partly)).toMatchObject({ status: 'EXPIRED', reason: 'tif', filledSize: '1.5' });
    expect(only({ ...partly, status: 'FILLED' })).toMatchObject({ status: 'FILLED', size: '1.5', remainingSize: '0' });
  });

  it('takes a negative filled value as not known', () => {
    const order = only({ ...ORDER, status: 'FILLED', executedQty: '3', cummulativeQuoteQty: '-1.00000000' });
    expect(order).toMatchObject({ filledValue: null, averageFilledPrice: null });
  });

  it.each([
    ['status', { status: 'DREAMING' }, /unknown order status "DREAMING"/],
    ['type', { type: 'PEGGED' }, /unknown order type "PEGGED"/],
    ['side', { side: 'HOLD' }, /unknown side "HOLD"/],
    ['time in force', { timeInForce: 'GTX' }, /unknown time in force "GTX"/],
    ['symbol', { symbol: 'QQQ' }, /unknown symbol "QQQ"/],
  ])('names an unknown %s', (_name, change, message) => {
    const error = failure({ ...ORDER, ...change });
    expect(error.code).toBe('UNKNOWN_WORD');
    expect(error.message).toMatch(message);
  });
});
