import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fixed } from '../../engine/fixed.ts';
import { ACCOUNT, info, OTHER, refusal, Rig } from './testing.ts';
import type { Kucoin } from './testing.ts';

// The unmodified ccxt class against the simulator: what a client of the exchange sees.

let rig: Rig;
let client: Kucoin;
let serial = 0;
const id = (): string => `t-${(serial += 1)}`;
const SYMBOL = 'BTC/USDT';
type Params = Record<string, unknown>;

beforeAll(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
beforeEach(() => rig.reset());
afterAll(() => rig.close());

const order = (type: 'limit' | 'market', side: 'buy' | 'sell', amount: string, price?: string, params: Params = {}) =>
  client.createOrder(SYMBOL, type, side, amount as never, price as never, params);
const resting = (clientOrderId = id(), amount = '0.25') => order('limit', 'buy', amount, '80000.5', { clientOrderId });
const price = (value: string, size?: string) =>
  rig.admin('POST /price', { exchange: 'kucoin', symbol: 'BTC-USDT', price: value, ...(size ? { size } : {}) });
const read = async (orderId: unknown) => info(await client.fetchOrder(String(orderId), SYMBOL));
type Answer = { data: Record<string, unknown> & { items: Record<string, unknown>[] } };
const data = async (call: Promise<unknown>): Promise<Answer['data']> => ((await call) as Answer).data;

test('a stranger with default options gets in', async () => {
  const stranger = await rig.client(ACCOUNT, {});
  expect(stranger.options['hf']).toBe(true);
  expect(stranger.options['uta']).toBe(false);
  expect(Object.keys(stranger.markets ?? {})).toContain(SYMBOL);
  const placed = await stranger.createOrder(SYMBOL, 'limit', 'buy', 0.1, 80_000);
  expect((await stranger.fetchOpenOrders(SYMBOL)).map((one) => one.id)).toEqual([placed.id]);
  expect((await stranger.fetchBalance())['USDT']?.used).toBeDefined();
  expect(await stranger.fetchTime()).toBeGreaterThan(1e12);
  expect(String((await stranger.fetchTicker(SYMBOL)).bid)).not.toBe('undefined');
  expect((await stranger.fetchStatus()).status).toBe('ok');
});

describe('placing', () => {
  test('a limit order rests, with its id and no more in the answer', async () => {
    const clientOrderId = id();
    const placed = await resting(clientOrderId);
    expect(info(placed)).toEqual({ orderId: placed.id, clientOid: clientOrderId });
    expect(await read(placed.id)).toMatchObject({
      clientOid: clientOrderId,
      active: true,
      inOrderBook: true,
      cancelExist: false,
      size: '0.25',
      dealSize: '0',
      remainSize: '0.25',
      price: '80000.5',
      funds: '20000.125',
      timeInForce: 'GTC',
    });
  });

  test('a market order by size and by funds', async () => {
    const bySize = await read((await order('market', 'buy', '0.1')).id);
    expect(bySize).toMatchObject({
      type: 'market',
      active: false,
      dealSize: '0.1',
      cancelExist: false,
      feeCurrency: 'USDT',
    });
    expect(fixed(String(bySize['fee'])) * 1000n).toBe(fixed(String(bySize['dealFunds'])));
    const byFunds = await read((await client.createMarketOrderWithCost(SYMBOL, 'buy', '500.123456' as never)).id);
    expect(byFunds).toMatchObject({ size: '0', funds: '500.123456', active: false, cancelExist: false });
    expect(Number(byFunds['dealFunds'])).toBeGreaterThan(499);
  });

  test('IOC, FOK and GTT end by themselves; only the last has a cancel on record', async () => {
    const ioc = await order('limit', 'buy', '0.1', '80000', { timeInForce: 'IOC' });
    expect(await read(ioc.id)).toMatchObject({
      active: false,
      cancelExist: false,
      cancelledSize: '0.1',
      dealSize: '0',
    });
    const fok = await order('limit', 'buy', '0.1', '80000', { timeInForce: 'FOK' });
    expect(await read(fok.id)).toMatchObject({ active: false, cancelExist: false, dealSize: '0' });
    const gtt = await order('limit', 'buy', '0.1', '80000', { timeInForce: 'GTT', cancelAfter: 60 });
    expect(await read(gtt.id)).toMatchObject({ active: true, timeInForce: 'GTT', cancelAfter: 60 });
    rig.advance(61_000);
    expect(await read(gtt.id)).toMatchObject({ active: false, cancelExist: true });
    expect((await refusal(order('limit', 'buy', '0.1', '80000', { timeInForce: 'GTT' }))).text).toContain(
      'cancelAfter',
    );
  });

  test('post-only is refused when it would take, and dropped on IOC', async () => {
    expect((await refusal(order('limit', 'buy', '0.1', '95000', { postOnly: true }))).text).toContain('300000');
    const ioc = await data(
      client.privatePostHfOrders({
        ...{ symbol: 'BTC-USDT', side: 'buy', type: 'limit', size: '0.1', price: '95000', timeInForce: 'IOC' },
        postOnly: true,
      }),
    );
    expect(await read(ioc['orderId'])).toMatchObject({ postOnly: false, dealSize: '0.1' });
  });

  test('a client id is unique among open orders only', async () => {
    const clientOrderId = id();
    const first = await resting(clientOrderId);
    expect(await refusal(resting(clientOrderId))).toMatchObject({ kind: 'BadRequest' });
    await client.cancelOrder(String(first.id), SYMBOL);
    expect((await resting(clientOrderId)).id).not.toBe(first.id);
  });

  test.each([
    ['400100', 'Order size increment invalid', { size: '0.123456789', price: '80000' }],
    ['400100', 'below the minimum', { size: '0.000001', price: '80000' }],
    ['400100', 'Price increment invalid', { size: '0.1', price: '80000.01' }],
    ['400100', 'priceIsRequired', { size: '0.1' }],
    ['400100', 'sizeIsRequired', { price: '80000' }],
    ['400100', 'sideIsRequired', { size: '0.1', price: '80000', side: null }],
    ['400100', 'clientOidInvalid', { size: '0.1', price: '80000', clientOid: 'no blanks' }],
    ['600101', 'order funds', { type: 'market', funds: '0.01' }],
    ['900001', 'symbol not exists', { size: '0.1', price: '80000', symbol: 'BTC-XXX' }],
    ['200004', 'Balance insufficient', { size: '5000', price: '80000' }],
    ['126041', 'clientTimestamp', { size: '0.1', price: '80000', clientTimestamp: 1, allowMaxTimeWindow: 1 }],
  ])('%s %s', async (code, text, params) => {
    const terms = { symbol: 'BTC-USDT', side: 'buy', type: 'limit', ...params };
    const { text: answer } = await refusal(client.privatePostHfOrders(terms));
    expect(answer).toContain(`"code":"${code}"`);
    expect(answer).toContain(text);
    expect([...rig.engine.allOrders]).toHaveLength(0);
  });

  test('what the endpoint does not know is ignored: a trigger becomes a plain order', async () => {
    const params = { symbol: 'BTC-USDT', side: 'buy', type: 'limit', size: '0.1', price: '80000', stopPrice: '99000' };
    const placed = await data(client.privatePostHfOrders({ ...params, reduceOnly: true }));
    expect(await read(placed['orderId'])).toMatchObject({ active: true, inOrderBook: true });
  });

  test('synchronous, in a batch, as a test', async () => {
    const terms = { symbol: 'BTC-USDT', side: 'buy', type: 'limit', size: '0.1', price: '80000' };
    expect(await data(client.privatePostHfOrdersSync(terms))).toMatchObject({ status: 'open', remainSize: '0.1' });
    const batch = (await client.privatePostHfOrdersMulti({ orderList: [terms, { ...terms, size: '0' }] })) as Params;
    expect(batch['data']).toMatchObject([{ success: true }, { success: false }]);
    await client.privatePostHfOrdersTest(terms);
    expect([...rig.engine.allOrders]).toHaveLength(2);
  });
});

describe('access', () => {
  test('key, signature, passphrase, clock', async () => {
    const stranger = await rig.client({ ...ACCOUNT, apiKey: 'nobody' });
    expect(await refusal(stranger.fetchBalance())).toMatchObject({ kind: 'AuthenticationError' });
    const forger = await rig.client({ ...ACCOUNT, secret: 'wrong' });
    expect((await refusal(forger.fetchBalance())).text).toContain('400004');
    const guesser = await rig.client({ ...ACCOUNT, passphrase: 'wrong' });
    expect((await refusal(guesser.fetchBalance())).text).toContain('400004');
    const sign = forger.hmac.bind(forger);
    forger.hmac = (request, secret, ...rest) => {
      const isPassphrase = Buffer.from(request as Uint8Array).toString() === ACCOUNT.passphrase;
      return sign(request, isPassphrase ? forger.encode(ACCOUNT.secret) : secret, ...rest) as string;
    };
    expect((await refusal(forger.fetchBalance())).text).toContain('400005');
    const late = await rig.client();
    late.milliseconds = () => Date.now() - 5_001;
    expect(await refusal(late.fetchBalance())).toMatchObject({ kind: 'InvalidNonce' });
    late.milliseconds = () => Date.now() + 6_000;
    expect((await refusal(late.fetchBalance())).text).toContain('400002');
  });

  test('a passphrase in plain text is refused', async () => {
    const plain = await rig.client();
    const sign = plain.sign.bind(plain);
    plain.sign = (...args) => {
      const signed = sign(...args);
      Object.assign(signed.headers as object, { 'KC-API-PASSPHRASE': ACCOUNT.passphrase });
      return signed;
    };
    expect((await refusal(plain.fetchBalance())).text).toContain('400004');
  });

  test('what another account holds does not exist', async () => {
    const other = await rig.client(OTHER);
    const placed = await resting();
    expect(await refusal(other.fetchOrder(String(placed.id), SYMBOL))).toMatchObject({ kind: 'OrderNotFound' });
    expect(await refusal(other.cancelOrder(String(placed.id), SYMBOL))).toMatchObject({ kind: 'OrderNotFound' });
    expect(await other.fetchOpenOrders(SYMBOL)).toEqual([]);
    expect((await refusal(client.fetchOrder(String(placed.id), 'ETH/USDT'))).kind).toBe('OrderNotFound');
  });
});

describe('cancelling and changing', () => {
  test('by id, by client id, never twice', async () => {
    const clientOrderId = id();
    const placed = await resting(clientOrderId);
    await price('80000', '0.1');
    expect(info(await client.cancelOrder('', SYMBOL, { clientOrderId }))).toEqual({ clientOid: clientOrderId });
    expect(await read(placed.id)).toMatchObject({
      active: false,
      cancelExist: true,
      dealSize: '0.1',
      cancelledSize: '0.15',
    });
    expect(await refusal(client.cancelOrder(String(placed.id), SYMBOL))).toMatchObject({ kind: 'OrderNotFound' });
    expect((await refusal(client.fetchOrder('', SYMBOL, { clientOrderId }))).kind).toBe('OrderNotFound');
  });

  test('all of a symbol, all', async () => {
    await resting();
    await client.createOrder('ETH/USDT', 'limit', 'buy', '1' as never, '2000' as never);
    await order('limit', 'sell', '0.1', '80000', { stopLossPrice: '85000' });
    await client.cancelAllOrders(SYMBOL);
    expect((await data(client.privateGetHfOrdersActiveSymbols()))['symbols']).toEqual(['ETH-USDT']);
    expect(info((await client.cancelAllOrders())[0] ?? {})).toMatchObject({ data: { succeedSymbols: ['ETH-USDT'] } });
    expect(await client.fetchOpenOrders(SYMBOL, undefined, undefined, { trigger: true })).toHaveLength(1);
    await client.cancelAllOrders(SYMBOL, { trigger: true });
    expect(rig.engine.openOrders(ACCOUNT.apiKey)).toEqual([]);
  });

  test('alter cancels and places what is left under the same client id', async () => {
    const clientOrderId = id();
    const placed = await resting(clientOrderId);
    await price('80000.5', '0.1');
    const altered = await client.editOrder(String(placed.id), SYMBOL, 'limit', 'buy', '0.2' as never, '80001' as never);
    expect(altered.id).not.toBe(placed.id);
    expect(await read(altered.id)).toMatchObject({ size: '0.1', price: '80001', clientOid: clientOrderId });
    expect(await read(placed.id)).toMatchObject({ cancelExist: true });
    await price('80001', '0.04');
    const terms = { symbol: 'BTC-USDT', clientOid: clientOrderId, newSize: '0.03' };
    expect(await data(client.privatePostHfOrdersAlter(terms))).toEqual({ newOrderId: '', clientOid: clientOrderId });
    expect(await client.fetchOpenOrders(SYMBOL)).toEqual([]);
  });

  test('a part, and what a dead man leaves', async () => {
    const placed = await resting();
    await client.privateDeleteHfOrdersCancelOrderId({ symbol: 'BTC-USDT', orderId: placed.id, cancelSize: '0.1' });
    expect(await read(placed.id)).toMatchObject({ active: true, size: '0.15' });
    await client.privatePostHfOrdersDeadCancelAll({ timeout: 5 });
    rig.advance(4_000);
    expect(await read(placed.id)).toMatchObject({ active: true });
    rig.advance(2_000);
    expect(await read(placed.id)).toMatchObject({ active: false, cancelExist: true });
  });
});

describe('stop orders', () => {
  const stop = (clientOrderId = id()) =>
    order('limit', 'sell', '0.1', '80000', { stopLossPrice: '85000', clientOrderId });

  test('wait in a list of their own, and are cancelled there', async () => {
    const clientOrderId = id();
    const placed = await stop(clientOrderId);
    expect(placed.id).toMatch(/^vs/);
    expect(await client.fetchOpenOrders(SYMBOL)).toEqual([]);
    const [listed] = (await data(client.privateGetStopOrder({ symbol: 'BTC-USDT' }))).items;
    expect(listed).toMatchObject({
      id: placed.id,
      status: 'NEW',
      stop: 'loss',
      stopPrice: '85000.00000000000000000000',
    });
    expect(await refusal(client.fetchOrder(String(placed.id), SYMBOL))).toMatchObject({ kind: 'OrderNotFound' });
    const byId = client.privateGetStopOrderQueryOrderByClientOid({ clientOid: clientOrderId });
    expect(((await byId) as { data: unknown[] }).data).toMatchObject([{ id: placed.id }]);
    const cancelled = await client.cancelOrder('', SYMBOL, { trigger: true, clientOrderId });
    expect(info(cancelled)).toEqual({ cancelledOrderId: placed.id, clientOid: clientOrderId });
    expect(info(await client.fetchOrder(String(placed.id), SYMBOL, { trigger: true }))['status']).toBe('CANCELLED');
    const again = client.cancelOrder(String(placed.id), SYMBOL, { trigger: true });
    expect((await refusal(again)).kind).toBe('OrderNotFound');
  });

  test('triggered, they are other orders with the same client id', async () => {
    const clientOrderId = id();
    const placed = await stop(clientOrderId);
    const above = await order('market', 'buy', '0.1', undefined, { stopLossPrice: '99000' });
    await price('84999', '0.01');
    const child = info(await client.fetchOrder('', SYMBOL, { clientOrderId }).catch(() => ({ info: {} })));
    const done = (await data(client.privateGetHfOrdersDone({ symbol: 'BTC-USDT' }))).items;
    const found = [child, ...done].find((one) => one['clientOid'] === clientOrderId);
    expect(found?.['id']).toMatch(/^[0-9a-f]{24}$/);
    expect(info(await client.fetchOrder(String(placed.id), SYMBOL, { trigger: true }))['status']).toBe('TRIGGERED');
    expect(info(await client.fetchOrder(String(above.id), SYMBOL, { trigger: true }))['status']).toBe('NEW');
  });
});

describe('history', () => {
  test('done orders and fills page backwards by lastId, at most a hundred a page', async () => {
    for (let n = 0; n < 7; n += 1) await resting(id(), '0.01');
    await price('80000');
    const all = (await data(client.privateGetHfOrdersDone({ symbol: 'BTC-USDT' }))).items;
    expect(all).toHaveLength(7);
    const first = await data(client.privateGetHfOrdersDone({ symbol: 'BTC-USDT', limit: 3 }));
    const next = await data(client.privateGetHfOrdersDone({ symbol: 'BTC-USDT', limit: 3, lastId: first['lastId'] }));
    expect([...first.items, ...next.items].map((one) => one['id'])).toEqual(all.slice(0, 6).map((one) => one['id']));
    const fills = await client.fetchMyTrades(SYMBOL, undefined, 100);
    expect(new Set(fills.map((one) => one.id)).size).toBe(7);
    expect(fills.every((one) => one.takerOrMaker === 'maker')).toBe(true);
    const page = await data(client.privateGetHfFills({ symbol: 'BTC-USDT', limit: 4 }));
    const rest = await data(client.privateGetHfFills({ symbol: 'BTC-USDT', limit: 100, lastId: page['lastId'] }));
    expect([page.items.length, rest.items.length]).toEqual([4, 3]);
    const one = await data(client.privateGetHfFills({ symbol: 'BTC-USDT', orderId: all[0]?.['id'] }));
    expect(one.items).toHaveLength(1);
  });

  test('done orders are forgotten after three days', async () => {
    const placed = await resting();
    await client.cancelOrder(String(placed.id), SYMBOL);
    rig.advance(3 * 86_400_000 + 1_000);
    expect((await data(client.privateGetHfOrdersDone({ symbol: 'BTC-USDT' }))).items).toEqual([]);
  });

  test('the fault that hides open orders hides them from the lists only', async () => {
    const placed = await resting();
    await rig.admin('POST /faults', { exchange: 'kucoin', fault: 'hideFromOpenOrders', times: 1 });
    expect(await client.fetchOpenOrders(SYMBOL)).toEqual([]);
    expect(await read(placed.id)).toMatchObject({ active: true });
  });
});

describe('limits', () => {
  test('a pool for each account, told in the headers', async () => {
    const other = await rig.client(OTHER);
    rig.exchange.limits = { enabled: true, scale: 0.001 };
    await client.fetchOrder('nothing', SYMBOL).catch(() => undefined);
    expect(client.last_response_headers?.['Gw-Ratelimit-Remaining']).toBe('2');
    await client.fetchOrder('nothing', SYMBOL).catch(() => undefined);
    const refused = await refusal(client.fetchOrder('nothing', SYMBOL));
    expect(refused).toMatchObject({ kind: 'ExchangeError' });
    expect(refused.text).toContain('429000');
    expect((await refusal(other.fetchOrder('nothing', SYMBOL))).kind).toBe('OrderNotFound');
    rig.advance(30_000);
    expect((await refusal(client.fetchOrder('nothing', SYMBOL))).kind).toBe('OrderNotFound');
  });

  test('twenty stop orders wait for each symbol', async () => {
    rig.exchange.limits = { enabled: true, scale: 1 };
    const stop = () => order('limit', 'sell', '0.01', '80000', { stopLossPrice: '85000' });
    for (let n = 0; n < 20; n += 1) await stop();
    expect((await refusal(stop())).text).toContain('200003');
  });
});
