import type { CcxtInstance } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { OrderStreamProtocol, StreamSignal } from '../../venue.ts';
import { isContract } from './market.ts';

type Message = Readonly<Record<string, unknown>>;

const eventsOf = (message: Message): readonly Message[] =>
  Array.isArray(message['events']) ? message['events'].filter(isRecord) : [];

/** Numbers count the messages of one connection, whatever their channel. */
function sequenceOf(message: Message): number | null {
  const sequence = message['sequence_num'];
  return typeof sequence === 'number' ? sequence : null;
}

/** Each order alone: one message can tell of many, and an unreadable one must not hide the others. */
const ordersOf = (message: Message): readonly unknown[] =>
  eventsOf(message).flatMap((event) => {
    const orders: readonly unknown[] = Array.isArray(event['orders']) ? event['orders'] : [];
    const spot = orders.filter((order) => !isContract(order));
    return spot.map((order) => ({ ...message, events: [{ type: event['type'], orders: [order] }] }));
  });

function signal(message: unknown): StreamSignal {
  if (!isRecord(message)) return { kind: 'other' };
  // Names no channel: any refusal ends the connection, because ccxt would reject every watch.
  if (message['type'] === 'error') {
    const said = message['message'];
    return { kind: 'refused', error: typeof said === 'string' ? said.slice(0, 200) : 'no reason given' };
  }
  const sequence = sequenceOf(message);
  if (message['channel'] === 'user') return { kind: 'news', payloads: ordersOf(message), sequence };
  if (message['channel'] !== 'subscriptions') return { kind: 'other', sequence };
  const isUser = eventsOf(message).some(
    ({ subscriptions }) => isRecord(subscriptions) && subscriptions['user'] !== undefined,
  );
  return isUser ? { kind: 'subscribed', sequence } : { kind: 'other', sequence };
}

export const coinbaseStream: OrderStreamProtocol = {
  keepAliveMs: 10_000,
  // A heartbeat comes each second.
  silenceMs: 20_000,
  url: (instance: CcxtInstance) => (instance.urls.api as { ws: string }).ws,
  signal,
  method: 'watchOrders',
};
