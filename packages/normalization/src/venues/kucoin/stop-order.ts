import { has, isRecord, optionalFlag, optionalText, positiveDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder, remainingOf } from '../../lifecycle.ts';
import type { NormalizedOrder } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { side, status, time, timeInForce, type } from './common.ts';
import { termsOf } from './order.ts';
import { kucoinSymbol } from './symbols.ts';

/** An order of the stop order endpoints. They know nothing of executions. */
export const isStopOrder = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'id', 'symbol', 'side', 'type', 'stop', 'stopPrice', 'status') && !has(value, 'active');

/**
 * A stop that waits has executed nothing. A triggered one lives on as another order with the same client id and an
 * exchange id of its own, so what it has executed is not said here.
 */
export function readStopOrder(record: Json, context: ReadContext): Reading {
  const word = text(record, 'status');
  const standing = status(word);
  const waits = word === 'NEW';
  const terms = termsOf(
    type(text(record, 'type'), false),
    positiveDecimal(record, 'size'),
    positiveDecimal(record, 'funds'),
  );
  const filledSize = word === 'TRIGGERED' ? null : '0';
  const order: NormalizedOrder = {
    ...bareOrder('kucoin', text(record, 'id'), standing),
    clientOrderId: optionalText(record, 'clientOid'),
    symbol: kucoinSymbol(text(record, 'symbol'), context.symbols),
    side: side(text(record, 'side')),
    type: type(text(record, 'type'), true),
    size: terms.size,
    filledSize,
    remainingSize: remainingOf(standing, terms.size, filledSize),
    price: positiveDecimal(record, 'price'),
    stopPrice: positiveDecimal(record, 'stopPrice'),
    quoteSize: terms.quoteSize,
    createdAt: time(record, 'createdAt') ?? time(record, 'orderTime'),
    updatedAt: time(record, 'stopTriggerTime'),
    timeInForce: timeInForce(optionalText(record, 'timeInForce')),
    postOnly: optionalFlag(record, 'postOnly'),
    working: waits ? false : word === 'TRIGGERED' ? true : null,
  };
  return reading([order]);
}
