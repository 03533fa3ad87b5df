import { isId } from '../access/roles.ts';
import type { Resolvers } from '../schema/types.generated.ts';

export const accountResolvers: Resolvers = {
  Query: {
    accounts: (_, __, { ports, principal }) => ports.access.accountsOfUser(principal.userId),
    /** Somebody else's account is as good as none. */
    account: (_, { id }, { loaders }) => (isId(id) ? loaders.account.load(id) : null),
  },
};
