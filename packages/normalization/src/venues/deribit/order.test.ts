import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';
import { ORDER } from './fixtures.ts';

const { only, failure } = readersOf('deribit');

describe('order objects', () => {
  it('reads every field of an open order', () => {
    expect(only(ORDER)).toEqual({
      exchange: 'deribit',
      orderId: '46000000031',
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
      filledValue: null,
      createdAt: '2026-02-13T16:26:40.100Z',
      updatedAt: '2026-02-13T16:26:40.200Z',
      expiresAt: null,
      timeInForce: 'GTC',
      postOnly: false,
      reduceOnly: null,
      reason: null,
      working: null,
    });
  });

  it('reads a partial fill; the average is what the exchange says', () => {
    expect(only({ ...ORDER, filled_amount: 0.7, average_price: 151.2143 })).toMatchObject({
      status: 'OPEN',
      filledSize: '0.7',
      remainingSize: '2.3',
      averageFilledPrice: '151.2143',
      filledValue: null,
    });
  });

  const IOC = { time_in_force: 'immediate_or_cancel' };
  const FOK = { time_in_force: 'fill_or_kill' };
  const MARKET = { order_type: 'market', price: 'market_price' };
  const asked = { cancel_reason: 'user_request' };
  it.each([
    ['filled', 3, {}, 'FILLED', null],
    ['filled', 3, MARKET, 'FILLED', null],
    ['cancelled', 0, asked, 'CANCELLED', 'user_request'],
    ['cancelled', 1.1, asked, 'CANCELLED', 'user_request'],
    ['cancelled', 0, {}, 'CANCELLED', null],
    ['cancelled', 3, asked, 'FILLED', null],
    ['cancelled', 1.1, IOC, 'EXPIRED', 'tif'],
    ['cancelled', 0, FOK, 'EXPIRED', 'tif'],
    ['cancelled', 1.1, MARKET, 'EXPIRED', 'tif'],
    // What never rests can't have been cancelled by anybody.
    ['cancelled', 1.1, { ...IOC, ...asked }, 'EXPIRED', 'tif'],
    ['cancelled', 0, { time_in_force: 'good_til_day' }, 'EXPIRED', 'tif'],
    ['cancelled', 0, { time_in_force: 'good_til_day', ...asked }, 'CANCELLED', 'user_request'],
    ['cancelled', 0, { cancel_reason: 'edit_post_only_reject' }, 'CANCELLED', 'edit_post_only_reject'],
    ['cancelled', 1, { cancel_reason: 'autoliquidation' }, 'CANCELLED', 'autoliquidation'],
    ['rejected', 0, {}, 'FAILED', null],
    ['rejected:reduce_direction', 0, {}, 'FAILED', 'reduce_direction'],
    // A stop with IOC can be cancelled while it waits for its trigger.
    ['cancelled', 0, { ...IOC, ...asked, order_type: 'stop_limit' }, 'CANCELLED', 'user_request'],
  ] as const)('%s with %d filled and %j is %s (%s)', (order_state, filled_amount, more, status, reason) => {
    const order = only({ ...ORDER, order_state, filled_amount, ...more });
    expect(order).toMatchObject({ status, reason, remainingSize: '0', filledSize: String(filled_amount) });
  });

  it.each([
    ['stop_limit', 'STOP_LIMIT', '151.2'],
    ['take_limit', 'STOP_LIMIT', '151.2'],
    ['stop_market', 'STOP_MARKET', null],
    ['take_market', 'STOP_MARKET', null],
    ['trailing_stop', 'STOP_MARKET', null],
  ])('%s is %s and waits for its trigger', (order_type, type, price) => {
    const { filled_amount: _filled, ...bare } = ORDER;
    const stop = { ...bare, order_type, order_state: 'untriggered', trigger_price: 149.5, trigger: 'last_price' };
    expect(only({ ...stop, triggered: false })).toMatchObject({
      type,
      price,
      stopPrice: '149.5',
      status: 'OPEN',
      filledSize: '0',
      remainingSize: '3',
      working: false,
    });
  });

  it('a stop that was triggered works on as another order', () => {
    const stop = { ...ORDER, order_id: 'SLTS-9', order_type: 'stop_limit', trigger_price: 149.5 };
    expect(only({ ...stop, order_state: 'triggered', triggered: true })).toMatchObject({
      orderId: 'SLTS-9',
      status: 'OPEN',
      working: null,
    });
    expect(only({ ...ORDER, trigger_order_id: 'SLTS-9', triggered: true })).toMatchObject({
      orderId: '46000000031',
      type: 'LIMIT',
      working: true,
    });
  });

  it.each(['market_price', 152.7])('takes %s for no limit of a market order', (price) => {
    expect(only({ ...ORDER, order_type: 'market', price })).toMatchObject({ type: 'MARKET', price: null });
  });

  it('reads flags of contracts, and an empty label as none', () => {
    const perpetual = {
      ...ORDER,
      instrument_name: 'SOL_USDC-PERPETUAL',
      reduce_only: true,
      post_only: true,
      label: '',
    };
    expect(only(perpetual)).toMatchObject({
      symbol: 'SOL-USDC-PERPETUAL',
      reduceOnly: true,
      postOnly: true,
      clientOrderId: null,
    });
  });

  it('reads small numbers that JSON writes with an exponent', () => {
    expect(only({ ...ORDER, amount: 4.9e-7 })).toMatchObject({ size: '0.00000049' });
  });

  it.each([
    ['order status', { order_state: 'dreaming' }],
    ['order type', { order_type: 'pegged' }],
    ['side', { direction: 'hold' }],
    ['time in force', { time_in_force: 'good_til_never' }],
    ['symbol', { instrument_name: 'BTC-27MAR26' }],
  ])('names an unknown %s', (kind, change) => {
    const error = failure({ ...ORDER, ...change });
    expect(error.code).toBe('UNKNOWN_WORD');
    expect(error.message).toContain(`unknown ${kind} "${Object.values(change)[0]}"`);
  });
});

describe('the log of trigger orders', () => {
  const ENTRY = {
    trigger: 'last_price',
    timestamp: 1771000000300,
    trigger_price: 149.5,
    trigger_order_id: 'SLTS-9',
    order_state: 'new',
    request: 'trigger:order',
    price: 149.1,
    order_id: null,
    offset: null,
    label: 'op-aa',
    instrument_name: 'SOL_USDC',
    amount: 3,
    direction: 'sell',
  };
  it.each([
    ['new', 'OPEN', false, null],
    ['triggered', 'OPEN', null, null],
    ['cancelled', 'CANCELLED', null, null],
    ['rejected:reduce_direction', 'FAILED', null, 'reduce_direction'],
  ])('%s is %s', (order_state, status, working, reason) => {
    const payload = { entries: [{ ...ENTRY, order_state }], continuation: null };
    expect(only(payload)).toMatchObject({
      orderId: 'SLTS-9',
      clientOrderId: 'op-aa',
      status,
      working,
      reason,
      size: '3',
      price: '149.1',
      stopPrice: '149.5',
    });
  });
});
