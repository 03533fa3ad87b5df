import type { Market, OrderSpec } from '@orderplane/domain';
import type { AmendRequest, CancelRequest, SubmitRequest } from '../../adapter.ts';
import { isRecord } from '../../outcome.ts';
import { kindOf, sideOf } from '../../venue.ts';
import type { Link, OrderCalls } from '../../venue.ts';
import { exchangeTime, until } from './signing.ts';

type Parameters_ = Readonly<Record<string, unknown>>;

/** Native time in force. GTC sends none. The end is in whole seconds of Coinbase's clock, never before the time asked for. */
function timeOf(link: Link, spec: OrderSpec): Parameters_ {
  switch (spec.timeInForce) {
    case 'GTC':
      return {};
    case 'IOC':
    case 'FOK':
      return { timeInForce: spec.timeInForce };
    case 'GTT': {
      const seconds = Math.ceil(exchangeTime(link.instance, Date.parse(spec.expiresAt ?? '')) / 1000);
      return { timeInForce: 'GTD', end_time: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') };
    }
  }
}

/** Said outright: without it ccxt takes the other direction; under its name for stop-losses it drops the end time. */
function triggerOf(spec: OrderSpec): Parameters_ {
  if (spec.stopPrice === null) return {};
  const stop_direction = spec.side === 'BUY' ? 'STOP_DIRECTION_STOP_UP' : 'STOP_DIRECTION_STOP_DOWN';
  return { triggerPrice: spec.stopPrice, stop_direction };
}

/**
 * ccxt makes every market buy one by quote amount; by size it goes out as configured here (Coinbase's own SDK,
 * coinbase-advanced-py, has `base_size` on market buys).
 */
const buyBySize = (size: string): Parameters_ => ({
  createMarketBuyOrderRequiresPrice: false,
  order_configuration: { market_market_ioc: { base_size: size } },
});

async function place(link: Link, { venueClientId, spec, deadlineAt }: SubmitRequest, market: Market): Promise<unknown> {
  const { instance } = link;
  const symbol = market.unifiedSymbol;
  // `clientOrderId` would be dropped, and an id of ccxt's own sent.
  const common = { client_order_id: venueClientId, ...until(deadlineAt) };
  if (spec.quoteSize !== null) return instance.createMarketBuyOrderWithCost(symbol, spec.quoteSize, common);
  const size = spec.size ?? '';
  if (spec.type === 'MARKET') {
    const more = spec.side === 'BUY' ? buyBySize(size) : {};
    return instance.createOrder(symbol, 'market', sideOf(spec), size, undefined, { ...common, ...more });
  }
  return instance.createOrder(symbol, kindOf(spec), sideOf(spec), size, spec.price ?? undefined, {
    ...common,
    ...timeOf(link, spec),
    ...triggerOf(spec),
    ...(spec.postOnly ? { postOnly: true } : {}),
  });
}

/** The one way in which Coinbase names an order. Thrown before anything is sent. */
function idOf(request: CancelRequest): string {
  if (request.venueOrderId !== null) return request.venueOrderId;
  throw new RangeError('Coinbase changes and cancels orders by its own id only');
}

const cancel = async (link: Link, request: CancelRequest, market: Market): Promise<unknown> =>
  link.instance.cancelOrder(idOf(request), market.unifiedSymbol, until(request.deadlineAt));

/** Coinbase takes a size that is left out for 0. */
async function amend(link: Link, request: AmendRequest, market: Market): Promise<unknown> {
  const { size, price } = request;
  if (size === null || price === null) throw new RangeError('Coinbase needs size and price of an edit');
  const side = request.side === 'BUY' ? 'buy' : 'sell';
  const parameters = until(request.deadlineAt);
  return link.instance.editOrder(idOf(request), market.unifiedSymbol, 'limit', side, size, price, parameters);
}

export const coinbaseOrders: OrderCalls = {
  // Tokens expire at whole seconds, rounded up.
  minimumLeadMs: 50,
  place,
  // The answer names the order and says nothing of its state: an acknowledgement, to be looked up. A repeated id is
  // answered with the first order.
  placed: (link, { venueClientId, spec }, payload, askedAt) => {
    const [order] = link.read.rest('createOrder', payload).orders;
    if (order === undefined || order.orderId === '') return null;
    const named = {
      ...order,
      clientOrderId: order.clientOrderId ?? venueClientId,
      symbol: order.symbol ?? spec.symbol,
    };
    return { source: 'submit', order: named, fills: [], fillsComplete: false, askedAt };
  },
  cancel,
  // Accepted; the order ends later. A refusal has been classified before this is asked.
  cancelled: (_link, _request, payload) => {
    const results = isRecord(payload) ? payload['results'] : null;
    return Array.isArray(results) && isRecord(results[0]) ? null : false;
  },
  amend,
};
