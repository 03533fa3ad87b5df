import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';
import { CHANGE, CLIENT_ID, ID, MATCH, orderChange, push, stopChange } from './fixtures.ts';

const { from, only, failure } = readersOf('kucoin');

describe('orderChange', () => {
  it('reads an order on the book', () => {
    expect(only(orderChange(CHANGE))).toMatchObject({
      orderId: ID,
      clientOrderId: CLIENT_ID,
      status: 'OPEN',
      type: 'LIMIT',
      size: '0.75',
      filledSize: '0',
      remainingSize: '0.75',
      createdAt: '2026-02-13T16:26:40.123Z',
      updatedAt: '2026-02-13T16:26:40.456Z',
      timeInForce: null,
      postOnly: null,
    });
    expect(only(CHANGE)).toEqual(only(orderChange(CHANGE)));
  });

  it('reads a match as the order and one fill without a fee', () => {
    const { orders, fills } = from(orderChange(MATCH));
    expect(orders).toMatchObject([{ status: 'OPEN', filledSize: '0.1', remainingSize: '0.65' }]);
    expect(fills).toEqual([
      {
        exchange: 'kucoin',
        tradeId: '11029373945659393',
        orderId: ID,
        clientOrderId: CLIENT_ID,
        symbol: 'BTC-USDT',
        side: 'SELL',
        size: '0.1',
        price: '51000.4',
        fee: null,
        liquidity: 'MAKER',
        executedAt: '2026-02-13T16:26:40.456Z',
      },
    ]);
  });

  it.each([
    ['received', { type: 'received', status: 'new', filledSize: undefined, size: undefined }, 'OPEN', '0'],
    ['the last match', { ...MATCH, filledSize: '0.75', remainSize: '0' }, 'OPEN', '0.75'],
    ['filled', { type: 'filled', status: 'done', filledSize: '0.75', remainSize: '0' }, 'FILLED', '0.75'],
    ['canceled', { type: 'canceled', status: 'done', filledSize: '0.1', canceledSize: '0.65' }, 'CANCELLED', '0.1'],
    ['canceled when it was filled', { type: 'canceled', status: 'done', filledSize: '0.75' }, 'FILLED', '0.75'],
    ['a part cancelled', { type: 'update', status: 'open', canceledSize: '0.1' }, 'OPEN', '0'],
    ['the rest cancelled', { type: 'update', status: 'done', filledSize: '0.1' }, 'CANCELLED', '0.1'],
  ])('%s', (_name, change, status, filledSize) => {
    expect(from(orderChange({ ...CHANGE, ...change })).orders).toMatchObject([{ status, filledSize }]);
  });

  it('market orders end at once, by funds too', () => {
    const market = { ...CHANGE, orderType: 'market', price: undefined, type: 'canceled', status: 'done' };
    expect(only(orderChange({ ...market, filledSize: '0.1' }))).toMatchObject({ status: 'EXPIRED', reason: 'tif' });
    const byFunds = { ...market, originSize: '0', size: '0', originFunds: '500', type: 'filled', filledSize: '0.0098' };
    expect(only(orderChange(byFunds))).toMatchObject({ status: 'FILLED', quoteSize: '500', size: '0.0098' });
  });

  it('names unknown words', () => {
    expect(failure(orderChange({ ...CHANGE, type: 'dreaming' })).message).toMatch(/order status "dreaming"/);
    expect(failure(orderChange({ ...MATCH, matchSize: undefined })).message).toMatch(/matchSize/);
    expect(failure(push('/market/level2:BTC-USDT', 'x', {})).message).toMatch(/says nothing about orders/);
  });
});

describe('stopOrder', () => {
  const STOP = {
    createdAt: 1771000000123,
    orderId: 'vs9test',
    orderPrice: '48900.5',
    orderType: 'stop',
    side: 'sell',
    size: '0.75',
    stop: 'loss',
    stopPrice: '49000',
    symbol: 'BTC-USDT',
    tradeType: 'TRADE',
    ts: 1771000000456000000,
    type: 'open',
  };
  it.each([
    ['open', { type: 'open' }, 'OPEN', false, '0', null],
    ['triggered', { type: 'triggered', triggerSuccess: true }, 'OPEN', true, null, null],
    ['cancel', { type: 'cancel' }, 'CANCELLED', null, '0', null],
    [
      'triggered in vain',
      { type: 'triggered', triggerSuccess: false, error: 'Balance insufficient!' },
      'FAILED',
      null,
      '0',
      'Balance insufficient!',
    ],
  ])('%s', (_name, change, status, working, filledSize, reason) => {
    expect(only(stopChange({ ...STOP, ...change }))).toMatchObject({
      orderId: 'vs9test',
      clientOrderId: null,
      type: 'STOP_LIMIT',
      status,
      working,
      filledSize,
      reason,
      stopPrice: '49000',
    });
  });

  it('a stop without a limit has no order price', () => {
    expect(only(stopChange({ ...STOP, orderPrice: undefined }))).toMatchObject({ type: 'STOP_MARKET', price: null });
  });
});
