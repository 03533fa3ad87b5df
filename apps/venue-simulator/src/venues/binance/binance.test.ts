import ccxt from 'ccxt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fixed } from '../../engine/fixed.ts';
import { OTHER_KEY, startRig, SYMBOL, until } from '../../testing.ts';
import type { Binance, Rig } from '../../testing.ts';

// The unmodified ccxt class against the simulator: what a client of the exchange sees.

let rig: Rig;
let client: Binance;
let serial = 0;
const id = (): string => `t-${(serial += 1)}`;
const UNIFIED = 'BTC/USDT';

beforeAll(async () => {
  rig = await startRig();
  client = rig.client;
});
afterEach(async () => {
  await rig.admin('POST', '/reset', {});
  await rig.admin('POST', '/walk', { exchange: 'binance', running: false });
  await rig.admin('POST', '/limits', { exchange: 'binance', enabled: false });
});
afterAll(() => rig.close());

const setPrice = (price: string, size?: string) =>
  rig.admin('POST', '/price', { exchange: 'binance', symbol: SYMBOL, price, ...(size === undefined ? {} : { size }) });
const resting = (clientOrderId = id(), amount = '0.25') =>
  client.createOrder(UNIFIED, 'limit', 'buy', amount as never, '80000.5' as never, { clientOrderId });
const idOf = (order: { readonly id?: string | undefined }): string => String(order.id);
const info = (order: { readonly info?: unknown }) => order.info as Record<string, unknown>;
const engine = () => rig.simulator.exchanges.get('binance')?.engine;

async function refusal(action: Promise<unknown>): Promise<{ kind: string; text: string }> {
  try {
    await action;
  } catch (cause) {
    if (cause instanceof Error) return { kind: cause.constructor.name, text: cause.message };
  }
  throw new Error('nothing was refused');
}

describe('placing', () => {
  test('a limit order rests with exact terms and is found by both ids', async () => {
    const clientOrderId = id();
    const placed = await resting(clientOrderId);
    expect(placed.status).toBe('open');
    const byClientId = await client.fetchOrder(undefined as never, UNIFIED, { clientOrderId });
    const byId = await client.fetchOrder(idOf(placed), UNIFIED);
    for (const order of [byClientId, byId]) {
      expect([order.id, order.clientOrderId, order.price, order.amount, order.status]).toEqual([
        placed.id,
        clientOrderId,
        '80000.50000000',
        '0.25000000',
        'open',
      ]);
    }
    expect((await client.fetchOpenOrders(UNIFIED)).map((order) => order.id)).toEqual([placed.id]);
    expect((await client.fetchOpenOrders()).map((order) => order.id)).toEqual([placed.id]);
  });

  test('a market order fills at once over several levels and pays its fee in what it receives', async () => {
    const order = await client.createOrder(UNIFIED, 'market', 'buy', '0.3' as never, undefined, {
      clientOrderId: id(),
    });
    expect([order.status, order.filled]).toEqual(['closed', '0.30000000']);
    expect(order.trades.length).toBeGreaterThan(1);
    const trades = await client.fetchMyTrades(UNIFIED, undefined, undefined, { orderId: order.id });
    expect(trades.map((trade) => trade.id)).toEqual(order.trades.map((trade) => trade.id));
    expect(trades.every((trade) => trade.fee?.currency === 'BTC' && trade.takerOrMaker === 'taker')).toBe(true);
  });

  test('a market order by amount spends no more than that', async () => {
    const order = await client.createMarketBuyOrderWithCost(UNIFIED, '100' as never, { clientOrderId: id() });
    expect(order.status).toBe('closed');
    const cost = fixed(String(order.cost));
    expect(cost <= fixed('100') && cost > fixed('98')).toBe(true);
  });

  test('IOC beyond the depth and FOK end as the venue says', async () => {
    const { ask } = await client.fetchTicker(UNIFIED);
    const price = String(ask) as never;
    const ioc = await client.createOrder(UNIFIED, 'limit', 'buy', '5' as never, price, { timeInForce: 'IOC' });
    expect([ioc.status, info(ioc).status]).toEqual(['expired', 'EXPIRED']);
    expect(Number(ioc.filled)).toBeGreaterThan(0);
    const fok = await client.createOrder(UNIFIED, 'limit', 'buy', '5' as never, price, { timeInForce: 'FOK' });
    expect([fok.status, fok.filled]).toEqual(['expired', '0.00000000']);
  });

  test('stops wait, trigger and fill', async () => {
    await setPrice('90000');
    const limit = await client.createOrder(UNIFIED, 'limit', 'sell', '0.1' as never, '88000' as never, {
      stopLossPrice: '89000',
    });
    const market = await client.createOrder(UNIFIED, 'market', 'buy', '0.1' as never, undefined, {
      stopLossPrice: '91000',
    });
    const waiting = await client.fetchOrder(idOf(limit), UNIFIED);
    expect([info(waiting).isWorking, info(waiting).status, info(waiting).type]).toEqual([
      false,
      'NEW',
      'STOP_LOSS_LIMIT',
    ]);
    await setPrice('91000');
    expect((await client.fetchOrder(idOf(market), UNIFIED)).status).toBe('closed');
    await setPrice('89000');
    expect((await client.fetchOrder(idOf(limit), UNIFIED)).status).toBe('closed');
  });

  test('partial fills by a set price with a size', async () => {
    const order = await resting();
    await setPrice('80000', '0.1');
    const seen = await client.fetchOrder(idOf(order), UNIFIED);
    expect([info(seen).status, seen.filled, seen.remaining]).toEqual(['PARTIALLY_FILLED', '0.10000000', '0.15']);
    await setPrice('80000');
    expect((await client.fetchOrder(idOf(order), UNIFIED)).status).toBe('closed');
  });
});

