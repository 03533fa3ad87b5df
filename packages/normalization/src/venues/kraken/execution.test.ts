import { describe, expect, it } from 'vitest';
import { readNative } from '../../normalize.ts';
import { readersOf } from '../../testing.ts';
import { ID } from './fixtures.ts';

const { from, failure } = readersOf('kraken');

describe('the executions channel', () => {
  const NEW = {
    order_id: ID,
    cl_ord_id: '0190a3c4-8f21-7b6e-9d10-5a4b3c2d1e0f',
    order_userref: 0,
    exec_type: 'new',
    order_status: 'new',
    symbol: 'BTC/EUR',
    side: 'sell',
    order_type: 'limit',
    order_qty: 0.75,
    limit_price: 51000.4,
    limit_price_type: 'static',
    cum_qty: 0,
    cum_cost: 0,
    avg_price: 0,
    time_in_force: 'GTC',
    post_only: true,
    timestamp: '2026-02-13T16:26:40.123456Z',
  };
  const TRADE = {
    ...NEW,
    exec_type: 'trade',
    order_status: 'partially_filled',
    exec_id: 'TTEST1-AAAAA-BBBBB1',
    trade_id: 12345,
    last_qty: 0.1,
    last_price: 51000.4,
    cost: 5100.04,
    liquidity_ind: 't',
    cum_qty: 0.1,
    cum_cost: 5100.04,
    avg_price: 51000.4,
    fees: [{ asset: 'EUR', qty: 20.40016 }],
    fee_usd_equiv: 22.1,
  };
  const push = (...data: unknown[]) => from({ channel: 'executions', type: 'update', data, sequence: 1 });

  it('reads an open order', () => {
    expect(push(NEW).orders).toMatchObject([
      { status: 'OPEN', size: '0.75', filledSize: '0', remainingSize: '0.75', price: '51000.4', postOnly: true },
    ]);
  });

  it('reads a trade as the order and one fill, with the id that REST gives it', () => {
    const { orders, fills } = push(TRADE);
    expect(orders).toMatchObject([
      { status: 'OPEN', filledSize: '0.1', remainingSize: '0.65', filledValue: '5100.04' },
    ]);
    expect(fills).toEqual([
      {
        exchange: 'kraken',
        tradeId: 'TTEST1-AAAAA-BBBBB1',
        orderId: ID,
        clientOrderId: NEW.cl_ord_id,
        symbol: 'BTC-EUR',
        side: 'SELL',
        size: '0.1',
        price: '51000.4',
        fee: { currency: 'EUR', cost: '20.40016' },
        liquidity: 'TAKER',
        executedAt: '2026-02-13T16:26:40.123Z',
      },
    ]);
  });

  it('does not take a completing trade for the completion', () => {
    expect(push({ ...TRADE, cum_qty: 0.75 }).orders).toMatchObject([{ status: 'OPEN', remainingSize: '0' }]);
    expect(push({ ...TRADE, exec_type: 'filled', order_status: 'filled', cum_qty: 0.75 }).orders[0]?.status).toBe(
      'FILLED',
    );
  });

  it('reads a cancel that names nothing but the order', () => {
    const cancel = {
      order_id: ID,
      exec_type: 'canceled',
      order_status: 'canceled',
      cum_qty: 0.1,
      cum_cost: 5100.04,
      avg_price: 51000.4,
      reason: 'User requested',
      timestamp: '2026-02-13T16:26:50.000000Z',
    };
    expect(push(cancel).orders).toMatchObject([
      {
        symbol: null,
        side: null,
        size: null,
        status: 'CANCELLED',
        reason: 'User requested',
        filledSize: '0.1',
        remainingSize: '0',
      },
    ]);
    expect(push({ ...cancel, reason: undefined, time_in_force: 'IOC' }).orders[0]).toMatchObject({
      status: 'EXPIRED',
      reason: 'tif',
    });
    expect(
      push({ ...cancel, exec_type: 'expired', order_status: 'expired', reason: undefined }).orders[0],
    ).toMatchObject({
      status: 'EXPIRED',
      reason: 'tif',
    });
  });

  it('reads stops, orders by quote amount and expiries', () => {
    const stop = {
      ...NEW,
      order_type: 'stop-loss-limit',
      triggers: { price: 49000.5, price_type: 'static', status: 'untriggered' },
    };
    expect(push(stop).orders[0]).toMatchObject({ type: 'STOP_LIMIT', stopPrice: '49000.5', working: false });
    const byQuote = { ...NEW, order_type: 'market', order_qty: undefined, cash_order_qty: 500, limit_price: undefined };
    expect(push(byQuote).orders[0]).toMatchObject({ quoteSize: '500', size: null, price: null });
    const timed = { ...NEW, time_in_force: 'GTD', expire_time: '2026-02-13T17:00:00Z' };
    expect(push(timed).orders[0]).toMatchObject({ timeInForce: 'GTT', expiresAt: '2026-02-13T17:00:00.000Z' });
  });

  it('reads past trades of a snapshot as fills only', () => {
    const { order_status: _status, ...past } = TRADE;
    const payload = { channel: 'executions', type: 'snapshot', data: [past, NEW], sequence: 1 };
    const { orders, fills } = from(payload);
    expect([orders.length, fills.length]).toEqual([1, 1]);
  });

  it('keeps the rest when one entry is bad, and names its order', () => {
    const payload = {
      channel: 'executions',
      type: 'update',
      data: [{ ...NEW, order_id: 'OBAD', exec_type: 'maybe' }, NEW],
    };
    const { orders, errors } = readNative({ exchange: 'kraken', transport: 'ws', method: '', payload });
    expect(orders).toHaveLength(1);
    expect(errors).toMatchObject([{ code: 'UNKNOWN_WORD', orderId: 'OBAD' }]);
  });

  it('does not guess between fees in two currencies', () => {
    const fees = [
      { asset: 'EUR', qty: 1 },
      { asset: 'XBT', qty: 0.1 },
    ];
    expect(failure({ channel: 'executions', type: 'update', data: [{ ...TRADE, fees }] }).message).toMatch(/several/);
    expect(
      push({
        ...TRADE,
        fees: [
          { asset: 'XXBT', qty: 0.1 },
          { asset: 'XBT', qty: 0.2 },
        ],
      }).fills[0]?.fee,
    ).toEqual({
      currency: 'BTC',
      cost: '0.3',
    });
  });

  it('passes over what is not about orders', () => {
    for (const channel of ['heartbeat', 'status', 'balances']) expect(from({ channel, data: [] }).orders).toEqual([]);
    expect(failure({ channel: 'book', data: [] }).message).toMatch(/"book"/);
  });
});
