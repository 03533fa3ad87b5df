import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ACCOUNT, OTHER, Rig, SYMBOL } from './testing.ts';
import type { Native, Okx } from './testing.ts';

let rig: Rig;
let client: Okx;

beforeAll(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
afterAll(() => rig.close());
beforeEach(() => {
  rig.exchange.reset();
  rig.exchange.limits = { enabled: false, scale: 1 };
  rig.engine.setWalk(null, false);
  rig.price('50000');
});

type Params = Record<string, unknown>;
const place = (type: string, side: string, amount: string, price?: string, params: Params = {}) =>
  client.createOrder(SYMBOL, type, side, amount as never, price as never, params) as unknown as Promise<Native>;
const fetched = (id: string, params: Params = {}) =>
  client.fetchOrder(id, SYMBOL, params) as unknown as Promise<Native>;
/** What a refused call was refused for. */
const refusal = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.then(
    () => null,
    (cause: unknown) => cause,
  );
  const body = error instanceof Error ? /\{.*\}/s.exec(error.message)?.[0] : undefined;
  if (body === undefined) return String(error);
  const { code, data = [] } = JSON.parse(body) as { code: string; data?: { sCode?: string }[] };
  return data[0]?.sCode ?? code;
};
const cross = { side: 'BUY', symbol: 'BTC-USDT' } as const;

describe('markets', () => {
  it('are what ccxt makes of the instruments', () => {
    const market = client.market(SYMBOL);
    expect(market).toMatchObject({ id: 'BTC-USDT', spot: true, active: true, margin: false });
    expect(market.precision).toEqual({ amount: '0.00000001', price: '0.1' });
    expect(Object.keys(client.markets ?? {})).toHaveLength(14);
  });

  it('have tickers, trades, a best level and a clock', async () => {
    await place('market', 'buy', '0.01');
    const ticker = await client.fetchTicker(SYMBOL);
    expect(Number(ticker.bid)).toBeLessThan(Number(ticker.ask));
    expect(await client.fetchTrades(SYMBOL)).not.toHaveLength(0);
    expect((await client.fetchOrderBook(SYMBOL)).asks).toHaveLength(1);
    expect(Math.abs(Number(await client.fetchTime()) - Date.now())).toBeLessThan(5_000);
    expect(Object.keys(await client.fetchTickers())).toHaveLength(14);
    expect(await client.fetchTradingFee(SYMBOL)).toMatchObject({ maker: '0.0008', taker: '0.001' });
  });
});