describe('refusals, with the class that ccxt makes of them', () => {
  const order = (type: string, side: string, amount: string, price?: string, params = {}) =>
    refusal(client.createOrder(UNIFIED, type, side, amount as never, price as never, params));
  const raw = (params: object) => refusal(client.privatePostOrder({ symbol: 'BTCUSDT', side: 'BUY', ...params }));

  test('the engine says no', async () => {
    expect(await order('limit', 'buy', '100', '80000')).toMatchObject({ kind: 'InsufficientFunds' });
    expect(await order('limit', 'buy', '0.1', '99000', { postOnly: true })).toMatchObject({
      kind: 'OrderImmediatelyFillable',
    });
    expect(await order('limit', 'buy', '0.1', '80000', { stopLossPrice: '79000' })).toMatchObject({
      kind: 'OrderImmediatelyFillable',
    });
    const clientOrderId = id();
    await resting(clientOrderId);
    const again = await refusal(resting(clientOrderId));
    expect(again).toMatchObject({ kind: 'InvalidOrder' });
    expect(again.text).toContain('"code":-2010,"msg":"Duplicate order sent."');
  });

  test('a client id may be used again once its order has ended', async () => {
    const clientOrderId = id();
    const first = await resting(clientOrderId);
    await client.cancelOrder(idOf(first), UNIFIED);
    const second = await resting(clientOrderId);
    const found = await client.fetchOrder(undefined as never, UNIFIED, { clientOrderId });
    expect(found.id).toBe(second.id);
  });

  test.each([
    [-1013, 'Filter failure: PRICE_FILTER', { type: 'LIMIT', timeInForce: 'GTC', quantity: '0.1', price: '80000.001' }],
    [-1013, 'Filter failure: LOT_SIZE', { type: 'LIMIT', timeInForce: 'GTC', quantity: '0.000001', price: '80000' }],
    [-1013, 'Filter failure: NOTIONAL', { type: 'LIMIT', timeInForce: 'GTC', quantity: '0.00001', price: '80000' }],
    [-1013, 'Filter failure: NOTIONAL', { type: 'MARKET', quoteOrderQty: '4.99' }],
    [-1102, "Mandatory parameter 'price'", { type: 'LIMIT', timeInForce: 'GTC', quantity: '0.1' }],
    [-1102, "'quantity' or 'quoteOrderQty'", { type: 'MARKET' }],
    [-1104, 'Not all sent parameters were read', { type: 'MARKET', quantity: '0.1', reduceOnly: 'true' }],
    [-1106, "'timeInForce' sent when not required", { type: 'MARKET', quantity: '0.1', timeInForce: 'IOC' }],
    [-1106, "'price' sent when not required", { type: 'MARKET', quantity: '0.1', price: '80000' }],
    [-1111, 'too much precision', { type: 'LIMIT', timeInForce: 'GTC', quantity: '0.1', price: '80000.0000000001' }],
    [-1115, 'Invalid timeInForce', { type: 'LIMIT', timeInForce: 'GTD', quantity: '0.1', price: '80000' }],
    [-1116, 'Invalid orderType', { type: 'STOP', quantity: '0.1' }],
    [
      -1100,
      "Illegal characters found in parameter 'newClientOrderId'",
      { type: 'MARKET', quantity: '0.1', newClientOrderId: 'ä' },
    ],
    [-1121, 'Invalid symbol', { symbol: 'BTCXXX', type: 'MARKET', quantity: '0.1' }],
  ])('%d %s', async (code, text, params) => {
    const { text: answer } = await raw(params);
    expect(answer).toContain(`"code":${code},`);
    expect(answer).toContain(text);
    expect([...(engine()?.allOrders ?? [])]).toHaveLength(0);
  });

  test('key, signature, clock', async () => {
    const stranger = await rig.another({ apiKey: 'nobody', secret: 'x' });
    expect(await refusal(stranger.fetchBalance())).toMatchObject({ kind: 'AuthenticationError' });
    const forger = await rig.another({ apiKey: 'test-key', secret: 'wrong' });
    expect((await refusal(forger.fetchBalance())).text).toContain('-1022');
    const late = await rig.another();
    late.milliseconds = () => Date.now() - 20_000;
    expect(await refusal(late.fetchBalance())).toMatchObject({ kind: 'InvalidNonce' });
    late.milliseconds = () => Date.now() + 5_000;
    expect((await refusal(late.fetchBalance())).text).toContain("1000ms ahead of the server's time");
    const { text } = await refusal(client.privateGetAccount({ recvWindow: '60001' }));
    expect(text).toContain('-1131');
  });

  test('what another account holds does not exist', async () => {
    const other = await rig.another(OTHER_KEY);
    const order = await resting();
    expect(await refusal(other.fetchOrder(idOf(order), UNIFIED))).toMatchObject({ kind: 'OrderNotFound' });
    expect(await refusal(other.cancelOrder(idOf(order), UNIFIED))).toMatchObject({ kind: 'OrderNotFound' });
    expect(await other.fetchOpenOrders(UNIFIED)).toEqual([]);
    expect(await other.fetchMyTrades(UNIFIED)).toEqual([]);
  });
});

