import { ExchangeErrorPayload, UnreadablePayload } from '../../errors.ts';
import { child, describe, has, isRecord, optionalText } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { combine, NOTHING, readEach } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { isOrder, isTriggerEntry, readOrder, readTriggerEntry } from './order.ts';
import { isTicker } from './ticker.ts';
import { isTrade, readTrade } from './trade.ts';

const unreadable = (payload: unknown): UnreadablePayload =>
  new UnreadablePayload(`deribit: not an order or a trade: ${describe(payload)}`);

/** Reads by shape, from the outside in: JSON-RPC envelopes and refusals first, then lists, then single objects. */
export function readPayload(payload: unknown, context: ReadContext): Reading {
  if (Array.isArray(payload)) return readEach(payload, (entry: unknown) => readPayload(entry, context), orderIdOf);
  if (!isRecord(payload)) throw unreadable(payload);
  const error = child(payload, 'error');
  if (error !== null) throw refusalOf(error);
  if (has(payload, 'method', 'params')) return readNotification(payload, context);
  if (has(payload, 'result')) return readResult(payload['result'], context);
  if (isTriggerEntry(payload)) return readTriggerEntry(payload, context);
  if (isOrder(payload)) return readOrder(payload, context);
  if (isTrade(payload)) return readTrade(payload, context);
  if (has(payload, 'channel', 'data')) return readChannel(payload, context);
  return readContainer(payload, context);
}

/** A refusal says in `data` which parameter is wrong and why. */
function refusalOf(error: Json): ExchangeErrorPayload {
  const data = child(error, 'data') ?? {};
  const details = [optionalText(data, 'param'), optionalText(data, 'reason')].filter((one) => one !== null);
  const message = [optionalText(error, 'message') ?? '', ...details].join(' ').trim();
  return new ExchangeErrorPayload('deribit', optionalText(error, 'code') ?? 'no code', message);
}

/** A count, "ok", a time, a list of channels: no order is named. */
function readResult(result: unknown, context: ReadContext): Reading {
  if (typeof result === 'string' || typeof result === 'number') return NOTHING;
  if (Array.isArray(result) && result.length > 0 && result.every((entry) => typeof entry === 'string')) return NOTHING;
  return readPayload(result, context);
}

/** "subscription" carries a channel's news; "heartbeat" asks for a sign of life. */
function readNotification(payload: Json, context: ReadContext): Reading {
  const method = String(payload['method']).slice(0, 40);
  if (method === 'heartbeat') return NOTHING;
  const params = child(payload, 'params');
  if (method === 'subscription' && params !== null && has(params, 'channel', 'data')) {
    return readChannel(params, context);
  }
  throw new UnreadablePayload(`deribit: the message "${method}" says nothing about orders`);
}

/** What a channel is about, by its first words ("user.orders.any.any.raw"). */
function readChannel(params: Json, context: ReadContext): Reading {
  const channel = String(params['channel']).slice(0, 80);
  if (/^user\.(orders|trades|changes)\./.test(channel)) return readPayload(params['data'], context);
  if (channel.startsWith('user.')) return NOTHING;
  throw new UnreadablePayload(`deribit: the channel "${channel}" says nothing about orders`);
}

/** {order, trades} of a place and an edit, {orders, trades, positions} of a push, {trades, has_more}, {entries, continuation}. */
function readContainer(payload: Json, context: ReadContext): Reading {
  const parts: Reading[] = [];
  const order = child(payload, 'order');
  if (order !== null) parts.push(readPayload(order, context));
  for (const name of ['orders', 'trades', 'entries']) {
    const list = payload[name];
    if (Array.isArray(list)) parts.push(readPayload(list, context));
  }
  if (parts.length > 0) return combine(parts);
  if (isTicker(payload)) throw new UnreadablePayload('deribit: a ticker, which says nothing about orders');
  if (has(payload, 'trade_id')) throw new UnreadablePayload('deribit: a public trade, which is nobody’s order');
  if (isOther(payload)) return NOTHING;
  throw unreadable(payload);
}

/** Tokens, balances, positions, instruments, currencies: known, and not about orders. */
const isOther = (payload: Json): boolean =>
  has(payload, 'access_token') ||
  has(payload, 'summaries') ||
  has(payload, 'currency', 'equity') ||
  has(payload, 'currency', 'currency_long') ||
  has(payload, 'instrument_name', 'tick_size') ||
  has(payload, 'instrument_name', 'kind', 'size') ||
  has(payload, 'system_name', 'type');

function orderIdOf(entry: unknown): string | null {
  try {
    return isRecord(entry) ? optionalText(entry, 'order_id') : null;
  } catch {
    return null;
  }
}
