import type { ExchangeSessionResolvers } from '../schema/types.generated.ts';
import { requestError } from '../server/errors.ts';
import { pageSize } from '../orders/paging.ts';

export const sessionFields: ExchangeSessionResolvers = {
  account: async ({ accountId }, _, { loaders }) => {
    const account = await loaders.account.load(accountId);
    if (account === null) throw requestError('NOT_FOUND', `account ${accountId} does not exist`);
    return account;
  },
  active: ({ endedAt }) => endedAt === null,
  previous: ({ previousId }, _, { loaders }) => (previousId === null ? null : loaders.session.load(previousId)),
  orders: (session, { activeOnly, byChain, first }, { ports, principal }) =>
    ports.sessions.orders({
      userId: principal.userId,
      session,
      activeOnly: activeOnly ?? false,
      byChain: byChain ?? false,
      limit: pageSize(first),
    }),
};