describe('orders', () => {
  it('rest, and are found by both ids until they are cancelled', async () => {
    const placed = await place('limit', 'buy', '0.01', '40000', { clientOrderId: 'abc1' });
    expect(placed.info).toMatchObject({ clOrdId: 'abc1', sCode: '0', tag: '' });
    for (const found of [await fetched(placed.id), await fetched('', { clientOrderId: 'abc1' })]) {
      expect(found.info).toMatchObject({ ordId: placed.id, state: 'live', px: '40000', sz: '0.01', tdMode: 'cash' });
    }
    expect(await client.fetchOpenOrders(SYMBOL)).toHaveLength(1);
    expect((await client.fetchBalance())['USDT']).toMatchObject({ used: '400' });
    await client.cancelOrder('', SYMBOL, { clientOrderId: 'abc1' });
    expect((await fetched(placed.id)).info).toMatchObject({ state: 'canceled', cancelSource: '1' });
    expect(await client.fetchOpenOrders(SYMBOL)).toEqual([]);
    expect(await refusal(client.cancelOrder(placed.id, SYMBOL))).toBe('51400');
    expect(await client.fetchCanceledOrders(SYMBOL)).toHaveLength(1);
  });

  it('fill, with fees in what is received', async () => {
    const { id } = await place('market', 'buy', '0.01');
    const { info } = await fetched(id);
    expect(info).toMatchObject({
      state: 'filled',
      accFillSz: '0.01',
      ordType: 'market',
      tgtCcy: 'base_ccy',
      feeCcy: 'BTC',
    });
    expect(Number(info['fee'])).toBeCloseTo(-0.00001);
    const trades = await client.fetchMyTrades(SYMBOL, undefined, undefined, { ordId: id });
    expect(trades.map((trade) => [trade.order, trade.takerOrMaker])).toContainEqual([id, 'taker']);
    expect(await client.fetchClosedOrders(SYMBOL)).toHaveLength(1);
  });

  it('take an amount of the quote currency', async () => {
    const bought = (await client.createMarketBuyOrderWithCost(SYMBOL, '200' as never)) as unknown as Native;
    expect((await fetched(bought.id)).info).toMatchObject({ state: 'filled', sz: '200', tgtCcy: 'quote_ccy' });
    const sold = (await client.createMarketSellOrderWithCost(SYMBOL, '200' as never)) as unknown as Native;
    expect((await fetched(sold.id)).info).toMatchObject({ state: 'filled', tgtCcy: 'quote_ccy', feeCcy: 'USDT' });
  });

  it.each([
    ['IOC', '40000', 'canceled', '14'],
    ['FOK', '40000', 'canceled', '13'],
    ['IOC', '60000', 'filled', ''],
    ['FOK', '60000', 'filled', ''],
  ])('%s at %s ends %s', async (timeInForce, price, state, cancelSource) => {
    const { id } = await place('limit', 'buy', '0.01', price, { timeInForce });
    expect((await fetched(id)).info).toMatchObject({ state, cancelSource, ordType: timeInForce.toLowerCase() });
  });

  it('that are post-only rest, or are taken and cancelled at once', async () => {
    expect((await fetched((await place('limit', 'buy', '0.01', '40000', { postOnly: true })).id)).info).toMatchObject({
      ordType: 'post_only',
      state: 'live',
    });
    expect((await fetched((await place('limit', 'buy', '0.01', '60000', { postOnly: true })).id)).info).toMatchObject({
      state: 'canceled',
      cancelSource: '31',
      accFillSz: '0',
    });
  });

  it('are amended in place', async () => {
    const { id } = await place('limit', 'buy', '0.01', '40000', { clientOrderId: 'abc2' });
    await client.editOrder('', SYMBOL, 'limit', 'buy', '0.02' as never, '41000' as never, { clientOrderId: 'abc2' });
    expect((await fetched(id)).info).toMatchObject({ ordId: id, clOrdId: 'abc2', sz: '0.02', px: '41000' });
    rig.price('41000', '0.005');
    expect((await fetched(id)).info).toMatchObject({ state: 'partially_filled', accFillSz: '0.005', avgPx: '41000' });
    const change = (amount: string) => client.editOrder(id, SYMBOL, 'limit', 'buy', amount as never);
    expect(await refusal(change('0.005'))).toBe('51000');
    expect(await refusal(change('1000'))).toBe('51502');
    expect(await refusal(client.editOrder('3100000000000000999', SYMBOL, 'limit', 'buy', '1' as never))).toBe('51503');
  });

  it.each([
    ['51020', () => place('limit', 'buy', '0.000005', '40000')],
    ['51121', () => client.privatePostTradeOrder({ ...plain(), sz: '0.000000015' })],
    ['51150', () => client.privatePostTradeOrder({ ...plain(), px: '40000.05' })],
    ['51008', () => place('limit', 'buy', '1000', '40000')],
    ['51001', () => client.privatePostTradeOrder({ ...plain(), instId: 'NO-SUCH' })],
    ['51000', () => client.privatePostTradeOrder({ ...plain(), clOrdId: 'with-dash' })],
    ['51000', () => client.privatePostTradeOrder({ ...plain(), side: 'hold' })],
    ['51010', () => client.privatePostTradeOrder({ ...plain(), tdMode: 'cross' })],
    ['51205', () => client.privatePostTradeOrder({ ...plain(), reduceOnly: 'true' })],
    ['51204', () => client.privatePostTradeOrder({ ...plain(), px: '' })],
    ['51603', () => fetched('3100000000000000999')],
    ['51603', () => fetched('', { clientOrderId: 'nobody' })],
    ['51003', () => client.privateGetTradeOrder({ instId: 'BTC-USDT' })],
  ])('are refused with %s', async (code, call) => {
    expect(await refusal(call() as Promise<unknown>)).toBe(code);
  });
  const plain = () => ({ instId: 'BTC-USDT', tdMode: 'cash', side: 'buy', ordType: 'limit', sz: '0.01', px: '40000' });

  it('have a client id that is unique while they are open', async () => {
    const params = { clientOrderId: 'abc3' };
    const first = await place('limit', 'buy', '0.01', '40000', params);
    expect(await refusal(place('limit', 'buy', '0.01', '40000', params))).toBe('51016');
    await client.cancelOrder(first.id, SYMBOL);
    const second = await place('limit', 'buy', '0.01', '40000', params);
    expect((await fetched('', params)).id).toBe(second.id);
  });

  it('answer for themselves in a batch', async () => {
    const order = (amount: string) => ({ symbol: SYMBOL, type: 'limit', side: 'buy', amount, price: '40000' });
    const batch = (await client.createOrders([order('0.01'), order('9000')] as never)) as unknown as Native[];
    expect(batch.map((one) => one.info['sCode'])).toEqual(['0', '51008']);
    const id = batch[0]?.id ?? '';
    const ends = (await client.privatePostTradeCancelBatchOrders([
      { instId: 'BTC-USDT', ordId: id },
      { instId: 'BTC-USDT', ordId: '1' },
    ])) as { code: string; data: { sCode: string }[] };
    expect([ends.code, ...ends.data.map((one) => one.sCode)]).toEqual(['2', '0', '51400']);
  });

  it('must arrive before their expiry', async () => {
    const sign = client.sign.bind(client);
    const before = (ms: number) => {
      client.sign = (...args: Parameters<typeof sign>) => {
        const request = sign(...args) as { headers: Record<string, string> };
        request.headers['expTime'] = String(Date.now() + ms);
        return request;
      };
    };
    before(-1_000);
    expect(await refusal(place('limit', 'buy', '0.01', '40000'))).toBe('50036');
    before(5_000);
    expect((await place('limit', 'buy', '0.01', '40000')).info['sCode']).toBe('0');
    client.sign = sign;
  });
});

