import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import type { StreamEvent } from './adapter.ts';
import { capabilitiesOf, drawCredentials } from './capabilities.ts';
import { OrderStream } from './order-stream.ts';
import { VENUES } from './registry.ts';
import { Session } from './session.ts';
import { CONFIRM, REFUSE } from './testing/subscription-words.ts';
import { json, serveMarkets, startStubVenue } from './testing/stub-venue.ts';
import type { StubVenue } from './testing/stub-venue.ts';
import type { StubSocket } from './testing/stub-socket.ts';

/** The life of the order stream against a socket that misbehaves at will. */

const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);
let stub: StubVenue;
let ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  process.on('unhandledRejection', note);
  stub = await startStubVenue();
  serveMarkets(stub);
  stub.on(
    'POST api.kraken.com/0/private/GetWebSocketsToken',
    json({ error: [], result: { token: 't', expires: 900 } }),
  );
  const server = { endpoint: 'wss://ws-api-spot.kucoin.com/', pingInterval: 18_000, pingTimeout: 10_000 };
  stub.on(
    'POST api.kucoin.com/api/v1/bullet-private',
    json({ code: '200000', data: { token: 't', instanceServers: [server] } }),
  );
  stub.on('POST api.mexc.com/api/v3/userDataStream', json({ listenKey: 'key' }));
});
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
  ends = [];
});
afterAll(async () => {
  await stub.close();
  process.off('unhandledRejection', note);
  expect(rejections).toEqual([]);
});

interface Watched {
  readonly events: StreamEvent[];
  readonly sockets: StubSocket[];
  readonly types: () => readonly string[];
  close(): Promise<void>;
}

/** A stream against the stub; `connected` plays the exchange on each new socket. */
function watch(
  exchange: ExchangeId,
  connected: (socket: StubSocket, nth: number) => void,
  silenceMs?: number,
): Watched {
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const options = { simulator: stub.address, clock: { now: () => Date.now() }, log, callTimeoutMs: 2_000 };
  const venue = VENUES[exchange];
  const stream = { ...venue.stream, ...(silenceMs === undefined ? {} : { silenceMs }) };
  const credentials = drawCredentials(capabilitiesOf(exchange).credentials);
  const session = new Session(venue, { mode: 'PAPER', credentials }, options);
  const events: StreamEvent[] = [];
  const sockets: StubSocket[] = [];
  stub.onSocket((socket) => {
    sockets.push(socket);
    connected(socket, sockets.length);
  });
  const orders = new OrderStream({ ...venue, stream }, session, options, (event) => events.push(event));
  orders.start();
  const close = async (): Promise<void> => {
    await orders.close();
    await session.close();
  };
  ends.push(close);
  return { events, sockets, types: () => events.map((event) => event.type), close };
}

const confirm = (exchange: ExchangeId, socket: StubSocket | undefined, nth: number): void => {
  for (const message of [CONFIRM[exchange](nth)].flat()) socket?.send(message);
};

const report = (terms: Record<string, unknown>) => ({
  subscriptionId: 0,
  event: {
    ...{ e: 'executionReport', E: 1763640000123, s: 'BTCUSDT', c: 'op-17', S: 'BUY', o: 'LIMIT', f: 'GTC', C: '' },
    ...{ q: '0.25000000', p: '40000.50000000', P: '0.00000000', x: 'NEW', X: 'NEW', r: 'NONE', i: 7001, t: -1 },
    ...{ l: '0.00000000', z: '0.00000000', L: '0.00000000', n: '0', N: null, T: 1763640000120, w: true, m: false },
    ...{ O: 1763640000000, Z: '0.00000000', Y: '0.00000000', Q: '0.00000000' },
    ...terms,
  },
});
const trade = { x: 'TRADE', X: 'PARTIALLY_FILLED', t: 9001, l: '0.1', z: '0.1', L: '40000.5', Z: '4000.05', m: true };

const execution = (terms: Record<string, unknown>) => ({
  ...{ order_id: 'OPL4CE-7QX2M-DEMO01', cl_ord_id: 'op-17', exec_type: 'trade', order_status: 'partially_filled' },
  ...{ exec_id: 'TDEMO1-AAAAA-BBBBBB', trade_id: 9001, symbol: 'BTC/USD', side: 'buy', order_type: 'limit' },
  ...{ order_qty: 0.25, limit_price: 40000.5, last_qty: 0.1, last_price: 40000.5, cost: 4000.05, liquidity_ind: 'm' },
  ...{ cum_qty: 0.1, cum_cost: 4000.05, avg_price: 40000.5, fees: [{ asset: 'USD', qty: 6.4 }] },
  ...{ time_in_force: 'GTC', timestamp: '2025-11-20T12:00:00.120000Z' },
  ...terms,
});
const executions = (sequence: number, ...data: unknown[]) => ({
  channel: 'executions',
  type: 'update',
  sequence,
  data,
});

