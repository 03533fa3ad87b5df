import { divide, isPositive } from '@orderplane/domain';
import type { DecimalString } from '@orderplane/domain';
import { UnreadablePayload } from '../../errors.ts';
import { has, isRecord, optionalDecimal, optionalText, requiredDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import type { NormalizedFill } from '../../model.ts';
import { splitSymbol } from '../../symbols.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { flag, side, time, word } from './common.ts';
import { coinbaseSymbol } from './symbols.ts';

/** An entry of "List Fills". Public trades have neither an entry id nor an order id. */
export const isFill = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'trade_id', 'order_id', 'price', 'size');

/** Coinbase computes with 16 decimals where it divides ("filled_size":"0.000297920684505"). */
const PLACES = 16;

/** Executions of orders by quote amount are told in the quote currency; their base size is the quotient. */
function sizeOf(record: Json, price: DecimalString): DecimalString {
  const size = requiredDecimal(record, 'size');
  if (flag(record, 'size_in_quote') !== true) return size;
  if (!isPositive(price)) throw new UnreadablePayload('field "price" is not positive, and the size is in quote');
  return divide(size, price, PLACES);
}

const LIQUIDITY: Readonly<Record<string, 'MAKER' | 'TAKER'>> = { MAKER: 'MAKER', TAKER: 'TAKER' };

/**
 * `trade_id` is unique among fills; reversals and corrections repeat it with another `trade_type`, and are not booked as
 * executions. The commission is in the quote currency.
 */
export function readFill(record: Json, context: ReadContext): Reading {
  const kind = optionalText(record, 'trade_type') ?? 'FILL';
  const tradeId = text(record, 'trade_id');
  if (kind !== 'FILL') throw new UnreadablePayload(`coinbase: trade ${tradeId} is a ${kind.slice(0, 40)}, not a fill`);
  const executedAt = time(record, 'trade_time');
  if (executedAt === null) throw new UnreadablePayload('field "trade_time" is missing');
  const symbol = coinbaseSymbol(text(record, 'product_id'), context.symbols);
  const price = requiredDecimal(record, 'price');
  const commission = optionalDecimal(record, 'commission');
  const fill: NormalizedFill = {
    exchange: 'coinbase',
    tradeId,
    orderId: text(record, 'order_id'),
    clientOrderId: null,
    symbol,
    side: side(record, 'side'),
    size: sizeOf(record, price),
    price,
    fee: commission === null ? null : { currency: splitSymbol(symbol).quote, cost: commission },
    liquidity: LIQUIDITY[word(record, 'liquidity_indicator') ?? ''] ?? null,
    executedAt,
  };
  return reading([], [fill]);
}
