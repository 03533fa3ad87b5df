import type { QueryResolvers } from '../schema/types.generated.ts';
import { linkedAccount } from '../access/roles.ts';
import { requestError } from '../server/errors.ts';
import { knownOrders, syncedOrders } from './sync.ts';

const MAX_AGE_SECONDS = 86_400;

export const openOrders: NonNullable<QueryResolvers['openOrders']> = async (_, args, context) => {
  const maxAgeSeconds = args.maxAgeSeconds ?? 30;
  if (maxAgeSeconds < 0 || maxAgeSeconds > MAX_AGE_SECONDS)
    throw requestError('INVALID_INPUT', `maxAgeSeconds must be from 0 to ${MAX_AGE_SECONDS}`, ['maxAgeSeconds']);
  const account = await linkedAccount(context, args.accountId);
  const symbol = args.symbol ?? null;
  const maxAgeMs = maxAgeSeconds * 1_000;
  const ageMs = context.ports.clock.now().getTime() - Date.parse(account.lastSyncedAt ?? '');
  // Never synced: the age is not a number, and so not small enough.
  if (ageMs <= maxAgeMs && maxAgeMs > 0) return knownOrders(context, account, symbol, { fresh: true, complete: true });
  return syncedOrders(context, account, symbol, { reason: 'on-demand', maxAgeMs });
};
