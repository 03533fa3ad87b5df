import { compare, isMultipleOf, multiply, type Market, type UserError } from '@orderplane/domain';
import type { Account } from '@orderplane/store';
import { userError, type CommandContext } from '../context.ts';
import type { Subject } from './check.ts';

export const takesOrders = (_: Subject, market: Market): UserError | null =>
  market.active
    ? null
    : userError(
        'EXCHANGE_UNAVAILABLE',
        `${market.exchange} takes no orders in ${market.symbol} now: try again later`,
        'symbol',
      );

/** Nothing is rounded: the caller is told the allowed step. */
export function takesSteps({ terms }: Subject, market: Market): UserError | null {
  for (const field of ['price', 'stopPrice'] as const) {
    const value = terms[field];
    if (value !== null && !isMultipleOf(value, market.priceStep)) {
      return userError('PRECISION', `${field} must be a multiple of ${market.priceStep} in ${market.symbol}`, field);
    }
  }
  if (terms.size !== null && !isMultipleOf(terms.size, market.sizeStep)) {
    return userError('PRECISION', `size must be a multiple of ${market.sizeStep} in ${market.symbol}`, 'size');
  }
  if (terms.quoteSize !== null && market.quoteStep !== null && !isMultipleOf(terms.quoteSize, market.quoteStep)) {
    return userError(
      'PRECISION',
      `quoteSize must be a multiple of ${market.quoteStep} in ${market.symbol}`,
      'quoteSize',
    );
  }
  return null;
}

export function takesSize({ terms }: Subject, market: Market): UserError | null {
  if (terms.size === null) return null;
  if (market.minSize !== null && compare(terms.size, market.minSize) < 0) {
    return userError('MIN_NOTIONAL', `size must be at least ${market.minSize} in ${market.symbol}`, 'size');
  }
  if (market.maxSize !== null && compare(terms.size, market.maxSize) > 0) {
    return userError('INVALID_INPUT', `size must be at most ${market.maxSize} in ${market.symbol}`, 'size');
  }
  return null;
}

/** Value at the limit price, else at the stop price; a plain market order by size is valued by the exchange. */
export function isWorthEnough({ moment, wanted, sent, terms }: Subject, market: Market): UserError | null {
  if (market.minNotional === null) return null;
  const { size, quoteSize, price, stopPrice } = moment === 'fire' ? sent : wanted;
  const worth = price ?? stopPrice;
  const notional = quoteSize ?? (size !== null && worth !== null ? multiply(size, worth) : null);
  if (notional === null || compare(notional, market.minNotional) >= 0) return null;
  const field = terms.size !== null ? 'size' : terms.quoteSize !== null ? 'quoteSize' : 'price';
  return userError(
    'MIN_NOTIONAL',
    `the order is worth ${notional} ${market.quote}, the least in ${market.symbol} is ${market.minNotional}`,
    field,
  );
}

export async function findMarket(
  context: CommandContext,
  account: Account,
  symbol: string,
): Promise<Market | UserError> {
  const market = await context.markets.find(account.exchange, symbol);
  if (market !== null) return market;
  if (!(await context.markets.known(account.exchange))) {
    return userError(
      'EXCHANGE_UNAVAILABLE',
      `the markets of ${account.exchange} have not been read yet: try again in a moment`,
      'symbol',
    );
  }
  return userError(
    'INVALID_INPUT',
    `${account.exchange} has no market ${symbol}: see the query markets(exchange: "${account.exchange}")`,
    'symbol',
  );
}
