import type { CcxtInstance } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { OrderStreamProtocol, StreamSignal } from '../../venue.ts';

const OTHER: StreamSignal = { kind: 'other' };

/** Ends of the stream that leave the socket open: ccxt rejects nothing on them, and nothing would ever come again. */
const ENDINGS = new Set(['eventStreamTerminated', 'serverShutdown', 'listenKeyExpired']);

function signal(message: unknown): StreamSignal {
  if (!isRecord(message)) return OTHER;
  const event = isRecord(message['event']) ? message['event'] : message;
  const name = event['e'];
  if (name === 'executionReport') return { kind: 'news', payloads: [event], sequence: null };
  if (typeof name === 'string' && ENDINGS.has(name)) return { kind: 'ended', error: name };
  const { status, error, result } = message;
  if (isRecord(error)) {
    return {
      kind: 'refused',
      error: `${JSON.stringify(error['code'])}: ${JSON.stringify(error['msg'])}`.slice(0, 200),
    };
  }
  if (status !== undefined && status !== 200) return { kind: 'refused', error: `status ${JSON.stringify(status)}` };
  if (isRecord(result) && result['subscriptionId'] !== undefined) return { kind: 'subscribed' };
  return OTHER;
}

function url(instance: CcxtInstance): string {
  const { ws } = instance.urls.api as { ws: { 'ws-api': { spot: string } } };
  return ws['ws-api'].spot;
}

export const binanceStream: OrderStreamProtocol = {
  // ccxt's own 180 s would notice a dead socket after minutes. Binance allows five pings a second.
  keepAliveMs: 10_000,
  silenceMs: 25_000,
  url,
  signal,
  method: 'watchOrders',
};
