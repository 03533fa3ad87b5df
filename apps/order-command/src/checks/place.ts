import type { Market, OrderSpec, UserError } from '@orderplane/domain';
import { unsupported } from '@orderplane/exchange/capabilities';
import type { PlaceInput } from '@orderplane/queues';
import type { Account } from '@orderplane/store';
import { userError, type CommandContext } from '../context.ts';
import { checkMarket } from './market.ts';
import { checkShape } from './shape.ts';

/**
 * Everything that is checked before an order is accepted, in this order (idempotency comes before all of it, so that a
 * repeat is answered whatever has changed since). The first refusal is the answer, and nothing has been placed.
 */
export async function checkPlace(
  context: CommandContext,
  account: Account,
  input: PlaceInput,
  spec: OrderSpec,
): Promise<UserError | null> {
  if (account.unlinkedAt !== null)
    return userError('NOT_FOUND', `account ${account.label} is unlinked: nothing can be placed on it`, 'accountId');
  if (account.halted) return isHalted(account);
  const shape = checkShape(input, context.clock.now().getTime());
  if (shape !== null) return shape;
  const reason = unsupported(context.capabilities(account.exchange), spec);
  if (reason !== null) return userError('UNSUPPORTED_BY_EXCHANGE', reason.reason, reason.field);
  const market = await findMarket(context, account, input.symbol);
  if ('code' in market) return market;
  const rules = checkMarket(market, spec);
  if (rules !== null) return rules;
  if (!(await context.exchangeReachable(account.exchange))) {
    return userError(
      'EXCHANGE_UNAVAILABLE',
      `${account.exchange} can't be reached now: nothing was placed, try again later`,
    );
  }
  const trouble = await context.accountTrouble(account.id);
  if (trouble !== null) {
    const message = `account ${account.label} can't trade now, and nothing was placed: ${trouble}`;
    return userError('EXCHANGE_UNAVAILABLE', message, 'accountId');
  }
  return null;
}

export const isHalted = (account: Account): UserError =>
  userError('ACCOUNT_HALTED', `account ${account.label} is halted: resume it first`, 'accountId');

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
