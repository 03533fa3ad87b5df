import { ExchangeErrorPayload, UnreadablePayload } from '../../errors.ts';
import { describe, has, isRecord, optionalText, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { NOTHING, readEach } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { isCancelAnswer, isPlaced, isRefusedEntry, readPlaced, readRefusedEntry } from './answers.ts';
import { isOrderChange, isStopChange, readOrderChange, readStopChange } from './order-change.ts';
import { isOrder, readOrder } from './order.ts';
import { isStopOrder, readStopOrder } from './stop-order.ts';
import { isTicker } from './ticker.ts';
import { isTrade, readTrade } from './trade.ts';

const SUCCESS = '200000';

/** Messages of the socket that carry no data. */
const CONTROL_TYPES = ['welcome', 'ack', 'ping', 'pong'];
const ORDER_TOPICS = ['/spotMarket/tradeOrders', '/spotMarket/advancedOrders', '/spot/tradeFills'];

const unreadable = (payload: unknown): UnreadablePayload =>
  new UnreadablePayload(`kucoin: not an order or a trade: ${describe(payload)}`);

/** Reads by shape, from the outside in: envelopes and refusals first, then lists, then single objects. */
export function readPayload(payload: unknown, context: ReadContext): Reading {
  if (Array.isArray(payload)) return readEach(payload, (entry: unknown) => readPayload(entry, context), orderIdOf);
  if (!isRecord(payload)) throw unreadable(payload);
  if (has(payload, 'code') && !has(payload, 'topic')) return readEnvelope(payload, context);
  if (isStopChange(payload)) return readStopChange(payload, context);
  if (isOrderChange(payload)) return readOrderChange(payload, context);
  if (has(payload, 'topic') || CONTROL_TYPES.includes(String(payload['type']))) return readMessage(payload, context);
  if (isTrade(payload)) return readTrade(payload, context);
  if (isOrder(payload)) return readOrder(payload, context);
  if (isStopOrder(payload)) return readStopOrder(payload, context);
  if (isRefusedEntry(payload)) return readRefusedEntry(payload);
  if (isPlaced(payload)) return readPlaced(payload, context);
  return readOther(payload, context);
}

/** {code, data} or {code, msg}; over the socket {id, type: "error", code, data}. */
function readEnvelope(payload: Json, context: ReadContext): Reading {
  const code = text(payload, 'code');
  if (code !== SUCCESS) {
    const said = payload['msg'] ?? payload['data'];
    throw new ExchangeErrorPayload('kucoin', code, typeof said === 'string' ? said : '');
  }
  const data = payload['data'];
  if (data === undefined || data === null) {
    throw new UnreadablePayload('kucoin: a success without data proves nothing');
  }
  // "success" of a cancel by symbol, true or false of a question, the time.
  if (typeof data !== 'object') return NOTHING;
  return readPayload(data, context);
}

function readMessage(payload: Json, context: ReadContext): Reading {
  const topic = optionalText(payload, 'topic');
  if (topic === null) return NOTHING;
  if (topic.startsWith('/account/')) return NOTHING;
  if (!ORDER_TOPICS.some((known) => topic.startsWith(known))) {
    throw new UnreadablePayload(`kucoin: the topic "${topic.slice(0, 60)}" says nothing about orders`);
  }
  return readPayload(payload['data'], context);
}

/** Fields by which answers about something else than orders are known: accounts, markets, currencies, tokens, timers. */
const OTHER_ANSWERS: readonly (readonly string[])[] = [
  ['currency', 'balance', 'available'],
  ['baseCurrency', 'quoteCurrency', 'baseIncrement'],
  ['currency', 'fullName', 'precision'],
  ['token', 'instanceServers'],
  ['symbols'],
  ['currentTime', 'triggerTime'],
  ['timeout', 'symbols'],
];

/** Pages of a list, cancels, and what says nothing about orders. */
function readOther(payload: Json, context: ReadContext): Reading {
  const { items } = payload;
  if (Array.isArray(items)) return readPayload(items, context);
  if (isCancelAnswer(payload)) return NOTHING;
  if (isTicker(payload)) throw new UnreadablePayload('kucoin: a ticker, which says nothing about orders');
  if (OTHER_ANSWERS.some((names) => has(payload, ...names))) return NOTHING;
  throw unreadable(payload);
}

function orderIdOf(entry: unknown): string | null {
  if (!isRecord(entry)) return null;
  for (const name of ['orderId', 'id']) if (typeof entry[name] === 'string') return optionalText(entry, name);
  return null;
}
