import { describe, expect, it } from 'vitest';
import { readNative } from '../../normalize.ts';
import { readersOf } from '../../testing.ts';
import { CLIENT_ID, ID, ORDER } from './fixtures.ts';

const { from, only, failure } = readersOf('coinbase');
const names = { order_id: ID, product_id: 'SOL-USD', side: 'SELL', client_order_id: CLIENT_ID };
const { order_configuration } = ORDER;

describe('answers', () => {
  it('reads a placed order with its terms, and nothing of its state but that it was accepted', () => {
    expect(only({ success: true, success_response: names, order_configuration })).toMatchObject({
      orderId: ID,
      clientOrderId: CLIENT_ID,
      symbol: 'SOL-USD',
      side: 'SELL',
      status: 'OPEN',
      type: 'LIMIT',
      size: '3',
      price: '151.2',
      filledSize: null,
      remainingSize: null,
    });
    // What ccxt keeps of it.
    expect(only(names)).toMatchObject({ orderId: ID, status: 'OPEN', size: null });
  });

  it('does not believe a success without an id', () => {
    const message = /without an order id/;
    expect(failure({ success: true, order_configuration }).message).toMatch(message);
    expect(failure({ success: true, success_response: { ...names, order_id: '' } }).message).toMatch(message);
  });

  it.each([
    [{ error: 'INSUFFICIENT_FUND', preview_failure_reason: 'UNKNOWN_PREVIEW_FAILURE_REASON' }, 'INSUFFICIENT_FUND'],
    [
      { error: 'UNKNOWN_FAILURE_REASON', preview_failure_reason: 'PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE' },
      'PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE',
    ],
    [{ error: 'UNKNOWN_FAILURE_REASON', new_order_failure_reason: 'INVALID_LIMIT_PRICE' }, 'INVALID_LIMIT_PRICE'],
    [{ error: 'UNKNOWN_FAILURE_REASON', message: '' }, 'UNKNOWN_FAILURE_REASON'],
    [{}, 'no reason given'],
  ])('a new order is refused for its first definite reason: %j', (error_response, nativeCode) => {
    expect(failure({ success: false, error_response })).toMatchObject({ code: 'EXCHANGE_ERROR', nativeCode });
  });

  it('reads edits as nothing, and their refusals', () => {
    const accepted = { success: true, errors: [] };
    expect(from(accepted)).toEqual({ orders: [], fills: [] });
    expect(from({ success: true, success_response: { order_id: ID }, errors: {} }).orders).toEqual([]);
    const refused = {
      success: false,
      errors: [{ edit_failure_reason: 'ORDER_NOT_FOUND', preview_failure_reason: 'UNKNOWN_PREVIEW_FAILURE_REASON' }],
    };
    expect(failure(refused).nativeCode).toBe('ORDER_NOT_FOUND');
  });

  it('reads cancels as nothing, and keeps whose was refused', () => {
    const done = { success: true, failure_reason: 'UNKNOWN_CANCEL_FAILURE_REASON', order_id: ID };
    const unknown = { success: false, failure_reason: 'UNKNOWN_CANCEL_ORDER', order_id: 'gone' };
    expect(from({ results: [done] })).toEqual({ orders: [], fills: [] });
    const payload = { results: [unknown, done] };
    const { errors } = readNative({ exchange: 'coinbase', transport: 'rest', method: '', payload });
    expect(errors).toMatchObject([{ nativeCode: 'UNKNOWN_CANCEL_ORDER', orderId: 'gone' }]);
  });

  it.each([
    [{ error: 'INVALID_ARGUMENT', error_details: 'bad', message: 'bad' }, 'INVALID_ARGUMENT'],
    [{ error: 'unknown', error_details: 'order with this orderID was not found' }, 'unknown'],
    [{ errors: [{ id: 'rate_limit_exceeded', message: 'Too many requests' }] }, 'rate_limit_exceeded'],
  ])('%j is a refusal', (payload, nativeCode) => {
    expect(failure(payload)).toMatchObject({ code: 'EXCHANGE_ERROR', nativeCode });
  });

  it.each([
    { accounts: [], has_next: false },
    { products: [], num_products: 0 },
    { data: [{ id: 'USD', name: 'Dollar', min_size: '0.01' }] },
    { fee_tier: { taker_fee_rate: '0.012' } },
    { iso: '2026-01-01T00:00:00Z', epochSeconds: '1', epochMillis: '1000' },
  ])('%j names no order', (payload) => {
    expect(from(payload)).toEqual({ orders: [], fills: [] });
  });

  it.each([{}, 'nonsense', null, 7, { results: [{}] }, { order: {} }])('refuses %j', (payload) => {
    expect(failure(payload).code).toBe('UNREADABLE');
  });
});
