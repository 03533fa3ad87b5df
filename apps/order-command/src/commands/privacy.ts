import type { CommandResult, OrderCommand } from '@orderplane/queues';
import { SCOPE_FRESH_MS } from '@orderplane/recorder';
import { cacheScope, MAX_RETENTION_DAYS, type Account } from '@orderplane/store';
import { accepted, refused, userError, type CommandContext } from '../context.ts';
import { auditIfLate } from './late-audit.ts';

type SetPrivacy = Extract<OrderCommand, { kind: 'setPrivacy' }>;
type ClearCache = Extract<OrderCommand, { kind: 'clearOrderCache' }>;

/**
 * Redis keeps nothing of what a writer sends who has not heard of the change; by then all have, and nobody sends it any
 * more. Below the caller's patience.
 */
const HEARD_AFTER_MS = SCOPE_FRESH_MS + 250;

/**
 * Durable first: from the store's answer on orders are written in the new way, and a scope of the cache that was read
 * before is old. Then Redis is told, and forgets what it held; a process that dies in between is followed by the command's
 * next run. What was written before to PostgreSQL is converted in the background.
 */
export async function setPrivacy(context: CommandContext, command: SetPrivacy): Promise<CommandResult> {
  const { userId, accountId, change } = command;
  const days = change.historyRetentionDays ?? 0;
  if (days < 0 || days > MAX_RETENTION_DAYS)
    return refused(
      userError(
        'INVALID_INPUT',
        `give 0 to ${MAX_RETENTION_DAYS} days, or null to keep the history`,
        'historyRetentionDays',
      ),
    );
  if (change.encryptAtRest === true && !context.canSeal) return noKey('encryptAtRest', 'orders');
  // Commands go through Redis: without a key what they carry would lie there bare.
  if (change.cacheOpenOrders === false && !context.canSeal) return noKey('cacheOpenOrders', 'commands');
  context.crashPoint('privacy:before-commit', accountId);
  const result = await context.accounts.setPrivacy(userId, accountId, change);
  if (result.kind === 'notFound') return noAccount(accountId, 'input');
  context.crashPoint('privacy:after-commit', accountId);
  // Also when nothing has changed: the run before this one may have ended here.
  if (isOfCache(change)) {
    await forget(context, result.account);
    await context.pause?.(HEARD_AFTER_MS);
  }
  await auditIfLate(context, command, 'account.privacy', result.again ? 'again' : saidOf(change));
  return accepted();
}

/** Whoever has read the account before puts nothing back: a sync under way ends without a word to the cache. */
export async function clearOrderCache(context: CommandContext, command: ClearCache): Promise<CommandResult> {
  const { userId, accountId } = command;
  const result = await context.accounts.renewCache(userId, accountId);
  if (result.kind === 'notFound') return noAccount(accountId);
  context.crashPoint('cache:after-commit', accountId);
  await forget(context, result.account);
  await auditIfLate(context, command, 'account.clear-cache', 'cleared');
  return accepted();
}

const isOfCache = ({ cacheOpenOrders, encryptAtRest }: SetPrivacy['change']): boolean =>
  cacheOpenOrders !== undefined || encryptAtRest !== undefined;

const forget = async ({ access, cache }: CommandContext, account: Account): Promise<void> =>
  cache.forget(cacheScope(account, await access.accountsOfUser(account.userId)));

/** E.g. "encryptAtRest true, historyRetentionDays 30". */
const saidOf = (change: SetPrivacy['change']): string =>
  Object.entries(change)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

const noKey = (field: string, what: string): CommandResult =>
  refused(
    userError(
      'INVALID_INPUT',
      `this system has no key to encrypt ${what} with: its operator has to set ORDERPLANE_DATA_KEY`,
      field,
    ),
  );

const noAccount = (accountId: string, ...path: string[]): CommandResult =>
  refused({ ...userError('NOT_FOUND', `there is no account ${accountId}`), field: [...path, 'accountId'] });
