import type { OrderSpec, UserError } from '@orderplane/domain';
import type { PlaceInput } from '@orderplane/queues';
import { exchangeSpec, type Account } from '@orderplane/store';
import { userError, type CommandContext } from '../context.ts';
import type { Held } from '../dark.ts';
import { checkMarket, findMarket } from './market.ts';
import { checkShape } from './shape.ts';
import { checkStanding, checkSupported } from './standing.ts';
import { checkTrigger } from './trigger.ts';

/**
 * Everything that is checked before an order is accepted, in this order (idempotency comes before all of it, so that a
 * repeat is answered whatever has changed since). The first refusal is the answer, and nothing has been placed. What is
 * checked again when a dark order fires is listed in `checks/fired.ts`.
 */
export async function checkPlace(
  context: CommandContext,
  account: Account,
  input: PlaceInput,
  spec: OrderSpec,
  held: Held,
): Promise<UserError | null> {
  const standing = checkStanding(account);
  if (standing !== null) return standing;
  const shape = checkShape(input, context.clock.now().getTime());
  if (shape !== null) return shape;
  const unsupported = checkSupported(context, account, exchangeSpec({ spec, ...held }), spec);
  if (unsupported !== null) return unsupported;
  const market = await findMarket(context, account, input.symbol);
  if ('code' in market) return market;
  const rules = checkMarket(market, spec);
  if (rules !== null) return rules;
  const trigger = input.trigger === undefined ? null : await checkTrigger(context, account, input.trigger);
  if (trigger !== null) return trigger;
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
