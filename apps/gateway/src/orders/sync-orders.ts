import type { MutationResolvers } from '../schema/types.generated.ts';
import { linkedAccount, tradingRefusal } from '../access/roles.ts';
import { knownOrders, syncedOrders } from './sync.ts';

export const syncOrders: NonNullable<MutationResolvers['syncOrders']> = async (_, { accountId }, context) => {
  const account = await linkedAccount(context, accountId);
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return knownOrders(context, account, null, { userErrors: [refusal] });
  return syncedOrders(context, account, null, { reason: 'forced', maxAgeMs: 0 });
};
