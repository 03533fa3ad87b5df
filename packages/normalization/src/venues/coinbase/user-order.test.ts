import { describe, expect, it } from 'vitest';
import { readNative } from '../../normalize.ts';
import { readersOf } from '../../testing.ts';
import { CLIENT_ID, ID, USER_ORDER, userPush } from './fixtures.ts';

const { from, only, failure } = readersOf('coinbase');
const told = (more: object) => only(userPush({ ...USER_ORDER, ...more }));

describe('the user channel', () => {
  it('reads an open order: what is ordered is what is filled and what is left', () => {
    expect(told({})).toMatchObject({
      orderId: ID,
      clientOrderId: CLIENT_ID,
      symbol: 'SOL-USD',
      side: 'SELL',
      type: 'LIMIT',
      status: 'OPEN',
      size: '3',
      filledSize: '1',
      remainingSize: '2',
      price: '151.2',
      averageFilledPrice: '151.2',
      postOnly: true,
      createdAt: '2026-02-13T16:26:40.123Z',
      updatedAt: '2026-02-13T16:26:41.999Z',
      expiresAt: null,
    });
  });

  it.each([
    [
      { status: 'PENDING', cumulative_quantity: '0' },
      { status: 'PENDING', size: null },
    ],
    [{ status: 'CANCEL_QUEUED' }, { status: 'OPEN', size: '3' }],
    [
      { status: 'FILLED', cumulative_quantity: '3', leaves_quantity: '0' },
      { status: 'FILLED', size: '3' },
    ],
    [
      { status: 'CANCELLED', leaves_quantity: '0', cancel_reason: 'User requested cancel' },
      { status: 'CANCELLED', size: null, filledSize: '1', remainingSize: '0', reason: 'User requested cancel' },
    ],
    [
      { status: 'CANCELLED', leaves_quantity: '0', time_in_force: 'IMMEDIATE_OR_CANCEL' },
      { status: 'EXPIRED', reason: 'tif' },
    ],
    [
      { status: 'EXPIRED', time_in_force: 'GOOD_UNTIL_DATE_TIME' },
      { status: 'EXPIRED', timeInForce: 'GTT' },
    ],
    [
      { status: 'FAILED', reject_reason: 'HOLD_FAILURE' },
      { status: 'FAILED', reason: 'HOLD_FAILURE' },
    ],
    // What is left of a market order may be counted in the quote currency.
    [
      { order_type: 'Market', leaves_quantity: '50' },
      { type: 'MARKET', status: 'OPEN', size: null },
    ],
    [
      { order_type: 'Stop Limit', stop_price: '150', trigger_status: 'STOP_PENDING' },
      { type: 'STOP_LIMIT', stopPrice: '150', working: false },
    ],
  ])('%j', (more, expected) => {
    expect(told(more)).toMatchObject(expected);
  });

  it('reads several events, and past one bad order', () => {
    const push = {
      ...userPush(),
      events: [
        { type: 'snapshot', orders: [USER_ORDER], positions: { perpetual_futures_positions: [] } },
        { type: 'update', orders: [{ ...USER_ORDER, order_id: 'bad', status: 'UNKNOWN_ORDER_STATUS' }, USER_ORDER] },
        { type: 'update' },
      ],
    };
    const read = readNative({ exchange: 'coinbase', transport: 'ws', method: '', payload: push });
    expect(read.orders).toHaveLength(2);
    expect(read.errors).toMatchObject([{ code: 'UNKNOWN_WORD', orderId: 'bad' }]);
  });

  it('passes over what is not about orders, and refuses what is public', () => {
    for (const channel of ['subscriptions', 'heartbeats', 'status']) {
      expect(from({ channel, events: [{}] })).toEqual({ orders: [], fills: [] });
    }
    for (const channel of ['ticker', 'l2_data', 'market_trades']) {
      expect(failure({ channel, events: [] }).message).toContain(`"${channel}"`);
    }
    expect(failure({ type: 'error', message: 'authentication failure' })).toMatchObject({
      code: 'EXCHANGE_ERROR',
      nativeCode: 'authentication failure',
    });
  });
});
