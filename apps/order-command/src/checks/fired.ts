import type { UserError } from '@orderplane/domain';
import { exchangeSpec, type Account, type OrderRecord } from '@orderplane/store';
import type { CommandContext } from '../context.ts';
import { checkMarket, findMarket } from './market.ts';
import { checkStanding, checkSupported } from './standing.ts';

/**
 * What is checked again when a dark order fires, in this order, on the order as it is then: much may have changed since it
 * was accepted. A refusal ends it. That the exchange or the account can't be reached is no refusal: the order is sent when
 * they can. "later": what it takes to judge is not known yet.
 */
export async function checkFired(
  context: CommandContext,
  account: Account,
  { intent, actual }: OrderRecord,
): Promise<UserError | 'later' | null> {
  const standing = checkStanding(account);
  if (standing !== null) return standing;
  const planned = exchangeSpec(intent);
  const { size, quoteSize, price, stopPrice } = actual.machine.terms;
  const sent = { ...planned, size, quoteSize, price, stopPrice: planned.stopPrice === null ? null : stopPrice };
  const unsupported = checkSupported(context, account, sent, intent.spec);
  if (unsupported !== null) return unsupported;
  const market = await findMarket(context, account, sent.symbol);
  if (!('code' in market)) return checkMarket(market, sent);
  // Not read yet, whatever they are.
  return market.code === 'EXCHANGE_UNAVAILABLE' ? 'later' : market;
}
