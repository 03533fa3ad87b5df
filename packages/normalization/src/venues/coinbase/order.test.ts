import { describe, expect, it } from 'vitest';
import { readNative } from '../../normalize.ts';
import { readersOf } from '../../testing.ts';
import { CLIENT_ID, filled, ID, ORDER } from './fixtures.ts';

const { from, only, failure } = readersOf('coinbase');
const limit = (more: object = {}) => ({ base_size: '3.00', limit_price: '151.20', ...more });
const configured = (order_configuration: object, more: object = {}) => only({ ...ORDER, order_configuration, ...more });

describe('orders of REST', () => {
  it('reads a resting order', () => {
    expect(only({ order: ORDER })).toEqual({
      exchange: 'coinbase',
      orderId: ID,
      clientOrderId: CLIENT_ID,
      symbol: 'SOL-USD',
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
      createdAt: '2026-02-13T16:26:40.123Z',
      updatedAt: null,
      expiresAt: null,
      timeInForce: 'GTC',
      postOnly: true,
      reduceOnly: null,
      reason: null,
      working: null,
    });
  });

  it.each([
    ['market_market_ioc', { base_size: '3' }, { type: 'MARKET', size: '3', timeInForce: 'IOC' }],
    ['market_market_ioc', { quote_size: '50' }, { type: 'MARKET', size: null, quoteSize: '50' }],
    ['sor_limit_ioc', limit(), { type: 'LIMIT', timeInForce: 'IOC', price: '151.2' }],
    ['limit_limit_fok', limit(), { type: 'LIMIT', timeInForce: 'FOK', size: '3', price: '151.2' }],
    [
      'limit_limit_gtd',
      limit({ end_time: '2026-03-01T00:00:00Z', post_only: false }),
      { type: 'LIMIT', timeInForce: 'GTT', expiresAt: '2026-03-01T00:00:00.000Z', postOnly: false },
    ],
    [
      'stop_limit_stop_limit_gtc',
      limit({ stop_price: '150', stop_direction: 'STOP_DIRECTION_STOP_DOWN' }),
      { type: 'STOP_LIMIT', stopPrice: '150', price: '151.2', timeInForce: 'GTC' },
    ],
    [
      'stop_limit_stop_limit_gtd',
      limit({ stop_price: '150', end_time: '2026-03-01T00:00:00Z' }),
      { type: 'STOP_LIMIT', stopPrice: '150', timeInForce: 'GTT', expiresAt: '2026-03-01T00:00:00.000Z' },
    ],
    ['trigger_bracket_gtc', limit({ stop_trigger_price: '140' }), { type: 'STOP_MARKET', stopPrice: '140' }],
  ])('reads the terms of %s %j', (key, terms, expected) => {
    expect(configured({ [key]: terms })).toMatchObject(expected);
  });

  it('has no word for some types', () => {
    expect(configured({ twap_limit_gtd: limit() }, { order_type: 'TWAP' })).toMatchObject({ type: null, size: '3' });
  });

  it('takes type and time in force from the order where the configuration says nothing', () => {
    for (const configuration of [{}, { a: null }, { sor_limit_ioc: limit(), limit_limit_gtc: limit() }]) {
      expect(configured(configuration)).toMatchObject({ type: 'LIMIT', timeInForce: 'GTC', size: null, price: null });
    }
    const unsaid = { order_type: 'UNKNOWN_ORDER_TYPE', time_in_force: 'UNKNOWN_TIME_IN_FORCE', side: '' };
    expect(configured({}, unsaid)).toMatchObject({ type: null, timeInForce: null, side: null });
  });

  it('names a configuration, a status, a side or a symbol that it does not know', () => {
    expect(failure({ ...ORDER, order_configuration: { magic_gtc: {} } }).message).toMatch(/"magic_gtc"/);
    expect(failure({ ...ORDER, status: 'UNKNOWN_ORDER_STATUS' }).message).toMatch(/UNKNOWN_ORDER_STATUS/);
    expect(failure({ ...ORDER, side: 'SIDEWAYS' }).message).toMatch(/"SIDEWAYS"/);
    expect(failure({ ...ORDER, product_id: 'BTC-PERP-INTX' }).message).toMatch(/"BTC-PERP-INTX"/);
  });

  it('shows an order as it was edited last', () => {
    const edit_history = [
      { price: '149', size: '2', replace_accept_timestamp: '2026-02-13T17:00:00Z' },
      { price: '148', size: '2.5', replace_accept_timestamp: '2026-02-13T18:00:00Z' },
      { price: '1', size: '9', replace_accept_timestamp: '' },
    ];
    expect(only({ ...ORDER, edit_history })).toMatchObject({ price: '148', size: '2.5', remainingSize: '2.5' });
  });

  it('tells a stop that waits from one that works', () => {
    const stop = { stop_limit_stop_limit_gtc: limit({ stop_price: '150' }) };
    expect(configured(stop, { trigger_status: 'STOP_PENDING' }).working).toBe(false);
    expect(configured(stop, { trigger_status: 'STOP_TRIGGERED' }).working).toBe(true);
  });
});

