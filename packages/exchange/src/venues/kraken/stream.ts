import type { CcxtInstance } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { OrderStreamProtocol, StreamSignal } from '../../venue.ts';

const OTHER: StreamSignal = { kind: 'other' };

function signal(message: unknown): StreamSignal {
  if (!isRecord(message)) return OTHER;
  if (message['channel'] === 'executions') {
    const data: unknown[] = Array.isArray(message['data']) ? message['data'] : [message['data']];
    const { sequence } = message;
    // Each entry alone: Kraken mixes orders in one message, and one unreadable entry must not hide the others.
    const payloads = data.map((entry) => ({ ...message, data: [entry] }));
    return { kind: 'news', payloads, sequence: typeof sequence === 'number' ? sequence : null };
  }
  if (message['method'] !== 'subscribe') return OTHER;
  // ccxt ignores a refusal and waits for ever.
  if (message['success'] === false)
    return { kind: 'refused', error: JSON.stringify(message['error'] ?? '').slice(0, 200) };
  const { result } = message;
  return isRecord(result) && result['channel'] === 'executions' ? { kind: 'subscribed' } : OTHER;
}

function url(instance: CcxtInstance): string {
  const { ws } = instance.urls.api as { ws: { privateV2: string } };
  return ws.privateV2;
}

export const krakenStream: OrderStreamProtocol = {
  // Kraken's own pings ({"method": "ping"}); a heartbeat also comes each second.
  keepAliveMs: 6_000,
  silenceMs: 20_000,
  url,
  signal,
  method: 'watchOrders',
};
