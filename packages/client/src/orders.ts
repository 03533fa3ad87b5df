import type { CallOptions, Caller, Told } from './caller.ts';
import { outcomeOf, isTimeout } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import {
  CancelAllOrdersDocument,
  CancelOrderDocument,
  ModifyOrderDocument,
  OrderDocument,
  PlaceOrderDocument,
  PlaceOrderGroupDocument,
} from './operations.generated.ts';
import type {
  CancelAllInput,
  GroupFieldsFragment,
  ModifyOrderInput,
  OrderFieldsFragment,
  PlaceOrderGroupInput,
  PlaceOrderInput,
} from './operations.generated.ts';

export type Order = OrderFieldsFragment;
export type OrderGroup = GroupFieldsFragment;

/** Also of a refusal the id is told: with it the call can be repeated, and the order looked up. */
export type PlaceOutcome = Outcome<{ readonly order: Order }> & { readonly clientOrderId: string };

/**
 * Places an order once, however often the request has to be sent: a lost answer and TIMEOUT are followed by the same
 * request under the same client order id until the deadline. Throws OrderplaneError.
 */
export async function placeOrder(
  caller: Caller,
  newId: () => string,
  input: PlaceOrderInput,
  options?: CallOptions,
): Promise<PlaceOutcome> {
  const clientOrderId = input.clientOrderId ?? newId();
  const told = await caller.call(PlaceOrderDocument, { input: { ...input, clientOrderId } }, options, {
    isSafe: true,
    isOpen: ({ placeOrder: payload }) => isTimeout(payload),
  });
  const outcome = outcomeOf(within(told, told.result.placeOrder), ({ order }) => order && { order });
  return { ...outcome, clientOrderId };
}

/** As `placeOrder`: with a client order id for each of its orders a repeat gives the first group. */
export async function placeOrderGroup(
  caller: Caller,
  newId: () => string,
  input: PlaceOrderGroupInput,
  options?: CallOptions,
): Promise<Outcome<{ readonly group: OrderGroup }>> {
  const orders = input.orders.map((order) => ({ ...order, clientOrderId: order.clientOrderId ?? newId() }));
  const told = await caller.call(PlaceOrderGroupDocument, { input: { ...input, orders } }, options, {
    isSafe: true,
    isOpen: ({ placeOrderGroup: payload }) => isTimeout(payload),
  });
  return outcomeOf(within(told, told.result.placeOrderGroup), ({ group }) => group && { group });
}

/**
 * Asks for a cancel; `ok` means that the wish is durable. A repeat after a lost answer may find its own first try: an
 * order that is being cancelled, or was, is then what was asked for.
 */
export async function cancelOrder(
  caller: Caller,
  orderId: string,
  options?: CallOptions,
): Promise<Outcome<{ readonly order: Order }>> {
  const told = await caller.call(CancelOrderDocument, { orderId }, options, {
    isSafe: true,
    isOpen: ({ cancelOrder: payload }) => isTimeout(payload),
  });
  const outcome = outcomeOf(within(told, told.result.cancelOrder), ({ order }) => order && { order });
  if (outcome.ok || !told.isAfterDoubt || outcome.userErrors[0].code !== 'INVALID_STATE_TRANSITION') return outcome;
  const order = await readOrder(caller, orderId, options);
  const isCancelled = order?.state === 'CANCELLED' || order?.pendingRequests.some(({ kind }) => kind === 'CANCEL');
  return order !== null && isCancelled === true ? { ok: true, order } : outcome;
}

/**
 * Asks for other terms; `ok` means that the wish is durable. Sizes are totals, so a repeat is safe; one after a lost
 * answer may be told that it asks for nothing new (INVALID_INPUT without a field): then the first try was taken.
 */
export async function modifyOrder(
  caller: Caller,
  input: ModifyOrderInput,
  options?: CallOptions,
): Promise<Outcome<{ readonly order: Order }>> {
  const told = await caller.call(ModifyOrderDocument, { input }, options, {
    isSafe: true,
    isOpen: ({ modifyOrder: payload }) => isTimeout(payload),
  });
  const outcome = outcomeOf(within(told, told.result.modifyOrder), ({ order }) => order && { order });
  if (outcome.ok || !told.isAfterDoubt) return outcome;
  const [{ code, field }] = outcome.userErrors;
  if (code !== 'INVALID_INPUT' || field !== null) return outcome;
  const order = await readOrder(caller, input.orderId, options);
  return order !== null && order.type !== 'MARKET' ? { ok: true, order } : outcome;
}

/** `requested`: the orders whose cancel this call has asked for. Cancelling twice does no harm. */
export async function cancelAllOrders(
  caller: Caller,
  input: CancelAllInput,
  options?: CallOptions,
): Promise<Outcome<{ readonly requested: readonly Order[] }>> {
  const told = await caller.call(CancelAllOrdersDocument, { input }, options, {
    isSafe: true,
    isOpen: ({ cancelAllOrders: payload }) => isTimeout(payload),
  });
  return outcomeOf(within(told, told.result.cancelAllOrders), ({ requested }) => ({ requested }));
}

/** Null: there is none, for this caller. */
export async function readOrder(caller: Caller, id: string, options?: CallOptions): Promise<Order | null> {
  return (await caller.call(OrderDocument, { id }, options, { isSafe: true })).result.order;
}

const within = <Result, Part>({ isAfterDoubt }: Told<Result>, part: Part): Told<Part> => ({
  result: part,
  isAfterDoubt,
});
