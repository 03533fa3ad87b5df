import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';
import { ORDER, ID, ok } from './fixtures.ts';

const { from, only, failure } = readersOf('kraken');

describe('answers', () => {
  const placed = (order: string, more = {}) => only(ok({ txid: [ID], descr: { order }, ...more }));

  it.each([
    [
      'buy 0.25000000 XBTUSD @ limit 40000.5',
      { side: 'BUY', size: '0.25', symbol: 'BTC-USD', type: 'LIMIT', price: '40000.5' },
    ],
    [
      'sell 3 SOLEUR @ market',
      { side: 'SELL', size: '3', symbol: 'SOL-EUR', type: 'MARKET', price: null, stopPrice: null },
    ],
    ['sell 1.5 XBTUSD @ stop loss 39000.0', { type: 'STOP_MARKET', stopPrice: '39000', price: null }],
    [
      'sell 1.5 XBTUSD @ stop loss 39000.0 -> limit 38900.0',
      { type: 'STOP_LIMIT', stopPrice: '39000', price: '38900' },
    ],
    [
      'buy 1 XDGUSD @ take profit 0.1 -> limit 0.11',
      { symbol: 'DOGE-USD', type: 'STOP_LIMIT', stopPrice: '0.1', price: '0.11' },
    ],
    ['sell 49.9 SUIUSD @ trailing stop +1.0000%', { type: 'STOP_MARKET', stopPrice: null, price: null }],
    ['buy 2.1 XBTUSD @ limit 25000.1 with 2:1 leverage', { type: 'LIMIT', price: '25000.1', size: '2.1' }],
  ])('reads "%s"', (order, expected) => {
    expect(placed(order)).toMatchObject({ orderId: ID, status: 'OPEN', filledSize: null, ...expected });
  });

  it('takes the volume as quote amount where ccxt says so', () => {
    expect(placed('buy 100 XBTUSD @ market', { usingCost: true })).toMatchObject({ size: null, quoteSize: '100' });
  });

  it('does not read a text it does not know, or an answer without an id', () => {
    expect(failure(ok({ txid: [ID], descr: { order: 'hold 1 XBTUSD @ limit 5' } })).message).toMatch(
      /not an order description/,
    );
    expect(failure(ok({ descr: { order: 'buy 1 XBTUSD @ market' } })).message).toMatch(/without an order id/);
    expect(failure(ok({ txid: [], descr: { order: 'buy 1 XBTUSD @ market' } })).message).toMatch(/without an order id/);
  });

  it('reads an edit, and a batch of which one is refused', () => {
    expect(only(ok({ txid: ID, descr: { order: 'buy 1 XBTUSD @ limit 5' } })).orderId).toBe(ID);
    const error = failure(
      ok({
        orders: [{ txid: ID, descr: { order: 'buy 1 XBTUSD @ limit 5' } }, { error: 'EOrder:Insufficient funds' }],
      }),
    );
    expect(error).toMatchObject({ code: 'EXCHANGE_ERROR', nativeCode: 'EOrder:Insufficient funds' });
    expect(error.evidence?.orders).toMatchObject([{ orderId: ID }]);
  });

  it.each([{ count: 1 }, { amend_id: 'TAMEND' }, { currentTime: 'x', triggerTime: 'y' }])(
    '%j names no order',
    (result) => {
      expect(from(ok(result))).toEqual({ orders: [], fills: [] });
    },
  );

  it('takes an empty answer as an empty map only where a question was asked', () => {
    expect(from(ok({}), 'QueryOrders').orders).toEqual([]);
    expect(failure(ok({}), 'createOrder').code).toBe('UNREADABLE');
  });

  it.each([
    [{ error: ['EOrder:Insufficient funds'] }, 'EOrder:Insufficient funds'],
    [{ error: ['EAPI:Invalid nonce'], result: null }, 'EAPI:Invalid nonce'],
    [{ method: 'add_order', success: false, error: 'EOrder:Order minimum not met' }, 'EOrder:Order minimum not met'],
    [{ method: 'subscribe', success: false, error: 'ESession:Invalid session' }, 'ESession:Invalid session'],
  ])('%j is a refusal', (payload, nativeCode) => {
    expect(failure(payload)).toMatchObject({ code: 'EXCHANGE_ERROR', nativeCode });
  });

  it('reads past warnings', () => {
    expect(only({ error: ['WGeneral:Slow'], result: { [ID]: ORDER } }).orderId).toBe(ID);
  });

  it('reads the answers of the socket', () => {
    const clientId = '0190a3c4-8f21-7b6e-9d10-5a4b3c2d1e0f';
    const answer = { method: 'add_order', req_id: 1, success: true, result: { order_id: ID, cl_ord_id: clientId } };
    expect(only(answer)).toMatchObject({ orderId: ID, clientOrderId: clientId, status: 'OPEN', symbol: null });
    expect(
      from({ ...answer, method: 'batch_add', result: [{ order_id: ID }, { order_id: 'O2' }] }).orders,
    ).toHaveLength(2);
    expect(only({ ...answer, method: 'edit_order', result: { order_id: 'O2', original_order_id: ID } }).orderId).toBe(
      'O2',
    );
    for (const method of ['cancel_order', 'amend_order', 'pong', 'subscribe']) {
      expect(from({ method, success: true, result: { order_id: ID } }).orders).toEqual([]);
    }
    expect(failure({ method: 'dance', success: true }).message).toMatch(/"dance"/);
    expect(failure({ ...answer, result: {} }).message).toMatch(/order_id/);
  });

  it.each([{}, 'nonsense', null, 7, { ZUSD: '1.0' }, { XXBT: { altname: 'XBT' } }, { error: [] }])(
    'refuses %j',
    (payload) => {
      expect(failure(payload).code).toBe('UNREADABLE');
    },
  );
});
