import { isPositive } from '@orderplane/domain';
import type { DecimalString } from '@orderplane/domain';
import { UnknownWord } from '../../errors.ts';
import { has, isRecord, lookUp, optionalText, positiveDecimal, requiredDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import {
  bareOrder,
  isComplete,
  judge,
  REASON_SELF_TRADE,
  REASON_TIME_IN_FORCE,
  REASON_VENUE,
  remainingOf,
} from '../../lifecycle.ts';
import type { NormalizedOrder } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { flagText, side, time, timeInForce, type } from './common.ts';
import { isPushedFill, readPushedFill } from './fill.ts';
import { symbolIn } from './symbols.ts';
import {
  IMMEDIATE_TYPES,
  okxTables,
  POST_ONLY_SOURCE,
  POST_ONLY_TYPES,
  REQUESTED_SOURCES,
  SELF_TRADE_SOURCE,
  TIME_IN_FORCE_SOURCES,
} from './tables.ts';

/** An order of REST or of the `orders` channel. Algo orders have no `accFillSz`. */
export const isOrder = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'ordId', 'state', 'ordType', 'accFillSz');

/** Why it ended: `cancelSource` is a number of a documented list, its meaning comes beside it in lists only. */
function reasonOf(record: Json, word: string): string | null {
  if (word === 'mmp_canceled') return REASON_VENUE;
  const source = optionalText(record, 'cancelSource');
  if (source === null || REQUESTED_SOURCES.includes(source)) return optionalText(record, 'cancelSourceReason');
  if (TIME_IN_FORCE_SOURCES.includes(source)) return REASON_TIME_IN_FORCE;
  if (source === SELF_TRADE_SOURCE) return REASON_SELF_TRADE;
  if (source === POST_ONLY_SOURCE) return optionalText(record, 'cancelSourceReason') ?? 'post-only would have taken';
  return optionalText(record, 'cancelSourceReason') ?? REASON_VENUE;
}

interface Amounts {
  readonly size: DecimalString | null;
  readonly quoteSize: DecimalString | null;
}

/**
 * `sz` of a market order can be an amount of the quote currency: `tgtCcy` says so, and where it is blank it is the
 * documented default of market buys.
 */
function amountsOf(record: Json, typeWord: string): Amounts {
  const amount = positiveDecimal(record, 'sz');
  const target = optionalText(record, 'tgtCcy') ?? (record['side'] === 'buy' ? 'quote_ccy' : 'base_ccy');
  const byQuote = typeWord === 'market' && target === 'quote_ccy';
  return byQuote ? { size: null, quoteSize: amount } : { size: amount, quoteSize: null };
}

/** By quote amount OKX's word decides: what was spent falls short of the amount by the rest that no lot fits in. */
function standing(record: Json, typeWord: string) {
  const word = text(record, 'state');
  const status = lookUp(okxTables.status, word);
  if (status === undefined) throw new UnknownWord('okx', 'order status', word);
  const amounts = amountsOf(record, typeWord);
  const filledSize = requiredDecimal(record, 'accFillSz');
  const byQuote = amounts.quoteSize !== null;
  const source = optionalText(record, 'cancelSource');
  const verdict = judge({
    status,
    complete: byQuote ? status === 'FILLED' && isPositive(filledSize) : isComplete(amounts.size, filledSize),
    wordIsDone: false,
    immediate: IMMEDIATE_TYPES.includes(typeWord) || TIME_IN_FORCE_SOURCES.includes(source ?? ''),
    pastExpiry: false,
    requested: source !== null && REQUESTED_SOURCES.includes(source),
    reason: reasonOf(record, word),
  });
  const size = byQuote && verdict.status === 'FILLED' ? filledSize : amounts.size;
  return {
    ...verdict,
    size,
    filledSize,
    remainingSize: remainingOf(verdict.status, size, filledSize),
    quoteSize: amounts.quoteSize,
  };
}

/**
 * The order as it stands; a push also carries its last execution, with that execution's own fee. An order that an algo
 * order placed when it triggered has an id of its own and is known by the algo order's client id.
 */
export function readOrder(record: Json, context: ReadContext): Reading {
  const typeWord = text(record, 'ordType');
  const triggered = optionalText(record, 'algoId') !== null;
  const order: NormalizedOrder = {
    ...bareOrder('okx', text(record, 'ordId'), 'OPEN'),
    clientOrderId: optionalText(record, 'clOrdId') ?? optionalText(record, 'algoClOrdId'),
    symbol: symbolIn(record, context.symbols),
    side: side(text(record, 'side')),
    type: type(typeWord),
    ...standing(record, typeWord),
    price: positiveDecimal(record, 'px'),
    averageFilledPrice: positiveDecimal(record, 'avgPx'),
    createdAt: time(record, 'cTime'),
    updatedAt: time(record, 'uTime'),
    timeInForce: timeInForce(typeWord),
    postOnly: POST_ONLY_TYPES.includes(typeWord),
    reduceOnly: flagText(record, 'reduceOnly'),
    working: triggered ? true : null,
  };
  return reading([order], isPushedFill(record) ? [readPushedFill(record, order)] : []);
}
