import { compare, decimal, divide, multiply, withMargin, type DecimalString, type UserError } from '@orderplane/domain';
import { isContractSymbol } from '@orderplane/exchange/capabilities';
import { userError } from '../context.ts';
import type { Facts, Subject } from './check.ts';

/**
 * On pairs, where the exchange shows what is free. What a contract takes depends on leverage and on what is held of it, and
 * what an order takes that waits here nobody knows yet: it is judged when it fires.
 */
export const takesFunds = ({ moment, capabilities, sent, isDark }: Subject): boolean =>
  capabilities.showsBalances && !isContractSymbol(sent.symbol) && (moment === 'fire' || !isDark);

/** What it takes depends on the last price. */
export const takesByLast = ({ sent }: Subject): boolean =>
  sent.side === 'BUY' ? sent.quoteSize === null && sent.price === null && sent.stopPrice === null : sent.size === null;

/**
 * A buyer needs size × price, or the amount of quote that was named; without a price the last one with the margin of all
 * market orders. A seller needs the size, or what the amount of quote is at the last price. Fees are not counted: what they
 * come to, and in what they are paid, is not told by all exchanges. Null: nobody knows.
 */
export function needOf(
  { sent }: Subject,
  last: DecimalString | null,
): { readonly asset: string; readonly amount: DecimalString } | null {
  const [base = '', quote = ''] = sent.symbol.split('-');
  if (sent.side === 'SELL') {
    const amount = sent.size ?? (last === null || sent.quoteSize === null ? null : divide(sent.quoteSize, last));
    return amount === null ? null : { asset: base, amount };
  }
  if (sent.quoteSize !== null) return { asset: quote, amount: sent.quoteSize };
  const price = sent.price ?? sent.stopPrice ?? (last === null ? null : withMargin(last));
  return price === null || sent.size === null ? null : { asset: quote, amount: multiply(sent.size, price) };
}

/** Nothing is refused that could be covered: when it can't be told, the exchange judges. */
export function isCovered({ account, sent }: Subject, { need, cover }: Facts['balances']): UserError | null {
  if (need === null || cover === null || cover.kind === 'covered') return null;
  if (cover.kind === 'unknown') {
    if (account.risk.requireFreshData !== true) return null;
    return userError(
      'STALE_DATA',
      `whether ${need.amount} ${need.asset} are free on account ${account.label} could not be asked for now (${cover.error.slice(0, 200)}), and the account requires fresh data: nothing was placed; try again, or take requireFreshData off (setRiskLimits)`,
      'accountId',
    );
  }
  const { asset, amount } = need;
  const others =
    compare(cover.reserved, '0') > 0 ? `, and ${cover.reserved} of it are needed by orders on their way` : '';
  return userError(
    'INSUFFICIENT_FUNDS',
    `the order needs ${amount} ${asset}, account ${account.label} has ${cover.free} ${asset} free at ${account.exchange}${others}: make it smaller, cancel orders that hold ${asset}, or deposit some`,
    sent.size === null ? 'quoteSize' : 'size',
  );
}

export const onlyReduces = ({ capabilities, sent }: Subject): boolean => capabilities.showsPositions && sent.reduceOnly;

/** What it would close must be there, on the other side, when it is sent. An unknown position is the exchange's to judge. */
export function isReducing({ sent }: Subject, { size }: Facts['positions']): UserError | null {
  if (size === null) return null;
  const closable = sent.side === 'SELL' ? decimal(size) : decimal(size).negated();
  const wrong = (message: string, field: string): UserError => userError('INSUFFICIENT_FUNDS', message, field);
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
