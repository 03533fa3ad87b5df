import { compare, sum } from '@orderplane/domain';
import type { Market, OrderSpec } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import type { AmendRequest, CancelRequest, SubmitRequest } from '../../adapter.ts';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { kindOf, sideOf } from '../../venue.ts';
import type { Link, OrderCalls } from '../../venue.ts';
import { exchangeTime } from './clock.ts';
import { createdBy, knownOrder } from './created.ts';

/** True when the fills are all that the order has. */
export const fillsCover = (order: NormalizedOrder, fills: readonly NormalizedFill[]): boolean =>
  order.filledSize !== null && compare(sum(fills.map((fill) => fill.size)), order.filledSize) === 0;

/** GTT is ended by a timer elsewhere. GTC, and all that stops and market orders have, sends none. */
const timeOf = (spec: OrderSpec): Readonly<Record<string, string>> =>
  spec.type === 'LIMIT' && (spec.timeInForce === 'IOC' || spec.timeInForce === 'FOK')
    ? { timeInForce: spec.timeInForce }
    : {};

const validUntil = (link: Link, deadlineAt: string): Readonly<Record<string, string>> => ({
  valid_until: String(exchangeTime(link.instance, Date.parse(deadlineAt))),
});

async function place(link: Link, { venueClientId, spec, deadlineAt }: SubmitRequest, market: Market): Promise<unknown> {
  const price = spec.price ?? undefined;
  return link.instance.createOrder(market.unifiedSymbol, kindOf(spec), sideOf(spec), spec.size ?? '', price, {
    // ccxt drops clientOrderId.
    label: venueClientId,
    ...validUntil(link, deadlineAt),
    ...timeOf(spec),
    // With reject_post_only, which ccxt adds.
    ...(spec.postOnly ? { postOnly: true } : {}),
    ...(spec.reduceOnly ? { reduceOnly: true } : {}),
    // Any other name for the trigger sends a plain order at once.
    ...(spec.stopPrice === null ? {} : { stopLossPrice: spec.stopPrice, trigger: 'last_price' }),
  });
}

const isNotOpen = (error: unknown): boolean =>
  error instanceof Error && /"code":\s*"?(11044|10004)\b/.test(error.message);

/**
 * Sends a cancel or an amend for an order by its id; where that is a stop which was triggered meanwhile, for the order
 * that it has created. The refusal of the first try is definite. The last request is always the command itself, so
 * that its answer is the one that counts.
 */
async function forLiving(
  link: Link,
  market: Market,
  orderId: string,
  send: (orderId: string, isCreated: boolean) => Promise<unknown>,
): Promise<unknown> {
  try {
    return await send(orderId, false);
  } catch (error) {
    if (!isNotOpen(error)) throw error;
    const created = await createdBy(link, market, orderId);
    return send(created ?? orderId, created !== null);
  }
}

/** Without a currency, because which one lists a spot pair is not documented: a label of ours is on one order alone. */
const cancel = (link: Link, request: CancelRequest, market: Market): Promise<unknown> => {
  const { venueOrderId, venueClientId } = request;
  if (venueOrderId === null) return endpoint(link.instance, 'privateGetCancelByLabel')({ label: venueClientId });
  const call = endpoint(link.instance, 'privateGetCancel');
  return forLiving(link, market, venueOrderId, (order_id) => call({ order_id }));
};

async function amend(link: Link, request: AmendRequest, market: Market): Promise<unknown> {
  const { venueOrderId, venueClientId, size, price, stopPrice } = request;
  if (size === null) throw new RangeError('an edit needs the size of the order');
  const hasLimit = request.type === 'LIMIT' || request.type === 'STOP_LIMIT';
  const terms = {
    amount: size,
    ...(hasLimit && price !== null ? { price } : {}),
    ...validUntil(link, request.deadlineAt),
  };
  const trigger = stopPrice === null ? {} : { trigger_price: stopPrice };
  if (venueOrderId === null) {
    const named = { label: venueClientId, instrument_name: market.nativeId };
    return endpoint(link.instance, 'privateGetEditByLabel')({ ...named, ...terms, ...trigger });
  }
  const call = endpoint(link.instance, 'privateGetEdit');
  return forLiving(link, market, venueOrderId, (order_id, isCreated) =>
    call({ order_id, ...terms, ...(isCreated ? {} : trigger) }),
  );
}

export const deribitOrders: OrderCalls = {
  minimumLeadMs: 50,
  place,
  // {order, trades}: the order and every execution so far.
  placed: (link, _request, payload, askedAt) => {
    if (!isRecord(payload) || !isRecord(payload['order'])) return null;
    const { orders, fills } = link.read.rest('createOrder', payload);
    const [order] = orders;
    if (order === undefined || order.orderId === '') return null;
    return { source: 'submit', order, fills, fillsComplete: fillsCover(order, fills), askedAt };
  },
  cancel,
  // By id the order, by label how many. None: nothing is confirmed.
  cancelled: (link, _request, payload, askedAt) => {
    if (typeof payload === 'number' || typeof payload === 'string') return Number(payload) > 0 ? null : false;
    const [order] = link.read.rest('cancelOrder', knownOrder(payload)).orders;
    if (order === undefined) return isRecord(payload) && payload['order_id'] !== undefined ? null : false;
    return { source: 'cancel', order, fills: [], fillsComplete: fillsCover(order, []), askedAt };
  },
  amend,
};
