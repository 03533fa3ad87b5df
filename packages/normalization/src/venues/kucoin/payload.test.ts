import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';
import { CLIENT_ID, ID, ok } from './fixtures.ts';

const { from, only, failure } = readersOf('kucoin');
const NOTHING = { orders: [], fills: [] };

describe('answers to a placing', () => {
  it('is an accepted order of which nothing else is known', () => {
    expect(only(ok({ orderId: ID, clientOid: CLIENT_ID }))).toMatchObject({
      orderId: ID,
      clientOrderId: CLIENT_ID,
      status: 'OPEN',
      symbol: null,
      filledSize: null,
    });
    expect(only(ok({ newOrderId: ID, clientOid: CLIENT_ID })).orderId).toBe(ID);
    expect(from(ok({ orderId: ID, clientOid: CLIENT_ID }), 'POST /api/v1/hf/orders/test')).toEqual(NOTHING);
  });

  it('a synchronous one says how far it got', () => {
    const sync = {
      orderId: ID,
      clientOid: CLIENT_ID,
      orderTime: 1771000000123,
      originSize: '0.75',
      dealSize: '0.1',
      remainSize: '0.65',
      canceledSize: '0',
      status: 'open',
      matchTime: 1771000000456,
    };
    expect(only(ok(sync))).toMatchObject({ status: 'OPEN', size: '0.75', filledSize: '0.1', remainingSize: '0.65' });
    expect(only(ok({ ...sync, dealSize: '0.75', status: 'done' })).status).toBe('FILLED');
    const cancelled = ok({ ...sync, canceledSize: '0.65', remainSize: '0', status: 'done' });
    expect(from(cancelled, 'DELETE /api/v1/hf/orders/sync/1').orders).toMatchObject([{ status: 'CANCELLED' }]);
  });

  it('of a batch, the refused entry is named and hides no other', () => {
    const error = failure(
      ok([
        { orderId: ID, clientOid: CLIENT_ID, success: true },
        { success: false, failMsg: 'The order funds should more then 0.1 USDT.' },
      ]),
    );
    expect(error).toMatchObject({ code: 'EXCHANGE_ERROR', nativeCode: 'The order funds should more then 0.1 USDT.' });
    expect(error.evidence?.orders).toMatchObject([{ orderId: ID }]);
  });
});

it.each([
  ['', { cancelledOrderIds: [ID] }],
  ['', { cancelledOrderId: ID, clientOid: CLIENT_ID }],
  ['', { clientOid: CLIENT_ID }],
  ['', { orderId: ID, cancelSize: '0.1' }],
  ['', 'success'],
  ['', { succeedSymbols: ['BTC-USDT'], failedSymbols: [] }],
  ['DELETE /api/v1/hf/orders/1', { orderId: ID }],
  ['cancelOrder', { orderId: ID }],
  ['', { currentTime: 1771000000, triggerTime: 1771000005 }],
  ['', { timeout: 5, symbols: 'BTC-USDT', currentTime: 1, triggerTime: 2 }],
  ['', [{ id: '1', currency: 'BTC', type: 'trade_hf', balance: '1', available: '1', holds: '0' }]],
  ['', [{ symbol: 'BTC-USDT', baseCurrency: 'BTC', quoteCurrency: 'USDT', baseIncrement: '0.1' }]],
  ['', [{ currency: 'BTC', name: 'BTC', fullName: 'Bitcoin', precision: 8, chains: [] }]],
  ['', { token: 't', instanceServers: [] }],
  ['', { symbols: ['BTC-USDT'] }],
  ['', false],
  ['', 1771000000123],
])('%s %j says nothing about orders', (method, data) => {
  expect(from(ok(data), method)).toEqual(NOTHING);
});

it.each([
  { id: '1', type: 'welcome' },
  { id: '1', type: 'ack' },
  { id: '1', type: 'pong' },
  { type: 'message', topic: '/account/balance', subject: 'account.balance', data: { total: '1' } },
])('%j carries nothing', (message) => {
  expect(from(message, '', 'ws')).toEqual(NOTHING);
});

it.each([
  [{ code: '200004', msg: 'Balance insufficient!' }, '200004'],
  [{ code: '400100', msg: 'validation.createOrder.clientOidDuplicated' }, '400100'],
  [{ code: 'order_not_exist', msg: 'order_not_exist' }, 'order_not_exist'],
  [{ id: '1', type: 'error', code: 404, data: 'topic /x is not found' }, '404'],
])('%j is a refusal', (payload, nativeCode) => {
  expect(failure(payload)).toMatchObject({ code: 'EXCHANGE_ERROR', nativeCode });
});

it.each([
  ok(null),
  { code: '200000' },
  ok({}),
  {},
  null,
  'nonsense',
  ok([{ sequence: '1', price: '1', size: '1', side: 'buy', time: 1771000000123000000 }]),
  ok({ time: 1, symbol: 'BTC-USDT', buy: '1', sell: '2', last: '1' }),
  { type: 'message', topic: '/market/match:BTC-USDT', data: {} },
])('%j is not read as an order', (payload) => {
  expect(failure(payload).code).toBe('UNREADABLE');
});