const fillsOf = (events: readonly StreamEvent[]): readonly string[] =>
  events.flatMap((event) =>
    event.type === 'reports' ? event.reports.flatMap((one) => one.fills.map((fill) => fill.tradeId)) : [],
  );

describe.each(EXCHANGE_IDS)('%s', (exchange) => {
  it('says connected only when the subscription is confirmed', async () => {
    const watched = watch(exchange, () => undefined);
    await expect.poll(() => watched.sockets.length, { timeout: 3_000 }).toBeGreaterThan(0);
    expect(watched.types()).toEqual([]);
    confirm(exchange, watched.sockets[0], 1);
    await expect.poll(watched.types).toEqual(['connected']);
  });

  it('a refused subscription is told, tried again, and kills nothing', async () => {
    const watched = watch(exchange, (socket, nth) => socket.send(REFUSE[exchange](nth)));
    await expect.poll(() => watched.sockets.length, { timeout: 5_000 }).toBeGreaterThan(2);
    expect(new Set(watched.types())).toEqual(new Set(['disconnected']));
  });

  it('a socket that is cut, closed or silent is replaced', async () => {
    const watched = watch(
      exchange,
      (socket, nth) => {
        confirm(exchange, socket, nth);
        if (nth === 1) setTimeout(() => socket.destroy(), 20);
      },
      200,
    );
    const lives = ['connected', 'disconnected', 'connected', 'disconnected', 'connected'];
    await expect.poll(() => watched.types().slice(0, 5), { timeout: 8_000 }).toEqual(lives);
    const reasons = watched.events.flatMap((event) => (event.type === 'disconnected' ? [event.error] : []));
    expect(reasons[1]).toContain('silent');
  });

  it('unreadable text on the socket is told and hurts nothing', async () => {
    const watched = watch(exchange, (socket, nth) => {
      confirm(exchange, socket, nth);
      socket.sendText('{"cut":');
      for (const odd of ['[]', 'null', '"text"', '{}']) socket.sendText(odd);
      confirm(exchange, socket, nth);
    });
    await expect.poll(() => watched.types()[0], { timeout: 3_000 }).toBe('connected');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(new Set(watched.types())).toEqual(new Set(['connected', 'unreadable']));
  });

  it('an exchange that is not there is tried again until closed', async () => {
    const watched = watch(exchange, (socket) => socket.destroy());
    await expect.poll(() => watched.types().length, { timeout: 5_000 }).toBeGreaterThan(1);
    await watched.close();
    const told = watched.events.length;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(watched.events).toHaveLength(told);
  });
});

describe('a process that was stopped', () => {
  afterEach(() => vi.restoreAllMocks());

  it('does not take what its socket held for news: it dials anew', async () => {
    const watched = watch('binance', (socket, nth) => socket.send(CONFIRM.binance(nth)));
    await expect.poll(watched.types, { timeout: 3_000 }).toEqual(['connected']);
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 20_000);
    watched.sockets[0]?.send(report(trade));
    await expect
      .poll(() => watched.types().slice(0, 3), { timeout: 5_000 })
      .toEqual(['connected', 'disconnected', 'connected']);
    expect(watched.events[1]).toMatchObject({ error: expect.stringContaining('was stopped') as string });
    watched.sockets[1]?.send(report(trade));
    await expect.poll(() => fillsOf(watched.events), { timeout: 3_000 }).toEqual(['9001']);
  });
});

describe('binance', () => {
  it('tells every report of a burst, and a bad one hides no other', async () => {
    const watched = watch('binance', (socket, nth) => {
      socket.send(CONFIRM.binance(nth));
      socket.send(report({}));
      socket.send(report(trade));
      socket.send(report({ ...trade, t: 9002, z: 'not a number' }));
      socket.send(report({ ...trade, t: 9003, z: '0.2', N: null, n: null }));
      socket.send({ subscriptionId: 0, event: { e: 'outboundAccountPosition', E: 1, u: 1, B: [] } });
    });
    await expect
      .poll(watched.types, { timeout: 3_000 })
      .toEqual(['connected', 'reports', 'reports', 'unreadable', 'reports']);
    expect(fillsOf(watched.events)).toEqual(['9001', '9003']);
  });

  it.each(['eventStreamTerminated', 'serverShutdown'])('%s ends the stream', async (name) => {
    const watched = watch('binance', (socket, nth) => {
      socket.send(CONFIRM.binance(nth));
      socket.send({ subscriptionId: 0, event: { e: name, E: 1 } });
    });
    await expect
      .poll(() => watched.types().slice(0, 3), { timeout: 3_000 })
      .toEqual(['connected', 'disconnected', 'connected']);
  });
});

