import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import { fixed } from '../../engine/fixed.ts';
import type { Kraken } from './testing.ts';
import { OTHER, resultOf, Rig } from './testing.ts';

let rig: Rig;
let client: Kraken;

beforeEach(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
afterEach(() => rig.close());

interface Message {
  readonly channel?: string;
  readonly method?: string;
  readonly type?: string;
  readonly sequence?: number;
  readonly success?: boolean;
  readonly error?: string;
  readonly req_id?: number;
  readonly result?: unknown;
  readonly data?: readonly Record<string, unknown>[];
}

/** A bare connection that keeps everything it is told. */
async function listen(host: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${rig.port}/v2`, { headers: { host } });
  const messages: Message[] = [];
  let wake = () => undefined as void;
  socket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString('utf8')) as Message);
    wake();
  });
  await new Promise((resolve) => socket.once('open', resolve));
  const until = async (test: (message: Message) => boolean): Promise<Message> => {
    for (;;) {
      const found = messages.find(test);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const send = (message: object) => socket.send(JSON.stringify(message));
  return { messages, until, send, close: () => socket.terminate() };
}

const token = () => resultOf<{ token: string; expires: number }>(client.privatePostGetWebSocketsToken());
const isConnected = (url: string) => (client.clients as Record<string, { isOpen(): boolean }>)[url]?.isOpen() === true;

async function buy(amount: string, price: string, params: object = {}) {
  const placed = await client.createOrder('BTC/USD', 'limit', 'buy', amount as never, price as never, params);
  return { id: placed.id ?? '' };
}

test('ccxt watchOrders and watchMyTrades see acceptance, fills and the cancel', async () => {
  const orders: Record<string, unknown>[] = [];
  const trades: { order?: string | undefined; amount?: unknown; fee?: unknown }[] = [];
  const watching = { orders: true };
  const loop = async () => {
    while (watching.orders) for (const order of await client.watchOrders()) orders.push(order.info as never);
  };
  const tradeLoop = async () => {
    while (watching.orders) trades.push(...(await client.watchMyTrades()));
  };
  const loops = Promise.allSettled([loop(), tradeLoop()]);
  await expect.poll(() => isConnected('wss://ws-auth.kraken.com/v2')).toBe(true);
  const clientOrderId = crypto.randomUUID();
  const { id } = await buy('0.01', '61000', { clientOrderId });
  await expect.poll(() => trades.filter((trade) => trade.order === id).length).toBeGreaterThan(0);
  await expect
    .poll(() => orders.find((info) => info['order_id'] === id && info['order_status'] === 'filled'))
    .toMatchObject({ cl_ord_id: clientOrderId, cum_qty: 0.01 });
  const resting = await buy('0.01', '50000');
  await client.cancelOrder(resting.id);
  await expect
    .poll(() => orders.find((info) => info['order_id'] === resting.id && info['order_status'] === 'canceled'))
    .toMatchObject({ reason: 'User requested' });
  watching.orders = false;
  await client.close();
  await loops;
});

test('ccxt watchTicker, watchTrades and watchBalance', async () => {
  const ticker = await client.watchTicker('BTC/USD');
  expect(Number(ticker.ask)).toBeGreaterThan(Number(ticker.bid));
  const balance = await client.watchBalance();
  expect(balance['USD']?.total).toBe('1000000');
  const next = client.watchTrades('BTC/USD');
  await expect.poll(() => isConnected('wss://ws.kraken.com/v2')).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const changed = client.watchBalance();
  await buy('0.01', '61000');
  expect((await next)[0]).toMatchObject({ symbol: 'BTC/USD', side: 'buy', amount: '0.01' });
  expect(Number((await changed)['BTC']?.total)).toBeGreaterThan(10);
});

test('the answer to subscribe comes before the snapshot; each event has its own fields and the next number', async () => {
  const stop = await client.createOrder('BTC/USD', 'market', 'sell', 0.1, undefined, { stopLossPrice: '55000' });
  const stream = await listen('ws-auth.kraken.com');
  expect((await stream.until((message) => message.channel === 'status')).data?.[0]).toMatchObject({ system: 'online' });
  const issued = await token();
  expect(issued.expires).toBe(900);
  stream.send({ method: 'subscribe', params: { channel: 'executions', token: issued.token }, req_id: 3 });
  const snapshot = await stream.until((message) => message.channel === 'executions');
  const answer = stream.messages.find((message) => message.method === 'subscribe');
  expect(answer).toMatchObject({ req_id: 3, success: true, result: { channel: 'executions', snap_orders: true } });
  expect(stream.messages.findIndex((message) => message.method === 'subscribe')).toBeLessThan(
    stream.messages.indexOf(snapshot),
  );
  expect(snapshot).toMatchObject({ type: 'snapshot', sequence: 1 });
  expect(snapshot.data).toMatchObject([
    {
      order_id: stop.id,
      order_type: 'stop-loss',
      symbol: 'BTC/USD',
      triggers: { price: 55000, status: 'untriggered' },
    },
  ]);

  const { id } = await buy('0.01', '50000', { clientOrderId: 'watched' });
  await client.editOrder(id, 'BTC/USD', 'limit', 'buy', '0.02' as never, '50001' as never);
  await client.cancelOrder(id);
  rig.engine.setPrice('BTC-USD', fixed('54000'), null, rig.now());
  const gtd = await buy('0.01', '40000', { timeInForce: 'GTD', expiretm: '+5' });
  rig.advance(6_000);
  await stream.until((message) => message.data?.[0]?.['exec_type'] === 'expired');
  const updates = stream.messages.filter((message) => message.channel === 'executions' && message.type === 'update');
  expect(updates.map((message) => message.sequence)).toEqual(updates.map((_, index) => index + 2));
  const mine = updates.flatMap((message) => message.data ?? []).filter((report) => report['order_id'] === id);
  expect(mine.map((report) => report['exec_type'])).toEqual(['pending_new', 'new', 'amended', 'canceled']);
  expect(mine[0]).toMatchObject({ symbol: 'BTC/USD', order_qty: 0.01, limit_price: 50000, cl_ord_id: 'watched' });
  expect(mine[2]).toMatchObject({ order_qty: 0.02, limit_price: 50001, amended: true, order_status: 'new' });
  expect(mine[3]).not.toHaveProperty('symbol');
  const stopped = updates.flatMap((message) => message.data ?? []).filter((report) => report['order_id'] === stop.id);
  expect(stopped[0]).toMatchObject({ exec_type: 'status', triggers: { status: 'triggered' } });
  expect(stopped[1]).toMatchObject({ exec_type: 'trade', order_status: 'partially_filled', liquidity_ind: 't' });
  expect(stopped.at(-1)).toMatchObject({ exec_type: 'filled', order_status: 'filled', cum_qty: 0.1 });
  const expired = updates.flatMap((message) => message.data ?? []).filter((report) => report['order_id'] === gtd.id);
  expect(expired.at(-1)).toMatchObject({ exec_type: 'expired', order_status: 'expired', reason: 'Order expired' });
  stream.close();
});

test('past trades come in a snapshot of their own, newest first, without a state of their orders', async () => {
  await buy('0.01', '61000');
  await buy('0.02', '61000');
  const stream = await listen('ws-auth.kraken.com');
  const params = { channel: 'executions', token: (await token()).token, snap_orders: true, snap_trades: true };
  stream.send({ method: 'subscribe', params, req_id: 1 });
  const trades = await stream.until((message) => message.data?.[0]?.['exec_type'] === 'trade');
  expect(trades).toMatchObject({ type: 'snapshot', sequence: 2 });
  expect(trades.data?.[0]).toMatchObject({ symbol: 'BTC/USD', side: 'buy', liquidity_ind: 't' });
  expect(trades.data?.[0]).not.toHaveProperty('order_status');
  const ids = trades.data?.map((report) => report['exec_id']);
  expect(ids).toEqual(Object.keys((await resultOf<{ trades: object }>(client.privatePostTradesHistory({}))).trades));
  stream.close();
});

test('a token that is wrong or over is refused; pings are answered; heartbeats follow a subscription', async () => {
  const stream = await listen('ws-auth.kraken.com');
  stream.send({ method: 'subscribe', params: { channel: 'executions', token: 'nonsense' }, req_id: 1 });
  expect(await stream.until((message) => message.req_id === 1)).toMatchObject({
    method: 'subscribe',
    success: false,
    error: 'ESession:Invalid session',
  });
  const issued = await token();
  rig.advance(901_000);
  stream.send({ method: 'subscribe', params: { channel: 'executions', token: issued.token }, req_id: 2 });
  expect(await stream.until((message) => message.req_id === 2)).toMatchObject({ success: false });
  stream.send({ method: 'ping', req_id: 4 });
  expect(await stream.until((message) => message.req_id === 4)).toMatchObject({ method: 'pong' });
  expect(stream.messages.some((message) => message.channel === 'heartbeat')).toBe(false);
  stream.send({ method: 'subscribe', params: { channel: 'executions', token: (await token()).token }, req_id: 5 });
  await stream.until((message) => message.req_id === 5);
  rig.exchange.venue.tick(rig.now());
  await stream.until((message) => message.channel === 'heartbeat');
  stream.close();
});

test('a maker who is filled in part and cancels: what was filled stays in the report of the cancel', async () => {
  const other = await rig.client(OTHER);
  const stream = await listen('ws-auth.kraken.com');
  const params = { channel: 'executions', token: (await token()).token, snap_orders: false, order_status: false };
  stream.send({ method: 'subscribe', params, req_id: 1 });
  await stream.until((message) => message.req_id === 1);
  const { id } = await buy('0.2', '62000.5', { timeInForce: 'IOC' });
  const price = String(Number((await client.fetchTicker('BTC/USD')).ask) - 0.1);
  const resting = await buy('0.2', price, { clientOrderId: 'maker-1' });
  await other.createOrder('BTC/USD', 'limit', 'sell', 0.05, price as never, { timeInForce: 'IOC' });
  expect((await client.fetchOrder(resting.id)).info).toMatchObject({ status: 'open', vol_exec: '0.05000000' });
  await client.cancelOrder(resting.id);
  const cancelled = await stream.until((message) => message.data?.[0]?.['exec_type'] === 'canceled');
  expect(cancelled.data).toMatchObject([{ order_id: resting.id, cl_ord_id: 'maker-1', cum_qty: 0.05 }]);
  const trades = (await client.fetchMyTrades()).filter((trade) => trade.order === resting.id);
  expect(trades).toMatchObject([{ takerOrMaker: 'maker', amount: '0.05000000' }]);
  expect(Number(trades[0]?.fee?.cost) / Number(trades[0]?.cost)).toBeCloseTo(0.0025, 5);
  // order_status false: openings and closings only.
  const types = stream.messages.flatMap((message) => message.data ?? []).map((report) => report['exec_type']);
  expect(new Set(types.filter((type) => type !== undefined))).toEqual(new Set(['new', 'filled', 'canceled']));
  expect(stream.messages.some((message) => message.data?.[0]?.['order_id'] === id)).toBe(true);
  stream.close();
});

test('an exchange does not forget: orders, references and trades survive a restart', async () => {
  const home = await mkdtemp(join(tmpdir(), 'kraken-'));
  const before = await Rig.start(home);
  const first = await before.client();
  const order = await first.createOrder('BTC/USD', 'limit', 'buy', 0.25, 40000, {
    postOnly: true,
    clientOrderId: 'kept',
  });
  const id = order.id ?? '';
  await first.editOrder(id, 'BTC/USD', 'limit', 'buy', undefined, 41000);
  await first.createOrder('BTC/USD', 'market', 'buy', 0.01);
  const known = (await first.fetchOrder(id)).info as unknown;
  const trades = await resultOf(first.privatePostTradesHistory({}));
  await before.close();
  const after = await Rig.start(home);
  const second = await after.client();
  expect((await second.fetchOrder(id)).info).toEqual(known);
  expect(await resultOf(second.privatePostTradesHistory({}))).toEqual(trades);
  const next = await second.createOrder('BTC/USD', 'limit', 'buy', 0.25, 40000);
  expect(next.id).not.toBe(id);
  await after.close();
  await rm(home, { recursive: true });
});