describe('stops', () => {
  const stop = (params: Params = {}, side = 'buy') =>
    place('limit', side, '0.01', side === 'buy' ? '60010' : '39990', {
      stopLossPrice: side === 'buy' ? '60000' : '40000',
      tdMode: 'cash',
      algoClOrdId: 'stop1',
      clientOrderId: 'stop1',
      ...params,
    });
  const byClientId = { trigger: true, clientOrderId: 'stop1' };

  it('wait under an id of their own, in lists of their own', async () => {
    const { id, info } = await stop();
    expect(info).toMatchObject({ algoId: id, algoClOrdId: 'stop1', sCode: '0' });
    expect((await fetched('', byClientId)).info).toMatchObject({
      algoId: id,
      state: 'live',
      slTriggerPx: '60000',
      slOrdPx: '60010',
      ordId: '',
    });
    expect(await client.fetchOpenOrders(SYMBOL)).toEqual([]);
    const listed = await client.fetchOpenOrders(SYMBOL, undefined, undefined, { ordType: 'conditional' });
    expect(listed.map((order) => order.id)).toEqual([id]);
    expect(await refusal(fetched(id))).toBe('51603');
    expect(await refusal(client.cancelOrder(id, SYMBOL))).toBe('51400');
    await client.cancelOrder(id, SYMBOL, { trigger: true });
    expect((await fetched(id, { trigger: true })).info).toMatchObject({ state: 'canceled' });
    const history = { trigger: true, ordType: 'conditional' };
    expect(await client.fetchCanceledOrders(SYMBOL, undefined, undefined, history)).toHaveLength(1);
  });

  it('place another order when they trigger, which fills and is known by the first one', async () => {
    const { id } = await stop();
    rig.price('60005');
    rig.price('60004');
    const { info } = await fetched(id, { trigger: true });
    expect(info).toMatchObject({ state: 'effective', algoClOrdId: 'stop1' });
    const ordId = info['ordId'] ?? '';
    expect(ordId).not.toBe(id);
    const placed = (await fetched(ordId)).info;
    expect(placed).toMatchObject({ state: 'filled', algoId: id, algoClOrdId: 'stop1', clOrdId: '', ordType: 'limit' });
    expect((await client.fetchMyTrades(SYMBOL)).map((trade) => trade.order)).toContain(ordId);
    expect(await refusal(client.cancelOrder(id, SYMBOL, { trigger: true }))).toBe('51400');
  });

  it('go on as market orders where the order price is -1', async () => {
    const params = { stopLossPrice: '40000', tdMode: 'cash', algoClOrdId: 'stop2', clientOrderId: 'stop2' };
    await place('market', 'sell', '0.01', undefined, params);
    rig.price('39000');
    const { info } = await fetched('', { trigger: true, clientOrderId: 'stop2' });
    expect((await fetched(info['ordId'] ?? '')).info).toMatchObject({ state: 'filled', ordType: 'market', px: '' });
  });

  it.each([
    ['51278', { stopLossPrice: '45000' }, 'buy'],
    ['51280', { stopLossPrice: '55000' }, 'sell'],
    ['51279', { stopLossPrice: undefined, takeProfitPrice: '45000' }, 'sell'],
    ['51277', { stopLossPrice: undefined, takeProfitPrice: '55000' }, 'buy'],
  ])('whose price is beyond the market are refused with %s', async (code, params, side) => {
    expect(await refusal(stop(params, side))).toBe(code);
  });

  it('have a client id of their own', async () => {
    await stop();
    expect(await refusal(stop())).toBe('51065');
  });

  it('of the trigger kind fire whichever way the price comes', async () => {
    for (const triggerPrice of ['45000', '55000']) {
      await place('limit', 'buy', '0.01', '70000', { triggerPrice, tdMode: 'cash' });
    }
    rig.price('44000');
    const listed = await client.fetchOpenOrders(SYMBOL, undefined, undefined, { ordType: 'trigger' });
    expect(listed.map((order) => (order.info as Native['info'])['triggerPx'])).toEqual(['55000']);
  });

  it('of outside clients look like any other', async () => {
    const order = { ...cross, type: 'STOP_LIMIT', size: '0.01', stopPrice: '60000', price: '60010', source: 'outside' };
    const answer = await fetch(`http://127.0.0.1:${rig.port}/orders`, {
      method: 'POST',
      body: JSON.stringify({ exchange: 'okx', ...order, source: undefined, apiKey: ACCOUNT.apiKey }),
    });
    expect(answer.status).toBe(200);
    const listed = await client.fetchOpenOrders(SYMBOL, undefined, undefined, { ordType: 'conditional' });
    expect(listed.map((one) => (one.info as Native['info'])['slOrdPx'])).toEqual(['60010']);
  });
});

