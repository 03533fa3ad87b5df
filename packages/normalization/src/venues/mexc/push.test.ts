import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';
import { ORDER, PUSH } from './fixtures.ts';

const readers = readersOf('mexc');
const { from, only, failure } = readers;
const push = (terms: object) => ({ ...PUSH, privateOrders: { ...PUSH.privateOrders, ...terms } });

describe('orders on the stream', () => {
  it('says what REST says of the same order', () => {
    expect(only(PUSH)).toEqual({ ...only(ORDER), updatedAt: '2026-02-13T16:26:40.305Z', working: null });
  });

  it.each([
    [1, '0', 1, 'OPEN', null],
    [3, '1', 1, 'OPEN', null],
    [2, '3', 1, 'FILLED', null],
    [4, '0', 1, 'CANCELLED', null],
    // "Partially cancelled", which ccxt reads as closed.
    [5, '1', 1, 'CANCELLED', null],
    [5, '3', 1, 'FILLED', null],
    [4, '0', 4, 'EXPIRED', 'tif'],
    [5, '1', 3, 'EXPIRED', 'tif'],
    [4, '0', 3, 'EXPIRED', 'tif'],
  ])('%i with %s filled, type %i, is %s (%s)', (status, cumulativeQuantity, orderType, expected, reason) => {
    const order = only(push({ status, cumulativeQuantity, orderType, cumulativeAmount: '7' }));
    expect(order).toMatchObject({ status: expected, reason, filledSize: cumulativeQuantity });
  });

  it.each([
    [1, 'LIMIT', 'GTC', false],
    [2, 'LIMIT', 'GTC', true],
    [3, 'LIMIT', 'IOC', false],
    [4, 'LIMIT', 'FOK', false],
    [5, 'MARKET', null, false],
    [100, 'STOP_LIMIT', null, false],
  ])('type %i', (orderType, type, timeInForce, postOnly) => {
    expect(only(push({ orderType }))).toMatchObject({ type, timeInForce, postOnly });
  });

  it('takes what was filled from the cumulative numbers, not from the amount of the order', () => {
    const order = only(push({ status: 3, cumulativeQuantity: '0.7', cumulativeAmount: '105.85', amount: '453.6' }));
    expect(order).toMatchObject({ filledValue: '105.85', averageFilledPrice: '151.214285714285714286' });
  });

  it('reads a market order, whose price protects and does not limit', () => {
    const bySize = only(
      push({ orderType: 5, amount: '0', status: 2, cumulativeQuantity: '3', cumulativeAmount: '450' }),
    );
    expect(bySize).toMatchObject({ price: null, size: '3', quoteSize: null, status: 'FILLED', filledValue: '450' });
    const { quantity: _quantity, ...rest } = PUSH.privateOrders;
    const byQuote = { ...PUSH, privateOrders: { ...rest, orderType: 5, amount: '250' } };
    expect(only(byQuote)).toMatchObject({ size: null, quoteSize: '250' });
  });

  it('takes fields that a decoder left out for their default', () => {
    const { status: _status, clientId: _clientId, cumulativeQuantity: _filled, ...rest } = PUSH.privateOrders;
    expect(only({ ...PUSH, privateOrders: rest })).toMatchObject({
      ...{ status: 'OPEN', clientOrderId: null, filledSize: null, remainingSize: null },
    });
    const { tradeType: _tradeType, ...sideless } = PUSH.privateOrders;
    expect(failure({ ...PUSH, privateOrders: sideless }).message).toMatch(/unknown side "0"/);
  });

  it('reads a message without its wrapper, which names no market', () => {
    expect(only(PUSH.privateOrders)).toEqual({ ...only(PUSH), symbol: null, updatedAt: null });
  });

  it('reads the former JSON stream', () => {
    const d = {
      ...{ A: 8, O: 1661938138000, S: 1, V: 6, a: 8, c: 'op9', i: 'e03a', m: 0, o: 1, p: 0.8, s: 3, v: 10 },
      ...{ ap: 0.8, cv: 4, ca: 3.2 },
    };
    const message = { c: 'spot@private.orders.v3.api', d, s: 'MXUSDT', t: 1661938138193 };
    expect(only(message)).toMatchObject({
      ...{ orderId: 'e03a', clientOrderId: 'op9', symbol: 'MX-USDT', side: 'BUY', status: 'OPEN', price: '0.8' },
      ...{ size: '10', filledSize: '4', filledValue: '3.2', updatedAt: '2022-08-31T09:28:58.193Z' },
    });
  });
});