describe('where an order stands', () => {
  const ioc = { order_configuration: { sor_limit_ioc: limit() } };
  const market = { order_configuration: { market_market_ioc: { base_size: '3' } } };
  const stop = { order_configuration: { stop_limit_stop_limit_gtc: limit({ stop_price: '150' }) } };
  const timed = { order_configuration: { limit_limit_gtd: limit({ end_time: '2026-02-13T17:00:00Z' }) } };
  const asked = { cancel_message: 'User requested cancel' };
  const partly = filled('1', '151.2');

  it.each<[string, object, string, string | null, string | null]>([
    ['PENDING', {}, 'PENDING', null, '3'],
    ['QUEUED', {}, 'PENDING', null, '3'],
    ['OPEN', partly, 'OPEN', null, '2'],
    ['CANCEL_QUEUED', { pending_cancel: true }, 'OPEN', null, '3'],
    ['EDIT_QUEUED', {}, 'OPEN', null, '3'],
    ['FILLED', filled('3', '453.6'), 'FILLED', null, '0'],
    ['CANCELLED', { ...partly, ...asked }, 'CANCELLED', 'User requested cancel', '0'],
    ['CANCELLED', partly, 'CANCELLED', null, '0'],
    ['CANCELLED', { cancel_message: 'Product delisted' }, 'CANCELLED', 'Product delisted', '0'],
    // D1: complete is filled, whatever the word.
    ['CANCELLED', filled('3', '453.6'), 'FILLED', null, '0'],
    ['EXPIRED', { ...timed, ...filled('3.000', '453.6') }, 'FILLED', null, '0'],
    // D2, D3: ended by the time in force.
    ['EXPIRED', { ...timed, ...partly }, 'EXPIRED', 'tif', '0'],
    ['CANCELLED', { ...ioc, ...partly }, 'EXPIRED', 'tif', '0'],
    ['CANCELLED', ioc, 'EXPIRED', 'tif', '0'],
    ['CANCELLED', { ...market, ...partly }, 'EXPIRED', 'tif', '0'],
    ['CANCELLED', { ...ioc, ...asked }, 'CANCELLED', 'User requested cancel', '0'],
    ['CANCELLED', { ...stop, order_type: 'STOP_LIMIT' }, 'CANCELLED', null, '0'],
    // D5: refused after it had been taken.
    ['FAILED', { reject_message: 'Insufficient fund' }, 'FAILED', 'Insufficient fund', '0'],
    ['FAILED', { reject_reason: 'HOLD_FAILURE' }, 'FAILED', 'HOLD_FAILURE', '0'],
    ['FAILED', {}, 'FAILED', null, '0'],
  ])('%s %j', (status, more, expected, reason, remainingSize) => {
    expect(only({ ...ORDER, ...more, status })).toMatchObject({ status: expected, reason, remainingSize });
  });

  it('counts an order by quote amount in the unit that was ordered, fees included', () => {
    const byQuote = {
      order_configuration: { market_market_ioc: { quote_size: '6.36' } },
      size_in_quote: true,
      size_inclusive_of_fees: true,
    };
    const spent = filled('0.000297920684505', '6.3220675944333996', '0.0379324055666004');
    const order = only({ ...ORDER, ...byQuote, ...spent, status: 'FILLED' });
    expect(order).toMatchObject({ status: 'FILLED', size: '0.000297920684505', quoteSize: '6.36', remainingSize: '0' });
    // Less than the amount, and still the exchange's word completes it.
    expect(only({ ...ORDER, ...byQuote, ...partly, status: 'FILLED' })).toMatchObject({ status: 'FILLED', size: '1' });
    expect(only({ ...ORDER, ...byQuote, ...spent, status: 'CANCELLED' }).status).toBe('FILLED');
    const short = { ...ORDER, ...byQuote, ...filled('0.0001', '2.1'), status: 'CANCELLED' };
    expect(only(short)).toMatchObject({ status: 'EXPIRED', reason: 'tif', size: null, filledSize: '0.0001' });
  });
});

describe('lists', () => {
  it('reads a page, and keeps the others when one entry is bad', () => {
    const orders = [ORDER, { ...ORDER, order_id: 'bad', status: 'MAYBE' }, { ...ORDER, order_id: 'other' }];
    const payload = { orders, sequence: '0', has_next: true, cursor: '789' };
    const read = readNative({ exchange: 'coinbase', transport: 'rest', method: '', payload });
    expect(read.orders.map((order) => order.orderId)).toEqual([ID, 'other']);
    expect(read.errors).toMatchObject([{ code: 'UNKNOWN_WORD', orderId: 'bad' }]);
    expect(from({ orders: [], has_next: false, cursor: '' })).toEqual({ orders: [], fills: [] });
  });

  it("reads ccxt's orders by their native object", () => {
    expect(only([{ id: 'x', symbol: 'SOL/USD', status: 'canceled', info: ORDER }]).status).toBe('OPEN');
  });
});
