import { isPositive } from '@orderplane/domain';
import type { DecimalString } from '@orderplane/domain';
import { UnknownWord } from '../../errors.ts';
import { lookUp } from '../../fields.ts';
import { averageOf, isComplete, judge, remainingOf } from '../../lifecycle.ts';
import type { NormalizedOrder } from '../../model.ts';
import { timeInForce, type } from './common.ts';
import { mexcTables, POST_ONLY_TYPES } from './tables.ts';

/** What MEXC says of an order, whichever transport it comes by. */
export interface MexcTerms {
  readonly statusWord: string;
  readonly typeWord: string;
  readonly timeInForceWord: string | null;
  /** 0 or missing on orders by quote amount. */
  readonly size: DecimalString | null;
  readonly filledSize: DecimalString | null;
  readonly filledValue: DecimalString | null;
  /** As told; limit orders carry their price × size here. */
  readonly quoteAmount: DecimalString | null;
  /** On a market order: a protection or an average, never a limit. */
  readonly price: DecimalString | null;
  readonly requested: boolean;
}

type Standing = Pick<
  NormalizedOrder,
  | 'status'
  | 'reason'
  | 'type'
  | 'timeInForce'
  | 'postOnly'
  | 'size'
  | 'filledSize'
  | 'remainingSize'
  | 'price'
  | 'quoteSize'
  | 'filledValue'
  | 'averageFilledPrice'
>;

const positive = (value: DecimalString | null): DecimalString | null =>
  value !== null && isPositive(value) ? value : null;

/**
 * Status, quantities and what follows from them. The two transports contradict each other about orders that were filled
 * in part and then cancelled, so quantities decide between filled and cancelled. By quote amount the word decides: what
 * was spent falls short of the amount by the rest that no lot fits in.
 */
export function standing(terms: MexcTerms): Standing {
  const word = lookUp(mexcTables.status, terms.statusWord);
  if (word === undefined) throw new UnknownWord('mexc', 'order status', terms.statusWord);
  const orderType = type(terms.typeWord);
  const effectiveTime = timeInForce(terms.typeWord, terms.timeInForceWord);
  const ordered = positive(terms.size);
  const quoteSize = orderType === 'MARKET' && ordered === null ? positive(terms.quoteAmount) : null;
  const verdict = judge({
    status: word,
    complete: isComplete(ordered, terms.filledSize),
    wordIsDone: false,
    immediate: orderType === 'MARKET' || effectiveTime === 'IOC' || effectiveTime === 'FOK',
    pastExpiry: false,
    requested: terms.requested,
    reason: null,
  });
  const size = ordered ?? (verdict.status === 'FILLED' ? positive(terms.filledSize) : null);
  return {
    ...verdict,
    type: orderType,
    timeInForce: effectiveTime,
    postOnly: POST_ONLY_TYPES.includes(terms.typeWord),
    size,
    filledSize: terms.filledSize,
    remainingSize: remainingOf(verdict.status, size, terms.filledSize),
    price: orderType === 'MARKET' ? null : positive(terms.price),
    quoteSize,
    filledValue: terms.filledValue,
    averageFilledPrice: averageOf(terms.filledValue, terms.filledSize),
  };
}