describe('cancelling and changing', () => {
  test('a cancel has its own id and leaves what was filled', async () => {
    const clientOrderId = id();
    const order = await resting(clientOrderId);
    await setPrice('80000', '0.1');
    const cancelled = await client.cancelOrder(undefined as never, UNIFIED, { clientOrderId });
    expect(info(cancelled)).toMatchObject({
      origClientOrderId: clientOrderId,
      status: 'CANCELED',
      executedQty: '0.10000000',
    });
    expect(info(cancelled).clientOrderId).not.toBe(clientOrderId);
    expect((await client.fetchOrder(idOf(order), UNIFIED)).status).toBe('canceled');
    const twice = await refusal(client.cancelOrder(idOf(order), UNIFIED));
    expect(twice).toMatchObject({ kind: 'OrderNotFound' });
    expect(twice.text).toContain('-2011');
  });

  test('cancel all cancels the symbol only; when nothing is open the order is unknown', async () => {
    await resting();
    await resting();
    const other = await client.createOrder('ETH/USDT', 'limit', 'buy', '1' as never, '2000' as never);
    expect(await client.cancelAllOrders(UNIFIED)).toHaveLength(2);
    expect((await client.fetchOpenOrders()).map((order) => order.id)).toEqual([other.id]);
    expect((await refusal(client.cancelAllOrders(UNIFIED))).text).toContain('-2011');
  });

  test('cancelReplace gives a new order; each half may fail', async () => {
    const order = await resting();
    const newId = id();
    const replaced = await client.editOrder(idOf(order), UNIFIED, 'limit', 'buy', '0.2' as never, '81000' as never, {
      clientOrderId: newId,
    });
    expect(replaced.id).not.toBe(order.id);
    expect((await client.fetchOrder(idOf(order), UNIFIED)).status).toBe('canceled');
    const gone = await refusal(
      client.editOrder(idOf(order), UNIFIED, 'limit', 'buy', '0.2' as never, '81000' as never),
    );
    expect(gone.text).toContain('-2022');
    const tooDear = await refusal(
      client.editOrder(idOf(replaced), UNIFIED, 'limit', 'buy', '20' as never, '81000' as never),
    );
    expect(tooDear.text).toContain('-2021');
    expect(tooDear.text).toContain('"cancelResult":"SUCCESS"');
    expect(await client.fetchOpenOrders(UNIFIED)).toEqual([]);
  });

  test('the quantity can be amended downwards in place', async () => {
    const clientOrderId = id();
    const order = await resting(clientOrderId);
    const path = 'order/amend/keepPriority';
    const amend = (newQty: string) =>
      client.request(path, 'private', 'PUT', {
        symbol: 'BTCUSDT',
        orderId: order.id,
        newQty,
        newClientOrderId: clientOrderId,
      });
    const answer = (await amend('0.1')) as { amendedOrder: Record<string, unknown> };
    expect(answer.amendedOrder).toMatchObject({ qty: '0.10000000', status: 'NEW', clientOrderId });
    expect((await client.fetchOrder(idOf(order), UNIFIED)).amount).toBe('0.10000000');
    expect((await refusal(amend('0.2'))).text).toContain('-2038');
  });
});

