import {
  compare,
  decimal,
  divide,
  isPositive,
  maximum,
  multiply,
  subtract,
  withMargin,
  type DecimalString,
  type OrderSide,
  type UserError,
} from '@orderplane/domain';
import { isContractSymbol } from '@orderplane/exchange/capabilities';
import { spentAsset } from '@orderplane/planner';
import type { OrderTerms } from '@orderplane/state-machine';
import { userError } from '../context.ts';
import type { Facts, RestingChange, Subject } from './check.ts';

/**
 * On pairs, where the exchange shows what is free. What a contract takes depends on leverage and on what is held of it, and
 * what an order takes that waits here nobody knows yet: it is judged when it fires.
 */
export function takesFunds({ moment, capabilities, sent, isDark, resting }: Subject): boolean {
  if (!capabilities.showsBalances || isContractSymbol(sent.symbol)) return false;
  return moment === 'place' ? !isDark : moment === 'fire' || resting !== null;
}

/** What it takes depends on the last price; what can be changed has a price of its own. */
export function takesByLast({ moment, sent }: Subject): boolean {
  if (moment === 'change') return false;
  return sent.side === 'BUY'
    ? sent.quoteSize === null && sent.price === null && sent.stopPrice === null
    : sent.size === null;
}

/**
 * A buyer needs size × price, or the amount of quote that was named; without a price the last one with the margin of all
 * market orders. A seller needs the size, or what the amount of quote is at the last price. Fees are not counted: what they
 * come to, and in what they are paid, is not told by all exchanges. A change needs what goes beyond what the exchange holds
 * for the order already. Null: nothing, or nobody knows.
 */
export function needOf(
  { sent, resting }: Subject,
  last: DecimalString | null,
): { readonly asset: string; readonly amount: DecimalString } | null {
  const asset = spentAsset(sent);
  if (asset === null) return null;
  if (resting !== null) {
    const more = moreOf(resting, sent.side);
    return more === null ? null : { asset, amount: more };
  }
  if (sent.side === 'SELL') {
    const amount = sent.size ?? (last === null || sent.quoteSize === null ? null : divide(sent.quoteSize, last));
    return amount === null ? null : { asset, amount };
  }
  if (sent.quoteSize !== null) return { asset, amount: sent.quoteSize };
  const price = sent.price ?? sent.stopPrice ?? (last === null ? null : withMargin(last));
  return price === null || sent.size === null ? null : { asset, amount: multiply(sent.size, price) };
}

/** While a change is under way it counts as the larger of the two, so that nothing is refused that could be covered. */
function moreOf({ before, after, filled }: RestingChange, side: OrderSide): DecimalString | null {
  const rest = ({ size, price, stopPrice }: OrderTerms): DecimalString | null => {
    const worth = side === 'SELL' ? '1' : (price ?? stopPrice);
    return size === null || worth === null ? null : multiply(maximum(subtract(size, filled), '0'), worth);
  };
  const wanted = rest(after);
  let held: DecimalString = '0';
  for (const terms of before) {
    const one = rest(terms);
    if (one === null) return null;
    held = maximum(held, one);
  }
  const more = wanted === null ? '0' : subtract(wanted, held);
  return isPositive(more) ? more : null;
}

/** Nothing is refused that could be covered: when it can't be told, the exchange judges. */
export function isCovered(
  { account, sent, terms, resting }: Subject,
  { need, cover }: Facts['balances'],
): UserError | null {
  if (need === null || cover === null || cover.kind === 'covered') return null;
  if (cover.kind === 'unknown') {
    if (account.risk.requireFreshData !== true) return null;
    return userError(
      'STALE_DATA',
      `whether ${need.amount} ${need.asset} are free on account ${account.label} could not be asked for now (${cover.error.slice(0, 200)}), and the account requires fresh data: nothing was done; try again, or take requireFreshData off (setRiskLimits)`,
      'accountId',
    );
  }
  const { asset, amount } = need;
  const others =
    compare(cover.reserved, '0') > 0 ? `, and ${cover.reserved} of it are needed by orders on their way` : '';
  const needs = resting === null ? `the order needs ${amount} ${asset}` : `the change needs ${amount} ${asset} more`;
  const changed = terms.size !== null ? 'size' : terms.price !== null ? 'price' : 'stopPrice';
  return userError(
    'INSUFFICIENT_FUNDS',
    `${needs}, account ${account.label} has ${cover.free} ${asset} free at ${account.exchange}${others}: make it smaller, cancel orders that hold ${asset}, or deposit some`,
    resting !== null ? changed : sent.size === null ? 'quoteSize' : 'size',
  );
}

/** A change: where it makes the order larger. */
export function onlyReduces({ moment, capabilities, sent, terms, resting }: Subject): boolean {
  if (!capabilities.showsPositions || !sent.reduceOnly) return false;
  if (moment !== 'change') return true;
  const { size } = terms;
  return (
    size !== null && resting !== null && resting.before.every((one) => one.size !== null && compare(size, one.size) > 0)
  );
}

/** What it would close must be there, on the other side, when it is sent. An unknown position is the exchange's to judge. */
export function isReducing({ sent, resting }: Subject, { size }: Facts['positions']): UserError | null {
  if (size === null) return null;
  const closable = sent.side === 'SELL' ? decimal(size) : decimal(size).negated();
  const wrong = (message: string, field: string): UserError => userError('INSUFFICIENT_FUNDS', message, field);
  if (resting !== null) {
    const rest = subtract(resting.after.size ?? '0', resting.filled);
    if (closable.gte(rest)) return null;
    const held = maximum(closable.toFixed(), '0');
    return wrong(
      `a reduce-only order closes at most what is held: ${held} of ${sent.symbol}, not ${rest}; make it smaller`,
      'size',
    );
  }
  if (closable.lte(0)) {
    const [held, otherwise] = decimal(size).isZero()
      ? ['nothing', '']
      : [`${size} (below 0 is sold)`, 'give the other side, or '];
    return wrong(
      `a reduce-only ${sent.side} order would open a position: the account holds ${held} of ${sent.symbol}; ${otherwise}leave out reduceOnly`,
      'reduceOnly',
    );
  }
  if (sent.size === null || closable.gte(sent.size)) return null;
  return wrong(
    `a reduce-only order closes at most what is held: ${closable.toFixed()} of ${sent.symbol}, not ${sent.size}; make it smaller, or leave out reduceOnly`,
    'size',
  );
}
