import { isId } from '../access/roles.ts';
import type { QueryResolvers } from '../schema/types.generated.ts';
import { pageRequest, tokenPage } from './fields.ts';

type Queries = Required<Pick<QueryResolvers, 'me' | 'users' | 'user' | 'apiTokens' | 'auditLog'>>;

/** Who may ask is said in ../access/permissions.ts. */
export const userQueries: Queries = {
  me: (_, __, { caller }) => caller,
  users: async (_, args, { ports }) => ({
    ...(await ports.users.page(pageRequest(args))),
    hasPrevious: Boolean(args.after),
  }),
  user: (_, { id }, { loaders }) => (isId(id) ? loaders.user.load(id) : null),
  apiTokens: (_, args, context) => tokenPage(context, args, args),
  auditLog: async (_, { filter, ...args }, { ports }) => {
    const [userId, action] = [filter?.userId, filter?.action];
    const wanted = {
      ...(typeof userId === 'string' ? { userId } : {}),
      ...(typeof action === 'string' ? { action } : {}),
    };
    const hasPrevious = Boolean(args.after);
    const page = pageRequest(args);
    if (!Object.values(wanted).every(isId)) return { items: [], hasNext: false, hasPrevious };
    return { ...(await ports.users.auditLog(wanted, page)), hasPrevious };
  },
};
