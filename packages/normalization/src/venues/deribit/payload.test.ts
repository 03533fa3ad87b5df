import { describe, expect, it } from 'vitest';
import { readNative } from '../../normalize.ts';
import { readersOf } from '../../testing.ts';
import { answer, news, ORDER, TRADE } from './fixtures.ts';

const { from, only, failure } = readersOf('deribit');
const NOTHING = { orders: [], fills: [] };

describe('answers', () => {
  it('reads a place or an edit with its trades', () => {
    const { orders, fills } = from(answer({ order: { ...ORDER, filled_amount: 2 }, trades: [TRADE] }));
    expect(orders).toMatchObject([{ orderId: '46000000031', filledSize: '2' }]);
    expect(fills).toMatchObject([{ orderId: '46000000031', size: '2' }]);
  });

  it('reads single orders, lists and pages of orders', () => {
    expect(only(answer({ ...ORDER, order_state: 'cancelled' })).status).toBe('CANCELLED');
    expect(from(answer([ORDER, ORDER])).orders).toHaveLength(2);
    expect(from([ORDER]).orders).toHaveLength(1);
    expect(from(answer({ orders: [ORDER], continuation: 'x' })).orders).toHaveLength(1);
    expect(from(answer([]))).toEqual(NOTHING);
  });

  it.each([
    ['a count', 3],
    ['a count that a client library has quoted', '3'],
    ['ok', 'ok'],
    ['a subscription', ['user.orders.any.any.raw']],
    ['a token', { access_token: 'a', refresh_token: 'r', expires_in: 900, scope: 'connection', token_type: 'bearer' }],
    ['balances', { summaries: [{ currency: 'BTC', equity: 1 }], id: 7 }],
    ['one balance', { currency: 'BTC', equity: 1 }],
    ['positions', [{ instrument_name: 'BTC_USDC-PERPETUAL', kind: 'future', size: 0.1, average_price: 60000 }]],
    ['instruments', [{ instrument_name: 'BTC_USDC', tick_size: 0.01, kind: 'spot' }]],
    ['currencies', [{ currency: 'BTC', currency_long: 'Bitcoin' }]],
    ['subaccounts', [{ username: 'u', system_name: 'u', type: 'main', id: 1 }]],
  ])('%s names no order', (_name, result) => {
    expect(from(answer(result))).toEqual(NOTHING);
  });

  it('a refusal carries its code and what Deribit says of it', () => {
    const error = { code: -32602, message: 'Invalid params', data: { reason: 'must be a multiple', param: 'amount' } };
    expect(failure({ jsonrpc: '2.0', error, testnet: false })).toMatchObject({
      code: 'EXCHANGE_ERROR',
      nativeCode: '-32602',
      message: 'deribit answered -32602: Invalid params amount must be a multiple',
    });
    expect(failure({ error: { code: 10009, message: 'not_enough_funds' } }).nativeCode).toBe('10009');
  });

  it('names the bad entry of a list and keeps the others', () => {
    const list = answer([ORDER, { ...ORDER, order_id: '99', order_state: 'dreaming' }, { ...ORDER, order_id: '100' }]);
    const { orders, errors } = readNative({ exchange: 'deribit', transport: 'rest', method: '', payload: list });
    expect(orders.map((order) => order.orderId)).toEqual(['46000000031', '100']);
    expect(errors).toMatchObject([{ code: 'UNKNOWN_WORD', orderId: '99' }]);
  });

  it.each([
    {},
    'nonsense',
    null,
    7,
    answer(null),
    answer({}),
    { trade_id: '1', price: 5, instrument_name: 'BTC_USDC' },
  ])('refuses %j', (payload) => {
    expect(failure(payload).code).toBe('UNREADABLE');
  });

  it('does not take an order without an id, or with one that lost digits', () => {
    expect(failure({ ...ORDER, order_id: '' }).message).toMatch(/order_id/);
    expect(failure({ ...ORDER, order_id: 2 ** 62 }).message).toMatch(/order_id/);
  });
});

