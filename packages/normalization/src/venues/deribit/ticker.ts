import { UnreadablePayload } from '../../errors.ts';
import { child, describe, has, isRecord, positiveDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import type { NormalizedTicker } from '../../model.ts';
import type { ReadContext } from '../../venue.ts';
import { time } from './common.ts';
import { deribitSymbol } from './symbols.ts';

/** public/ticker and the ticker channel; the quote channel is the same without a last price. */
export const isTicker = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'instrument_name') && (has(value, 'best_bid_price') || has(value, 'best_ask_price'));

/** A side on which nothing is on offer has price 0. */
export function readTickers(payload: unknown, context: ReadContext, receivedAt: string): readonly NormalizedTicker[] {
  if (Array.isArray(payload)) return payload.flatMap((entry) => readTickers(entry, context, receivedAt));
  if (isTicker(payload)) {
    const mark = positiveDecimal(payload, 'mark_price');
    return [
      {
        exchange: 'deribit',
        symbol: deribitSymbol(text(payload, 'instrument_name'), context.symbols),
        last: positiveDecimal(payload, 'last_price'),
        bid: positiveDecimal(payload, 'best_bid_price'),
        ask: positiveDecimal(payload, 'best_ask_price'),
        ...(mark === null ? {} : { mark }),
        at: time(payload, 'timestamp') ?? receivedAt,
      },
    ];
  }
  if (!isRecord(payload)) throw new UnreadablePayload(`deribit: not a ticker: ${describe(payload)}`);
  const inner = child(payload, 'params') ?? payload['result'] ?? payload['data'];
  if (typeof inner === 'object' && inner !== null) return readTickers(inner, context, receivedAt);
  throw new UnreadablePayload(`deribit: not a ticker: ${describe(payload)}`);
}