describe('deals on the stream', () => {
  const DEAL = {
    channel: 'spot@private.deals.v3.api.pb',
    symbol: 'SOLUSDT',
    sendTime: '1771000000306',
    privateDeals: {
      ...{ price: '151.3', quantity: '2', amount: '302.6', tradeType: 2, isMaker: true, tradeId: '41X1' },
      ...{ clientOrderId: 'op17', orderId: 'C02__5', feeAmount: '0.1513', feeCurrency: 'USDT', time: '1771000000300' },
    },
  };

  it('reads them with their fee and their side of the book', () => {
    expect(from(DEAL)).toEqual({
      orders: [],
      fills: [
        {
          exchange: 'mexc',
          tradeId: '41X1',
          orderId: 'C02__5',
          clientOrderId: 'op17',
          symbol: 'SOL-USDT',
          side: 'SELL',
          size: '2',
          price: '151.3',
          fee: { currency: 'USDT', cost: '0.1513' },
          liquidity: 'MAKER',
          executedAt: '2026-02-13T16:26:40.300Z',
        },
      ],
    });
    const { isMaker: _isMaker, ...taken } = DEAL.privateDeals;
    expect(from({ ...DEAL, privateDeals: taken }).fills[0]?.liquidity).toBe('TAKER');
    expect(from(DEAL.privateDeals).fills).toMatchObject([{ tradeId: '41X1', symbol: null }]);
  });

  it('reads the former JSON stream', () => {
    const d = {
      ...{ p: '1.804', v: '0.31', a: '0.55924', S: 2, T: 1678901086198, t: '5bbb', c: '', i: '2dd9', m: 1, st: 0 },
      ...{ n: '0.0002', N: 'MX' },
    };
    const message = { c: 'spot@private.deals.v3.api', d, s: 'MXUSDT', t: 1661938980285 };
    expect(from(message).fills).toMatchObject([
      { tradeId: '5bbb', orderId: '2dd9', side: 'SELL', liquidity: 'MAKER', fee: { currency: 'MX', cost: '0.0002' } },
    ]);
  });
});

describe('other messages', () => {
  it('passes over balances, and names channels that are not about orders', () => {
    const balance = { channel: 'spot@private.account.v3.api.pb', privateAccount: { vcoinName: 'USDT' } };
    expect(from(balance)).toEqual({ orders: [], fills: [] });
    const former = { c: 'spot@private.account.v3.api', d: { a: 'USDT', c: 1678185928428, f: '3' }, t: 1678185928435 };
    expect(from(former)).toEqual({ orders: [], fills: [] });
    expect(
      failure({ channel: 'spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDT', publicAggreDeals: {} }).message,
    ).toMatch(/says nothing about orders/);
  });
});

describe('tickers', () => {
  const received = '2026-02-13T00:00:00.000Z';
  const tickers = (payload: unknown) => readers.tickers(payload, received);

  it('reads REST tickers, and the best prices of the stream', () => {
    const rest = {
      ...{ symbol: 'SOLUSDT', lastPrice: '151.3', bidPrice: '151.2', bidQty: '', askPrice: '0', askQty: '' },
      ...{ quoteVolume: null, openTime: 1770913600300, closeTime: 1771000000300 },
    };
    const at = '2026-02-13T16:26:40.300Z';
    expect(tickers(rest)).toEqual([
      { exchange: 'mexc', symbol: 'SOL-USDT', last: '151.3', bid: '151.2', ask: null, at },
    ]);
    expect(tickers([rest, rest])).toHaveLength(2);
    const book = { bidPrice: '151.2', bidQuantity: '1', askPrice: '151.4', askQuantity: '2' };
    const channel = 'spot@public.aggre.bookTicker.v3.api.pb@100ms@SOLUSDT';
    const pushed = { channel, symbol: 'SOLUSDT', sendTime: '1771000000300', publicAggreBookTicker: book };
    expect(tickers(pushed)).toEqual([
      { exchange: 'mexc', symbol: 'SOL-USDT', last: null, bid: '151.2', ask: '151.4', at },
    ]);
    expect(tickers({ symbol: 'SOLUSDT', bidPrice: '1', bidQty: '1', askPrice: '2', askQty: '1' })[0]?.at).toBe(
      received,
    );
  });

  it('refuses what is none', () => {
    expect(() => tickers(ORDER)).toThrow(/not a ticker/);
    expect(failure({ symbol: 'SOLUSDT', lastPrice: '1' }).message).toMatch(/ticker/);
  });
});
