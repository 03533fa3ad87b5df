import { UnreadablePayload } from '../../errors.ts';
import { child, describe, has, isRecord, positiveDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import type { NormalizedTicker } from '../../model.ts';
import type { ReadContext } from '../../venue.ts';
import { time } from './common.ts';
import { kucoinSymbol } from './symbols.ts';

/** market/stats, an entry of market/allTickers, or the snapshot push: `buy` is the best bid, `sell` the best ask. */
export const isTicker = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'symbol', 'buy', 'sell') && (has(value, 'last') || has(value, 'lastTradedPrice'));

/** Best prices, without the symbol: that is in the topic of the push. */
const isBest = (value: unknown): value is Json => isRecord(value) && has(value, 'bestBid', 'bestAsk', 'price');

const topicSymbol = (topic: unknown): string | null =>
  typeof topic === 'string' ? (/^\/market\/ticker:([^,]+)$/.exec(topic)?.[1] ?? null) : null;

export function readTickers(payload: unknown, context: ReadContext, receivedAt: string): readonly NormalizedTicker[] {
  if (Array.isArray(payload)) return payload.flatMap((entry) => readTickers(entry, context, receivedAt));
  if (isTicker(payload)) {
    return [
      {
        exchange: 'kucoin',
        symbol: kucoinSymbol(text(payload, 'symbol'), context.symbols),
        last: positiveDecimal(payload, 'last') ?? positiveDecimal(payload, 'lastTradedPrice'),
        bid: positiveDecimal(payload, 'buy'),
        ask: positiveDecimal(payload, 'sell'),
        at: time(payload, 'time') ?? time(payload, 'datetime') ?? receivedAt,
      },
    ];
  }
  if (!isRecord(payload)) throw new UnreadablePayload(`kucoin: not a ticker: ${describe(payload)}`);
  const best = payload['data'];
  const symbol = topicSymbol(payload['topic']);
  if (symbol !== null && isBest(best)) {
    return [
      {
        exchange: 'kucoin',
        symbol: kucoinSymbol(symbol, context.symbols),
        last: positiveDecimal(best, 'price'),
        bid: positiveDecimal(best, 'bestBid'),
        ask: positiveDecimal(best, 'bestAsk'),
        at: time(best, 'time') ?? receivedAt,
      },
    ];
  }
  const inner = child(payload, 'data') ?? payload['data'] ?? payload['ticker'];
  if (typeof inner === 'object' && inner !== null) return readTickers(inner, context, receivedAt);
  throw new UnreadablePayload(`kucoin: not a ticker: ${describe(payload)}`);
}
