import { describe, expect, it } from 'vitest';
import { readNative } from '../../normalize.ts';
import { VENUES } from '../../registry.ts';
import { readersOf } from '../../testing.ts';
import { CLIENT_ID, ID, ok, ORDER, STOP, STOP_ID } from './fixtures.ts';

const { from, only, failure } = readersOf('kucoin');

it('uses the words of KuCoin', () => {
  expect(VENUES.kucoin.tables.nativeStatus).toEqual({
    PENDING: 'active',
    OPEN: 'active',
    FILLED: 'done',
    CANCELLED: 'cancelled',
    EXPIRED: null,
    FAILED: null,
  });
  expect(VENUES.kucoin.tables.nativeType).toEqual({
    MARKET: 'market',
    LIMIT: 'limit',
    STOP_LIMIT: 'limit_stop',
    STOP_MARKET: 'market_stop',
  });
  expect(VENUES.kucoin.tables.timeInForce).toEqual({ GTC: 'GTC', GTT: 'GTT', IOC: 'IOC', FOK: 'FOK' });
});

describe('order objects', () => {
  it('reads every field of an open order', () => {
    expect(only(ok(ORDER))).toEqual({
      exchange: 'kucoin',
      orderId: ID,
      clientOrderId: CLIENT_ID,
      symbol: 'BTC-USDT',
      side: 'SELL',
      type: 'LIMIT',
      status: 'OPEN',
      size: '0.75',
      filledSize: '0',
      remainingSize: '0.75',
      price: '51000.4',
      stopPrice: null,
      averageFilledPrice: null,
      quoteSize: null,
      filledValue: '0',
      createdAt: '2026-02-13T16:26:40.123Z',
      updatedAt: '2026-02-13T16:26:40.456Z',
      expiresAt: null,
      timeInForce: 'GTC',
      postOnly: false,
      reduceOnly: null,
      reason: null,
      working: true,
    });
  });

  it('reads lists, pages, single objects and ccxt’s own', () => {
    const shapes = [
      ok([ORDER]),
      ok({ lastId: 7, items: [ORDER] }),
      ok({ currentPage: 1, pageSize: 50, totalNum: 1, totalPage: 1, items: [ORDER] }),
      ORDER,
      [ORDER],
      { id: ID, symbol: 'BTC/USDT', status: 'open', info: ORDER },
      ok({ ...ORDER, active: undefined, isActive: true }),
    ];
    for (const shape of shapes) expect(only(shape)).toMatchObject({ orderId: ID, status: 'OPEN' });
    expect(from(ok({ lastId: 0, items: [] })).orders).toEqual([]);
    expect(from(ok([])).orders).toEqual([]);
  });

  const ended = { active: false, inOrderBook: false };
  it.each([
    ['active', { dealSize: '0.1', dealFunds: '5100.04' }, 'OPEN', null],
    ['done, whole', { ...ended, dealSize: '0.750', remainSize: '0' }, 'FILLED', null],
    ['cancelled', { ...ended, cancelExist: true, dealSize: '0.1' }, 'CANCELLED', null],
    ['cancelled when it was filled', { ...ended, cancelExist: true, dealSize: '0.75' }, 'FILLED', null],
    // "done" is not "filled".
    ['done, not whole', { ...ended, dealSize: '0.1' }, 'CANCELLED', 'venue'],
    ['rest of IOC', { ...ended, timeInForce: 'IOC', dealSize: '0.1' }, 'EXPIRED', 'tif'],
    ['rest of IOC, with a cancel', { ...ended, timeInForce: 'IOC', cancelExist: true }, 'EXPIRED', 'tif'],
    ['FOK that found too little', { ...ended, timeInForce: 'FOK' }, 'EXPIRED', 'tif'],
    ['rest of a market order', { ...ended, type: 'market', price: '0', dealSize: '0.1' }, 'EXPIRED', 'tif'],
    [
      'GTT at its time',
      { ...ended, timeInForce: 'GTT', cancelAfter: 60, cancelExist: true, lastUpdatedAt: 1771000060130 },
      'EXPIRED',
      'tif',
    ],
    ['GTT before', { ...ended, timeInForce: 'GTT', cancelAfter: 60, cancelExist: true }, 'CANCELLED', null],
  ])('%s', (_name, change, status, reason) => {
    expect(only(ok({ ...ORDER, ...change }))).toMatchObject({ status, reason });
  });

  it('gives average, remaining size and expiry', () => {
    const filled = { ...ORDER, ...ended, dealSize: '0.75', dealFunds: '38250.3', remainSize: '0' };
    expect(only(ok(filled))).toMatchObject({
      averageFilledPrice: '51000.4',
      filledValue: '38250.3',
      remainingSize: '0',
    });
    expect(only(ok({ ...ORDER, timeInForce: 'GTT', cancelAfter: 60 }))).toMatchObject({
      timeInForce: 'GTT',
      expiresAt: '2026-02-13T16:27:40.123Z',
    });
    expect(only(ok({ ...ORDER, dealSize: '0.25', dealFunds: '12750.1' })).remainingSize).toBe('0.5');
  });

  it('keeps orders by funds without a size until they are filled; a rest that no lot fits in does not count', () => {
    const byFunds = { ...ORDER, type: 'market', side: 'buy', price: '0', size: '0', funds: '500' };
    expect(only(ok(byFunds))).toMatchObject({ quoteSize: '500', size: null, price: null, remainingSize: null });
    const filled = { ...byFunds, ...ended, dealSize: '0.0098', dealFunds: '499.99' };
    expect(only(ok(filled))).toMatchObject({ status: 'FILLED', size: '0.0098', quoteSize: '500', remainingSize: '0' });
    expect(only(ok({ ...filled, dealFunds: '500', cancelExist: true })).status).toBe('FILLED');
    expect(only(ok({ ...filled, cancelExist: true }))).toMatchObject({ status: 'EXPIRED', reason: 'tif', size: null });
    expect(only(ok({ ...byFunds, ...ended }))).toMatchObject({ status: 'EXPIRED', reason: 'tif', filledSize: '0' });
  });

  it('names unknown words, and a bad entry of a list hides no other', () => {
    expect(failure(ok({ ...ORDER, type: 'pegged' })).message).toMatch(/order type "pegged"/);
    expect(failure(ok({ ...ORDER, side: 'hold' })).message).toMatch(/side "hold"/);
    expect(failure(ok({ ...ORDER, timeInForce: 'DAY' })).message).toMatch(/time in force "DAY"/);
    expect(failure(ok({ ...ORDER, symbol: 'BTCUSDT' })).message).toMatch(/symbol "BTCUSDT"/);
    const payload = ok([{ ...ORDER, id: 'bad', dealSize: 'much' }, ORDER]);
    const { orders, errors } = readNative({ exchange: 'kucoin', transport: 'rest', method: '', payload });
    expect(orders).toMatchObject([{ orderId: ID }]);
    expect(errors).toMatchObject([{ code: 'UNREADABLE', orderId: 'bad' }]);
  });

  it('lets the market list decide about a symbol', () => {
    const symbols = new Map([['BIFI-USDT', 'BIFIF-USDT']]);
    const payload = ok({ ...ORDER, symbol: 'BIFI-USDT' });
    const { orders } = readNative({ exchange: 'kucoin', transport: 'rest', method: '', payload }, { symbols });
    expect(orders[0]?.symbol).toBe('BIFIF-USDT');
  });
});

