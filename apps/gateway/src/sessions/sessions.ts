import { ownAccount } from '../access/roles.ts';
import { pageSize } from '../orders/paging.ts';
import type { QueryResolvers } from '../schema/types.generated.ts';

/** Of an unlinked account too: its orders are still read. */
export const sessions: NonNullable<QueryResolvers['sessions']> = async (_, { accountId, first }, context) => {
  const account = await ownAccount(context, accountId);
  return context.ports.sessions.chain(account.id, pageSize(first));
};
