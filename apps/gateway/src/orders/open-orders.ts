import type { QueryResolvers } from '../schema/types.generated.ts';
import { linkedAccount } from '../access/roles.ts';
import { knownOrders, maxAgeMsOf, syncedOrders } from './sync.ts';

export const openOrders: NonNullable<QueryResolvers['openOrders']> = async (_, args, context) => {
  const maxAgeMs = maxAgeMsOf(args.maxAgeSeconds);
  const account = await linkedAccount(context, args.accountId);
  const symbol = args.symbol ?? null;
  const ageMs = context.ports.clock.now().getTime() - Date.parse(account.lastSyncedAt ?? '');
  // Never synced: the age is not a number, and so not small enough.
  if (ageMs <= maxAgeMs && maxAgeMs > 0) return knownOrders(context, account, symbol, { fresh: true, complete: true });
  return syncedOrders(context, account, symbol, { reason: 'on-demand', maxAgeMs });
};
