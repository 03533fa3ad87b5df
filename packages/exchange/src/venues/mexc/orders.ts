import { compare, sum } from '@orderplane/domain';
import type { Market } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import type { CancelRequest, SubmitRequest } from '../../adapter.ts';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { kindOf, sideOf } from '../../venue.ts';
import type { Link, OrderCalls } from '../../venue.ts';
import { until } from './signing.ts';

/** True when the fills are all that the order has. */
export const fillsCover = (order: NormalizedOrder, fills: readonly NormalizedFill[]): boolean =>
  order.filledSize !== null && compare(sum(fills.map((fill) => fill.size)), order.filledSize) === 0;

/** IOC and FOK become types of their own. GTT is ended by a timer elsewhere; its name would be passed over. */
const timeOf = (time: string): Readonly<Record<string, string>> =>
  time === 'IOC' || time === 'FOK' ? { timeInForce: time } : {};

async function place(link: Link, { venueClientId, spec, deadlineAt }: SubmitRequest, market: Market): Promise<unknown> {
  const { instance } = link;
  const common = { clientOrderId: venueClientId, ...until(deadlineAt) };
  const symbol = market.unifiedSymbol;
  if (spec.quoteSize !== null) return instance.createMarketBuyOrderWithCost(symbol, spec.quoteSize, common);
  const limited = kindOf(spec) === 'limit';
  // A price on a market order would make an amount in quote currency of it.
  return instance.createOrder(symbol, kindOf(spec), sideOf(spec), spec.size ?? '', spec.price ?? undefined, {
    ...common,
    ...(limited && !spec.postOnly ? timeOf(spec.timeInForce) : {}),
    ...(spec.postOnly ? { postOnly: true } : {}),
  });
}

const cancel = (link: Link, request: CancelRequest, market: Market): Promise<unknown> =>
  endpoint(
    link.instance,
    'spotPrivateDeleteOrder',
  )({
    symbol: market.nativeId,
    ...(request.venueOrderId === null
      ? { origClientOrderId: request.venueClientId }
      : { orderId: request.venueOrderId }),
    ...until(request.deadlineAt),
  });

const namesOrder = (payload: unknown): payload is Readonly<Record<string, unknown>> =>
  isRecord(payload) && payload['orderId'] !== undefined && payload['orderId'] !== null && payload['orderId'] !== '';

export const mexcOrders: OrderCalls = {
  minimumLeadMs: 50,
  place,
  // The answer has neither our client id nor a state: an acknowledgement, to be looked up.
  placed: (link, request, payload, askedAt) => {
    if (!namesOrder(payload)) return null;
    const [order] = link.read.rest('createOrder', payload).orders;
    if (order === undefined) return null;
    const own = { ...order, clientOrderId: request.venueClientId };
    return { source: 'submit', order: own, fills: [], fillsComplete: false, askedAt };
  },
  cancel,
  // Confirmed by naming the order; where the answer says nothing of its state, the look-up has to tell.
  cancelled: (link, _request, payload, askedAt) => {
    if (!namesOrder(payload)) return false;
    const [order] = link.read.rest('cancelOrder', payload).orders;
    if (order === undefined || order.filledSize === null) return null;
    return { source: 'cancel', order, fills: [], fillsComplete: fillsCover(order, []), askedAt };
  },
  amend: null,
};
