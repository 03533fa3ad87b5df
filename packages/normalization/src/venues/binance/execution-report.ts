import { isPositive } from '@orderplane/domain';
import { UnknownWord, UnreadablePayload } from '../../errors.ts';
import { optionalDecimal, optionalFlag, optionalText, positiveDecimal, requiredDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder, REASON_TIME_IN_FORCE } from '../../lifecycle.ts';
import type { NormalizedFill, NormalizedOrder } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { side, time, timeInForce, type } from './common.ts';
import { quantities, readFee, workingOf } from './order.ts';
import { binanceSymbol } from './symbols.ts';
import { EXPIRED_BY_TIME_IN_FORCE } from './tables.ts';

/** Execution types (`x`) that are documented. */
const EXECUTION_TYPES = ['NEW', 'CANCELED', 'REPLACED', 'REJECTED', 'TRADE', 'EXPIRED', 'TRADE_PREVENTION'];

/** Binance writes "NONE" for "no reason". */
function nativeReason(record: Json, name: string): string | null {
  const word = optionalText(record, name);
  return word === 'NONE' ? null : word;
}

function reasonOf(record: Json): string | null {
  const expiry = nativeReason(record, 'eR');
  if (expiry !== null) return EXPIRED_BY_TIME_IN_FORCE.includes(expiry) ? REASON_TIME_IN_FORCE : expiry;
  return nativeReason(record, 'r');
}

/**
 * An `executionReport` of the user data stream: the order as it stands, and one fill where it reports a trade. In a
 * cancel's report `c` is the cancel's own id and `C` the order's.
 */
export function readExecutionReport(record: Json, context: ReadContext): Reading {
  const execution = text(record, 'x');
  if (!EXECUTION_TYPES.includes(execution)) throw new UnknownWord('binance', 'execution type', execution);
  const own = optionalText(record, 'c');
  const original = optionalText(record, 'C');
  const typeWord = text(record, 'o');
  const quote = optionalDecimal(record, 'Q');
  const standing = quantities({
    word: text(record, 'X'),
    type: type(typeWord),
    typeWord,
    timeInForce: timeInForce(optionalText(record, 'f')),
    size: requiredDecimal(record, 'q'),
    filledSize: requiredDecimal(record, 'z'),
    filledValue: optionalDecimal(record, 'Z'),
    quoteSize: quote !== null && isPositive(quote) ? quote : null,
    requested: execution === 'CANCELED' && original !== null,
    reason: reasonOf(record),
  });
  const order: NormalizedOrder = {
    ...bareOrder('binance', text(record, 'i'), standing.status),
    // After an amend the order carries the amend's id, which is the one to ask for from then on.
    clientOrderId: execution === 'REPLACED' ? (own ?? original) : (original ?? own),
    symbol: binanceSymbol(text(record, 's'), context.symbols),
    side: side(text(record, 'S')),
    ...standing,
    price: positiveDecimal(record, 'p'),
    stopPrice: positiveDecimal(record, 'P'),
    createdAt: time(record, 'O'),
    updatedAt: time(record, 'T') ?? time(record, 'E'),
    working: workingOf(optionalFlag(record, 'w'), standing.type, standing.status),
  };
  return reading([order], execution === 'TRADE' ? [readFill(record, order)] : []);
}

function readFill(record: Json, order: NormalizedOrder): NormalizedFill {
  const executedAt = order.updatedAt;
  if (executedAt === null) throw new UnreadablePayload('field "T" is missing');
  const maker = optionalFlag(record, 'm');
  return {
    exchange: 'binance',
    tradeId: text(record, 't'),
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    symbol: order.symbol,
    side: order.side,
    size: requiredDecimal(record, 'l'),
    price: requiredDecimal(record, 'L'),
    fee: readFee(record, 'N', 'n'),
    liquidity: maker === null ? null : maker ? 'MAKER' : 'TAKER',
    executedAt,
  };
}
