import { UnreadablePayload } from '../../errors.ts';
import { describe, has, isRecord, optionalText, positiveDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import type { NormalizedTicker } from '../../model.ts';
import type { ReadContext } from '../../venue.ts';
import { time } from './common.ts';
import { okxSymbol } from './symbols.ts';

/** Prices are blank where there is none. */
export const isTicker = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'instId', 'last', 'bidPx', 'askPx');

export function readTickers(payload: unknown, context: ReadContext, receivedAt: string): readonly NormalizedTicker[] {
  if (Array.isArray(payload)) return payload.flatMap((entry) => readTickers(entry, context, receivedAt));
  if (isTicker(payload)) {
    return [
      {
        exchange: 'okx',
        symbol: okxSymbol(text(payload, 'instId'), context.symbols),
        last: positiveDecimal(payload, 'last'),
        bid: positiveDecimal(payload, 'bidPx'),
        ask: positiveDecimal(payload, 'askPx'),
        at: time(payload, 'ts') ?? receivedAt,
      },
    ];
  }
  if (isRecord(payload) && Array.isArray(payload['data'])) {
    const code = optionalText(payload, 'code') ?? '0';
    if (code === '0') return readTickers(payload['data'], context, receivedAt);
  }
  throw new UnreadablePayload(`okx: not a ticker: ${describe(payload)}`);
}
