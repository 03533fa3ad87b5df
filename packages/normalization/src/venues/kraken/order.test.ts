import { describe, expect, it } from 'vitest';
import { readNative } from '../../normalize.ts';
import { readersOf } from '../../testing.ts';
import { ORDER, DESCR, ID, ok } from './fixtures.ts';

const { from, only, failure } = readersOf('kraken');

describe('order objects', () => {
  it('reads every field of an open order', () => {
    expect(only(ok({ open: { [ID]: ORDER } }))).toEqual({
      exchange: 'kraken',
      orderId: ID,
      clientOrderId: '0190a3c4-8f21-7b6e-9d10-5a4b3c2d1e0f',
      symbol: 'BTC-EUR',
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
      updatedAt: null,
      expiresAt: null,
      timeInForce: null,
      postOnly: false,
      reduceOnly: null,
      reason: null,
      working: null,
    });
  });

  it('reads maps with and without envelope, and single objects that carry their id', () => {
    const shapes = [
      ok({ closed: { [ID]: ORDER }, count: 1 }),
      { open: { [ID]: ORDER } },
      ok({ [ID]: ORDER }),
      { [ID]: ORDER },
      { ...ORDER, id: ID },
      [{ ...ORDER, id: ID }],
      { id: ID, symbol: 'BTC/EUR', status: 'closed', info: { ...ORDER, id: ID } },
    ];
    for (const shape of shapes) expect(only(shape)).toMatchObject({ orderId: ID, symbol: 'BTC-EUR' });
    expect(from(ok({ open: {} }))).toEqual({ orders: [], fills: [] });
    expect(failure(ORDER).message).toMatch(/without its id/);
  });

  const closed = { closetm: 1771000005.5, price: '51000.4', cost: '1' };
  it.each([
    ['pending', {}, 'PENDING', null],
    ['open', { vol_exec: '0.1' }, 'OPEN', null],
    ['closed', { vol_exec: '0.75' }, 'FILLED', null],
    ['canceled', { vol_exec: '0.750', reason: 'User requested' }, 'FILLED', null],
    ['canceled', { vol_exec: '0.1', reason: 'User requested' }, 'CANCELLED', 'User requested'],
    ['canceled', { reason: 'Out of funds' }, 'CANCELLED', 'Out of funds'],
    ['canceled', {}, 'CANCELLED', null],
    ['canceled', { timeinforce: 'IOC', vol_exec: '0.1' }, 'EXPIRED', 'tif'],
    ['canceled', { timeinforce: 'IOC', reason: 'User requested' }, 'CANCELLED', 'User requested'],
    ['canceled', { expiretm: 1771000005 }, 'EXPIRED', 'tif'],
    ['canceled', { expiretm: 1771000009 }, 'CANCELLED', null],
    ['expired', { expiretm: 1771000005, reason: 'Order expired' }, 'EXPIRED', 'tif'],
    ['expired', { vol_exec: '0.75' }, 'FILLED', null],
    // "closed" is not "filled".
    ['closed', { vol_exec: '0.1' }, 'CANCELLED', 'venue'],
    ['closed', { vol_exec: '0.1', timeinforce: 'FOK' }, 'EXPIRED', 'tif'],
    ['closed', { vol_exec: '0.1', reason: 'User requested' }, 'CANCELLED', 'User requested'],
    ['closed', { vol_exec: '0', descr: { ...DESCR, ordertype: 'market' } }, 'EXPIRED', 'tif'],
  ])('%s with %j is %s (%s)', (status, change, expected, reason) => {
    expect(only({ [ID]: { ...ORDER, ...closed, status, ...change } })).toMatchObject({ status: expected, reason });
  });

  it('takes cost and average as Kraken tells them', () => {
    const native = {
      ...ORDER,
      status: 'closed',
      vol_exec: '0.75',
      cost: '38250.3',
      price: '51000.4',
      closetm: 1771000005.5,
    };
    expect(only({ [ID]: native })).toMatchObject({
      filledValue: '38250.3',
      averageFilledPrice: '51000.4',
      updatedAt: '2026-02-13T16:26:45.500Z',
      remainingSize: '0',
    });
  });

  it('keeps orders by quote amount without a size until they are filled', () => {
    const native = {
      ...ORDER,
      vol: '500.00',
      oflags: 'fciq,viqc',
      descr: { ...DESCR, ordertype: 'market', price: '0' },
    };
    expect(only({ [ID]: native })).toMatchObject({ quoteSize: '500', size: null, remainingSize: null, price: null });
    const filled = { ...native, status: 'closed', vol_exec: '0.0098', cost: '499.99', price: '51019.3' };
    expect(only({ [ID]: filled })).toMatchObject({
      status: 'FILLED',
      quoteSize: '500',
      size: '0.0098',
      remainingSize: '0',
    });
    expect(only({ [ID]: { ...native, status: 'closed' } })).toMatchObject({
      status: 'EXPIRED',
      reason: 'tif',
      size: null,
    });
  });

  it.each([
    ['stop-loss', { price: '49000', price2: '0' }, {}, 'STOP_MARKET', null, '49000'],
    ['stop-loss-limit', { price: '49000', price2: '48900.5' }, {}, 'STOP_LIMIT', '48900.5', '49000'],
    ['take-profit-limit', { price: '52000', price2: '0' }, {}, 'STOP_LIMIT', null, '52000'],
    ['trailing-stop', { price: '+1.0000%', price2: '0' }, { stopprice: '50500.1' }, 'STOP_MARKET', null, '50500.1'],
    ['iceberg', { price: '51000' }, {}, 'LIMIT', '51000', null],
    ['settle-position', { price: '0' }, {}, null, null, null],
  ])('%s', (ordertype, prices, change, type, price, stopPrice) => {
    const native = { ...ORDER, ...change, descr: { ...DESCR, ordertype, ...prices } };
    expect(only({ [ID]: native })).toMatchObject({ type, price, stopPrice });
  });

  it('reads flags, expiry and time in force', () => {
    const native = { ...ORDER, oflags: 'fciq,post', expiretm: 1771003600, reduce_only: true };
    expect(only({ [ID]: native })).toMatchObject({
      postOnly: true,
      reduceOnly: true,
      timeInForce: 'GTT',
      expiresAt: '2026-02-13T17:26:40.000Z',
    });
    expect(only({ [ID]: { ...ORDER, timeinforce: 'GTD' } }).timeInForce).toBe('GTT');
  });

  it('names unknown words, and the order they are on', () => {
    const map = { [ID]: { ...ORDER, status: 'dreaming' }, O2: ORDER };
    const { orders, errors } = readNative({ exchange: 'kraken', transport: 'rest', method: '', payload: ok(map) });
    expect(orders).toMatchObject([{ orderId: 'O2' }]);
    expect(errors).toMatchObject([
      { code: 'UNKNOWN_WORD', orderId: ID, message: 'kraken: unknown order status "dreaming"' },
    ]);
    expect(failure({ [ID]: { ...ORDER, descr: { ...DESCR, ordertype: 'pegged' } } }).message).toMatch(
      /order type "pegged"/,
    );
    expect(failure({ [ID]: { ...ORDER, timeinforce: 'DAY' } }).message).toMatch(/time in force "DAY"/);
  });
});
