import type { UserError } from '@orderplane/domain';
import { MAX_GROUP_ORDERS, type PlaceInput } from '@orderplane/queues';
import { userError } from '../context.ts';

/** What a group needs of its orders, beside what each needs by itself. The first that fails is told. */
export function checkGroup(orders: readonly PlaceInput[]): UserError | null {
  if (orders.length < 2 || orders.length > MAX_GROUP_ORDERS)
    return userError('INVALID_INPUT', `a group has 2 to ${MAX_GROUP_ORDERS} orders, not ${orders.length}`, 'orders');
  const [first] = orders;
  const clientOrderIds = new Set<string>();
  for (const [index, order] of orders.entries()) {
    const at = ['orders', String(index)] as const;
    if (order.accountId !== first?.accountId)
      return userError('INVALID_INPUT', 'all orders of a group belong to one account', ...at, 'accountId');
    if (clientOrderIds.has(order.clientOrderId))
      return userError(
        'INVALID_INPUT',
        'every order of a group has a clientOrderId of its own',
        ...at,
        'clientOrderId',
      );
    clientOrderIds.add(order.clientOrderId);
    const error = checkRests(order, at);
    if (error !== null) return error;
  }
  return null;
}

/** An order that executes at once decides the group before it begins: its caller can as well place it alone. A dark one waits. */
function checkRests(order: PlaceInput, at: readonly string[]): UserError | null {
  if (order.mode === 'DARK')
    return order.quoteSize === null
      ? null
      : userError('INVALID_INPUT', 'orders of a group are compared by size: give size', ...at, 'quoteSize');
  if (order.type === 'MARKET')
    return userError(
      'INVALID_INPUT',
      'a MARKET order executes at once, so that the others of the group are never needed: place it alone, or give LIMIT or a stop',
      ...at,
      'type',
    );
  if (order.timeInForce === 'IOC' || order.timeInForce === 'FOK')
    return userError(
      'INVALID_INPUT',
      `an order of a group must be able to rest, ${order.timeInForce} can not: give GTC or GTT`,
      ...at,
      'timeInForce',
    );
  return null;
}
