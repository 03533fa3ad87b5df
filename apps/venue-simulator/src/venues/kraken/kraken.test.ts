import ccxt from 'ccxt';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fixed } from '../../engine/fixed.ts';
import type { Kraken } from './testing.ts';
import { resultOf, Rig } from './testing.ts';

let rig: Rig;
let client: Kraken;

beforeAll(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
afterAll(() => rig.close());
beforeEach(async () => {
  await client.cancelAllOrders();
  rig.engine.setPrice('BTC-USD', fixed('60000'), null, rig.now());
});

interface NativeOrder {
  readonly status: string;
  readonly cl_ord_id?: string;
  readonly reason?: string | null;
  readonly vol: string;
  readonly vol_exec: string;
  readonly cost: string;
  readonly oflags: string;
  readonly expiretm: number;
  readonly trades?: string[];
  readonly descr: Record<string, string>;
}

async function place(type: string, side: 'buy' | 'sell', amount: string, price?: string, params: object = {}) {
  const placed = await client.createOrder('BTC/USD', type, side, amount as never, price as never, params);
  return { id: placed.id ?? '', info: placed.info as { descr: { order: string } } };
}
const limitBuy = (amount: string, price: string, params: object = {}) => place('limit', 'buy', amount, price, params);
const uuid = () => crypto.randomUUID();
const native = async (id: string) => (await client.fetchOrder(id)).info as NativeOrder;
const closed = async (id: string) => {
  const { closed: found } = await resultOf<{ closed: Record<string, NativeOrder> }>(client.privatePostClosedOrders({}));
  return found[id];
};
const openIds = async (params: object = {}) =>
  (await client.fetchOpenOrders(undefined, undefined, undefined, params)).map((order) => order.id);

describe('markets and public data', () => {
  test('every market has its own names, steps and fees', () => {
    expect(Object.keys(client.markets ?? {})).toHaveLength(13);
    expect(client.markets?.['BTC/USD']).toMatchObject({
      id: 'XXBTZUSD',
      altname: 'XBTUSD',
      wsId: 'XBT/USD',
      precision: { amount: '0.00000001', price: '0.1' },
      limits: { amount: { min: '0.00005' }, cost: { min: '0.5' } },
      taker: '0.004',
      maker: '0.0025',
    });
    expect(client.markets?.['DOGE/USD']).toMatchObject({ id: 'XDGUSD', wsId: 'XDG/USD' });
    expect(client.markets?.['SOL/USD']).toMatchObject({ id: 'SOLUSD', precision: { price: '0.01' } });
  });

  test('time, status, ticker, trades, depth', async () => {
    expect(Math.abs(((await client.fetchTime()) ?? 0) - Date.now())).toBeLessThan(5000);
    expect((await client.fetchStatus()).status).toBe('ok');
    const ticker = await client.fetchTicker('BTC/USD');
    expect(Number(ticker.ask)).toBeGreaterThan(Number(ticker.bid));
    await place('market', 'buy', '0.01');
    const [latest] = (await client.fetchTrades('BTC/USD')).slice(-1);
    expect(latest).toMatchObject({ side: 'buy', amount: '0.01000000' });
    const book = await client.fetchOrderBook('BTC/USD');
    expect(book.asks).toHaveLength(1);
  });

  test('an unknown pair is refused with the text of the venue', async () => {
    await expect(client.publicGetTicker({ pair: 'NOPEUSD' })).rejects.toThrow('EQuery:Unknown asset pair');
  });
});

describe('orders', () => {
  test('a limit order rests, is found by id and by client id, holds funds and is cancelled by client id', async () => {
    const clientOrderId = uuid();
    const placed = await limitBuy('0.25', '40000.5', { clientOrderId });
    expect(placed.id).toMatch(/^O[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{6}$/);
    expect(placed.info.descr).toEqual({ order: 'buy 0.25000000 XBTUSD @ limit 40000.5' });

    const byId = await client.fetchOrder(placed.id);
    expect(byId).toMatchObject({
      clientOrderId,
      status: 'open',
      amount: '0.25000000',
      filled: '0.00000000',
      price: '40000.5',
    });
    expect(await openIds({ clientOrderId })).toEqual([placed.id]);
    expect(await openIds({ clientOrderId: uuid() })).toEqual([]);
    const balance = await client.fetchBalance();
    expect(Number(balance['USD']?.used)).toBeGreaterThanOrEqual(10000.125);

    await client.cancelOrder(undefined as never, 'BTC/USD', { clientOrderId });
    expect(await closed(placed.id)).toMatchObject({ status: 'canceled', reason: 'User requested' });
    await expect(client.cancelOrder(placed.id)).rejects.toThrow(ccxt.OrderNotFound);
  });

  test('a market order fills; its trade, fee and order agree', async () => {
    const placed = await place('market', 'buy', '0.1', undefined, { clientOrderId: 'mine-1' });
    const order = await client.fetchOrder(placed.id);
    expect(order).toMatchObject({ status: 'closed', filled: '0.10000000', clientOrderId: 'mine-1' });
    const trades = (await client.fetchMyTrades()).filter((trade) => trade.order === placed.id);
    expect(trades.length).toBeGreaterThan(0);
    const { trades: tradeIds } = await native(placed.id);
    expect(tradeIds?.toSorted()).toEqual(trades.map(({ id }) => id).toSorted());
    const [trade] = trades;
    expect(trade?.id).toMatch(/^T[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{6}$/);
    expect(trade?.takerOrMaker).toBe('taker');
    const rate = Number(trade?.fee?.cost) / Number(trade?.cost);
    expect(rate).toBeCloseTo(0.004, 5);
    const queried = await resultOf<object>(client.privatePostQueryTrades({ txid: trade?.id }));
    expect(Object.keys(queried)).toEqual([trade?.id]);
  });

  test('a market order by cost spends at most the cost; selling by cost is refused', async () => {
    const placed = await client.createMarketBuyOrderWithCost('BTC/USD', 600);
    expect(placed).toMatchObject({ cost: '600.00000000' });
    const info = await native(placed.id ?? '');
    expect(info).toMatchObject({ status: 'closed', vol: '600.00000000', oflags: 'fciq,viqc' });
    expect(Number(info.cost)).toBeLessThanOrEqual(600);
    expect(Number(info.cost)).toBeGreaterThan(599);
    await expect(place('market', 'sell', '1', undefined, { cost: '600' })).rejects.toThrow(/arguments:viqc/);
  });

  test('a stop waits for its trigger, then trades', async () => {
    const market = await place('market', 'sell', '0.1', undefined, { stopLossPrice: '55000' });
    expect(market.info.descr.order).toBe('sell 0.10000000 XBTUSD @ stop loss 55000.0');
    const limit = await place('limit', 'sell', '0.1', '70000', { stopLossPrice: '54000' });
    expect(limit.info.descr.order).toBe('sell 0.10000000 XBTUSD @ stop loss 54000.0 -> limit 70000.0');
    expect((await client.fetchOrder(market.id)).status).toBe('open');
    rig.engine.setPrice('BTC-USD', fixed('53000'), null, rig.now());
    expect(await native(market.id)).toMatchObject({ status: 'closed', stopprice: '55000.00000' });
    expect(await native(limit.id)).toMatchObject({
      status: 'open',
      descr: { ordertype: 'stop-loss-limit', price: '54000.0', price2: '70000.0' },
      limitprice: '70000.00000',
    });
  });

  test('post-only, IOC, FOK and GTD', async () => {
    await expect(limitBuy('0.1', '70000', { postOnly: true })).rejects.toThrow(/EOrder:Post only order/);
    const resting = await limitBuy('0.1', '50000', { postOnly: true });
    expect((await native(resting.id)).oflags).toBe('fciq,post');

    const ioc = await limitBuy('0.1', '50000', { timeInForce: 'IOC' });
    expect(await closed(ioc.id)).toMatchObject({ status: 'canceled', vol_exec: '0.00000000' });
    const fok = await limitBuy('0.1', '50000', { timeInForce: 'FOK' });
    expect(await closed(fok.id)).toMatchObject({ status: 'canceled', vol_exec: '0.00000000' });

    const gtd = await limitBuy('0.1', '50000', { timeInForce: 'GTD', expiretm: '+60' });
    const until = Math.ceil(rig.now() / 1000) + 60;
    const unix = await limitBuy('0.1', '50000', { timeInForce: 'GTD', expiretm: String(until) });
    expect((await native(unix.id)).expiretm).toBe(until);
    rig.advance(61_000);
    expect((await closed(gtd.id))?.status).toBe('expired');
    expect((await closed(unix.id))?.status).toBe('expired');
    for (const expiretm of ['+1', '0', '1000000000', 'soon']) {
      await expect(limitBuy('0.1', '50000', { timeInForce: 'GTD', expiretm })).rejects.toThrow(/expiretm/);
    }
  });

  test('an amend keeps the order id and the client id', async () => {
    const clientOrderId = uuid();
    const { id } = await limitBuy('0.25', '40000.5', { clientOrderId });
    const first = await client.editOrder(id, 'BTC/USD', 'limit', 'buy', '0.3' as never, '41000' as never);
    expect((first.info as { amend_id: string }).amend_id).toMatch(/^T/);
    await client.editOrder('', 'BTC/USD', 'limit', 'buy', undefined, '42000' as never, { clientOrderId });
    expect(await client.fetchOrder(id)).toMatchObject({
      clientOrderId,
      amount: '0.30000000',
      price: '42000.0',
      status: 'open',
    });
    await expect(client.editOrder(id, 'BTC/USD', 'limit', 'buy', '0.00001' as never)).rejects.toThrow(
      /minimum not met/,
    );
    await expect(client.editOrder('OAAAAA-AAAAA-AAAAAA', 'BTC/USD', 'limit', 'buy', '1' as never)).rejects.toThrow(
      /EOrder:Unknown order/,
    );
  });

  test('EditOrder cancels and places anew under a new id', async () => {
    const { id } = await limitBuy('0.25', '40000.5');
    const edit = { txid: id, pair: 'XBTUSD', price: '40001.0' };
    const edited = await resultOf<{ txid: string }>(client.privatePostEditOrder(edit));
    expect(edited).toMatchObject({ status: 'ok', originaltxid: id, volume: '0.25000000', price: '40001.0' });
    expect(await openIds()).toEqual([edited.txid]);
  });

  test('cancel by user reference, in batches, all at once, and by the dead man switch', async () => {
    const referenced = { pair: 'XBTUSD', type: 'buy', ordertype: 'limit', price: '1000', volume: '1', userref: 42 };
    await client.privatePostAddOrder(referenced);
    expect(await openIds({ userref: 42 })).toHaveLength(1);
    expect(await resultOf(client.privatePostCancelOrder({ txid: 42 }))).toEqual({ count: 1 });

    const ids = [(await limitBuy('1', '1000')).id, (await limitBuy('1', '1001')).id];
    const [batch] = await client.cancelOrders(ids);
    expect(batch?.info).toMatchObject({ result: { count: 2 } });

    await limitBuy('1', '1000');
    const armed = await resultOf<Record<string, string>>(client.cancelAllOrdersAfter(60_000));
    expect(Date.parse(armed['triggerTime'] ?? '') - Date.parse(armed['currentTime'] ?? '')).toBe(60_000);
    rig.advance(61_000);
    expect(await openIds()).toEqual([]);
    expect(await resultOf(client.cancelAllOrdersAfter(0))).toMatchObject({ triggerTime: '0' });
  });
});

describe('refusals place nothing', () => {
  const refusals: [string, () => Promise<unknown>, unknown, RegExp][] = [
    ['too little volume', () => limitBuy('0.00001', '40000'), ccxt.InvalidOrder, /arguments:volume minimum/],
    ['too little cost', () => limitBuy('0.00006', '100'), ccxt.ExchangeError, /EOrder:Cost minimum not met/],
    ['no funds', () => limitBuy('1000', '40000'), ccxt.InsufficientFunds, /EOrder:Insufficient funds/],
    [
      'a market order with a time in force',
      () => place('market', 'buy', '1', undefined, { timeInForce: 'IOC' }),
      ccxt.BadRequest,
      /timeinforce/,
    ],
    ['reduce only', () => limitBuy('1', '40000', { reduceOnly: true }), ccxt.ExchangeError, /EOrder:Reduce only/],
    [
      'a client id that is too long',
      () => limitBuy('1', '40000', { clientOrderId: 'x'.repeat(19) }),
      ccxt.ExchangeError,
      /cl_ord_id/,
    ],
    [
      'a deadline that is over',
      () => limitBuy('1', '40000', { deadline: '2020-01-01T00:00:00Z' }),
      ccxt.ExchangeError,
      /EService:Deadline elapsed/,
    ],
    [
      'a deadline too far ahead',
      () => limitBuy('1', '40000', { deadline: new Date(rig.now() + 90_000).toISOString() }),
      ccxt.ExchangeError,
      /arguments:deadline/,
    ],
    [
      'post-only with IOC',
      () => limitBuy('1', '40000', { oflags: 'post', timeInForce: 'IOC' }),
      ccxt.ExchangeError,
      /oflags/,
    ],
  ];
  test.each(refusals)('%s', async (_name, attempt, type, text) => {
    const before = (await client.fetchOpenOrders()).length;
    const error: unknown = await attempt().catch((reason: unknown) => reason);
    expect(String(error)).toMatch(text);
    // ccxt knows ":volume" and the bare text only; the others come as its general error.
    if (type !== ccxt.BadRequest) expect(error).toBeInstanceOf(type);
    expect((await client.fetchOpenOrders()).length).toBe(before);
  });

  test('too many decimals, an unknown pair, a zero volume', async () => {
    const add = (more: object) =>
      client.privatePostAddOrder({
        pair: 'XXBTZUSD',
        type: 'buy',
        ordertype: 'limit',
        price: '40000',
        volume: '1',
        ...more,
      });
    await expect(add({ price: '40000.55' })).rejects.toThrow(
      'EOrder:Invalid price:XBTUSD price can only be specified up to 1 decimals.',
    );
    await expect(add({ pair: 'NOPE' })).rejects.toThrow(/EQuery:Unknown asset pair/);
    await expect(add({ volume: '0' })).rejects.toThrow(ccxt.InvalidOrder);
    await expect(add({ volume: '1.000000001' })).rejects.toThrow(ccxt.InvalidOrder);
    await expect(add({ ordertype: 'iceberg' })).rejects.toThrow(/ordertype/);
    const validated = await resultOf(add({ validate: 'true' }));
    expect(validated).toEqual({ descr: { order: 'buy 1.00000000 XBTUSD @ limit 40000.0' } });
    expect(await openIds()).toEqual([]);
  });

  test('a client id is unique among open orders, and free again afterwards', async () => {
    const clientOrderId = uuid();
    const { id } = await limitBuy('1', '40000', { clientOrderId });
    await expect(limitBuy('1', '40000', { clientOrderId })).rejects.toThrow(/EOrder:cl_ord_id already in use/);
    await client.cancelOrder(id);
    await limitBuy('1', '40000', { clientOrderId });
    expect(
      (await client.fetchClosedOrders(undefined, undefined, undefined, { clientOrderId })).map((o) => o.id),
    ).toEqual([id]);
  });
});
