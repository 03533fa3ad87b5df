import { isPositive, type UserError } from '@orderplane/domain';
import type { TriggerInput } from '@orderplane/queues';
import type { Account } from '@orderplane/store';
import { userError, type CommandContext } from '../context.ts';
import { findMarket } from './market.ts';

/** What is waited for must be a price that this exchange has, of a market that it has. */
export async function checkTrigger(
  context: CommandContext,
  account: Account,
  trigger: TriggerInput,
): Promise<UserError | null> {
  if (!isPositive(trigger.price)) return userError('INVALID_INPUT', 'price must be above zero', 'trigger', 'price');
  const { name, triggerSources } = context.capabilities(account.exchange);
  if (!triggerSources.includes(trigger.source)) {
    return userError(
      'UNSUPPORTED_BY_EXCHANGE',
      `${name} has no ${trigger.source} price: use one of ${triggerSources.join(', ')}`,
      'trigger',
      'source',
    );
  }
  const watched = await findMarket(context, account, trigger.symbol);
  return 'code' in watched ? { ...watched, field: ['input', 'trigger', 'symbol'] } : null;
}
