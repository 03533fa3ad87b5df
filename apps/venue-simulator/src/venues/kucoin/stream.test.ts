import ccxt from 'ccxt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { ACCOUNT, OTHER, Rig, until } from './testing.ts';
import type { Kucoin } from './testing.ts';
import { STREAM_HOST } from './tokens.ts';

let rig: Rig;
let client: Kucoin;
let sockets: WebSocket[] = [];
const SYMBOL = 'BTC/USDT';
type Message = Record<string, unknown> & { data?: Record<string, unknown> };

beforeAll(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
beforeEach(() => rig.reset());
afterEach(() => {
  for (const socket of sockets) socket.terminate();
  sockets = [];
});
afterAll(() => rig.close());

const tokenOf = async (isPrivate: boolean, of: Kucoin = client): Promise<string> => {
  const answer = (await (isPrivate ? of.privatePostBulletPrivate() : of.publicPostBulletPublic())) as Message;
  return String(answer.data?.['token']);
};

interface Line {
  readonly heard: Message[];
  send(message: object): void;
  readonly socket: WebSocket;
}

/** A bare socket, to see every message as it comes. */
async function open(token: string): Promise<Line> {
  const socket = new WebSocket(`ws://127.0.0.1:${rig.port}/?token=${token}&connectId=c1`, {
    headers: { host: STREAM_HOST },
  });
  sockets.push(socket);
  const heard: Message[] = [];
  socket.on('message', (data) => heard.push(JSON.parse((data as Buffer).toString('utf8')) as Message));
  await until(() => heard.length > 0, 'the first message');
  return { heard, socket, send: (message) => socket.send(JSON.stringify(message)) };
}

async function subscribed(...topics: string[]): Promise<Line> {
  const line = await open(await tokenOf(true));
  for (const [nth, topic] of topics.entries()) line.send({ id: String(nth), type: 'subscribe', topic, response: true });
  await until(() => line.heard.filter((one) => one['type'] === 'ack').length === topics.length, 'acks');
  return line;
}

const changes = (line: Line, topic: string): (readonly [unknown, unknown])[] =>
  line.heard
    .filter((one) => one['topic'] === topic)
    .map((one) => [one.data?.['type'], one.data?.['filledSize'] ?? null] as const);
const price = (value: string, size?: string) =>
  rig.admin('POST /price', { exchange: 'kucoin', symbol: 'BTC-USDT', price: value, ...(size ? { size } : {}) });
const order = (amount: string, at: string | undefined, params: Record<string, unknown> = {}) =>
  client.createOrder(SYMBOL, at === undefined ? 'market' : 'limit', 'buy', amount as never, at as never, params);

describe('the connection', () => {
  test('welcome, ping, acks and refusals', async () => {
    const line = await open(await tokenOf(true));
    expect(line.heard[0]).toEqual({ id: 'c1', type: 'welcome' });
    line.send({ id: '7', type: 'ping' });
    line.send({ id: '8', type: 'subscribe', topic: '/no/such', response: true });
    line.send({ id: '9', type: 'dance' });
    await until(() => line.heard.length === 4, 'answers');
    expect(line.heard.slice(1)).toEqual([
      { id: '7', type: 'pong' },
      { id: '8', type: 'error', code: 404, data: 'topic /no/such is not found' },
      { id: '9', type: 'error', code: 415, data: 'type is not supported' },
    ]);
  });

  test('a token is needed, and a private one for private topics', async () => {
    const stranger = await open('nonsense');
    expect(stranger.heard[0]).toMatchObject({ type: 'error', code: 401 });
    await until(() => stranger.socket.readyState === WebSocket.CLOSED, 'closed');
    const line = await open(await tokenOf(false));
    line.send({ id: '1', type: 'subscribe', topic: '/spotMarket/tradeOrders', response: true });
    await until(() => line.heard.length === 2, 'refused');
    expect(line.heard[1]).toMatchObject({ type: 'error', code: 403 });
  });

  test('who does not ping is cut off', async () => {
    const line = await open(await tokenOf(true));
    rig.advance(29_000);
    await until(() => line.socket.readyState === WebSocket.CLOSED, 'closed');
  });
});

describe('orders', () => {
  test('both versions tell a life from the book to its end', async () => {
    const line = await subscribed('/spotMarket/tradeOrders', '/spotMarket/tradeOrdersV2');
    const placed = await order('0.25', '80000.5', { clientOrderId: 'life-1' });
    await price('80000', '0.1');
    await client.cancelOrder(String(placed.id), SYMBOL);
    const first = [
      ['open', '0'],
      ['match', '0.1'],
      ['canceled', '0.1'],
    ];
    await until(() => changes(line, '/spotMarket/tradeOrders').length === 3, 'three messages');
    expect(changes(line, '/spotMarket/tradeOrders')).toEqual(first);
    expect(changes(line, '/spotMarket/tradeOrdersV2')).toEqual([['received', null], ...first]);
    const match = line.heard.find((one) => one.data?.['type'] === 'match')?.data;
    expect(match).toMatchObject({ status: 'open', liquidity: 'maker', matchPrice: '80000.5', clientOid: 'life-1' });
    expect(typeof match?.['tradeId']).toBe('string');
  });

  test('a taker matches before its rest is on the book, and is filled at last', async () => {
    const line = await subscribed('/spotMarket/tradeOrders');
    await order('0.01', undefined);
    await until(() => changes(line, '/spotMarket/tradeOrders').at(-1)?.[0] === 'filled', 'filled');
    const taken = changes(line, '/spotMarket/tradeOrders').map(([type]) => type);
    expect(taken[0]).toBe('match');
    line.heard.length = 0;
    const best = rig.engine.ticker('BTC-USDT', rig.now());
    await order('5', client.priceToPrecision(SYMBOL, Number(best.ask / 10n ** 17n) / 10));
    await until(() => changes(line, '/spotMarket/tradeOrders').length >= 2, 'told');
    const types = changes(line, '/spotMarket/tradeOrders').map(([type]) => type);
    expect(types.at(0)).toBe('match');
    expect(types.at(-1)).toBe('open');
  });

  test('stops have a topic of their own, and their child the usual one', async () => {
    const line = await subscribed('/spotMarket/advancedOrders', '/spotMarket/tradeOrders');
    const stop = await order('0.01', '95000', { stopLossPrice: '92000' });
    const other = await order('0.01', '95000', { stopLossPrice: '99000' });
    await client.cancelOrder(String(other.id), SYMBOL, { trigger: true });
    await price('92000', '0.001');
    const stops = () =>
      line.heard.filter((one) => one['topic'] === '/spotMarket/advancedOrders').map((one) => one.data);
    await until(() => stops().length === 4, 'stop messages');
    expect(stops().map((one) => [one?.['type'], one?.['orderId']])).toEqual([
      ['open', stop.id],
      ['open', other.id],
      ['cancel', other.id],
      ['triggered', stop.id],
    ]);
    await until(() => changes(line, '/spotMarket/tradeOrders').length > 0, 'child');
    const child = line.heard.find((one) => one['topic'] === '/spotMarket/tradeOrders')?.data;
    expect(child?.['orderId']).not.toBe(stop.id);
    expect(child?.['orderType']).toBe('limit');
  });

  test('only the own account, and balances', async () => {
    const line = await subscribed('/spotMarket/tradeOrders', '/account/balance');
    const other = await rig.client(OTHER);
    await other.createOrder(SYMBOL, 'limit', 'buy', '0.1' as never, '80000' as never);
    await order('0.1', '80000');
    await until(() => changes(line, '/spotMarket/tradeOrders').length === 1, 'one message');
    expect(line.heard.some((one) => one.data?.['currency'] === 'USDT')).toBe(true);
  });

  test('ccxt watches orders, stop orders and tickers', async () => {
    const watcher = await rig.client();
    const orders = watcher.watchOrders();
    const stops = watcher.watchOrders(SYMBOL, undefined, undefined, { trigger: true });
    const ticker = watcher.watchTicker(SYMBOL);
    await until(() => rig.exchange.venue !== undefined && Object.keys(watcher.clients).length === 2, 'sockets');
    const beat = setInterval(() => rig.advance(1), 20);
    const again = setInterval(() => {
      void order('0.01', '80000').catch(() => undefined);
      void order('0.01', '95000', { stopLossPrice: '99000' }).catch(() => undefined);
    }, 50);
    expect((await orders)[0]?.symbol).toBe(SYMBOL);
    expect((await stops)[0]?.symbol).toBe(SYMBOL);
    expect(Number((await ticker).bid)).toBeGreaterThan(0);
    clearInterval(beat);
    clearInterval(again);
    const bad = await rig.client({ ...ACCOUNT, secret: 'wrong' });
    await expect(bad.watchOrders()).rejects.toThrow(ccxt.AuthenticationError);
  });
});
