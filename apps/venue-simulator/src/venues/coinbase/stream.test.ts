import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fixed } from '../../engine/fixed.ts';
import type { Coinbase, Listener, Message } from './testing.ts';
import { ACCOUNT, OTHER, Rig } from './testing.ts';

let rig: Rig;
let client: Coinbase;

beforeEach(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
afterEach(() => rig.close());

async function place(type: 'limit' | 'market', side: 'buy' | 'sell', amount: string, price?: string) {
  const terms = { client_order_id: crypto.randomUUID() };
  const order = await client.createOrder('BTC/USD', type, side, amount as never, price as never, terms);
  return order.id ?? '';
}
const limit = (side: 'buy' | 'sell', amount: string, price: string) => place('limit', side, amount, price);

const jwtOf = (from: Coinbase): string =>
  (from as unknown as { createAuthToken(seconds: number): string }).createAuthToken(Math.floor(rig.now() / 1000));

async function watchUser(from: Coinbase = client, product_ids: readonly string[] = []): Promise<Listener> {
  const listener = await rig.listen();
  listener.send({ type: 'subscribe', channel: 'user', product_ids, jwt: jwtOf(from) });
  await listener.until((message) => message.channel === 'user');
  return listener;
}

interface UserOrder {
  readonly order_id: string;
  readonly status: string;
  readonly cumulative_quantity: string;
  readonly leaves_quantity: string;
  readonly cancel_reason: string;
}
const ordersIn = (message: Message): readonly UserOrder[] =>
  (message.events ?? []).flatMap((event) => (event['orders'] ?? []) as UserOrder[]);
const told = (listener: Listener, id: string) =>
  listener.messages.flatMap(ordersIn).filter((order) => order.order_id === id);
const isTold = (id: string, status: string) => (message: Message) =>
  ordersIn(message).some((order) => order.order_id === id && order.status === status);

test('the user channel: a snapshot, then every state, with cumulative quantities', async () => {
  const resting = await limit('buy', '0.1', '50000');
  const listener = await watchUser();
  expect(listener.messages.slice(0, 2)).toMatchObject([
    { channel: 'subscriptions', sequence_num: 0, events: [{ subscriptions: { user: [expect.any(String)] } }] },
    { channel: 'user', sequence_num: 1, events: [{ type: 'snapshot', orders: [{ order_id: resting }] }] },
  ]);
  rig.engine.setPrice('BTC-USD', fixed('49999'), fixed('0.04'), rig.now());
  await client.v3PrivatePostBrokerageOrdersEdit({ order_id: resting, size: '0.2', price: '48000' });
  await client.cancelOrder(resting);
  await listener.until(isTold(resting, 'CANCELLED'));
  expect(
    told(listener, resting).map((order) => [order.status, order.cumulative_quantity, order.leaves_quantity]),
  ).toEqual([
    ['OPEN', '0', '0.1'],
    ['OPEN', '0.04', '0.06'],
    ['EDIT_QUEUED', '0.04', '0.16'],
    ['OPEN', '0.04', '0.16'],
    ['CANCEL_QUEUED', '0.04', '0.16'],
    ['CANCELLED', '0.04', '0'],
  ]);
  expect(told(listener, resting).at(-1)?.cancel_reason).toBe('User requested cancel');
  const id = await place('market', 'sell', '0.01');
  await listener.until(isTold(id, 'FILLED'));
  expect(told(listener, id)[0]?.status).toBe('PENDING');
  const numbers = listener.messages.map((message) => message.sequence_num);
  expect(numbers).toEqual(numbers.map((_, at) => at));
});

test('only the own orders, and only of the products asked for', async () => {
  const stranger = await watchUser(await rig.client(OTHER));
  const picky = await watchUser(client, ['ETH-USD']);
  const mine = await watchUser();
  const id = await limit('buy', '0.01', '50000');
  await mine.until(isTold(id, 'OPEN'));
  expect(told(stranger, id)).toEqual([]);
  expect(told(picky, id)).toEqual([]);
});

test('a token that is none is refused, and the socket lives', async () => {
  const listener = await rig.listen();
  for (const jwt of ['nonsense', jwtOf(client).slice(0, -4), undefined]) {
    listener.send({ type: 'subscribe', channel: 'user', product_ids: [], jwt });
  }
  listener.send({ type: 'subscribe', channel: 'dance' });
  listener.send({ type: 'subscribe', channel: 'ticker', product_ids: ['NOPE-USD'] });
  listener.send({ nonsense: true });
  await listener.until((message) => message.message === 'failed to parse message');
  expect(listener.messages.map((message) => message.message)).toEqual([
    ...Array.from({ length: 3 }, () => 'authentication failure'),
    'invalid channel',
    'invalid product id NOPE-USD',
    'failed to parse message',
  ]);
});

test('heartbeats, tickers and trades; unsubscribing names what is left', async () => {
  const listener = await rig.listen();
  listener.send({ type: 'subscribe', channel: 'heartbeats' });
  listener.send({ type: 'subscribe', channel: 'ticker', product_ids: ['BTC-USD'] });
  listener.send({ type: 'subscribe', channel: 'market_trades', product_ids: ['BTC-USD'] });
  await listener.until((message) => message.channel === 'market_trades');
  rig.advance(1_000);
  await listener.until((message) => message.channel === 'heartbeats');
  await place('market', 'sell', '0.01');
  const isUpdate = (channel: string) => (message: Message) =>
    message.channel === channel && message.events?.[0]?.['type'] === 'update';
  await listener.until(isUpdate('market_trades'));
  const { events } = await listener.until(isUpdate('ticker'));
  expect(events?.[0]?.['tickers']).toMatchObject([{ product_id: 'BTC-USD', best_bid: expect.any(String) as string }]);
  listener.send({ type: 'unsubscribe', channel: 'ticker', product_ids: ['BTC-USD'] });
  await listener.until(
    ({ channel, events: [event] = [] }) =>
      channel === 'subscriptions' &&
      JSON.stringify(event?.['subscriptions']) === '{"heartbeats":["heartbeats"],"market_trades":["BTC-USD"]}',
  );
});

test('who subscribes to nothing is cut off', async () => {
  const idle = await rig.listen();
  const busy = await watchUser();
  rig.advance(6_000);
  await idle.closed;
  busy.send({ type: 'subscribe', channel: 'heartbeats' });
  await busy.until(({ channel, sequence_num = 0 }) => channel === 'subscriptions' && sequence_num > 1);
  rig.advance(1_000);
  await busy.until((message) => message.channel === 'heartbeats');
});

test('ccxt watches orders and tickers', async () => {
  const watching = client.watchOrders();
  const ticking = client.watchTicker('BTC/USD');
  expect(await ticking).toMatchObject({ symbol: 'BTC/USD' });
  await watching;
  const next = client.watchOrders();
  const id = await limit('buy', '0.01', '50000');
  expect((await next).some((order) => order.id === id)).toBe(true);
});

test('after a restart the exchange knows its orders, edits and client ids', async () => {
  const home = await mkdtemp(join(tmpdir(), 'sim-coinbase-'));
  const before = await Rig.start(home);
  const first = await before.client();
  const client_order_id = crypto.randomUUID();
  const terms = ['BTC/USD', 'limit', 'buy', '0.01' as never, '50000' as never, { client_order_id }] as const;
  const { id = '' } = await first.createOrder(...terms);
  await first.v3PrivatePostBrokerageOrdersEdit({ order_id: id, size: '0.02', price: '50001' });
  const quoted = await first.createMarketBuyOrderWithCost('BTC/USD', '100' as never, { client_order_id: 'quoted' });
  const shown = async (from: Coinbase, one: string) => (await from.fetchOrder(one)).info as Record<string, unknown>;
  const [order, spent] = [await shown(first, id), await shown(first, quoted.id ?? '')];
  await before.close();
  const after = await Rig.start(home);
  const second = await after.client(ACCOUNT);
  expect(await shown(second, id)).toEqual(order);
  expect(await shown(second, quoted.id ?? '')).toEqual(spent);
  expect((await second.createOrder(...terms)).id).toBe(id);
  await after.close();
  await rm(home, { recursive: true });
});
