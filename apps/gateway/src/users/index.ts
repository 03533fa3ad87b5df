import type { Resolvers } from '../schema/types.generated.ts';
import {
  apiTokenConnection,
  apiTokenFields,
  auditConnection,
  callerFields,
  userConnection,
  userFields,
} from './fields.ts';
import { userMutations } from './mutations.ts';
import { userQueries } from './queries.ts';

export const userResolvers: Resolvers = {
  Query: userQueries,
  Mutation: userMutations,
  Caller: callerFields,
  User: userFields,
  ApiToken: apiTokenFields,
  UserConnection: userConnection,
  ApiTokenConnection: apiTokenConnection,
  AuditConnection: auditConnection,
};
