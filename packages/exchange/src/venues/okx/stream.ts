import type { CcxtInstance } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { OrderStreamProtocol, StreamSignal } from '../../venue.ts';

const OTHER: StreamSignal = { kind: 'other' };

function signal(message: unknown): StreamSignal {
  if (!isRecord(message)) return OTHER;
  const { event, arg, data } = message;
  // ccxt rejects every pending watch on it: a refused login or subscription, or a request that was none.
  if (event === 'error') {
    const { code, msg } = message;
    return { kind: 'refused', error: `${String(code)}: ${String(msg)}`.slice(0, 200) };
  }
  const channel = isRecord(arg) ? arg['channel'] : undefined;
  if (event === 'subscribe') return channel === 'orders' ? { kind: 'subscribed' } : OTHER;
  if (channel !== 'orders' || !Array.isArray(data)) return OTHER;
  const entries: unknown[] = data;
  // Each entry alone, so that a bad one hides no other. There are no sequence numbers.
  return { kind: 'news', payloads: entries.map((entry) => ({ arg, data: [entry] })), sequence: null };
}

function url(instance: CcxtInstance): string {
  return (instance as unknown as { getUrl(channel: string, access: string): string }).getUrl('users', 'private');
}

/**
 * Orders, and the orders that stops place when they trigger. Stops that wait have a channel and an address of their
 * own, which is not watched: what becomes of them is told by the answers to our requests, the look-ups that follow
 * them, and the scheduled lists.
 */
export const okxStream: OrderStreamProtocol = {
  // OKX closes a socket on which nothing moves for 30 s; pings are the text "ping".
  keepAliveMs: 8_000,
  silenceMs: 20_000,
  heartbeat: 'pong',
  url,
  signal,
  method: 'watchOrders',
};