describe('stop orders', () => {
  it('reads one that waits', () => {
    expect(only(ok({ currentPage: 1, pageSize: 50, totalNum: 1, totalPage: 1, items: [STOP] }))).toMatchObject({
      orderId: STOP_ID,
      clientOrderId: CLIENT_ID,
      type: 'STOP_LIMIT',
      status: 'OPEN',
      size: '0.75',
      filledSize: '0',
      price: '48900.5',
      stopPrice: '49000',
      working: false,
      createdAt: '2026-02-13T16:26:40.123Z',
    });
    expect(only(ok([{ ...STOP, type: 'market', price: null }]))).toMatchObject({ type: 'STOP_MARKET', price: null });
  });

  it('a triggered one lives on elsewhere, a cancelled one is over', () => {
    const triggered = { ...STOP, status: 'TRIGGERED', stopTriggerTime: 1771000005500 };
    expect(only(ok(triggered))).toMatchObject({
      status: 'OPEN',
      filledSize: null,
      remainingSize: null,
      working: true,
      updatedAt: '2026-02-13T16:26:45.500Z',
    });
    expect(only(ok({ ...STOP, status: 'CANCELLED' }))).toMatchObject({ status: 'CANCELLED', filledSize: '0' });
    expect(failure(ok({ ...STOP, status: 'DREAMING' })).message).toMatch(/order status "DREAMING"/);
  });

  it('by funds', () => {
    const byFunds = {
      ...STOP,
      type: 'market',
      side: 'buy',
      size: null,
      funds: '500.00000000000000000000',
      price: null,
    };
    expect(only(ok(byFunds))).toMatchObject({ type: 'STOP_MARKET', size: null, quoteSize: '500' });
  });
});
