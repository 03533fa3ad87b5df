import { describe, expect, it } from 'vitest';
import { readNative } from '../../normalize.ts';
import { readersOf } from '../../testing.ts';
import { CLIENT_ID, ok, ORDER, push } from './fixtures.ts';

const { from, only, failure, tickers } = readersOf('okx');
const NOTHING = { orders: [], fills: [] };

describe('answers', () => {
  const placed = { clOrdId: CLIENT_ID, ordId: '31', tag: '', ts: '1771000000100', sCode: '0', sMsg: '' };
  const algo = { algoId: '41', clOrdId: '', algoClOrdId: CLIENT_ID, sCode: '0', sMsg: '' };

  it('reads an accepted order, of which nothing else is known', () => {
    const expected = { orderId: '31', clientOrderId: CLIENT_ID, status: 'OPEN', size: null, filledSize: null };
    expect(only({ ...ok(placed), inTime: '1', outTime: '2' })).toMatchObject(expected);
    expect(only({ id: '7', op: 'order', ...ok(placed) })).toMatchObject(expected);
    expect(only(ok(algo))).toMatchObject({ orderId: '41', clientOrderId: CLIENT_ID, working: false });
  });

  it('cancels and amends are accepted before they are done', () => {
    const { tag: _tag, ...cancelled } = placed;
    expect(from(ok(cancelled))).toEqual(NOTHING);
    expect(from(ok({ ...cancelled, reqId: '' }))).toEqual(NOTHING);
    expect(from(ok({ algoId: '41', sCode: '0', sMsg: '' }))).toEqual(NOTHING);
    // The fields of a new algo order's answer: only what was asked tells.
    expect(from(ok(algo), 'cancelOrder')).toEqual(NOTHING);
    expect(from({ id: '7', op: 'cancel-order', ...ok(placed) })).toEqual(NOTHING);
  });

  it.each([
    [{ code: '1', msg: '', data: [{ ...placed, ordId: '', sCode: '51008', sMsg: 'Insufficient' }] }, '51008'],
    // A returned order that is none.
    [ok({ ...placed, ordId: '', sCode: '51020', sMsg: 'minimum' }), '51020'],
    [{ code: '50011', msg: 'Too Many Requests', data: [] }, '50011'],
    [{ code: '51603', msg: 'Order does not exist', data: [] }, '51603'],
    [{ code: '50011', msg: 'Too Many Requests' }, '50011'],
    [{ event: 'error', code: '60009', msg: 'Login failed.', connId: 'a' }, '60009'],
    [{ id: '7', op: 'order', code: '1', msg: '', data: [{ ...placed, sCode: '51121', sMsg: 'lot' }] }, '51121'],
  ])('%j is a refusal', (payload, nativeCode) => {
    expect(failure(payload)).toMatchObject({ code: 'EXCHANGE_ERROR', nativeCode });
  });

  it('reads a batch of which one is refused', () => {
    const payload = { code: '2', msg: '', data: [placed, { ...placed, ordId: '32', sCode: '51008', sMsg: 'x' }] };
    const { orders, errors } = readNative({ exchange: 'okx', transport: 'rest', method: 'createOrders', payload });
    expect(orders.map((order) => order.orderId)).toEqual(['31']);
    expect(errors).toMatchObject([{ code: 'EXCHANGE_ERROR', nativeCode: '51008', orderId: '32' }]);
  });

  it.each([
    { event: 'login', code: '0', msg: '', connId: 'a' },
    { event: 'subscribe', arg: { channel: 'orders', instType: 'SPOT' }, connId: 'a' },
    { event: 'channel-conn-count', channel: 'orders', connCount: '1', connId: 'a' },
    push('account', { details: [] }),
    ok({ uTime: '1', details: [{ ccy: 'USDC', availBal: '1' }] }),
    ok({ instId: 'SOL-USDC', tickSz: '0.01', lotSz: '0.001' }),
    ok({ ts: '1771000000100' }),
    ok({ ccy: 'SOL', chain: 'SOL-Solana' }),
    ok({ triggerTime: '0', tag: '', ts: '1771000000100' }),
  ])('%j names no order', (payload) => {
    expect(from(payload)).toEqual(NOTHING);
  });

  it.each([{}, 'nonsense', null, 7, [{}], { code: '0', data: 'x' }, push('books', {}), { event: 'dance' }])(
    'refuses %j',
    (payload) => {
      expect(failure(payload).code).toBe('UNREADABLE');
    },
  );
});

