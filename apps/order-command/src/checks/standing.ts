import type { OrderSpec, UserError } from '@orderplane/domain';
import { unsupported } from '@orderplane/exchange/capabilities';
import type { Account } from '@orderplane/store';
import { userError, type CommandContext } from '../context.ts';

/** Whether anything may be placed on the account at all. */
export function checkStanding(account: Account): UserError | null {
  if (account.unlinkedAt !== null)
    return userError('NOT_FOUND', `account ${account.label} is unlinked: nothing can be placed on it`, 'accountId');
  return account.halted ? isHalted(account) : null;
}

export const isHalted = (account: Account): UserError =>
  userError('ACCOUNT_HALTED', `account ${account.label} is halted: resume it first`, 'accountId');

/** Whether the exchange takes the order as it would be sent. What is sent may be of another type than what was asked for. */
export function checkSupported(
  context: CommandContext,
  account: Account,
  sent: OrderSpec,
  asked: OrderSpec = sent,
): UserError | null {
  const reason = unsupported(context.capabilities(account.exchange), sent);
  if (reason === null) return null;
  const instead = sent.type === asked.type ? '' : ` (a ${asked.type} order is held here, and sent as ${sent.type})`;
  return userError('UNSUPPORTED_BY_EXCHANGE', `${reason.reason}${instead}`, reason.field);
}
