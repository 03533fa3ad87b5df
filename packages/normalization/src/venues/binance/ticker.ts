import { UnreadablePayload } from '../../errors.ts';
import { describe, has, isRecord, positiveDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import type { NormalizedTicker } from '../../model.ts';
import type { ReadContext } from '../../venue.ts';
import { time } from './common.ts';
import { binanceSymbol } from './symbols.ts';

const isRestTicker = (value: Json): boolean =>
  has(value, 'symbol') && (has(value, 'lastPrice') || has(value, 'bidPrice', 'askPrice'));
const STREAM_TICKERS = ['24hrTicker', '24hrMiniTicker'];
const isStreamTicker = (value: Json): boolean => STREAM_TICKERS.includes(String(value['e']));
/** `bookTicker` of the stream has no event word. */
const isStreamBook = (value: Json): boolean => has(value, 's', 'b', 'B', 'a', 'A', 'u') && !has(value, 'e');

export const isTicker = (value: unknown): value is Json =>
  isRecord(value) && (isRestTicker(value) || isStreamTicker(value) || isStreamBook(value));

/** Prices of 0 mean that there is none (an empty side of the book, a market that never traded). */
function readTicker(record: Json, context: ReadContext, receivedAt: string): NormalizedTicker {
  if (isRestTicker(record)) {
    return {
      exchange: 'binance',
      symbol: binanceSymbol(text(record, 'symbol'), context.symbols),
      last: positiveDecimal(record, 'lastPrice'),
      bid: positiveDecimal(record, 'bidPrice'),
      ask: positiveDecimal(record, 'askPrice'),
      at: time(record, 'closeTime') ?? receivedAt,
    };
  }
  return {
    exchange: 'binance',
    symbol: binanceSymbol(text(record, 's'), context.symbols),
    last: positiveDecimal(record, 'c'), // the mini ticker has only this one
    bid: positiveDecimal(record, 'b'),
    ask: positiveDecimal(record, 'a'),
    at: time(record, 'E') ?? receivedAt,
  };
}

export function readTickers(payload: unknown, context: ReadContext, receivedAt: string): readonly NormalizedTicker[] {
  if (Array.isArray(payload)) return payload.flatMap((entry) => readTickers(entry, context, receivedAt));
  if (isTicker(payload)) return [readTicker(payload, context, receivedAt)];
  if (isRecord(payload)) {
    const inner = payload['data'] ?? payload['result'];
    if (typeof inner === 'object' && inner !== null) return readTickers(inner, context, receivedAt);
  }
  throw new UnreadablePayload(`binance: not a ticker: ${describe(payload)}`);
}