describe('history', () => {
  test('orders page by id and by the latest, trades by fromId', async () => {
    for (let n = 0; n < 7; n += 1) await resting(id(), '0.01');
    await setPrice('80000');
    const all = await client.fetchOrders(UNIFIED);
    expect(all).toHaveLength(7);
    const page = await client.fetchOrders(UNIFIED, undefined, 3, { orderId: all[2]?.id });
    expect(page.map((order) => order.id)).toEqual(all.slice(2, 5).map((order) => order.id));
    const latest = await client.fetchOrders(UNIFIED, undefined, 2);
    expect(latest.map((order) => order.id)).toEqual(all.slice(5).map((order) => order.id));
    const trades = await client.fetchMyTrades(UNIFIED);
    const later = await client.fetchMyTrades(UNIFIED, undefined, 2, { fromId: trades[4]?.id });
    expect(later.map((trade) => trade.id)).toEqual(trades.slice(4, 6).map((trade) => trade.id));
    expect(trades.every((trade) => trade.takerOrMaker === 'maker')).toBe(true);
    const since = await client.fetchMyTrades(UNIFIED, Date.now() - 60_000, 3);
    expect(since.map((trade) => trade.id)).toEqual(trades.slice(0, 3).map((trade) => trade.id));
  });

  test('balances show what is held', async () => {
    const before = await client.fetchBalance();
    await resting();
    const after = await client.fetchBalance();
    expect(fixed(String(after['USDT']?.used)) - fixed(String(before['USDT']?.used))).toBe(fixed('20000.125'));
  });
});

describe('streams', () => {
  test('the user stream tells the whole life of an order', async () => {
    const seen: Record<string, unknown>[] = [];
    const watcher = await rig.another();
    const stream = watch(watcher, seen);
    await rig.streaming(1);
    const clientOrderId = id();
    await resting(clientOrderId);
    await setPrice('80000', '0.1');
    await client.cancelOrder(undefined as never, UNIFIED, { clientOrderId });
    await until(() => seen.at(-1)?.['X'] === 'CANCELED', 'the cancel is told');
    const last = seen.at(-1);
    expect(last).toMatchObject({ x: 'CANCELED', C: clientOrderId, z: '0.10000000' });
    await watcher.close();
    await stream;
  });

  test('a refused subscription is answered, not ignored', async () => {
    const forger = await rig.another({ apiKey: 'test-key', secret: 'wrong' });
    const stray = new Promise((resolve) => process.once('unhandledRejection', resolve));
    await expect(forger.watchOrders()).rejects.toThrow(/-1022|Signature/);
    await stray;
  });

  test('tickers and trades are pushed', async () => {
    const ticker = client.watchTicker(UNIFIED, { name: 'ticker' });
    const beat = setInterval(() => rig.simulator.tick(), 20);
    const pushed = await ticker;
    clearInterval(beat);
    expect(pushed.symbol).toBe(UNIFIED);
    expect(fixed(String(pushed.bid)) < fixed(String(pushed.ask))).toBe(true);
  });

  async function watch(watcher: Binance, seen: Record<string, unknown>[]): Promise<void> {
    try {
      for (;;) for (const order of await watcher.watchOrders()) seen.push(order.info as Record<string, unknown>);
    } catch (cause) {
      if (!(cause instanceof ccxt.ExchangeClosedByUser)) throw cause;
    }
  }
});

describe('limits', () => {
  test('weight: announced, counted, refused with a waiting time, then banned', async () => {
    await rig.admin('POST', '/limits', { exchange: 'binance', enabled: true, scale: 0.01 });
    const info = (await client.publicGetExchangeInfo()) as { rateLimits: { limit: number }[] };
    expect(info.rateLimits[0]?.limit).toBe(60);
    await client.fetchBalance();
    expect(Number(client.last_response_headers?.['X-Mbx-Used-Weight-1m'])).toBe(40);
    await client.fetchBalance();
    const first = await refusal(client.fetchBalance());
    expect(first.kind).toBe('DDoSProtection');
    expect(first.text).toContain('429');
    for (let n = 0; n < 20; n += 1) await refusal(client.fetchTime());
    expect((await refusal(client.fetchTime())).text).toContain('418');
  });

  test('unfilled orders are counted, filled ones given back', async () => {
    await rig.admin('POST', '/limits', { exchange: 'binance', enabled: true, scale: 0.05 });
    for (let n = 0; n < 5; n += 1) await client.createOrder(UNIFIED, 'market', 'buy', '0.001' as never);
    for (let n = 0; n < 5; n += 1) await resting();
    const refused = await refusal(resting());
    expect(refused.text).toContain('-1015');
  });
});
