import type { Resolvers } from '../schema/types.generated.ts';
import { orderGroupFields } from './order-group-fields.ts';
import { orderGroup } from './order-group.ts';
import { placeOrderGroup } from './place-order-group.ts';

export const groupResolvers: Resolvers = {
  Query: { orderGroup },
  Mutation: { placeOrderGroup },
  OrderGroup: orderGroupFields,
};
