import { UnreadablePayload } from '../../errors.ts';
import { has, isRecord, requiredDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { fee, liquidity, side, time } from './common.ts';
import { kucoinSymbol } from './symbols.ts';

/** An entry of `fills`, or a push of the topic tradeFills. Public trades have no `orderId` and are not ours. */
export const isTrade = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'tradeId', 'orderId', 'symbol', 'size', 'price') && !has(value, 'matchSize');

/** `id` is the place in the list; `tradeId` is the id that the stream gives the same trade. */
export function readTrade(record: Json, context: ReadContext): Reading {
  const executedAt = time(record, 'createdAt') ?? time(record, 'time');
  if (executedAt === null) throw new UnreadablePayload('field "createdAt" is missing');
  const fill = {
    exchange: 'kucoin',
    tradeId: text(record, 'tradeId'),
    orderId: text(record, 'orderId'),
    clientOrderId: null,
    symbol: kucoinSymbol(text(record, 'symbol'), context.symbols),
    side: side(text(record, 'side')),
    size: requiredDecimal(record, 'size'),
    price: requiredDecimal(record, 'price'),
    fee: fee(record),
    liquidity: liquidity(record),
    executedAt,
  } as const;
  return reading([], [fill]);
}
