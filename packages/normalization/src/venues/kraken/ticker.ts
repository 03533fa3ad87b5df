import { UnreadablePayload } from '../../errors.ts';
import { child, describe, has, isRecord, optionalTimestamp, positiveDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import type { NormalizedTicker } from '../../model.ts';
import type { ReadContext } from '../../venue.ts';
import { krakenSymbol } from './symbols.ts';

/** An entry of REST's Ticker: lists of [price, …] under one letter each. */
const isRestTicker = (value: unknown): value is Json =>
  isRecord(value) && Array.isArray(value['a']) && Array.isArray(value['b']) && Array.isArray(value['c']);

const isRestTickerMap = (value: Json): boolean => {
  const entries = Object.values(value);
  return entries.length > 0 && entries.every(isRestTicker);
};

const isStreamTicker = (value: unknown): value is Json => isRecord(value) && has(value, 'symbol', 'bid', 'ask', 'last');

export const isTickerPayload = (value: Json): boolean => value['channel'] === 'ticker' || isRestTickerMap(value);

const firstOf = (record: Json, name: string): Json => {
  const list = record[name];
  return { [name]: Array.isArray(list) ? (list[0] as unknown) : null };
};

export function readTickers(payload: unknown, context: ReadContext, receivedAt: string): readonly NormalizedTicker[] {
  if (Array.isArray(payload)) return payload.flatMap((entry) => readTickers(entry, context, receivedAt));
  if (isStreamTicker(payload)) {
    return [
      {
        exchange: 'kraken',
        symbol: krakenSymbol(text(payload, 'symbol'), context.symbols),
        last: positiveDecimal(payload, 'last'),
        bid: positiveDecimal(payload, 'bid'),
        ask: positiveDecimal(payload, 'ask'),
        at: optionalTimestamp(payload, 'timestamp') ?? receivedAt,
      },
    ];
  }
  if (!isRecord(payload)) throw new UnreadablePayload(`kraken: not a ticker: ${describe(payload)}`);
  if (isRestTickerMap(payload)) {
    return Object.entries(payload).map(([pair, entry]) => ({
      exchange: 'kraken',
      symbol: krakenSymbol(pair, context.symbols),
      last: positiveDecimal(firstOf(entry as Json, 'c'), 'c'),
      bid: positiveDecimal(firstOf(entry as Json, 'b'), 'b'),
      ask: positiveDecimal(firstOf(entry as Json, 'a'), 'a'),
      at: receivedAt,
    }));
  }
  const inner = child(payload, 'result') ?? payload['data'];
  if (typeof inner === 'object' && inner !== null) return readTickers(inner, context, receivedAt);
  throw new UnreadablePayload(`kraken: not a ticker: ${describe(payload)}`);
}
