import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';
import { ID, ok } from './fixtures.ts';

const { from, failure } = readersOf('kraken');

describe('own trades', () => {
  const TRADE = {
    ordertxid: ID,
    pair: 'XXBTZEUR',
    time: 1771000001.5,
    type: 'sell',
    ordertype: 'limit',
    price: '51000.40000',
    cost: '5100.04000',
    fee: '12.75010',
    vol: '0.10000000',
    maker: true,
    trade_id: 12345,
  };
  it('reads maps of them; the key is the id and the fee is in the quote currency', () => {
    const expected = {
      exchange: 'kraken',
      tradeId: 'TTEST1-AAAAA-BBBBB1',
      orderId: ID,
      clientOrderId: null,
      symbol: 'BTC-EUR',
      side: 'SELL',
      size: '0.1',
      price: '51000.4',
      fee: { currency: 'EUR', cost: '12.7501' },
      liquidity: 'MAKER',
      executedAt: '2026-02-13T16:26:41.500Z',
    };
    const map = { 'TTEST1-AAAAA-BBBBB1': TRADE };
    for (const shape of [ok({ trades: map, count: 1 }), ok(map), [{ ...TRADE, id: 'TTEST1-AAAAA-BBBBB1' }]]) {
      expect(from(shape)).toEqual({ orders: [], fills: [expected] });
    }
    expect(from(ok({ trades: {}, count: 0 }))).toEqual({ orders: [], fills: [] });
  });

  it('does not take public trades for ours', () => {
    expect(failure(ok({ XXBTZUSD: [['1', '2', 3, 'b', 'l', '', 4]], last: '5' })).code).toBe('UNREADABLE');
  });
});
