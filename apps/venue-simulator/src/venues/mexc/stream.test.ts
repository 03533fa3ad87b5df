import ccxt from 'ccxt';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { idOf, infoOf, Rig, UNIFIED, until } from './testing.ts';
import type { Mexc } from './testing.ts';

// The binary stream, as the unmodified ccxt class decodes it with its own compiled messages, and its life.

const HOUR_MS = 3_600_000;
let rig: Rig;
let client: Mexc;

beforeAll(async () => {
  rig = await Rig.start();
  await rig.reset();
  client = await rig.client();
});
beforeEach(async () => {
  await rig.reset();
  await rig.setPrice('90000');
});
afterAll(() => rig.close());

type Seen = Record<string, unknown>[];

async function watch(next: () => Promise<readonly { readonly info: unknown }[]>, seen: Seen): Promise<void> {
  try {
    for (;;) for (const one of await next()) seen.push(infoOf(one));
  } catch (cause) {
    if (!(cause instanceof ccxt.ExchangeClosedByUser)) throw cause;
  }
}
const streams = async () => ((await rig.admin('GET /streams?exchange=mexc')) as { accounts: string[] }).accounts;

/** A bare socket of the stream, and the text that came by it. */
async function dial(listenKey?: string): Promise<{ socket: WebSocket; texts: string[]; isClosed: () => boolean }> {
  const path = listenKey === undefined ? '/ws' : `/ws?listenKey=${listenKey}`;
  const socket = new WebSocket(`ws://127.0.0.1:${rig.port}${path}`, { headers: { host: 'wbs-api.mexc.com' } });
  const texts: string[] = [];
  let closed = false;
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) texts.push(data.toString());
  });
  socket.on('close', () => (closed = true));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { socket, texts, isClosed: () => closed };
}
const listenKey = async (): Promise<string> =>
  ((await client.spotPrivatePostUserDataStream()) as { listenKey: string }).listenKey;
const PRIVATE = 'spot@private.orders.v3.api.pb';
const subscribe = (socket: WebSocket, ...params: string[]): void =>
  socket.send(JSON.stringify({ method: 'SUBSCRIPTION', params }));

describe('as ccxt reads it', () => {
  test('the whole life of an order, its deals and the balances', async () => {
    const watcher = await rig.client();
    const orders: Seen = [];
    const deals: Seen = [];
    const balances: Seen = [];
    const loops = [
      watch(() => watcher.watchOrders(), orders),
      watch(() => watcher.watchMyTrades(), deals),
      watch(async () => [await watcher.watchBalance()], balances),
    ];
    await until(async () => (await streams()).length === 1, 'the stream is up');
    const subscribed = () => Object.values(watcher.clients).some((one) => Object.keys(one.subscriptions).length === 3);
    await until(subscribed, 'the three subscriptions have gone out');
    const clientOrderId = 'life1';
    const placed = await client.createOrder(UNIFIED, 'limit', 'buy', '0.25' as never, '80000.5' as never, {
      clientOrderId,
    });
    await until(() => orders.at(-1)?.['status'] === 1, 'it is acknowledged');
    await rig.setPrice('80000', '0.1');
    await until(() => orders.at(-1)?.['status'] === 3, 'it is partly filled');
    await client.cancelOrder(undefined as never, UNIFIED, { clientOrderId });
    await until(() => orders.at(-1)?.['status'] === 5, 'the cancel is told');
    expect(orders.at(-1)).toMatchObject({
      ...{ id: placed.id, clientId: clientOrderId, cumulativeQuantity: '0.1', cumulativeAmount: '8000.05' },
      ...{ orderType: 1, tradeType: 1, quantity: '0.25', amount: '20000.125', remainQuantity: '0.15' },
    });
    await until(() => deals.length === 1, 'the deal is told');
    expect(deals[0]).toMatchObject({
      ...{ orderId: placed.id, clientOrderId, price: '80000.5', quantity: '0.1', isMaker: true, feeAmount: '0' },
    });
    const [trade] = await client.fetchMyTrades(UNIFIED);
    expect(trade?.id).toBe(deals[0]?.['tradeId']);
    await until(() => balances.length > 2, 'balances are told');
    await watcher.close();
    await Promise.all(loops);
  });

  test('tickers and trades are pushed', async () => {
    const watcher = await rig.client();
    const ticker = watcher.watchTicker(UNIFIED);
    const beat = setInterval(() => rig.advance(0), 20);
    const pushed = await ticker;
    clearInterval(beat);
    expect(pushed.symbol).toBe(UNIFIED);
    expect(Number(pushed.bid)).toBeLessThan(Number(pushed.ask));
    expect(pushed.last).toBeUndefined();
    const trades = watcher.watchTrades(UNIFIED);
    await until(async () => {
      await client.createOrder(UNIFIED, 'market', 'buy', '0.001' as never);
      return watcher.trades[UNIFIED] !== undefined;
    }, 'a trade is told');
    expect((await trades)[0]?.symbol).toBe(UNIFIED);
    await watcher.close();
  });
});

