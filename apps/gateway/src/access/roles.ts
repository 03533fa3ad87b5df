import { ROLES, type Role, type UserError } from '@orderplane/domain';
import type { Account, Principal } from '@orderplane/store';
import type { GatewayContext } from '../server/context.ts';
import { requestError } from '../server/errors.ts';

const NEED: Readonly<Record<Role, string>> = {
  viewer: 'this token may not even read',
  trader: 'this token may read but not trade: use one with the role trader',
  admin: 'this is for admins: use a token with the role admin',
};

/** Each role may what the ones before it may. Null when the caller's is enough. */
export function roleRefusal(principal: Principal, needed: Role): UserError | null {
  if (ROLES.indexOf(principal.role) >= ROLES.indexOf(needed)) return null;
  return { code: 'FORBIDDEN', message: NEED[needed], field: null };
}

/** Viewers read; traders and admins also trade, each only for themselves. Null when allowed. */
export const tradingRefusal = (principal: Principal): UserError | null => roleRefusal(principal, 'trader');

/** The caller's own account. Throws NOT_FOUND for an unknown one and for somebody else's alike. */
export async function ownAccount(context: GatewayContext, accountId: string): Promise<Account> {
  const account = isId(accountId) ? await context.loaders.account.load(accountId) : null;
  if (account === null)
    throw requestError('NOT_FOUND', `account ${accountId.slice(0, 64)} does not exist`, ['accountId']);
  return account;
}

/** As `ownAccount`, and it is linked: its exchange can be asked. */
export async function linkedAccount(context: GatewayContext, accountId: string): Promise<Account> {
  const account = await ownAccount(context, accountId);
  if (account.unlinkedAt !== null)
    throw requestError('NOT_FOUND', `account ${account.id} is unlinked: its orders can be read, no more`, [
      'accountId',
    ]);
  return account;
}

/** What may stand as an id at all; anything else is not even looked up. */
export const isId = (text: string): boolean => /^[\w.:-]{1,64}$/.test(text);
