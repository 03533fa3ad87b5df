import { UnreadablePayload } from '../../errors.ts';
import { child, describe, has, isRecord, positiveDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import type { NormalizedTicker } from '../../model.ts';
import type { ReadContext } from '../../venue.ts';
import { time } from './common.ts';
import { mexcSymbol } from './symbols.ts';

/** ticker/24hr, and ticker/bookTicker, which has no last price. */
const isRestTicker = (value: Json): boolean =>
  has(value, 'symbol') && (has(value, 'lastPrice') || has(value, 'bidPrice', 'askPrice'));

/** Best bid and ask of the stream, in a wrapper that names the market; there is no last price. */
const bookOf = (value: Json): Json | null => child(value, 'publicAggreBookTicker') ?? child(value, 'publicBookTicker');

export const isTicker = (value: unknown): value is Json =>
  isRecord(value) && (isRestTicker(value) || (has(value, 'symbol') && bookOf(value) !== null));

/** Prices of 0 mean that there is none (an empty side of the book, a market that never traded). */
const readTicker = (record: Json, context: ReadContext, receivedAt: string): NormalizedTicker => {
  const book = bookOf(record) ?? record;
  return {
    exchange: 'mexc',
    symbol: mexcSymbol(text(record, 'symbol'), context.symbols),
    last: positiveDecimal(book, 'lastPrice'),
    bid: positiveDecimal(book, 'bidPrice'),
    ask: positiveDecimal(book, 'askPrice'),
    at: time(record, 'sendTime') ?? time(record, 'closeTime') ?? receivedAt,
  };
};

export function readTickers(payload: unknown, context: ReadContext, receivedAt: string): readonly NormalizedTicker[] {
  if (Array.isArray(payload)) return payload.flatMap((entry) => readTickers(entry, context, receivedAt));
  if (isTicker(payload)) return [readTicker(payload, context, receivedAt)];
  throw new UnreadablePayload(`mexc: not a ticker: ${describe(payload)}`);
}
