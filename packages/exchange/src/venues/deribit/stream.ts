import type { CcxtInstance } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { OrderStreamProtocol, StreamSignal } from '../../venue.ts';
import { knownOrder } from './created.ts';

/** Orders and their executions of all markets. Both are needed: an order's push does not name its executions. */
const ORDERS = 'user.orders.any.any.raw';
const TRADES = 'user.trades.any.any.raw';

const OTHER: StreamSignal = { kind: 'other' };

/** Pairs and perpetuals in two currencies: the rest is not traded here, and its news is nobody's. */
const TRADED = /^[A-Z0-9]+_[A-Z0-9]+(-PERPETUAL)?$/;
const isTraded = (entry: unknown): boolean =>
  !isRecord(entry) || typeof entry['instrument_name'] !== 'string' || TRADED.test(entry['instrument_name']);

/** Each entry alone, so that an unreadable one hides no other. */
function newsOf(message: Readonly<Record<string, unknown>>, channel: string, data: unknown): StreamSignal {
  const entries: unknown[] = Array.isArray(data) ? data : [data];
  const payloads = entries
    .filter(isTraded)
    .map((entry) => ({ ...message, params: { channel, data: knownOrder(entry) } }));
  return { kind: 'news', payloads, sequence: null };
}

function signal(message: unknown): StreamSignal {
  if (!isRecord(message)) return OTHER;
  const { error, result, params } = message;
  // Any error makes ccxt reject all that waits, also what has nothing to do with it.
  if (error !== undefined) return { kind: 'refused', error: JSON.stringify(error).slice(0, 200) };
  if (isRecord(params) && typeof params['channel'] === 'string' && /^user\.(orders|trades)\./.test(params['channel'])) {
    return newsOf(message, params['channel'], params['data']);
  }
  if (!Array.isArray(result) || !result.some((name) => name === ORDERS || name === TRADES)) return OTHER;
  // Channels that are not granted are left out of the answer without a word.
  const isWhole = result.includes(ORDERS) && result.includes(TRADES);
  return isWhole ? { kind: 'subscribed' } : { kind: 'refused', error: `only ${JSON.stringify(result)} was granted` };
}

function url(instance: CcxtInstance): string {
  const { ws } = instance.urls.api as { ws: string };
  return ws;
}

/** What ccxt's class has besides the shared type. */
interface DeribitSockets {
  authenticate(): Promise<unknown>;
  requestId(): number;
  watch(url: string, messageHash: string, message: object, subscribeHash: string): Promise<unknown>;
}

const LONGEST_RENEWAL_MS = 24 * 3_600_000;

/** A login is renewed when four fifths of its time are over. */
function renewalMs(granted: unknown): number {
  const result = isRecord(granted) && isRecord(granted['result']) ? granted['result'] : {};
  const seconds = Number(result['expires_in']);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 800, LONGEST_RENEWAL_MS) : LONGEST_RENEWAL_MS;
}

/**
 * Puts a watch of orders and executions in the place of ccxt's, which subscribes orders alone and lets its login expire.
 * Resolves never; rejects when the connection ends.
 */
export function watchOrdersAndTrades(instance: CcxtInstance): void {
  const sockets = instance as unknown as DeribitSockets;
  instance.watchOrders = async () => {
    const address = url(instance);
    for (;;) {
      const granted = await sockets.authenticate();
      const client = instance.clients[address];
      const request = { jsonrpc: '2.0', method: 'private/subscribe', params: { channels: [ORDERS, TRADES] } };
      const ended = sockets.watch(address, ORDERS, { ...request, id: sockets.requestId() }, ORDERS);
      let timer: NodeJS.Timeout | undefined;
      const due = new Promise<'due'>((resolve) => {
        timer = setTimeout(() => resolve('due'), renewalMs(granted));
        timer.unref();
      });
      const outcome = await Promise.race([ended, due]).finally(() => clearTimeout(timer));
      if (outcome !== 'due' || instance.clients[address] !== client) return outcome;
      const { subscriptions } = client as unknown as { subscriptions: Record<string, unknown> };
      for (const hash of ['authenticated', ORDERS]) Reflect.deleteProperty(subscriptions, hash);
    }
  };
}

export const deribitStream: OrderStreamProtocol = {
  // ccxt sends WebSocket pings; Deribit's own heartbeats are not asked for.
  keepAliveMs: 10_000,
  silenceMs: 25_000,
  url,
  signal,
  method: 'watchOrders',
};
