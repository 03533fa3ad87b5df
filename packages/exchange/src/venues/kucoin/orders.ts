import { compare, sum } from '@orderplane/domain';
import type { Market, OrderSpec } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import type { CancelRequest, SubmitRequest } from '../../adapter.ts';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { kindOf, sideOf } from '../../venue.ts';
import type { Link, OrderCalls } from '../../venue.ts';
import { NO_SUCH_ORDER } from './classify.ts';
import { until } from './signing.ts';

/** Ids of stop orders that have not been triggered begin with this; those of the matching engine are hexadecimal. */
export const isStopId = (venueOrderId: string): boolean => venueOrderId.startsWith('vs');

/** True when the fills are all that the order has. */
export const fillsCover = (order: NormalizedOrder, fills: readonly NormalizedFill[]): boolean =>
  order.filledSize !== null && compare(sum(fills.map((fill) => fill.size)), order.filledSize) === 0;

/** GTT is native on limit orders, in whole seconds from the arrival: rounded up, never before the time asked for. */
function timeOf(link: Link, spec: OrderSpec): Readonly<Record<string, string | number>> {
  if (kindOf(spec) === 'market') return {};
  if (spec.timeInForce === 'IOC' || spec.timeInForce === 'FOK') return { timeInForce: spec.timeInForce };
  if (spec.type !== 'LIMIT' || spec.timeInForce !== 'GTT' || spec.expiresAt === null) return {};
  const leftMs = Date.parse(spec.expiresAt) - link.clock.now();
  return { timeInForce: 'GTT', cancelAfter: Math.max(1, Math.ceil(leftMs / 1000)) };
}

async function place(link: Link, { venueClientId, spec, deadlineAt }: SubmitRequest, market: Market): Promise<unknown> {
  const { instance } = link;
  const common = { clientOrderId: venueClientId, ...until(deadlineAt) };
  const symbol = market.unifiedSymbol;
  const side = sideOf(spec);
  if (spec.quoteSize !== null) return instance.createMarketOrderWithCost(symbol, side, spec.quoteSize, common);
  return instance.createOrder(symbol, kindOf(spec), side, spec.size ?? '', spec.price ?? undefined, {
    ...common,
    ...timeOf(link, spec),
    ...(spec.postOnly ? { postOnly: true } : {}),
    // `triggerPrice` would be sent without the direction of the stop.
    ...(spec.stopPrice === null ? {} : { stopLossPrice: spec.stopPrice }),
  });
}

/** The answer names the order and nothing else; what we sent completes it. It is an acknowledgement, to be looked up. */
function acknowledged(link: Link, { venueClientId, spec }: SubmitRequest, payload: object): NormalizedOrder | null {
  const [order] = link.read.rest('createOrder', payload).orders;
  if (order === undefined || order.orderId === '') return null;
  return {
    ...order,
    clientOrderId: order.clientOrderId ?? venueClientId,
    symbol: spec.symbol,
    side: spec.side,
    // A stop without a trigger yet: its condition may be true already, which only a look-up tells.
    working: spec.stopPrice === null ? true : null,
  };
}

type Attempt = () => Promise<unknown>;

/**
 * Where the order may be, one place after the other until one knows it, so that the last answer is the one that counts:
 * by the exchange's id, which says where it is, unless that is of a stop that was triggered meanwhile; by client id the
 * book before the stops.
 */
function placesOf(link: Link, request: CancelRequest, market: Market): readonly Attempt[] {
  const { instance } = link;
  const { venueOrderId, venueClientId } = request;
  const deadline = until(request.deadlineAt);
  const symbol = market.unifiedSymbol;
  const inBook: Attempt = () => instance.cancelOrder('', symbol, { ...deadline, clientOrderId: venueClientId });
  if (venueOrderId !== null && isStopId(venueOrderId)) {
    return [() => instance.cancelOrder(venueOrderId, symbol, { ...deadline, trigger: true }), inBook];
  }
  if (venueOrderId !== null) return [() => instance.cancelOrder(venueOrderId, symbol, deadline)];
  const stopByClientId = endpoint(instance, 'privateDeleteStopOrderCancelOrderByClientOid');
  return [inBook, () => stopByClientId({ ...deadline, symbol: market.nativeId, clientOid: venueClientId })];
}

async function cancel(link: Link, request: CancelRequest, market: Market): Promise<unknown> {
  const [first, second] = placesOf(link, request, market);
  try {
    return await first?.();
  } catch (error) {
    const isElsewhere = error instanceof Error && NO_SUCH_ORDER.test(error.message);
    if (!isElsewhere || second === undefined) throw error;
    return second();
  }
}

/** Answers of cancels: {orderId}, {clientOid}, {cancelledOrderIds: [id]}, {cancelledOrderId, clientOid}. */
function namesOrder(payload: unknown): boolean {
  if (!isRecord(payload)) return false;
  const ids = payload['cancelledOrderIds'];
  if (Array.isArray(ids)) return ids.length > 0;
  return ['orderId', 'clientOid', 'cancelledOrderId'].some(
    (name) => typeof payload[name] === 'string' && payload[name] !== '',
  );
}

export const kucoinOrders: OrderCalls = {
  minimumLeadMs: 50,
  place,
  placed: (link, request, payload, askedAt) => {
    if (!isRecord(payload)) return null;
    const order = acknowledged(link, request, payload);
    return order === null ? null : { source: 'submit', order, fills: [], fillsComplete: false, askedAt };
  },
  cancel,
  // "Only sends cancellation requests" (documentation): what became of it is to be looked up.
  cancelled: (_link, _request, payload) => (namesOrder(payload) ? null : false),
  amend: null,
};
