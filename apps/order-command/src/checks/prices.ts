import {
  add,
  compare,
  decimal,
  multiply,
  subtract,
  withMargin,
  type DecimalString,
  type UserError,
} from '@orderplane/domain';
import { userError } from '../context.ts';
import type { Facts, Subject } from './check.ts';

/** The limit price is new, or meets the market now, and the account wants it near the market. */
const hasNewPrice = ({ account, terms }: Subject): boolean =>
  account.risk.priceCollar !== null && (terms.price !== null || terms.stopPrice !== null);

/**
 * The price that the market will be at when the limit price begins to matter, where that is known: of a stop its stop price,
 * of a dark order the price of its own market that it waits for.
 */
const reachedAt = ({ wanted, waitsFor }: Subject): DecimalString | null => wanted.stopPrice ?? waitsFor;

/** What is at the exchange at once, or is sent there now. What waits for another market is judged when it fires. */
export const isJudgedByLast = (subject: Subject): boolean =>
  hasNewPrice(subject) &&
  subject.sent.price !== null &&
  (subject.moment === 'fire' ? subject.sent.stopPrice === null : !subject.isDark && reachedAt(subject) === null);

export const waitsInCollar = (subject: Subject): boolean =>
  hasNewPrice(subject) && subject.wanted.price !== null && reachedAt(subject) !== null;

export function isInCollar(subject: Subject, { last }: Facts['prices']): UserError | null {
  if (last !== null) return collared(subject, subject.sent.price, last, 'the last price');
  return userError(
    'STALE_DATA',
    `the account has a price collar, and no last price of ${subject.sent.symbol} is known: nothing was placed; try again in a moment, or take the collar off (setRiskLimits)`,
    'symbol',
  );
}

export function isInCollarOnceReached(subject: Subject): UserError | null {
  const reached = reachedAt(subject);
  const what = subject.wanted.stopPrice === null ? 'the price that it waits for' : 'its stopPrice';
  return reached === null ? null : collared(subject, subject.wanted.price, reached, what);
}

function collared(
  { account }: Subject,
  price: DecimalString | null,
  around: DecimalString,
  what: string,
): UserError | null {
  const { priceCollar } = account.risk;
  if (price === null || priceCollar === null) return null;
  const widest = multiply(around, priceCollar);
  if (decimal(price).minus(around).abs().lte(widest)) return null;
  const lowest = subtract(around, widest);
  const range = compare(lowest, '0') > 0 ? `${lowest} to ${add(around, widest)}` : `at most ${add(around, widest)}`;
  return userError(
    'RISK_LIMIT_EXCEEDED',
    `price ${price} is further from ${what} ${around} than the account's priceCollar ${priceCollar} allows: give ${range}, or widen the collar (setRiskLimits)`,
    'price',
  );
}

const hasNotionalLimit = ({ account: { risk } }: Subject): boolean =>
  risk.maxOrderNotional !== null || risk.maxOpenNotional !== null;

/** By size, and at whatever price there is. */
const isUnpriced = ({ wanted }: Subject): boolean =>
  wanted.quoteSize === null && wanted.price === null && wanted.stopPrice === null;

/** A seller gets the market's price where that is better than the one given, so that the order may be worth more. */
export const needsLastForValue = (subject: Subject): boolean =>
  hasNotionalLimit(subject) &&
  subject.waitsFor === null &&
  (isUnpriced(subject) || (subject.wanted.side === 'SELL' && subject.wanted.price !== null));

export const canBeValued = (subject: Subject, { last }: Facts['prices']): UserError | null =>
  last !== null || !isUnpriced(subject)
    ? null
    : userError(
        'STALE_DATA',
        `the account has a notional limit, and without a last price of ${subject.wanted.symbol} nobody knows what this order is worth: try again in a moment, or give a price or quoteSize`,
        'symbol',
      );

/** What a unit of the order counts at, where that is not its own price. `last`: null where it is not known or not needed. */
export function valuedAt(subject: Subject, last: DecimalString | null): DecimalString | null {
  const { wanted, waitsFor } = subject;
  if (isUnpriced(subject)) {
    const price = waitsFor ?? last;
    return price === null ? null : withMargin(price);
  }
  return wanted.side === 'SELL' && wanted.price !== null && wanted.stopPrice === null && waitsFor === null
    ? last
    : null;
}