describe('lists', () => {
  it('come in pages of a hundred, newest first', async () => {
    const ids: string[] = [];
    for (let at = 0; at < 105; at += 1) ids.push((await place('limit', 'buy', '0.0001', '40000')).id);
    ids.reverse();
    const page = async (params: Params) => {
      const { data } = (await client.privateGetTradeOrdersPending(params)) as { data: { ordId: string }[] };
      return data.map((one) => one.ordId);
    };
    expect(await page({})).toEqual(ids.slice(0, 100));
    expect(await page({ after: ids[99] })).toEqual(ids.slice(100));
    expect(await page({ after: ids[9], limit: '5' })).toEqual(ids.slice(10, 15));
    expect(await page({ before: ids[2] })).toEqual(ids.slice(0, 2));
    expect(await refusal(page({ after: 'x' }))).toBe('51000');
  });

  it('of fills go on by bill', async () => {
    for (let at = 0; at < 3; at += 1) await place('market', 'buy', '0.001');
    const page = async (params: Params) => {
      const answer = await client.privateGetTradeFillsHistory({ instType: 'SPOT', ...params });
      return (answer as { data: { billId: string; tradeId: string }[] }).data;
    };
    const all = await page({});
    expect(all.length).toBeGreaterThanOrEqual(3);
    expect(await page({ after: all[0]?.billId, limit: '1' })).toEqual(all.slice(1, 2));
    expect(await page({ begin: String(Date.now() + 60_000) })).toEqual([]);
  });

  it('forget cancelled orders of which nothing was filled after two hours', async () => {
    const empty = await place('limit', 'buy', '0.01', '40000', { clientOrderId: 'gone' });
    const partly = await place('limit', 'buy', '0.01', '41000');
    rig.price('41000', '0.005');
    await client.cancelOrder(empty.id, SYMBOL);
    await client.cancelOrder(partly.id, SYMBOL);
    expect(await client.fetchCanceledOrders(SYMBOL)).toHaveLength(2);
    rig.advance(2 * 3_600_000 + 1_000);
    expect((await client.fetchCanceledOrders(SYMBOL)).map((one) => one.id)).toEqual([partly.id]);
    expect(await refusal(fetched('', { clientOrderId: 'gone' }))).toBe('51603');
  });

  it('are an account of its own for each key', async () => {
    const other = await rig.client(OTHER);
    const { id } = await place('limit', 'buy', '0.01', '40000');
    expect(await other.fetchOpenOrders(SYMBOL)).toEqual([]);
    expect(await refusal(other.cancelOrder(id, SYMBOL))).toBe('51400');
  });
});

it("cancels everything when the dead man's switch is not set anew", async () => {
  await place('limit', 'buy', '0.01', '40000');
  await client.cancelAllOrdersAfter(10_000);
  rig.advance(11_000);
  expect(await client.fetchOpenOrders(SYMBOL)).toEqual([]);
});