describe('its life', () => {
  test('pings are answered, requests with an id under that id', async () => {
    const { socket, texts } = await dial();
    socket.send(JSON.stringify({ method: 'ping' }));
    socket.send(JSON.stringify({ id: 7, method: 'PING' }));
    socket.send('nonsense');
    await until(() => texts.length === 3, 'three answers');
    expect(texts.map((text) => JSON.parse(text) as unknown)).toEqual([
      { id: 0, code: 0, msg: 'PONG' },
      { id: 7, code: 0, msg: 'PONG' },
      { id: 0, code: 0, msg: 'msg format invalid' },
    ]);
    socket.terminate();
  });

  test('a refused subscription has the code 0; only the words tell', async () => {
    const { socket, texts } = await dial();
    subscribe(socket, PRIVATE);
    subscribe(socket, 'spot@public.kline.v3.api@BTCUSDT');
    subscribe(socket, 'spot@public.aggre.bookTicker.v3.api.pb@100ms@BTCUSDT');
    await until(() => texts.length === 3, 'three answers');
    expect(texts[0]).toContain('"code":0,"msg":"Not Subscribed successfully! [spot@private.orders.v3.api.pb].');
    expect(texts[1]).toContain('Blocked!');
    expect(texts[2]).toContain('"msg":"spot@public.aggre.bookTicker.v3.api.pb@100ms@BTCUSDT"');
    socket.terminate();
  });

  test('a key that is none, has expired or has too many sockets is refused in plain text', async () => {
    const wrong = await dial('nonsense');
    await until(() => wrong.isClosed(), 'it is closed');
    expect(wrong.texts).toEqual(['Invalid listen key']);
    const key = await listenKey();
    const five = await Promise.all(Array.from({ length: 5 }, () => dial(key)));
    const sixth = await dial(key);
    await until(() => sixth.isClosed(), 'the sixth is closed');
    for (const { socket } of five) socket.terminate();
    rig.advance(HOUR_MS);
    const late = await dial(key);
    await until(() => late.isClosed(), 'it is closed');
    expect(late.texts).toEqual(['Invalid listen key']);
  });

  test('a key lives for an hour from its renewal, and its sockets end with it', async () => {
    const key = await listenKey();
    const { socket, isClosed, texts } = await dial(key);
    subscribe(socket, PRIVATE);
    await until(() => texts.length === 1, 'it is subscribed');
    const alive = async (): Promise<void> => {
      const before = texts.length;
      socket.send(JSON.stringify({ method: 'ping' }));
      await until(() => texts.length > before, 'it is alive');
    };
    // Renewed every half hour, and never silent for longer than the venue bears.
    for (let nth = 0; nth < 100; nth += 1) {
      if (nth % 33 === 32) await client.spotPrivatePutUserDataStream({ listenKey: key });
      rig.advance(55_000);
      await alive();
    }
    expect(isClosed()).toBe(false);
    await client.spotPrivateDeleteUserDataStream({ listenKey: key });
    await until(() => isClosed(), 'it ends with its key');
    expect(await client.spotPrivateGetUserDataStream()).toEqual({ listenKey: [] });
  });

  test('sockets without a subscription, and silent ones, are closed', async () => {
    const { isClosed } = await dial();
    rig.advance(30_001);
    await until(() => isClosed(), 'it is closed');
    const silent = await dial();
    subscribe(silent.socket, 'spot@public.aggre.bookTicker.v3.api.pb@100ms@BTCUSDT');
    await until(() => silent.texts.length === 1, 'it is subscribed');
    rig.advance(30_001);
    rig.advance(30_001);
    await until(() => silent.isClosed(), 'the silent one is closed');
  });

  test('sixty keys for an account', async () => {
    for (let nth = 0; nth < 60; nth += 1) await listenKey();
    await expect(listenKey()).rejects.toThrow(/maximum of 60/);
    rig.advance(HOUR_MS);
    expect(await listenKey()).toHaveLength(64);
  });

  test('a cut stream loses what happened meanwhile', async () => {
    const watcher = await rig.client();
    const orders: Seen = [];
    const loop = watch(() => watcher.watchOrders(), orders).catch(() => undefined);
    await until(async () => (await streams()).length === 1, 'the stream is up');
    await rig.admin('POST /faults', { exchange: 'mexc', fault: 'streamDrop' });
    await until(async () => (await streams()).length === 0, 'it is cut');
    await loop;
    const order = await client.createOrder(UNIFIED, 'limit', 'buy', '0.25' as never, '80000' as never);
    expect(orders.map((one) => one['id'])).not.toContain(idOf(order));
    await watcher.close();
  });
});
