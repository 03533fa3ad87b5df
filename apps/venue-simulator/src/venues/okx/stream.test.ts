import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { until } from '../../testing.ts';
import { signatureOf } from './auth.ts';
import { ACCOUNT, Rig, SYMBOL } from './testing.ts';
import type { Native, Okx } from './testing.ts';

type Message = Readonly<Record<string, unknown>>;
type View = Readonly<Record<string, string>>;

let rig: Rig;
let client: Okx;
const sockets: WebSocket[] = [];

beforeEach(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await rig.close();
});

/** A bare socket, for what ccxt keeps to itself. */
async function open(path: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${rig.port}/ws/v5/${path}`, { headers: { host: 'ws.okx.com:8443' } });
  sockets.push(socket);
  const texts: string[] = [];
  socket.on('message', (data: Buffer) => texts.push(data.toString()));
  await new Promise((resolve) => socket.once('open', resolve));
  const messages = (): Message[] => texts.filter((text) => text !== 'pong').map((text) => JSON.parse(text) as Message);
  const views = (channel: string): View[] =>
    messages()
      .filter((one) => (one['arg'] as View | undefined)?.['channel'] === channel && one['data'] !== undefined)
      .flatMap((one) => one['data'] as View[]);
  const send = (op: string, ...args: object[]) => socket.send(JSON.stringify({ op, args }));
  const login = (change: Record<string, string> = {}) => {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const sign = signatureOf(ACCOUNT.secret, `${timestamp}GET/users/self/verify`);
    const { apiKey, passphrase } = ACCOUNT;
    send('login', { apiKey, passphrase: passphrase ?? '', timestamp, sign, ...change });
  };
  const answered = async (what: object) => {
    await until(() => messages().length > 0, JSON.stringify(what));
    expect(messages()[0]).toMatchObject(what);
  };
  return { socket, texts, messages, views, send, login, answered };
}

const buy = (amount: string, price?: string, params: object = {}) =>
  client.createOrder(
    SYMBOL,
    price === undefined ? 'market' : 'limit',
    'buy',
    amount as never,
    price as never,
    params,
  ) as unknown as Promise<Native>;

async function subscribed(path: string, channel: string) {
  const stream = await open(path);
  stream.login();
  stream.send('subscribe', { channel, instType: 'SPOT' });
  await until(() => stream.messages().some((one) => one['event'] === 'subscribe'), 'the subscription');
  return stream;
}

describe('the order channel', () => {
  it('tells acknowledgement, fills with their own fee, and the end', async () => {
    const stream = await subscribed('private', 'orders');
    const { id } = await buy('0.01', '40000', { clientOrderId: 'watched' });
    rig.price('40000', '0.004');
    await client.editOrder(id, SYMBOL, 'limit', 'buy', '0.02' as never, undefined, { reqId: 'change1' });
    await client.cancelOrder(id, SYMBOL);
    await until(() => stream.views('orders').length === 4, 'four pushes');
    expect(stream.views('orders')).toMatchObject([
      { ordId: id, clOrdId: 'watched', state: 'live', tradeId: '', fillSz: '0', amendResult: '' },
      {
        state: 'partially_filled',
        accFillSz: '0.004',
        fillSz: '0.004',
        fillPx: '40000',
        execType: 'M',
        fillFeeCcy: 'BTC',
      },
      { state: 'partially_filled', sz: '0.02', amendResult: '0', reqId: 'change1', tradeId: '' },
      { state: 'canceled', cancelSource: '1', accFillSz: '0.004', fillSz: '0' },
    ]);
    expect(stream.messages().at(-1)?.['arg']).toMatchObject({ channel: 'orders', instType: 'SPOT' });
  });

  it('is what ccxt watches', async () => {
    const watched = client.watchOrders();
    await until(() => rig.engine.openOrders(ACCOUNT.apiKey).length === 0, 'nothing');
    await until(async () => {
      await buy('0.01', '40000');
      return Promise.race([
        watched.then(() => true),
        new Promise<boolean>((resolve) => setTimeout(resolve, 20, false)),
      ]);
    }, 'an order is watched');
    expect((await watched)[0]).toMatchObject({ symbol: SYMBOL, status: 'open' });
  });

  it('gives ccxt its trades', async () => {
    const watched = client.watchMyTrades();
    await until(async () => {
      await buy('0.01');
      return Promise.race([
        watched.then(() => true),
        new Promise<boolean>((resolve) => setTimeout(resolve, 20, false)),
      ]);
    }, 'a trade is watched');
    expect((await watched)[0]).toMatchObject({ symbol: SYMBOL, side: 'buy', takerOrMaker: 'taker' });
  });

  it('and that of algo orders tell a stop before and after its trigger', async () => {
    const orders = await subscribed('private', 'orders');
    const algos = await subscribed('business', 'orders-algo');
    const stop = { stopLossPrice: '60000', tdMode: 'cash', algoClOrdId: 'stop1', clientOrderId: 'stop1' };
    const { id } = await buy('0.01', '60010', stop);
    rig.price('60000');
    await until(() => algos.views('orders-algo').length === 2, 'the trigger');
    const [live, effective] = algos.views('orders-algo');
    expect(live).toMatchObject({ algoId: id, state: 'live', ordId: '' });
    expect(effective).toMatchObject({ algoId: id, state: 'effective' });
    await until(() => orders.views('orders').length > 0, 'the placed order');
    const placed = { algoId: id, algoClOrdId: 'stop1', clOrdId: '', ordId: effective?.['ordId'], state: 'live' };
    expect(orders.views('orders')[0]).toMatchObject(placed);
  });
});

describe('other channels', () => {
  it('tell balances and public data', async () => {
    const account = await subscribed('private', 'account');
    const market = await open('public');
    for (const channel of ['tickers', 'trades']) market.send('subscribe', { channel, instId: 'BTC-USDT' });
    await until(() => market.views('tickers').length === 1, 'the first ticker');
    await buy('0.01');
    rig.tick();
    await until(() => market.views('trades').length > 0 && market.views('tickers').length > 1, 'a trade');
    await until(() => account.views('account').length > 1, 'the balance');
    const details = account.views('account').at(-1)?.['details'] as unknown as View[];
    expect(details.map((one) => one['ccy']).sort()).toEqual(['BTC', 'USDT']);
    const ticker = await client.watchTicker(SYMBOL);
    expect(Number(ticker.bid)).toBeLessThan(Number(ticker.ask));
  });

  it('answer a text ping, and close a socket on which nothing moves', async () => {
    const { socket, texts } = await open('public');
    socket.send('ping');
    await until(() => texts.includes('pong'), 'a pong');
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    rig.advance(31_000);
    expect(await closed).toBe(4004);
  });
});

describe('refusals', () => {
  it.each([
    ['60005', { apiKey: 'nobody' }],
    ['60024', { passphrase: 'wrong' }],
    ['60007', { sign: 'wrong' }],
    ['60006', { timestamp: '1600000000' }],
    ['60004', { timestamp: 'yesterday' }],
  ])('of a login: %s', async (code, change) => {
    const stream = await open('private');
    stream.login(change);
    await stream.answered({ event: 'error', code });
  });

  it.each([
    ['60011', 'private', { channel: 'orders', instType: 'SPOT' }],
    ['60018', 'public', { channel: 'orders', instType: 'SPOT' }],
    ['60018', 'private', { channel: 'orders-algo', instType: 'SPOT' }],
    ['60018', 'public', { channel: 'tickers', instId: 'NO-SUCH' }],
    ['60012', 'public', { instId: 'BTC-USDT' }],
  ])('of a subscription: %s', async (code, path, arg) => {
    const stream = await open(path);
    stream.send('subscribe', arg);
    await stream.answered({ event: 'error', code });
  });

  it('of what is no request, and of too many', async () => {
    const stream = await open('public');
    stream.socket.send('nonsense');
    await stream.answered({ event: 'error', code: '60012' });
    rig.exchange.limits = { enabled: true, scale: 0.005 };
    const other = await open('public');
    for (let at = 0; at < 3; at += 1) other.send('subscribe', { channel: 'tickers', instId: 'BTC-USDT' });
    await until(() => other.messages().some((one) => one['code'] === '60014'), 'too many');
  });
});