describe('executions', () => {
  const TRADE = {
    instType: 'SPOT',
    instId: 'SOL-USDC',
    tradeId: '9001',
    ordId: '31',
    clOrdId: CLIENT_ID,
    billId: '55',
    fillPx: '151.3',
    fillSz: '2.000',
    side: 'sell',
    execType: 'T',
    fee: '-0.3026',
    feeCcy: 'USDC',
    ts: '1771000000301',
    fillTime: '1771000000300',
  };
  const FILL = {
    exchange: 'okx',
    tradeId: '9001',
    orderId: '31',
    clientOrderId: CLIENT_ID,
    symbol: 'SOL-USDC',
    side: 'SELL',
    size: '2',
    price: '151.3',
    fee: { currency: 'USDC', cost: '0.3026' },
    liquidity: 'TAKER',
    executedAt: '2026-02-13T16:26:40.300Z',
  };

  it('reads REST: a paid fee is positive, a rebate negative', () => {
    expect(from(ok(TRADE))).toEqual({ orders: [], fills: [FILL] });
    expect(from(ok({ ...TRADE, fee: '0.01', execType: 'M' })).fills).toMatchObject([
      { fee: { cost: '-0.01' }, liquidity: 'MAKER' },
    ]);
    const bare = { ...TRADE, fee: undefined, feeCcy: undefined, fillTime: undefined, execType: undefined };
    expect(from(push('fills', bare)).fills).toMatchObject([
      { fee: null, liquidity: null, executedAt: '2026-02-13T16:26:40.301Z' },
    ]);
    expect(failure(ok({ ...TRADE, fillTime: '', ts: '' })).message).toMatch(/fillTime/);
  });

  const PUSHED = {
    ...ORDER,
    ordId: '31',
    state: 'partially_filled',
    accFillSz: '2.5',
    avgPx: '151.28',
    fillPx: '151.3',
    fillSz: '2',
    fillTime: '1771000000300',
    tradeId: '9001',
    execType: 'T',
    fillFee: '-0.3026',
    fillFeeCcy: 'USDC',
    fee: '-0.4',
  };

  it('reads the last execution of a push, with its own fee', () => {
    const { orders, fills } = from(push('orders', PUSHED));
    expect(orders).toMatchObject([{ status: 'OPEN', filledSize: '2.5', remainingSize: '0.5' }]);
    expect(fills).toEqual([FILL]);
    expect(from(push('orders', { ...PUSHED, tradeId: '', fillSz: '0' })).fills).toEqual([]);
  });

  it("leaves it alone in REST's orders, which do not tell its fee", () => {
    const { fillFee: _fee, fillFeeCcy: _currency, ...rest } = PUSHED;
    expect(from(ok(rest)).fills).toEqual([]);
  });

  it('does not take public trades for ours', () => {
    const trade = { instId: 'SOL-USDC', tradeId: '1', px: '1', sz: '1', side: 'buy', ts: '1771000000100' };
    expect(failure(ok(trade)).code).toBe('UNREADABLE');
  });
});

describe('tickers', () => {
  const received = '2026-02-13T00:00:00.000Z';
  const ticker = {
    instType: 'SPOT',
    instId: 'SOL-USDC',
    last: '151.30',
    bidPx: '151.2',
    askPx: '',
    ts: '1771000000300',
  };

  it('reads REST and pushes', () => {
    const at = '2026-02-13T16:26:40.300Z';
    const expected = [{ exchange: 'okx', symbol: 'SOL-USDC', last: '151.3', bid: '151.2', ask: null, at }];
    expect(tickers(ok(ticker), received)).toEqual(expected);
    expect(tickers(push('tickers', ticker), received)).toEqual(expected);
    expect(tickers(ok({ ...ticker, ts: '' }), received)).toMatchObject([{ at: received }]);
  });

  it('refuses what is none', () => {
    expect(() => tickers(ok(ORDER), received)).toThrow(/not a ticker/);
    expect(() => tickers({ code: '51001', msg: 'x', data: [] }, received)).toThrow(/not a ticker/);
    expect(failure(ok(ticker)).message).toMatch(/ticker/);
  });
});
