import type { Resolvers } from '../schema/types.generated.ts';
import { sessionFields } from './session-fields.ts';
import { sessions } from './sessions.ts';
import { transitionSession } from './transition-session.ts';

export const sessionResolvers: Resolvers = {
  ExchangeSession: sessionFields,
  Account: {
    activeSession: (account, _, { loaders }) =>
      account.unlinkedAt === null ? loaders.activeSession.load(account.id) : null,
  },
  Query: { sessions },
  Mutation: { transitionSession },
};
