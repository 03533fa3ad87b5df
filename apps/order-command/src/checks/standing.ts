import type { UserError } from '@orderplane/domain';
import { unsupported } from '@orderplane/exchange/capabilities';
import type { Account } from '@orderplane/store';
import { userError } from '../context.ts';
import type { Facts, Subject } from './check.ts';

/** Whether anything may be placed on the account at all. */
export function isTradable({ moment, account }: Subject): UserError | null {
  if (account.unlinkedAt !== null)
    return userError('NOT_FOUND', `account ${account.label} is unlinked: nothing can be placed on it`, 'accountId');
  if (!account.halted) return null;
  return moment === 'change' ? HALTED_ORDER : isHalted(account);
}

export const isHalted = (account: Account): UserError =>
  userError('ACCOUNT_HALTED', `account ${account.label} is halted: resume it first`, 'accountId');
export const HALTED_ORDER = userError('ACCOUNT_HALTED', 'the account of this order is halted: resume it first');

/** Whether the exchange takes the order as it would be sent. What is sent may be of another type than what was asked for. */
export function isSupported({ capabilities, sent, wanted }: Subject): UserError | null {
  const reason = unsupported(capabilities, sent);
  if (reason === null) return null;
  const instead = sent.type === wanted.type ? '' : ` (a ${wanted.type} order is held here, and sent as ${sent.type})`;
  return userError('UNSUPPORTED_BY_EXCHANGE', `${reason.reason}${instead}`, reason.field);
}

export function isReachable({ account }: Subject, { isReachable, trouble }: Facts['exchange']): UserError | null {
  if (!isReachable)
    return userError(
      'EXCHANGE_UNAVAILABLE',
      `${account.exchange} can't be reached now: nothing was placed, try again later`,
    );
  if (trouble === null) return null;
  const message = `account ${account.label} can't trade now, and nothing was placed: ${trouble}`;
  return userError('EXCHANGE_UNAVAILABLE', message, 'accountId');
}
