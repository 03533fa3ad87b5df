import type { OrderGroupResolvers } from '../schema/types.generated.ts';

export const orderGroupFields: Required<OrderGroupResolvers> = {
  id: ({ groupId }) => groupId,
  kind: ({ kind }) => kind,
  onPartialFill: ({ onPartialFill }) => onPartialFill,
  orders: ({ groupId }, _, { loaders }) => loaders.groupOrders.load(groupId),
  conflict: ({ conflict }) => conflict,
  createdAt: ({ createdAt }) => createdAt,
};