describe('trades', () => {
  const expected = {
    exchange: 'deribit',
    tradeId: '250000041',
    orderId: '46000000031',
    clientOrderId: 'op-aa',
    symbol: 'SOL-USDC',
    side: 'SELL',
    size: '2',
    price: '151.3',
    fee: { currency: 'USDC', cost: '0.15130001' },
    liquidity: 'TAKER',
    executedAt: '2026-02-13T16:26:40.300Z',
  };
  it.each([
    ['a page', answer({ trades: [TRADE], has_more: false })],
    ['the trades of an order', answer([TRADE])],
    ['the channel of trades', news('user.trades.any.any.raw', [TRADE])],
    ['an archived one', answer([{ ...TRADE, state: 'archive' }])],
  ])('reads %s', (_name, payload) => {
    expect(from(payload)).toEqual({ orders: [], fills: [expected] });
  });

  it('a rebate is a fee below zero; a fee that is not told is none', () => {
    expect(from([{ ...TRADE, liquidity: 'M', fee: -2.1e-7 }]).fills).toMatchObject([
      { liquidity: 'MAKER', fee: { currency: 'USDC', cost: '-0.00000021' } },
    ]);
    expect(from([{ ...TRADE, fee: undefined, liquidity: undefined }]).fills).toMatchObject([
      { liquidity: null, fee: null },
    ]);
  });

  it('does not take public trades for ours', () => {
    const { order_id: _order, label: _label, ...seen } = TRADE;
    expect(failure(answer({ trades: [seen], has_more: false })).code).toBe('UNREADABLE');
    expect(failure(news('trades.SOL_USDC.100ms', [seen])).message).toMatch(/"trades.SOL_USDC.100ms"/);
  });
});

describe('channels', () => {
  it('reads one order, a list of them, and orders with their trades', () => {
    expect(only(news('user.orders.any.any.raw', ORDER)).orderId).toBe('46000000031');
    expect(from(news('user.orders.spot.USDC.100ms', [ORDER, ORDER])).orders).toHaveLength(2);
    const data = { instrument_name: 'SOL_USDC', orders: [ORDER], trades: [TRADE], positions: [] };
    const { orders, fills } = from(news('user.changes.any.any.raw', data));
    expect([orders.length, fills.length]).toEqual([1, 1]);
  });

  it('passes over what is not about orders', () => {
    expect(from(news('user.portfolio.btc', { currency: 'BTC', equity: 1 }))).toEqual(NOTHING);
    expect(from({ jsonrpc: '2.0', method: 'heartbeat', params: { type: 'test_request' } })).toEqual(NOTHING);
    expect(failure(news('book.BTC_USDC.100ms', {})).message).toMatch(/"book.BTC_USDC.100ms"/);
    expect(failure({ method: 'dance', params: {} }).message).toMatch(/"dance"/);
  });
});

describe('tickers', () => {
  const readers = readersOf('deribit');
  const received = '2026-02-13T00:00:00.000Z';
  const TICKER = {
    timestamp: 1771000000300,
    instrument_name: 'BTC_USDC-PERPETUAL',
    last_price: 60000.5,
    best_bid_price: 60000,
    best_bid_amount: 1.1,
    best_ask_price: 60001,
    best_ask_amount: 0,
    mark_price: 60000.4,
    stats: { volume: 1, high: 2, low: 1 },
  };
  it('reads the answer and the push', () => {
    const expected = {
      exchange: 'deribit',
      symbol: 'BTC-USDC-PERPETUAL',
      last: '60000.5',
      bid: '60000',
      ask: '60001',
      mark: '60000.4',
      at: '2026-02-13T16:26:40.300Z',
    };
    expect(readers.tickers(answer(TICKER), received)).toEqual([expected]);
    expect(readers.tickers(news('ticker.BTC_USDC-PERPETUAL.100ms', TICKER), received)).toEqual([expected]);
    expect(readers.tickers({ ...TICKER, best_ask_price: 0, timestamp: undefined }, received)).toEqual([
      { ...expected, ask: null, at: received },
    ]);
  });

  it('refuses what is none', () => {
    expect(() => readers.tickers(answer([ORDER]), received)).toThrow(/not a ticker/);
    expect(failure(answer(TICKER)).message).toMatch(/a ticker/);
  });
});
