import type { QueryResolvers } from '../schema/types.generated.ts';
import { isId } from '../access/roles.ts';

/** Somebody else's group is as good as none. */
export const orderGroup: NonNullable<QueryResolvers['orderGroup']> = (_, { id }, { loaders }) =>
  isId(id) ? loaders.group.load(id) : null;