describe('kraken', () => {
  it('reads every entry of a message by itself', async () => {
    const bad = execution({ exec_id: 'T2', order_status: 'never seen' });
    const watched = watch('kraken', (socket, nth) => {
      socket.send(CONFIRM.kraken(nth));
      socket.send(executions(1, execution({}), bad, execution({ exec_id: 'T3', cum_qty: 0.2 })));
    });
    await expect.poll(watched.types, { timeout: 3_000 }).toEqual(['connected', 'reports', 'unreadable', 'reports']);
    expect(fillsOf(watched.events)).toEqual(['TDEMO1-AAAAA-BBBBBB', 'T3']);
  });

  it('a missing sequence number asks for a snapshot; repeated and swapped ones do not', async () => {
    const watched = watch('kraken', (socket, nth) => {
      socket.send(CONFIRM.kraken(nth));
      for (const [index, sequence] of [1, 2, 2, 1, 5].entries()) {
        socket.send(executions(sequence, execution({ exec_id: `T${index}` })));
      }
    });
    const told = ['connected', 'reports', 'reports', 'reports', 'reports', 'disconnected', 'connected', 'reports'];
    await expect.poll(watched.types, { timeout: 3_000 }).toEqual(told);
  });
});

describe('coinbase', () => {
  const user = (sequence_num: number, ...orders: unknown[]) => ({
    channel: 'user',
    timestamp: '2026-02-13T16:26:41.999999999Z',
    sequence_num,
    events: [{ type: 'update', orders }],
  });
  const order = (terms: Record<string, unknown>) => ({
    ...{ order_id: 'a', client_order_id: 'b', product_id: 'BTC-USD', order_side: 'BUY', order_type: 'Limit' },
    ...{ status: 'OPEN', limit_price: '40000.5', cumulative_quantity: '0', leaves_quantity: '1', avg_price: '0' },
    ...terms,
  });
  const heartbeat = (sequence_num: number) => ({
    channel: 'heartbeats',
    sequence_num,
    events: [{ heartbeat_counter: 1 }],
  });

  it('reads every order of a message by itself', async () => {
    const watched = watch('coinbase', (socket, nth) => {
      socket.send(CONFIRM.coinbase(nth));
      socket.send(user(1, order({}), order({ status: 'UNKNOWN_ORDER_STATUS' }), order({ order_id: 'c' })));
    });
    await expect.poll(watched.types, { timeout: 3_000 }).toEqual(['connected', 'reports', 'unreadable', 'reports']);
  });

  it('counts the messages of all channels: one that is missing asks for a snapshot', async () => {
    const watched = watch('coinbase', (socket, nth) => {
      socket.send(CONFIRM.coinbase(nth));
      socket.send(user(1));
      socket.send({ channel: 'subscriptions', sequence_num: 2, events: [{ subscriptions: { heartbeats: ['x'] } }] });
      socket.send(heartbeat(3));
      socket.send(user(4, order({})));
      socket.send(heartbeat(6));
    });
    const told = ['connected', 'reports', 'disconnected', 'connected'];
    await expect.poll(watched.types, { timeout: 3_000 }).toEqual(told);
  });
});

