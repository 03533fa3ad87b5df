import { isRecord } from '../../outcome.ts';
import type { OrderStreamProtocol, StreamSignal } from '../../venue.ts';
import { privateAddress } from './listen-key.ts';
import { decode } from './messages.ts';

const OTHER: StreamSignal = { kind: 'other' };
const ORDERS = 'spot@private.orders.v3.api.pb';
const DEALS = 'spot@private.deals.v3.api.pb';

/** Pushes are binary and come before ccxt has decoded them; requests are answered in JSON, a bad key in plain text. */
function signal(message: unknown): StreamSignal {
  if (message instanceof Uint8Array) return pushed(message);
  if (typeof message === 'string') {
    return message === 'Invalid listen key' ? { kind: 'refused', error: message } : OTHER;
  }
  if (!isRecord(message) || typeof message['msg'] !== 'string') return OTHER;
  const { msg, code } = message;
  // A refusal has the code 0 too, and ccxt ignores it and waits for ever.
  const isRefused = /^not subscribed/i.test(msg) || (code !== undefined && Number(code) !== 0);
  if (isRefused) return { kind: 'refused', error: msg.slice(0, 200) };
  return msg === ORDERS || msg === DEALS ? { kind: 'subscribed' } : OTHER;
}

function pushed(bytes: Uint8Array): StreamSignal {
  const message = decode(bytes);
  // Handed on as what it is, so that it is told as unreadable.
  if (message === null) return { kind: 'news', payloads: ['bytes that are no message'], sequence: null };
  const { channel } = message;
  if (channel === DEALS) return { kind: 'news', payloads: [message], sequence: null };
  return channel === ORDERS ? { kind: 'news', payloads: [withoutProgress(message)], sequence: null } : OTHER;
}

const PARTIALLY_FILLED = 3;

/**
 * An order that is partly filled, without how much: the execution itself follows a moment later on its own channel, and
 * a claim that is told before it would have the exchange asked for it each time (two requests, one of them dear).
 */
function withoutProgress(message: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { privateOrders } = message;
  if (!isRecord(privateOrders) || privateOrders['status'] !== PARTIALLY_FILLED) return message;
  const { cumulativeQuantity: _quantity, cumulativeAmount: _amount, ...rest } = privateOrders;
  return { ...message, privateOrders: rest };
}

export const mexcStream: OrderStreamProtocol = {
  // MEXC's own pings ({"method": "ping"}); it closes connections that are silent for 60 s.
  keepAliveMs: 8_000,
  silenceMs: 20_000,
  url: privateAddress,
  // Orders are told without their executions and fees, which have a channel of their own.
  watch: (instance) => Promise.all([instance.watchMyTrades(), instance.watchOrders()]),
  subscriptions: 2,
  signal,
  method: 'watchOrders',
};
