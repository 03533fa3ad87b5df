import { UnreadablePayload } from '../../errors.ts';
import { has, isRecord, lookUp, optionalDecimal, optionalText, requiredDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import type { NormalizedFill } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { side, time } from './common.ts';
import { deribitSymbol } from './symbols.ts';

/** An own trade: public ones name no order. Its `state` is the order's at that moment, or "archive". */
export const isTrade = (value: unknown): value is Json => isRecord(value) && has(value, 'trade_id', 'order_id');

const LIQUIDITY: Readonly<Record<string, 'MAKER' | 'TAKER'>> = { M: 'MAKER', T: 'TAKER' };

/** Below 0 the fee is a rebate. */
function feeOf(record: Json): NormalizedFill['fee'] {
  const currency = optionalText(record, 'fee_currency');
  const cost = optionalDecimal(record, 'fee');
  return currency === null || cost === null ? null : { currency, cost };
}

export function readTrade(record: Json, context: ReadContext): Reading {
  const executedAt = time(record, 'timestamp');
  if (executedAt === null) throw new UnreadablePayload('field "timestamp" is missing');
  const fill: NormalizedFill = {
    exchange: 'deribit',
    tradeId: text(record, 'trade_id'),
    orderId: text(record, 'order_id'),
    clientOrderId: optionalText(record, 'label'),
    symbol: deribitSymbol(text(record, 'instrument_name'), context.symbols),
    side: side(text(record, 'direction')),
    size: requiredDecimal(record, 'amount'),
    price: requiredDecimal(record, 'price'),
    fee: feeOf(record),
    liquidity: lookUp(LIQUIDITY, optionalText(record, 'liquidity') ?? '') ?? null,
    executedAt,
  };
  return reading([], [fill]);
}
