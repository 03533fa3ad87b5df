import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';

const { from, failure } = readersOf('binance');

describe('own trades', () => {
  const TRADE = {
    symbol: 'SOLUSDC',
    id: 41,
    orderId: 880017,
    price: '151.30000000',
    qty: '2.00000000',
    quoteQty: '302.60000000',
    commission: '0.30260000',
    commissionAsset: 'USDC',
    time: 1771000000300,
    isBuyer: false,
    isMaker: true,
  };
  it('reads them', () => {
    expect(from([TRADE])).toEqual({
      orders: [],
      fills: [
        {
          exchange: 'binance',
          tradeId: '41',
          orderId: '880017',
          clientOrderId: null,
          symbol: 'SOL-USDC',
          side: 'SELL',
          size: '2',
          price: '151.3',
          fee: { currency: 'USDC', cost: '0.3026' },
          liquidity: 'MAKER',
          executedAt: '2026-02-13T16:26:40.300Z',
        },
      ],
    });
  });

  it('does not take public trades for ours', () => {
    expect(failure([{ a: 1, p: '1', q: '1', T: 1771000000300, m: true, M: true }]).code).toBe('UNREADABLE');
  });
});
