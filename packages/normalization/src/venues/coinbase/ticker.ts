import { UnreadablePayload } from '../../errors.ts';
import { describe, has, isRecord, positiveDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import type { NormalizedTicker } from '../../model.ts';
import type { ReadContext } from '../../venue.ts';
import { time } from './common.ts';
import { coinbaseSymbol } from './symbols.ts';

const TICKER_CHANNELS = ['ticker', 'ticker_batch'];

/** "Get Public Market Trades": the last trades, newest first, and the best prices. */
const isMarketTrades = (value: Json): boolean => Array.isArray(value['trades']) && has(value, 'best_bid', 'best_ask');

export const isTickerPayload = (value: Json): boolean =>
  TICKER_CHANNELS.includes(String(value['channel'])) || isMarketTrades(value);

/** An entry of the ticker channel. */
const isStreamTicker = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'product_id', 'price', 'best_bid', 'best_ask');

function readStreamTicker(entry: Json, at: string, context: ReadContext): NormalizedTicker {
  return {
    exchange: 'coinbase',
    symbol: coinbaseSymbol(text(entry, 'product_id'), context.symbols),
    last: positiveDecimal(entry, 'price'),
    bid: positiveDecimal(entry, 'best_bid'),
    ask: positiveDecimal(entry, 'best_ask'),
    at,
  };
}

/** The answer names its market only by its trades. */
function readMarketTrades(payload: Json, receivedAt: string, context: ReadContext): NormalizedTicker {
  const trades = payload['trades'];
  const last: unknown = Array.isArray(trades) ? trades[0] : undefined;
  if (!isRecord(last)) throw new UnreadablePayload('coinbase: a ticker without a trade names no market');
  return {
    exchange: 'coinbase',
    symbol: coinbaseSymbol(text(last, 'product_id'), context.symbols),
    last: positiveDecimal(last, 'price'),
    bid: positiveDecimal(payload, 'best_bid'),
    ask: positiveDecimal(payload, 'best_ask'),
    at: receivedAt,
  };
}

export function readTickers(payload: unknown, context: ReadContext, receivedAt: string): readonly NormalizedTicker[] {
  if (Array.isArray(payload)) return payload.flatMap((entry) => readTickers(entry, context, receivedAt));
  if (isStreamTicker(payload)) return [readStreamTicker(payload, receivedAt, context)];
  if (!isRecord(payload)) throw new UnreadablePayload(`coinbase: not a ticker: ${describe(payload)}`);
  if (isMarketTrades(payload)) return [readMarketTrades(payload, receivedAt, context)];
  const events = payload['events'];
  if (!isTickerPayload(payload) || !Array.isArray(events)) {
    throw new UnreadablePayload(`coinbase: not a ticker: ${describe(payload)}`);
  }
  const at = time(payload, 'timestamp') ?? receivedAt;
  return events
    .filter(isRecord)
    .flatMap((event): readonly unknown[] => (Array.isArray(event['tickers']) ? event['tickers'] : []))
    .map((entry) => {
      if (isStreamTicker(entry)) return readStreamTicker(entry, at, context);
      throw new UnreadablePayload(`coinbase: not a ticker: ${describe(entry)}`);
    });
}
