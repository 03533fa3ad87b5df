import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';

const { from, only, failure } = readersOf('binance');

describe('the user data stream', () => {
  const REPORT = {
    e: 'executionReport',
    E: 1771000000305,
    s: 'SOLUSDC',
    c: 'op-aa',
    S: 'SELL',
    o: 'LIMIT',
    f: 'GTC',
    q: '3.00000000',
    p: '151.20000000',
    P: '0.00000000',
    F: '0.00000000',
    g: -1,
    C: '',
    x: 'TRADE',
    X: 'PARTIALLY_FILLED',
    r: 'NONE',
    i: 880017,
    l: '2.00000000',
    z: '2.00000000',
    L: '151.30000000',
    n: '0.30260000',
    N: 'USDC',
    T: 1771000000300,
    t: 41,
    w: true,
    m: false,
    O: 1771000000100,
    Z: '302.60000000',
    Q: '0.00000000',
  };

  it('reads a trade as the order and one fill, wrapped and bare', () => {
    const wrapped = from({ subscriptionId: 0, event: REPORT });
    expect(wrapped).toEqual(from(REPORT));
    expect(wrapped.orders).toMatchObject([
      { status: 'OPEN', filledSize: '2', remainingSize: '1', averageFilledPrice: '151.3', working: true },
    ]);
    expect(wrapped.fills).toMatchObject([
      { tradeId: '41', size: '2', price: '151.3', liquidity: 'TAKER', executedAt: '2026-02-13T16:26:40.300Z' },
    ]);
  });

  it('reads a fill whose zero commission has no currency', () => {
    expect(from({ ...REPORT, n: '0', N: null }).fills[0]?.fee).toBeNull();
  });

  it('knows a cancelled order by its own client id', () => {
    const native = { ...REPORT, x: 'CANCELED', X: 'CANCELED', c: 'the-cancel', C: 'op-aa', f: 'IOC', w: false };
    const { orders, fills } = from(native);
    expect(orders).toMatchObject([{ clientOrderId: 'op-aa', status: 'CANCELLED', reason: null, working: null }]);
    expect(fills).toEqual([]);
  });

  it.each([
    ['UNFILLED_IOC_QUANTITY_EXPIRED', 'EXPIRED', 'tif'],
    ['INSUFFICIENT_LIQUIDITY', 'EXPIRED', 'tif'],
    ['EXCHANGE_CANCELED', 'EXPIRED', 'EXCHANGE_CANCELED'],
  ])('expired for %s', (eR, status, reason) => {
    expect(only({ ...REPORT, x: 'EXPIRED', X: 'EXPIRED', eR })).toMatchObject({ status, reason });
  });

  it('reads a refusal with its reason, and self-trade prevention', () => {
    expect(
      only({ ...REPORT, x: 'REJECTED', X: 'REJECTED', r: 'PRICE_QTY_EXCEED_HARD_LIMITS', z: '0', Z: '0' }),
    ).toMatchObject({ status: 'FAILED', reason: 'PRICE_QTY_EXCEED_HARD_LIMITS' });
    expect(only({ ...REPORT, x: 'TRADE_PREVENTION', X: 'EXPIRED_IN_MATCH' })).toMatchObject({ reason: 'stp' });
  });

  it('takes the new client id of an amended order', () => {
    const native = { ...REPORT, x: 'REPLACED', X: 'NEW', c: 'op-amended', C: 'op-aa' };
    expect(only(native).clientOrderId).toBe('op-amended');
  });

  it('passes over what is not about orders, and names what it does not know', () => {
    for (const e of ['outboundAccountPosition', 'balanceUpdate', 'eventStreamTerminated']) {
      expect(from({ subscriptionId: 0, event: { e, E: 1 } })).toEqual({ orders: [], fills: [] });
    }
    expect(from({ id: 1, status: 200, result: { subscriptionId: 0 } }).orders).toEqual([]);
    expect(failure({ e: 'weather', E: 1 }).message).toMatch(/"weather"/);
    expect(failure({ ...REPORT, x: 'MAYBE' }).message).toMatch(/unknown execution type "MAYBE"/);
  });
});
