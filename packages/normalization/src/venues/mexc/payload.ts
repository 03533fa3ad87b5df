import { ExchangeErrorPayload, UnreadablePayload } from '../../errors.ts';
import { describe, has, isRecord, optionalText, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { NOTHING, readEach } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { isOrder, isRefusedEntry, readOrder, refusedEntry } from './order.ts';
import { isPush, readPush } from './push.ts';
import { isTicker } from './ticker.ts';
import { isTrade, readTrade } from './trade.ts';

/** Answers that say nothing about orders: balances, listen keys, the clock, the market list. */
const OTHER_ANSWERS = ['balances', 'listenKey', 'serverTime', 'symbols'];

/** Codes that are no errors. */
const SUCCESS_CODES = ['0', '200'];

/** Reads by shape, from the outside in: messages of the stream, refusals, then trades and orders. */
export function readPayload(payload: unknown, context: ReadContext): Reading {
  if (Array.isArray(payload)) return readEach(payload, (entry: unknown) => readPayload(entry, context), orderIdOf);
  if (!isRecord(payload)) throw new UnreadablePayload(`mexc: not a known payload: ${describe(payload)}`);
  if (isPush(payload)) return readPush(payload, context);
  if (isRefusedEntry(payload)) throw refusedEntry(payload);
  if (has(payload, 'code') && (has(payload, 'msg') || has(payload, 'message'))) return readCoded(payload, context);
  if (isTrade(payload)) return readTrade(payload, context);
  if (isTicker(payload)) throw new UnreadablePayload('mexc: a ticker, which says nothing about orders');
  if (isOrder(payload)) return readOrder(payload, context);
  if (OTHER_ANSWERS.some((name) => has(payload, name))) return NOTHING;
  throw new UnreadablePayload(`mexc: not an order or a trade: ${describe(payload)}`);
}

/**
 * {code, msg}: a refusal, an envelope, or the stream's answer to a request. That answer has the code 0 also when it
 * refuses; a subscription is confirmed by its own name, a ping by "PONG".
 */
function readCoded(payload: Json, context: ReadContext): Reading {
  const code = text(payload, 'code');
  const message = optionalText(payload, 'msg') ?? optionalText(payload, 'message') ?? '';
  if (!SUCCESS_CODES.includes(code)) throw new ExchangeErrorPayload('mexc', code, message);
  if (has(payload, 'id') && /not subscribed|invalid|error/i.test(message)) {
    throw new ExchangeErrorPayload('mexc', code, message);
  }
  const { data } = payload;
  return isRecord(data) || Array.isArray(data) ? readPayload(data, context) : NOTHING;
}

function orderIdOf(entry: unknown): string | null {
  try {
    return isRecord(entry) ? optionalText(entry, 'orderId') : null;
  } catch {
    return null;
  }
}
