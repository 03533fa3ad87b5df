import { compare, sum } from '@orderplane/domain';
import type { Market } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import type { CancelRequest, SubmitRequest } from '../../adapter.ts';
import { isRecord } from '../../outcome.ts';
import { kindOf, sideOf } from '../../venue.ts';
import type { Link, OrderCalls } from '../../venue.ts';
import { until } from './signing.ts';

/** True when the fills are all that the order has. */
export const fillsCover = (order: NormalizedOrder, fills: readonly NormalizedFill[]): boolean =>
  order.filledSize !== null && compare(sum(fills.map((fill) => fill.size)), order.filledSize) === 0;

async function place(link: Link, { venueClientId, spec, deadlineAt }: SubmitRequest, market: Market): Promise<unknown> {
  const { instance } = link;
  const common = { clientOrderId: venueClientId, ...until(deadlineAt) };
  const symbol = market.unifiedSymbol;
  const side = sideOf(spec);
  if (spec.quoteSize !== null) return instance.createMarketOrderWithCost(symbol, side, spec.quoteSize, common);
  // GTT is ended by a timer elsewhere; Binance would refuse GTD. LIMIT_MAKER takes no time in force at all.
  const time = spec.timeInForce === 'GTT' ? 'GTC' : spec.timeInForce;
  const limited = kindOf(spec) === 'limit';
  return instance.createOrder(symbol, kindOf(spec), side, spec.size ?? '', spec.price ?? undefined, {
    ...common,
    ...(limited && !spec.postOnly ? { timeInForce: time } : {}),
    ...(spec.postOnly ? { postOnly: true } : {}),
    ...(spec.stopPrice === null ? {} : { stopLossPrice: spec.stopPrice }),
  });
}

const cancel = (link: Link, request: CancelRequest, market: Market): Promise<unknown> =>
  link.instance.cancelOrder(request.venueOrderId ?? undefined, market.unifiedSymbol, {
    ...(request.venueOrderId === null ? { clientOrderId: request.venueClientId } : {}),
    ...until(request.deadlineAt),
  });

export const binanceOrders: OrderCalls = {
  minimumLeadMs: 50,
  place,
  // newOrderRespType=FULL: the order and every execution so far.
  placed: (link, _request, payload, askedAt) => {
    if (!isRecord(payload) || payload['orderId'] === undefined) return null;
    const { orders, fills } = link.read.rest('createOrder', payload);
    const [order] = orders;
    if (order === undefined || order.orderId === '') return null;
    return { source: 'submit', order, fills, fillsComplete: fillsCover(order, fills), askedAt };
  },
  cancel,
  // Confirmed by the word in the answer; without a readable order the look-up has to tell.
  cancelled: (link, _request, payload, askedAt) => {
    if (!isRecord(payload) || payload['status'] === undefined) return false;
    const [order] = link.read.rest('cancelOrder', payload).orders;
    if (order === undefined) return null;
    return { source: 'cancel', order, fills: [], fillsComplete: fillsCover(order, []), askedAt };
  },
  amend: null,
};
