import { ExchangeErrorPayload, UnreadablePayload } from '../../errors.ts';
import { child, describe, has, isRecord, optionalText, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { combine, NOTHING, readEach } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { readExecutionReport } from './execution-report.ts';
import { isOrder, readOrder } from './order.ts';
import { isTicker } from './ticker.ts';
import { isTrade, readTrade } from './trade.ts';

/** Events of the user data stream that say nothing about orders (balances, the stream's own ends). */
const OTHER_EVENTS = [
  'outboundAccountPosition',
  'balanceUpdate',
  'externalLockUpdate',
  'eventStreamTerminated',
  'serverShutdown',
  'listenKeyExpired',
  // Lists of orders: each order of the list has its own execution report.
  'listStatus',
];

/** Reads by shape, from the outside in: wrappers first, then errors, then orders and trades. */
export function readPayload(payload: unknown, context: ReadContext): Reading {
  if (Array.isArray(payload)) return readEach(payload, (entry: unknown) => readPayload(entry, context), orderIdOf);
  if (!isRecord(payload)) throw new UnreadablePayload(`binance: not a known payload: ${describe(payload)}`);
  const event = child(payload, 'event');
  if (event !== null) return readPayload(event, context); // {subscriptionId, event}
  if (has(payload, 'stream', 'data')) return readPayload(payload['data'], context); // combined stream
  if (has(payload, 'e')) return readEvent(payload, context);
  if (has(payload, 'code', 'msg')) throw readError(payload, context);
  const error = child(payload, 'error');
  if (error !== null) throw readError(error, context);
  if (has(payload, 'cancelResult', 'newOrderResult')) return readCancelReplace(payload, context);
  if (isTrade(payload)) return readTrade(payload, context);
  if (isOrder(payload)) return readOrder(payload, context);
  if (Array.isArray(payload['orderReports'])) return readPayload(payload['orderReports'], context); // order list
  const amended = child(payload, 'amendedOrder');
  if (amended !== null) return readOrder(amended, context, true);
  return readWrapper(payload, context);
}

/** {id, status, result} of the WebSocket API, {data} of some answers, and acknowledgements of subscriptions. */
function readWrapper(payload: Json, context: ReadContext): Reading {
  if (has(payload, 'result')) {
    const result = payload['result'];
    if (result === null) return NOTHING;
    if (isRecord(result) && (Object.keys(result).length === 0 || has(result, 'subscriptionId'))) return NOTHING;
    return readPayload(result, context);
  }
  if (has(payload, 'data')) return readPayload(payload['data'], context);
  if (isTicker(payload)) throw new UnreadablePayload('binance: a ticker, which says nothing about orders');
  throw new UnreadablePayload(`binance: not an order or a trade: ${describe(payload)}`);
}

function readEvent(payload: Json, context: ReadContext): Reading {
  const name = String(payload['e']);
  if (name === 'executionReport') return readExecutionReport(payload, context);
  if (OTHER_EVENTS.includes(name)) return NOTHING;
  throw new UnreadablePayload(`binance: the event "${name.slice(0, 40)}" says nothing about orders`);
}

/** Both halves count: the cancelled order and the new one. A half that failed is an error object or null. */
function readCancelReplace(payload: Json, context: ReadContext): Reading {
  const halves = [payload['cancelResponse'], payload['newOrderResponse']].filter(isRecord);
  return readEach(halves, (half) => readPayload(half, context), orderIdOf);
}

/**
 * A refusal. A failed cancel-and-replace (-2021: the old order is gone and the new one was refused; -2022: nothing
 * was done) says in `data` what became of each half, which is kept as evidence.
 */
function readError(payload: Json, context: ReadContext): ExchangeErrorPayload {
  const data = child(payload, 'data');
  let evidence: Reading | null = null;
  if (data !== null && has(data, 'cancelResult')) {
    const { orders, fills } = combine([readCancelReplace(data, context)]);
    evidence = { orders, fills, errors: [] };
  }
  const message = optionalText(payload, 'msg') ?? '';
  return new ExchangeErrorPayload('binance', text(payload, 'code'), message, evidence);
}

function orderIdOf(entry: unknown): string | null {
  try {
    return isRecord(entry) ? (optionalText(entry, 'orderId') ?? optionalText(entry, 'i')) : null;
  } catch {
    return null;
  }
}
