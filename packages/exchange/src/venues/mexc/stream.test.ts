import protobuf from 'protobufjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StreamEvent } from '../../adapter.ts';
import { OrderStream } from '../../order-stream.ts';
import { Session } from '../../session.ts';
import { json, serveMarkets, startStubVenue } from '../../testing/stub-venue.ts';
import type { StubVenue } from '../../testing/stub-venue.ts';
import type { StubSocket } from '../../testing/stub-socket.ts';
import { mexc } from './index.ts';

/** What is peculiar to MEXC's stream, against a stub: binary pushes, two channels, listen keys. */

let stub: StubVenue;
let listenKeys = 0;
let ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  stub = await startStubVenue();
  serveMarkets(stub);
  stub.on('POST api.mexc.com/api/v3/userDataStream', () => json({ listenKey: `key${(listenKeys += 1)}` }));
});
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
  ends = [];
});
afterAll(() => stub.close());

interface Watched {
  readonly events: StreamEvent[];
  readonly sockets: StubSocket[];
  readonly types: () => readonly string[];
}

/** `connected` plays the exchange on each new socket. */
function watch(connected: (socket: StubSocket, nth: number) => void): Watched {
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const options = { simulator: stub.address, clock: { now: () => Date.now() }, log, callTimeoutMs: 2_000 };
  const session = new Session(mexc, { mode: 'PAPER', credentials: { apiKey: 'key', secret: 'secret' } }, options);
  const events: StreamEvent[] = [];
  const sockets: StubSocket[] = [];
  stub.onSocket((socket) => {
    sockets.push(socket);
    connected(socket, sockets.length);
  });
  const orders = new OrderStream(mexc, session, options, (event) => events.push(event));
  orders.start();
  ends.push(async () => {
    await orders.close();
    await session.close();
  });
  return { events, sockets, types: () => events.map((event) => event.type) };
}

const confirm = (socket: StubSocket): void => {
  for (const name of ['deals', 'orders']) socket.send({ id: 0, code: 0, msg: `spot@private.${name}.v3.api.pb` });
};

describe('the stream of mexc', () => {
  const { root } = protobuf.parse(`syntax = "proto3";
    message Orders { string id = 1; string clientId = 2; string price = 3; string quantity = 4; int32 orderType = 7;
      int32 tradeType = 8; string cumulativeQuantity = 13; string cumulativeAmount = 14; int32 status = 15;
      int64 createTime = 16; string market = 17; }
    message Deals { string price = 1; string quantity = 2; int32 tradeType = 4; bool isMaker = 5; string tradeId = 7;
      string clientOrderId = 8; string orderId = 9; string feeAmount = 10; string feeCurrency = 11; int64 time = 12; }
    message Account { string vcoinName = 1; }
    message Wrapper { string channel = 1; string symbol = 3; int64 sendTime = 6;
      Orders privateOrders = 304; Deals privateDeals = 306; Account privateAccount = 307; }`);
  const Wrapper = root.lookupType('Wrapper');
  const bytes = (channel: string, body: object): Uint8Array =>
    Wrapper.encode(
      Wrapper.fromObject({
        channel: `spot@private.${channel}.v3.api.pb`,
        symbol: 'BTCUSDT',
        sendTime: 1763640000120,
        ...body,
      }),
    ).finish();
  const order = (terms: object) =>
    bytes('orders', {
      privateOrders: {
        ...{ id: 'C02__17', clientId: 'op17', price: '40000.5', quantity: '0.25', orderType: 1, tradeType: 1 },
        ...{ cumulativeQuantity: '0', cumulativeAmount: '0', status: 1, createTime: 1763640000000 },
        ...terms,
      },
    });
  const deal = (terms: object) =>
    bytes('deals', {
      privateDeals: {
        ...{ price: '40000.5', quantity: '0.1', tradeType: 1, isMaker: true, tradeId: 'D1', clientOrderId: 'op17' },
        ...{ orderId: 'C02__17', feeAmount: '2.000025', feeCurrency: 'USDT', time: 1763640000120 },
        ...terms,
      },
    });
  const keysOf = (watched: Watched) => watched.sockets.map((one) => /listenKey=(\w+)/.exec(one.path)?.[1]);

  it('reads binary orders and deals of a burst, and a bad one hides no other', async () => {
    const watched = watch((socket) => {
      confirm(socket);
      socket.sendBytes(order({}));
      socket.sendBytes(deal({}));
      socket.sendBytes(new Uint8Array([0x0a, 0xff, 0x01]));
      socket.sendBytes(deal({ tradeId: 'D2', quantity: 'much' }));
      socket.sendBytes(bytes('account', { privateAccount: { vcoinName: 'USDT' } }));
      socket.sendBytes(order({ status: 3, cumulativeQuantity: '0.1', cumulativeAmount: '4000.05' }));
      socket.sendBytes(order({ status: 5, cumulativeQuantity: '0.1', cumulativeAmount: '4000.05' }));
    });
    await expect
      .poll(watched.types, { timeout: 15_000 })
      .toEqual(['connected', 'reports', 'reports', 'unreadable', 'unreadable', 'reports', 'reports']);
    const reports = watched.events.flatMap((event) => (event.type === 'reports' ? event.reports : []));
    expect(reports.map((one) => one.order?.status)).toEqual(['OPEN', undefined, 'OPEN', 'CANCELLED']);
    // Of a partial fill the executions alone tell how much.
    expect(reports.map((one) => one.order?.filledSize)).toEqual(['0', undefined, null, '0.1']);
    expect(reports[1]?.fills).toMatchObject([{ tradeId: 'D1', liquidity: 'MAKER', fee: { cost: '2.000025' } }]);
  });

  it('is connected when both channels are confirmed', async () => {
    const watched = watch((socket) => socket.send({ id: 0, code: 0, msg: 'spot@private.orders.v3.api.pb' }));
    await expect.poll(() => watched.sockets.length, { timeout: 15_000 }).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(watched.types()).toEqual([]);
    watched.sockets[0]?.send({ id: 0, code: 0, msg: 'spot@private.deals.v3.api.pb' });
    await expect.poll(watched.types).toEqual(['connected']);
    expect(watched.sockets).toHaveLength(1);
  });

  it('a listen key is used again for a new dial, and given up when it is refused', async () => {
    const watched = watch((socket, nth) => {
      if (nth === 3) return socket.sendText('Invalid listen key');
      confirm(socket);
      if (nth < 3) setTimeout(() => socket.destroy(), 5);
    });
    await expect.poll(() => watched.types().filter((type) => type === 'connected').length, { timeout: 20_000 }).toBe(3);
    const [first, second, third, fourth] = keysOf(watched);
    expect([second, third]).toEqual([first, first]);
    expect(fourth).not.toBe(first);
  });
});
