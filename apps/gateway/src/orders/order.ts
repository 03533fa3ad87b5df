import type { QueryResolvers } from '../schema/types.generated.ts';
import { isId } from '../access/roles.ts';

/** Somebody else's order is as good as none. */
export const order: NonNullable<QueryResolvers['order']> = (_, { id }, context) =>
  isId(id) ? context.ports.queries.byId(context.principal.userId, id) : null;
