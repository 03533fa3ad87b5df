import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CcxtInstance } from '../../ccxt.ts';
import { deribitStream, watchOrdersAndTrades } from './stream.ts';

/** What the messages of the stream are about, and how long a login is trusted. */

const URL = 'wss://www.deribit.com/ws/api/v2';
const ORDERS = 'user.orders.any.any.raw';
const TRADES = 'user.trades.any.any.raw';
const news = (channel: string, data: unknown) => ({
  jsonrpc: '2.0',
  method: 'subscription',
  params: { channel, data },
});
const order = { order_id: '46001', instrument_name: 'BTC_USDC', order_state: 'open' };

describe('messages', () => {
  it.each([
    ['both channels', { id: 2, result: [ORDERS, TRADES] }, 'subscribed'],
    ['one of them', { id: 2, result: [ORDERS] }, 'refused'],
    ['an error', { id: 1, error: { code: 13009, message: 'unauthorized' } }, 'refused'],
    ['the login', { id: 1, result: { access_token: 'a', expires_in: 900 } }, 'other'],
    ['other channels', { id: 3, result: ['ticker.BTC_USDC.100ms'] }, 'other'],
    ['a ticker', news('ticker.BTC_USDC.100ms', {}), 'other'],
    ['an order', news(ORDERS, order), 'news'],
    ['executions', news(TRADES, []), 'news'],
    ['nothing known', { method: 'heartbeat', params: { type: 'test_request' } }, 'other'],
  ])('%s', (_name, message, kind) => {
    expect(deribitStream.signal(message).kind).toBe(kind);
  });

  it('entries come one by one; what a stop without a label has created comes under its id; what is not traded here not at all', () => {
    const created = { ...order, order_id: '46002', trigger_order_id: 'SLTS-9' };
    const option = { ...order, instrument_name: 'BTC-27MAR26-90000-C' };
    const signal = deribitStream.signal(news(ORDERS, [order, created, option, 'odd']));
    const entries = signal.kind === 'news' ? signal.payloads : [];
    expect(entries).toEqual([
      news(ORDERS, order),
      news(ORDERS, { ...created, order_id: 'SLTS-9' }),
      news(ORDERS, 'odd'),
    ]);
  });
});

describe('the login', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** An instance that notes what is sent; `end` ends its connection. */
  function stand(expiresIn: number) {
    const subscriptions: Record<string, unknown> = {};
    const sent: string[] = [];
    const ended = Promise.withResolvers<unknown>();
    const once = (hash: string, what: string): void => {
      if (subscriptions[hash] !== undefined) return;
      subscriptions[hash] = true;
      sent.push(what);
    };
    const instance = {
      urls: { api: { ws: URL } },
      clients: { [URL]: { subscriptions } },
      watchOrders: () => Promise.resolve(),
      requestId: () => sent.length,
      authenticate: () => {
        once('authenticated', 'auth');
        return Promise.resolve({ result: { expires_in: expiresIn } });
      },
      watch: (_url: string, _hash: string, message: { params: { channels: string[] } }, hash: string) => {
        once(hash, message.params.channels.join(' '));
        return ended.promise;
      },
    };
    watchOrdersAndTrades(instance as unknown as CcxtInstance);
    return { instance, sent, end: (reason: Error) => ended.reject(reason) };
  }

  it('is renewed on the same connection before it ends, and the channels with it', async () => {
    const { instance, sent, end } = stand(900);
    const watching = expect(instance.watchOrders()).rejects.toThrow('cut');
    await vi.advanceTimersByTimeAsync(719_000);
    expect(sent).toEqual(['auth', `${ORDERS} ${TRADES}`]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sent).toEqual(['auth', `${ORDERS} ${TRADES}`, 'auth', `${ORDERS} ${TRADES}`]);
    end(new Error('cut'));
    await watching;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('of a connection that was given up is left alone', async () => {
    const { instance, sent } = stand(10);
    const watching = instance.watchOrders();
    await vi.advanceTimersByTimeAsync(1_000);
    instance.clients[URL] = { subscriptions: {} };
    await vi.advanceTimersByTimeAsync(10_000);
    await watching;
    expect(sent).toEqual(['auth', `${ORDERS} ${TRADES}`]);
  });

  it.each([31_536_000, Number.NaN])('that lasts %d s is renewed daily', async (seconds) => {
    const { instance, sent, end } = stand(seconds);
    const watching = expect(instance.watchOrders()).rejects.toThrow('cut');
    await vi.advanceTimersByTimeAsync(24 * 3_600_000 + 1);
    expect(sent).toHaveLength(4);
    end(new Error('cut'));
    await watching;
  });
});
