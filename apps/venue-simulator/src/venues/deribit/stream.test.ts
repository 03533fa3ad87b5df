import { afterEach, beforeEach, expect, test } from 'vitest';
import { hmac } from './auth.ts';
import type { BareSocket, Deribit, Info } from './testing.ts';
import { ACCOUNT, OTHER, Rig } from './testing.ts';

/** The channels, through the unmodified ccxt class and over a bare socket. */

let rig: Rig;
let client: Deribit;

beforeEach(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
afterEach(() => rig.close());

const isConnected = () =>
  (client.clients as Record<string, { isOpen(): boolean }>)['wss://www.deribit.com/ws/api/v2']?.isOpen() === true;
const buy = async (amount: string, price: string, params: object = {}) =>
  (await client.createOrder('BTC/USDC', 'limit', 'buy', amount as never, price as never, params)).id ?? '';

async function login(socket: BareSocket, account = ACCOUNT) {
  const timestamp = rig.now();
  const nonce = 'abcd';
  return socket.call('public/auth', {
    grant_type: 'client_signature',
    client_id: account.apiKey,
    timestamp,
    nonce,
    data: '',
    signature: hmac(account.secret, `${timestamp}\n${nonce}\n`),
  });
}

test('ccxt watchOrders and watchMyTrades see acceptance, fills and the cancel', async () => {
  const orders: Info[] = [];
  const trades: { order?: string | undefined }[] = [];
  const watching = { on: true };
  const loops = Promise.allSettled([
    (async () => {
      while (watching.on) for (const order of await client.watchOrders()) orders.push(order.info as Info);
    })(),
    (async () => {
      while (watching.on) trades.push(...(await client.watchMyTrades()));
    })(),
  ]);
  await expect.poll(isConnected).toBe(true);
  await expect
    .poll(async () => ((await rig.admin('GET /streams?exchange=deribit')) as { accounts: string[] }).accounts)
    .toEqual([ACCOUNT.apiKey]);
  const id = await buy('0.01', '61000', { label: 'watched' });
  await expect
    .poll(() => orders.find((info) => info['order_id'] === id && info['order_state'] === 'filled'))
    .toMatchObject({ label: 'watched', filled_amount: 0.01 });
  const resting = await buy('0.01', '50000');
  await client.cancelOrder(resting);
  await expect
    .poll(() => orders.find((info) => info['order_id'] === resting && info['order_state'] === 'cancelled'))
    .toMatchObject({ cancel_reason: 'user_request' });
  watching.on = false;
  await client.close();
  await loops;
});

test('ccxt watchTicker and watchTrades', async () => {
  const ticker = await client.watchTicker('BTC/USDC');
  expect(Number(ticker.ask)).toBeGreaterThan(Number(ticker.bid));
  let seen = 0;
  const trades = client.watchTrades('BTC/USDC').then((list) => (seen = list.length));
  // The subscription is under way: only what trades after it is told.
  await expect.poll(() => buy('0.01', '61000').then(() => seen)).toBeGreaterThan(0);
  await trades;
});

test('orders, trades and changes by kind, currency, instrument and interval', async () => {
  const socket = await rig.socket();
  expect((await login(socket)).result).toMatchObject({ expires_in: 900, token_type: 'bearer' });
  const channels = [
    'user.orders.any.any.raw',
    'user.orders.spot.USDC.100ms',
    'user.orders.future.any.raw',
    'user.orders.BTC_USDC.raw',
    'user.trades.any.any.raw',
    'user.changes.any.any.raw',
    'user.portfolio.usdc',
  ];
  const asked = [...channels, 'user.nothing.any.any.raw', 'book.BTC_USDC.100ms'];
  expect((await socket.call('private/subscribe', { channels: asked })).result).toEqual(channels);
  const id = await buy('0.01', '61000');
  await socket.until((one) => one.params?.channel === 'user.portfolio.usdc');
  const states = (channel: string) => socket.told(channel).map((data) => (data as Info)['order_state']);
  expect(states('user.orders.any.any.raw')).toEqual(['open', 'filled']);
  expect(states('user.orders.BTC_USDC.raw')).toEqual(['open', 'filled']);
  expect(socket.told('user.orders.spot.USDC.100ms')).toMatchObject([[{ order_id: id }], [{ order_id: id }]]);
  expect(socket.told('user.orders.future.any.raw')).toEqual([]);
  expect(socket.told('user.trades.any.any.raw')).toMatchObject([[{ order_id: id, amount: 0.01, liquidity: 'T' }]]);
  expect(socket.told('user.changes.any.any.raw').at(-1)).toMatchObject({
    orders: [{ order_state: 'filled' }],
    trades: [{ order_id: id }],
  });
});

test('a stop tells that it was triggered, then what it created', async () => {
  const socket = await rig.socket();
  await login(socket);
  await socket.call('private/subscribe', { channels: ['user.orders.any.any.raw'] });
  const stopId = await buy('0.1', '60500', { stopLossPrice: '61000' });
  await rig.price('BTC-USDC', '61000');
  await socket.call('public/test');
  const told = socket.told('user.orders.any.any.raw') as Info[];
  expect(told.map((one) => [one['order_id'] === stopId, one['order_state']])).toEqual([
    [true, 'untriggered'],
    [true, 'triggered'],
    [false, 'open'],
  ]);
  expect(told[2]).toMatchObject({ trigger_order_id: stopId, order_type: 'limit' });
});

test('nobody hears of others, or without a login', async () => {
  const stranger = await rig.socket();
  const refused = await stranger.call('private/subscribe', { channels: ['user.orders.any.any.raw'] });
  expect(refused.error?.code).toBe(10000);
  expect((await login(stranger, { ...OTHER, secret: 'wrong' })).error?.code).toBe(13004);
  await login(stranger, OTHER);
  await stranger.call('private/subscribe', { channels: ['user.orders.any.any.raw'] });
  await buy('0.01', '50000');
  await stranger.call('public/test');
  expect(stranger.told('user.orders.any.any.raw')).toEqual([]);
  expect((await stranger.call('public/subscribe', { channels: ['user.orders.any.any.raw'] })).result).toEqual([]);
});

test('every call works over the socket too; nonsense is answered', async () => {
  const socket = await rig.socket();
  await login(socket);
  const placed = await socket.call('private/buy', { instrument_name: 'BTC_USDC', amount: 0.01, price: 50000.5 });
  expect(placed.result).toMatchObject({ order: { price: 50000.5, order_state: 'open' }, trades: [] });
  expect((await socket.call('private/cancel_all')).result).toBe(1);
  expect((await socket.call('private/dance')).error?.code).toBe(-32601);
  expect((await socket.call('public/unsubscribe_all')).result).toBe('ok');
  socket.sendText('{"cut":');
  expect((await socket.until((one) => one.error !== undefined && one.id === undefined)).error?.code).toBe(-32700);
  expect((await socket.call('private/logout')).result).toBe('ok');
  await expect.poll(() => socket.closed).toBe(true);
});

test('a heartbeat that is not answered ends the connection', async () => {
  const socket = await rig.socket();
  expect((await socket.call('public/set_heartbeat', { interval: 5 })).error?.code).toBe(-32602);
  await socket.call('public/set_heartbeat', { interval: 10 });
  rig.advance(10_000);
  await socket.until((one) => one.method === 'heartbeat');
  await socket.call('public/test');
  rig.advance(10_000);
  await socket.until(
    (one) => one.method === 'heartbeat' && socket.messages.filter((m) => m.method === 'heartbeat').length > 1,
  );
  expect(socket.closed).toBe(false);
  rig.advance(10_000);
  await expect.poll(() => socket.closed).toBe(true);
});
