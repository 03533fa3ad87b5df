import { describe, expect, it } from 'vitest';
import { readNative } from '../../normalize.ts';
import { readersOf } from '../../testing.ts';
import { ORDER } from './fixtures.ts';

const { from, only, failure } = readersOf('binance');

describe('answers', () => {
  it('reads a place answer with its fills', () => {
    const { time: _time, updateTime: _updateTime, ...answer } = ORDER;
    const { orders, fills } = from({
      ...answer,
      status: 'FILLED',
      executedQty: '3.00000000',
      cummulativeQuoteQty: '453.80000000',
      transactTime: 1771000000300,
      fills: [
        { price: '151.30', qty: '2', commission: '0.30260000', commissionAsset: 'USDC', tradeId: 41 },
        { price: '151.20', qty: '1', commission: '0', commissionAsset: null, tradeId: 42 },
      ],
    });
    const at = '2026-02-13T16:26:40.300Z';
    expect(orders).toMatchObject([{ status: 'FILLED', createdAt: at, updatedAt: at, filledValue: '453.8' }]);
    expect(fills).toMatchObject([
      { tradeId: '41', orderId: '880017', clientOrderId: 'op-aa', size: '2', price: '151.3', executedAt: at },
      { tradeId: '42', side: 'SELL', symbol: 'SOL-USDC', fee: null, liquidity: 'TAKER' },
    ]);
    expect(fills[0]?.fee).toEqual({ currency: 'USDC', cost: '0.3026' });
  });

  it('reads a bare acknowledgement', () => {
    const ack = { symbol: 'SOLUSDC', orderId: 5, orderListId: -1, clientOrderId: 'op-b', transactTime: 1771000000300 };
    expect(only(ack)).toMatchObject({ orderId: '5', status: 'OPEN', size: null, filledSize: null, type: null });
  });

  const CANCELLED = {
    ...ORDER,
    clientOrderId: 'the-cancel',
    origClientOrderId: 'op-aa',
    status: 'CANCELED',
    timeInForce: 'IOC',
    transactTime: 1771000000400,
  };
  it('knows the order, not the cancel, by its client id, and that it was asked for', () => {
    const { time: _time, updateTime: _updateTime, ...answer } = CANCELLED;
    const expected = { clientOrderId: 'op-aa', status: 'CANCELLED', createdAt: null, reason: null };
    expect(only(answer)).toMatchObject({ ...expected, updatedAt: '2026-02-13T16:26:40.400Z' });
    expect(from([answer, answer]).orders).toHaveLength(2);
  });

  it('reads both halves of a cancel-and-replace', () => {
    const { orders } = from({
      cancelResult: 'SUCCESS',
      newOrderResult: 'SUCCESS',
      cancelResponse: CANCELLED,
      newOrderResponse: { ...ORDER, orderId: 880018, clientOrderId: 'op-c' },
    });
    expect(orders.map(({ orderId, status }) => [orderId, status])).toEqual([
      ['880017', 'CANCELLED'],
      ['880018', 'OPEN'],
    ]);
  });

  it('keeps the half that happened of a cancel-and-replace that failed', () => {
    const error = failure({
      code: -2021,
      msg: 'Order cancel-replace partially failed.',
      data: {
        cancelResult: 'SUCCESS',
        newOrderResult: 'FAILURE',
        cancelResponse: CANCELLED,
        newOrderResponse: { code: -2010, msg: 'Account has insufficient balance for requested action.' },
      },
    });
    expect(error).toMatchObject({ code: 'EXCHANGE_ERROR', nativeCode: '-2021' });
    expect(error.evidence?.orders).toMatchObject([{ orderId: '880017', status: 'CANCELLED' }]);
  });

  it('reads an amended order, which carries the new client id', () => {
    const amendedOrder = {
      symbol: 'SOLUSDC',
      orderId: 880017,
      origClientOrderId: 'op-aa',
      clientOrderId: 'op-amended',
      price: '151.20000000',
      qty: '2.00000000',
      executedQty: '0.50000000',
      cumulativeQuoteQty: '75.60000000',
      quoteOrderQty: '0.00000000',
      status: 'PARTIALLY_FILLED',
      timeInForce: 'GTC',
      type: 'LIMIT',
      side: 'SELL',
    };
    expect(only({ transactTime: 1771000000500, executionId: 60, amendedOrder })).toMatchObject({
      clientOrderId: 'op-amended',
      size: '2',
      remainingSize: '1.5',
      averageFilledPrice: '151.2',
    });
  });

  it('reads the wrapper of the WebSocket API', () => {
    expect(only({ id: '1', status: 200, result: ORDER, rateLimits: [] }).orderId).toBe('880017');
    expect(from({ id: '1', status: 200, result: [ORDER, ORDER] }).orders).toHaveLength(2);
    const error = failure({ id: '1', status: 400, error: { code: -2013, msg: 'Order does not exist.' } });
    expect(error).toMatchObject({ code: 'EXCHANGE_ERROR', nativeCode: '-2013' });
  });

  it.each([{}, 'nonsense', null, 7, { balances: [] }, { symbol: 'SOLUSDC' }])('refuses %j', (payload) => {
    expect(failure(payload).code).toBe('UNREADABLE');
  });

  it('does not take an order without an id, or with one that lost digits', () => {
    expect(failure({ ...ORDER, orderId: null }).message).toMatch(/orderId/);
    expect(failure({ ...ORDER, orderId: 2 ** 62 }).message).toMatch(/orderId/);
  });

  it('names the bad entry of a list and keeps the others', () => {
    const list = [ORDER, { ...ORDER, orderId: 99, status: 'DREAMING' }, { ...ORDER, orderId: 100 }];
    const { orders, errors } = readNative({ exchange: 'binance', transport: 'rest', method: '', payload: list });
    expect(orders.map((order) => order.orderId)).toEqual(['880017', '100']);
    expect(errors).toMatchObject([{ code: 'UNKNOWN_WORD', orderId: '99' }]);
    expect(failure(list).evidence?.orders).toHaveLength(2);
  });

  it('takes an empty list for what it is', () => {
    expect(from([])).toEqual({ orders: [], fills: [] });
  });
});
