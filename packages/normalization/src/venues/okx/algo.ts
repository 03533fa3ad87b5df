import type { DecimalString, OrderType } from '@orderplane/domain';
import { UnknownWord } from '../../errors.ts';
import { has, isRecord, lookUp, optionalText, positiveDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder, remainingOf } from '../../lifecycle.ts';
import type { NormalizedOrder } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { flagText, side, time, type } from './common.ts';
import { symbolIn } from './symbols.ts';
import { okxTables } from './tables.ts';

/** An algo order (stop, trigger, trailing, strategies) of REST or of the `orders-algo` channel. */
export const isAlgoOrder = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'algoId', 'state', 'ordType') && !has(value, 'accFillSz');

interface Trigger {
  readonly stopPrice: DecimalString | null;
  readonly price: DecimalString | null;
  /** The order price is there and is no price: -1 is "at market". */
  readonly atMarket: boolean;
}

/** Each kind has its own pair of fields: trigger price, and price of the order that follows (-1: at market). */
const FIELDS = [
  ['triggerPx', 'ordPx'],
  ['slTriggerPx', 'slOrdPx'],
  ['tpTriggerPx', 'tpOrdPx'],
  ['moveTriggerPx', 'ordPx'],
] as const;

function triggerOf(record: Json): Trigger {
  for (const [triggerName, priceName] of FIELDS) {
    const stopPrice = positiveDecimal(record, triggerName);
    if (stopPrice === null) continue;
    const price = positiveDecimal(record, priceName);
    return { stopPrice, price, atMarket: price === null && optionalText(record, priceName) !== null };
  }
  return { stopPrice: null, price: null, atMarket: optionalText(record, 'ordPx') === '-1' };
}

const typeOf = (word: string, trigger: Trigger): OrderType | null => {
  const meaning = type(word);
  return meaning === 'STOP_LIMIT' && trigger.atMarket ? 'STOP_MARKET' : meaning;
};

/**
 * Nothing is executed under an algo order's own id: it triggers, and then another order trades (`ordId`). So its filled
 * size is 0 as long as it waits, and unknown once it has triggered.
 */
export function readAlgoOrder(record: Json, context: ReadContext): Reading {
  const word = text(record, 'state');
  const status = lookUp(okxTables.status, word);
  if (status === undefined) throw new UnknownWord('okx', 'order status', word);
  const typeWord = text(record, 'ordType');
  const trigger = triggerOf(record);
  const waits = word === 'live' || word === 'pause';
  const amount = positiveDecimal(record, 'sz');
  const byQuote = optionalText(record, 'tgtCcy') === 'quote_ccy';
  const filledSize = word === 'effective' || word === 'partially_effective' ? null : '0';
  const size = byQuote ? null : amount;
  const order: NormalizedOrder = {
    ...bareOrder('okx', text(record, 'algoId'), status),
    clientOrderId: optionalText(record, 'algoClOrdId') ?? optionalText(record, 'clOrdId'),
    symbol: symbolIn(record, context.symbols),
    side: side(text(record, 'side')),
    type: typeOf(typeWord, trigger),
    size,
    filledSize,
    remainingSize: remainingOf(status, size, filledSize),
    price: trigger.price,
    stopPrice: trigger.stopPrice,
    quoteSize: byQuote ? amount : null,
    createdAt: time(record, 'cTime'),
    updatedAt: time(record, 'uTime'),
    postOnly: false,
    reduceOnly: flagText(record, 'reduceOnly'),
    reason: status === 'FAILED' ? optionalText(record, 'failCode') : null,
    working: waits ? false : null,
  };
  return reading([order]);
}
