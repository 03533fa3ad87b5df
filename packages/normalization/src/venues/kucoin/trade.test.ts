import { expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';
import { ID, ok, push } from './fixtures.ts';

const { from, failure } = readersOf('kucoin');

const TRADE = {
  id: 19814995255305,
  orderId: ID,
  counterOrderId: '691f0000aa00bb00cc000099',
  tradeId: '11029373945659393',
  symbol: 'BTC-USDT',
  side: 'buy',
  liquidity: 'taker',
  type: 'limit',
  forceTaker: false,
  price: '51000.4',
  size: '0.1',
  funds: '5100.04',
  fee: '5.10004',
  feeRate: '0.001',
  feeCurrency: 'USDT',
  stop: '',
  tradeType: 'TRADE',
  createdAt: 1771000001500,
};

it('reads pages of fills; the trade id counts, not the place in the list', () => {
  expect(from(ok({ lastId: 19814995255305, items: [TRADE] }))).toEqual({
    orders: [],
    fills: [
      {
        exchange: 'kucoin',
        tradeId: '11029373945659393',
        orderId: ID,
        clientOrderId: null,
        symbol: 'BTC-USDT',
        side: 'BUY',
        size: '0.1',
        price: '51000.4',
        fee: { currency: 'USDT', cost: '5.10004' },
        liquidity: 'TAKER',
        executedAt: '2026-02-13T16:26:41.500Z',
      },
    ],
  });
});

it('reads the pushes of fills, which are JSON numbers', () => {
  const data = {
    fee: 5.10004,
    feeCurrency: 'USDT',
    feeRate: 0.001,
    orderId: ID,
    orderType: 'market',
    price: 51000.4,
    side: 'buy',
    size: 0.1,
    symbol: 'BTC-USDT',
    time: 1771000001500000000,
    tradeId: '624174362e113d2f467b3043',
  };
  expect(from(push('/spot/tradeFills', '/spot/tradeFills', data)).fills).toMatchObject([
    { tradeId: '624174362e113d2f467b3043', fee: { currency: 'USDT', cost: '5.10004' }, liquidity: null },
  ]);
});

it('refuses a trade without its time, and an id that a double has spoilt', () => {
  expect(failure(ok([{ ...TRADE, createdAt: null }])).message).toMatch(/createdAt/);
  expect(failure(ok([{ ...TRADE, tradeId: Number('11029373945659393') }])).message).toMatch(/tradeId/);
});
