import { UnreadablePayload } from '../../errors.ts';
import { has, isRecord, optionalFlag, optionalText, requiredDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import type { NormalizedFill } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { readFee, time } from './common.ts';
import { mexcSymbol } from './symbols.ts';

/** An entry of `myTrades`. Public trades have no `orderId` and are not ours. */
export const isTrade = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'symbol', 'id', 'orderId', 'qty', 'isBuyer');

export function readTrade(record: Json, context: ReadContext): Reading {
  const executedAt = time(record, 'time');
  if (executedAt === null) throw new UnreadablePayload('field "time" is missing');
  const maker = optionalFlag(record, 'isMaker');
  const fill: NormalizedFill = {
    exchange: 'mexc',
    tradeId: text(record, 'id'),
    orderId: text(record, 'orderId'),
    clientOrderId: optionalText(record, 'clientOrderId'),
    symbol: mexcSymbol(text(record, 'symbol'), context.symbols),
    side: optionalFlag(record, 'isBuyer') === true ? 'BUY' : 'SELL',
    size: requiredDecimal(record, 'qty'),
    price: requiredDecimal(record, 'price'),
    fee: readFee(record, 'commissionAsset', 'commission'),
    liquidity: maker === null ? null : maker ? 'MAKER' : 'TAKER',
    executedAt,
  };
  return reading([], [fill]);
}
