import type { Resolvers } from '../schema/types.generated.ts';
import { cancelAllOrders } from './cancel-all-orders.ts';
import { cancelOrder } from './cancel-order.ts';
import { orderEvent, orderEventConnection } from './events.ts';
import { fillConnection } from './fills.ts';
import { modifyOrder } from './modify-order.ts';
import { openOrders } from './open-orders.ts';
import { orderConnection } from './order-connection.ts';
import { orderFields } from './order-fields.ts';
import { order } from './order.ts';
import { orders } from './orders.ts';
import { placeOrder } from './place-order.ts';
import { reconciliation } from './reconciliation.ts';
import { syncOrders } from './sync-orders.ts';

export const orderResolvers: Resolvers = {
  Query: { order, orders, openOrders },
  Mutation: { placeOrder, modifyOrder, cancelOrder, cancelAllOrders, syncOrders },
  Order: orderFields,
  Reconciliation: reconciliation,
  OrderConnection: orderConnection,
  OrderEventConnection: orderEventConnection,
  OrderEvent: orderEvent,
  FillConnection: fillConnection,
};
