import type { CcxtInstance } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { OrderStreamProtocol, StreamSignal } from '../../venue.ts';

const OTHER: StreamSignal = { kind: 'other' };

/** Orders, and stops that wait; each on a socket of its own. */
const CHANNELS: readonly unknown[] = ['orders', 'orders-algo'];

/** A stop that has triggered is over; how it goes on is told by the order that it placed. */
const hasTriggered = (entry: unknown): boolean =>
  isRecord(entry) && (entry['state'] === 'effective' || entry['state'] === 'partially_effective');

function signal(message: unknown): StreamSignal {
  if (!isRecord(message)) return OTHER;
  const { event, arg, data } = message;
  // ccxt rejects every pending watch on it: a refused login or subscription, or a request that was none.
  if (event === 'error') {
    const { code, msg } = message;
    return { kind: 'refused', error: `${String(code)}: ${String(msg)}`.slice(0, 200) };
  }
  const isOurs = CHANNELS.includes(isRecord(arg) ? arg['channel'] : undefined);
  if (event === 'subscribe') return isOurs ? { kind: 'subscribed' } : OTHER;
  if (!isOurs || !Array.isArray(data)) return OTHER;
  const entries: unknown[] = data.filter((entry: unknown) => !hasTriggered(entry));
  // Each entry alone, so that a bad one hides no other. There are no sequence numbers.
  return { kind: 'news', payloads: entries.map((entry) => ({ arg, data: [entry] })), sequence: null };
}

interface OkxStreams {
  getUrl(channel: string, access: string): string;
  watchOrders(symbol?: string, since?: number, limit?: number, parameters?: object): Promise<unknown>;
}
const streamsOf = (instance: CcxtInstance): OkxStreams => instance as unknown as OkxStreams;

export const okxStream: OrderStreamProtocol = {
  // OKX closes a socket on which nothing moves for 30 s; pings are the text "ping".
  keepAliveMs: 8_000,
  silenceMs: 20_000,
  heartbeat: 'pong',
  url: (instance) => streamsOf(instance).getUrl('users', 'private'),
  otherUrls: (instance) => [streamsOf(instance).getUrl('users', 'business')],
  watch: (instance) => {
    const streams = streamsOf(instance);
    return Promise.all([
      streams.watchOrders(),
      streams.watchOrders(undefined, undefined, undefined, { trigger: true }),
    ]);
  },
  subscriptions: CHANNELS.length,
  signal,
  method: 'watchOrders',
};
