import { ExchangeErrorPayload, UnreadablePayload } from '../../errors.ts';
import { child, describe, has, isRecord, optionalText, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { NOTHING, readEach } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { isAlgoOrder, readAlgoOrder } from './algo.ts';
import { isAnswer, readAnswer } from './answers.ts';
import { isFill, readFill } from './fill.ts';
import { isOrder, readOrder } from './order.ts';
import { isTicker } from './ticker.ts';

/** Channels that carry orders or executions; `fills` is for a few accounts only. */
const ORDER_CHANNELS = ['orders', 'orders-algo', 'algo-advance', 'fills'];
/** Private channels that come beside them and say nothing about orders. */
const OTHER_CHANNELS = ['account', 'balance_and_position', 'positions', 'liquidation-warning', 'account-greeks'];
/** Events that confirm something and name no order. */
const OTHER_EVENTS = ['login', 'subscribe', 'unsubscribe', 'channel-conn-count', 'notice'];

const unreadable = (payload: unknown): UnreadablePayload =>
  new UnreadablePayload(`okx: not an order or a trade: ${describe(payload)}`);

/** Reads by shape, from the outside in: events and envelopes first, then single objects. */
export function readPayload(payload: unknown, context: ReadContext): Reading {
  if (Array.isArray(payload)) return readEach(payload, (entry: unknown) => readPayload(entry, context), orderIdOf);
  if (!isRecord(payload)) throw unreadable(payload);
  if (has(payload, 'event')) return readEvent(payload);
  const subscription = child(payload, 'arg');
  if (subscription !== null) return readPush(payload, subscription, context);
  if (has(payload, 'code', 'data')) return readEnvelope(payload, context);
  if (isOrder(payload)) return readOrder(payload, context);
  if (isAlgoOrder(payload)) return readAlgoOrder(payload, context);
  if (isFill(payload)) return readFill(payload, context);
  if (isAnswer(payload)) return readAnswer(payload, context.method);
  if (isTicker(payload)) throw new UnreadablePayload('okx: a ticker, which says nothing about orders');
  if (isBesideOrders(payload)) return NOTHING;
  if (has(payload, 'code', 'msg')) throw refusal(payload);
  throw unreadable(payload);
}

function refusal(payload: Json): ExchangeErrorPayload {
  return new ExchangeErrorPayload('okx', text(payload, 'code'), optionalText(payload, 'msg') ?? '');
}

function readEvent(payload: Json): Reading {
  const event = text(payload, 'event');
  if (event === 'error') throw refusal(payload);
  if (OTHER_EVENTS.includes(event)) return NOTHING;
  throw new UnreadablePayload(`okx: the event "${event.slice(0, 40)}" says nothing about orders`);
}

function readPush(payload: Json, subscription: Json, context: ReadContext): Reading {
  const channel = optionalText(subscription, 'channel') ?? '';
  if (OTHER_CHANNELS.includes(channel)) return NOTHING;
  if (!ORDER_CHANNELS.includes(channel) || !Array.isArray(payload['data'])) {
    throw new UnreadablePayload(`okx: the channel "${channel.slice(0, 40)}" says nothing about orders`);
  }
  return readPayload(payload['data'], context);
}

/**
 * {code, msg, data}, over WebSocket with the operation in `op`. 0 is success, 1 that all failed, 2 that some did: then
 * every entry says for itself what became of it. Other codes refuse the request as a whole.
 */
function readEnvelope(payload: Json, context: ReadContext): Reading {
  const code = text(payload, 'code');
  const data = payload['data'];
  const entries: readonly unknown[] = Array.isArray(data) ? data : [data];
  const answered = entries.some((entry) => isRecord(entry) && has(entry, 'sCode'));
  if (code !== '0' && !answered) throw refusal(payload);
  const operation = optionalText(payload, 'op');
  const method = operation === null ? context.method : operation;
  return readPayload(entries, { ...context, method });
}

/** Balances, market rules, clocks, currencies: known answers in which no order is named. */
const isBesideOrders = (payload: Json): boolean =>
  Array.isArray(payload['details']) ||
  has(payload, 'instId', 'tickSz') ||
  (has(payload, 'ccy') && !has(payload, 'ordId')) ||
  (has(payload, 'ts') && Object.keys(payload).length === 1) ||
  has(payload, 'triggerTime', 'ts');

function orderIdOf(entry: unknown): string | null {
  if (!isRecord(entry)) return null;
  for (const name of ['ordId', 'algoId']) {
    if (typeof entry[name] === 'string' && entry[name] !== '') return optionalText(entry, name);
  }
  return null;
}
