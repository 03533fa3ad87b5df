import { UnreadablePayload } from '../../errors.ts';
import { has, isRecord, optionalFlag, optionalText, requiredDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import type { NormalizedFill } from '../../model.ts';
import { splitSymbol } from '../../symbols.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { seconds, side } from './common.ts';
import { krakenSymbol } from './symbols.ts';

/** An entry of TradesHistory or QueryTrades. */
export const isTrade = (value: unknown): value is Json => isRecord(value) && has(value, 'ordertxid', 'vol', 'price');

/**
 * `key` is the trade's id where the payload is a map of trades. The number in `trade_id` counts within a pair only; it
 * is not the id. The fee is in the quote currency (source: Kraken API documentation, TradesHistory).
 */
export function readTrade(record: Json, key: string | null, context: ReadContext): Reading {
  const tradeId = key ?? optionalText(record, 'id') ?? optionalText(record, 'txid');
  if (tradeId === null) throw new UnreadablePayload('kraken: a trade without its id');
  const executedAt = seconds(record, 'time');
  if (executedAt === null) throw new UnreadablePayload('field "time" is missing');
  const symbol = krakenSymbol(text(record, 'pair'), context.symbols);
  const maker = optionalFlag(record, 'maker');
  const fill: NormalizedFill = {
    exchange: 'kraken',
    tradeId,
    orderId: text(record, 'ordertxid'),
    clientOrderId: optionalText(record, 'cl_ord_id'),
    symbol,
    side: side(text(record, 'type')),
    size: requiredDecimal(record, 'vol'),
    price: requiredDecimal(record, 'price'),
    fee: { currency: splitSymbol(symbol).quote, cost: requiredDecimal(record, 'fee') },
    liquidity: maker === null ? null : maker ? 'MAKER' : 'TAKER',
    executedAt,
  };
  return reading([], [fill]);
}
