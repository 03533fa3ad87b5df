import { ExchangeErrorPayload, UnreadablePayload } from '../../errors.ts';
import { describe, has, isRecord, optionalText } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { NOTHING, readEach } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { isPlaced, readPlaced, readPlacedOverSocket } from './answers.ts';
import { isExecution, readExecution } from './execution.ts';
import { isOrder, readOrder } from './order.ts';
import { isTickerPayload } from './ticker.ts';
import { isTrade, readTrade } from './trade.ts';

/** Channels that carry nothing about orders and come beside them. */
const OTHER_CHANNELS = ['heartbeat', 'status', 'balances'];

/** Requests over WebSocket whose answer names no new order: the order's own report follows on its channel. */
const ACKNOWLEDGED_METHODS = [
  'subscribe',
  'unsubscribe',
  'ping',
  'pong',
  'amend_order',
  'cancel_order',
  'cancel_all',
  'cancel_all_orders_after',
  'batch_cancel',
];
const PLACING_METHODS = ['add_order', 'edit_order', 'batch_add'];

const unreadable = (payload: unknown): UnreadablePayload =>
  new UnreadablePayload(`kraken: not an order or a trade: ${describe(payload)}`);

/** Reads by shape, from the outside in: envelopes and refusals first, then maps, then single objects. */
export function readPayload(payload: unknown, context: ReadContext): Reading {
  if (Array.isArray(payload)) return readEach(payload, (entry: unknown) => readPayload(entry, context), orderIdOf);
  if (!isRecord(payload)) throw unreadable(payload);
  if (has(payload, 'channel')) return readChannel(payload, context);
  if (has(payload, 'method')) return readMethodAnswer(payload);
  if (has(payload, 'error')) return readEnvelope(payload, context);
  if (isOrder(payload)) return readOrder(payload, null, context);
  if (isTrade(payload)) return readTrade(payload, null, context);
  if (isExecution(payload)) return readExecution(payload, context);
  if (isPlaced(payload)) return readPlaced(payload, context);
  return readResult(payload, context);
}

/** {error: [...], result}. Entries that begin with W are warnings. */
function readEnvelope(payload: Json, context: ReadContext): Reading {
  const found = payload['error'];
  const messages = (Array.isArray(found) ? found : [found]).map((entry) => (typeof entry === 'string' ? entry : ''));
  const refusals = messages.filter((message) => message !== '' && !message.startsWith('W'));
  const [first] = refusals;
  if (first !== undefined) throw new ExchangeErrorPayload('kraken', first, refusals.join('; '));
  if (!has(payload, 'result')) throw unreadable(payload);
  return readPayload(payload['result'], context);
}

function readMethodAnswer(payload: Json): Reading {
  const method = String(payload['method']).slice(0, 40);
  if (payload['success'] === false) {
    const message = optionalText(payload, 'error') ?? 'no reason given';
    throw new ExchangeErrorPayload('kraken', message, message);
  }
  if (ACKNOWLEDGED_METHODS.includes(method)) return NOTHING;
  if (!PLACING_METHODS.includes(method)) throw new UnreadablePayload(`kraken: unknown method "${method}"`);
  const result = payload['result'];
  const results: readonly unknown[] = Array.isArray(result) ? result : [result];
  return readEach(results, readPlacedEntry, orderIdOf);
}

function readPlacedEntry(entry: unknown): Reading {
  if (isRecord(entry)) return readPlacedOverSocket(entry);
  throw unreadable(entry);
}

function readChannel(payload: Json, context: ReadContext): Reading {
  const channel = String(payload['channel']).slice(0, 40);
  if (OTHER_CHANNELS.includes(channel)) return NOTHING;
  const data = payload['data'];
  if (channel !== 'executions' || !Array.isArray(data)) {
    throw new UnreadablePayload(`kraken: the channel "${channel}" says nothing about orders`);
  }
  return readEach(data, (entry: unknown) => readExecutionEntry(entry, context), orderIdOf);
}

function readExecutionEntry(entry: unknown, context: ReadContext): Reading {
  if (isExecution(entry)) return readExecution(entry, context);
  throw unreadable(entry);
}

/** Maps by id ({open}, {closed}, {trades}, or bare) and the answers that only count. */
function readResult(payload: Json, context: ReadContext): Reading {
  for (const name of ['open', 'closed', 'trades']) {
    const map = payload[name];
    if (isRecord(map)) return readMap(map, context);
  }
  if (Array.isArray(payload['orders'])) return readPayload(payload['orders'], context); // AddOrderBatch
  if (isAcknowledgement(payload)) return NOTHING;
  if (isTickerPayload(payload)) throw new UnreadablePayload('kraken: a ticker, which says nothing about orders');
  const values = Object.values(payload);
  if (values.some((value) => isOrder(value) || isTrade(value))) return readMap(payload, context);
  // An empty answer is an empty map to a question, and no answer at all to a command.
  if (values.length === 0 && /query|fetch|get|list|history|trades/i.test(context.method)) return NOTHING;
  throw unreadable(payload);
}

/** A count is a number, or text where a client library has quoted the numbers. CancelOrder's {count}, AmendOrder's {amend_id}, the timer's {currentTime, triggerTime}: no order is named. */
const isAcknowledgement = (payload: Json): boolean =>
  /^\d+$/.test(optionalText(payload, 'count') ?? '') ||
  has(payload, 'amend_id') ||
  has(payload, 'currentTime', 'triggerTime');

const readMap = (map: Json, context: ReadContext): Reading =>
  readEach(Object.entries(map), (entry) => readMapEntry(entry, context), orderIdOfEntry);

function readMapEntry([key, value]: readonly [string, unknown], context: ReadContext): Reading {
  if (isOrder(value)) return readOrder(value, key, context);
  if (isTrade(value)) return readTrade(value, key, context);
  throw unreadable(value);
}

/** A trade names its order; an order is named by its key. */
const orderIdOfEntry = ([key, value]: readonly [string, unknown]): string | null =>
  isRecord(value) && typeof value['ordertxid'] === 'string' ? value['ordertxid'] : key;

function orderIdOf(entry: unknown): string | null {
  if (!isRecord(entry)) return null;
  for (const name of ['order_id', 'txid', 'id', 'ordertxid']) {
    if (typeof entry[name] === 'string') return optionalText(entry, name);
  }
  return null;
}