describe('deribit', () => {
  const news = (channel: string, data: unknown) => ({
    jsonrpc: '2.0',
    method: 'subscription',
    params: { channel, data },
  });
  const order = (terms: Record<string, unknown> = {}) => ({
    ...{ order_id: '46000000017', order_state: 'open', order_type: 'limit', time_in_force: 'good_til_cancelled' },
    ...{
      instrument_name: 'BTC_USDC',
      direction: 'buy',
      price: 40000.5,
      amount: 0.25,
      filled_amount: 0,
      label: 'op-17',
    },
    ...terms,
  });
  const trade = (trade_id: string) => ({
    ...{
      trade_id,
      order_id: '46000000017',
      instrument_name: 'BTC_USDC',
      direction: 'buy',
      price: 40000.5,
      amount: 0.1,
    },
    ...{ fee: 0, fee_currency: 'BTC', liquidity: 'M', label: 'op-17', timestamp: 1763640000119 },
  });

  it('tells orders and executions one by one; what is not traded here is nobody’s', async () => {
    const watched = watch('deribit', (socket, nth) => {
      socket.send(CONFIRM.deribit(nth));
      socket.send(news('user.orders.any.any.raw', order()));
      socket.send(news('user.trades.any.any.raw', [trade('9001'), { ...trade('9002'), amount: null }, trade('9003')]));
      socket.send(news('user.orders.any.any.raw', order({ instrument_name: 'BTC-27MAR26-90000-C' })));
      socket.send(news('user.orders.any.any.raw', order({ order_state: 'never seen' })));
    });
    const told = ['connected', 'reports', 'reports', 'unreadable', 'reports', 'unreadable'];
    await expect.poll(watched.types, { timeout: 3_000 }).toEqual(told);
    expect(fillsOf(watched.events)).toEqual(['9001', '9003']);
  });

  it('a subscription without the executions is none', async () => {
    const half = { jsonrpc: '2.0', id: 2, result: ['user.orders.any.any.raw'] };
    const watched = watch('deribit', (socket) => socket.send(half));
    await expect.poll(() => watched.types()[0], { timeout: 3_000 }).toBe('disconnected');
    expect(watched.types()).not.toContain('connected');
  });
});

describe('okx', () => {
  const order = (terms: Record<string, unknown>) => ({
    ...{ instType: 'SPOT', instId: 'BTC-USDT', ordId: '31', clOrdId: 'op17', px: '40000.5', sz: '0.25', side: 'buy' },
    ...{ ordType: 'limit', tgtCcy: '', state: 'partially_filled', accFillSz: '0.1', avgPx: '40000.5', tradeId: '9001' },
    ...{ fillPx: '40000.5', fillSz: '0.1', fillTime: '1763640000120', fillFee: '-0.0001', fillFeeCcy: 'BTC' },
    ...{ execType: 'M', reduceOnly: 'false', cTime: '1763640000000', uTime: '1763640000121' },
    ...terms,
  });
  const push = (channel: string, ...data: unknown[]) => ({ arg: { channel, instType: 'SPOT', uid: '1' }, data });
  const stop = {
    ...{ instType: 'SPOT', instId: 'BTC-USDT', algoId: '41', algoClOrdId: 'op18', ordType: 'conditional' },
    ...{ side: 'sell', sz: '0.25', slTriggerPx: '39000', slOrdPx: '-1', ordId: '' },
    cTime: '1763640000000',
  };

  it('reads every order of a message by itself, and leaves the text that keeps the socket open alone', async () => {
    const watched = watch('okx', (socket, nth) => {
      if (nth !== 1) return;
      confirm('okx', socket, nth);
      socket.sendText('pong');
      socket.send(push('account', { details: [] }));
      const bad = order({ tradeId: '9002', state: 'never seen' });
      socket.send(push('orders', order({}), bad, order({ tradeId: '9003', accFillSz: '0.2' })));
    });
    await expect.poll(watched.types, { timeout: 3_000 }).toEqual(['connected', 'reports', 'unreadable', 'reports']);
    expect(fillsOf(watched.events)).toEqual(['9001', '9003']);
  });

  it('tells of a stop while it waits and when it ends; what its trigger placed tells of itself', async () => {
    const watched = watch('okx', (socket, nth) => {
      if (nth !== 1) return;
      confirm('okx', socket, nth);
      for (const state of ['live', 'effective', 'canceled']) socket.send(push('orders-algo', { ...stop, state }));
    });
    await expect.poll(watched.types, { timeout: 3_000 }).toEqual(['connected', 'reports', 'reports']);
    const told = watched.events.flatMap((event) => (event.type === 'reports' ? event.reports : []));
    expect(told.map((one) => [one.order?.orderId, one.order?.status])).toEqual([
      ['41', 'OPEN'],
      ['41', 'CANCELLED'],
    ]);
  });

  it('is over when one of its two sockets is', async () => {
    const watched = watch('okx', (socket, nth) => {
      confirm('okx', socket, nth);
      if (nth === 2) setTimeout(() => socket.destroy(), 20);
    });
    await expect
      .poll(() => watched.types().slice(0, 3), { timeout: 5_000 })
      .toEqual(['connected', 'disconnected', 'connected']);
    await expect.poll(() => watched.sockets.length).toBe(4);
  });
});
