import { isPositive, subtract } from '@orderplane/domain';
import { UnreadablePayload } from '../../errors.ts';
import { has, isRecord, optionalDecimal, optionalText, positiveDecimal, requiredDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import type { NormalizedFill, NormalizedOrder } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { side, time } from './common.ts';
import { symbolIn } from './symbols.ts';

/** An execution of `fills`, `fills-history` or the `fills` channel. Public trades name no order. */
export const isFill = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'instId', 'ordId', 'tradeId', 'fillPx', 'fillSz') && !has(value, 'state');

/** OKX counts fees from the account's side: negative is paid, positive is a rebate. */
function feeOf(record: Json, costName: string, currencyNames: readonly string[]): NormalizedFill['fee'] {
  const cost = optionalDecimal(record, costName);
  const currency = currencyNames.map((name) => optionalText(record, name)).find((name) => name !== null) ?? null;
  return cost === null || currency === null ? null : { currency, cost: subtract('0', cost) };
}

const LIQUIDITY: Readonly<Record<string, 'MAKER' | 'TAKER'>> = { M: 'MAKER', T: 'TAKER' };

function executionOf(record: Json) {
  const executedAt = time(record, 'fillTime') ?? time(record, 'ts');
  if (executedAt === null) throw new UnreadablePayload('field "fillTime" is missing');
  return {
    exchange: 'okx',
    tradeId: text(record, 'tradeId'),
    size: requiredDecimal(record, 'fillSz'),
    price: requiredDecimal(record, 'fillPx'),
    liquidity: LIQUIDITY[optionalText(record, 'execType') ?? ''] ?? null,
    executedAt,
  } as const;
}

export function readFill(record: Json, context: ReadContext): Reading {
  const fill: NormalizedFill = {
    ...executionOf(record),
    orderId: text(record, 'ordId'),
    clientOrderId: optionalText(record, 'clOrdId'),
    symbol: symbolIn(record, context.symbols),
    side: side(text(record, 'side')),
    fee: feeOf(record, 'fee', ['feeCcy']),
  };
  return reading([], [fill]);
}

/**
 * Only a push tells the fee of its last execution (`fillFee`). In REST's orders the same fields stand without it: read
 * as a fill, the execution would be booked without its fee.
 */
export function isPushedFill(record: Json): boolean {
  if (!has(record, 'fillFee') || optionalText(record, 'tradeId') === null) return false;
  const size = positiveDecimal(record, 'fillSz');
  return size !== null && isPositive(size);
}

export const readPushedFill = (record: Json, order: NormalizedOrder): NormalizedFill => ({
  ...executionOf(record),
  orderId: order.orderId,
  clientOrderId: order.clientOrderId,
  symbol: order.symbol,
  side: order.side,
  fee: feeOf(record, 'fillFee', ['fillFeeCcy', 'feeCcy']),
});
