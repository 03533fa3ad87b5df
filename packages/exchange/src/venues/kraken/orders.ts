import type { Market, OrderSpec } from '@orderplane/domain';
import type { NormalizedOrder } from '@orderplane/normalization';
import type { AmendRequest, CancelRequest, SubmitRequest } from '../../adapter.ts';
import { isRecord } from '../../outcome.ts';
import { kindOf, sideOf } from '../../venue.ts';
import type { Link, OrderCalls } from '../../venue.ts';
import { exchangeTime } from './signing.ts';

/** Native time in force. GTC sends none. Stops take none but GTC; a timer elsewhere ends them. */
function timeOf(link: Link, spec: OrderSpec): Readonly<Record<string, string>> {
  if (spec.type !== 'LIMIT') return {};
  if (spec.timeInForce === 'IOC' || spec.timeInForce === 'FOK') return { timeInForce: spec.timeInForce };
  if (spec.timeInForce !== 'GTT' || spec.expiresAt === null) return {};
  // Whole seconds by Kraken's clock, rounded up: never before the time that was asked for.
  const expiry = Math.ceil(exchangeTime(link.instance, Date.parse(spec.expiresAt)) / 1000);
  return { timeInForce: 'GTD', expiretm: String(expiry) };
}

const deadlineOf = (link: Link, deadlineAt: string): string =>
  new Date(exchangeTime(link.instance, Date.parse(deadlineAt))).toISOString();

async function place(link: Link, { venueClientId, spec, deadlineAt }: SubmitRequest, market: Market): Promise<unknown> {
  const { instance } = link;
  const common = { clientOrderId: venueClientId, deadline: deadlineOf(link, deadlineAt) };
  const symbol = market.unifiedSymbol;
  if (spec.quoteSize !== null) return instance.createMarketBuyOrderWithCost(symbol, spec.quoteSize, common);
  return instance.createOrder(symbol, kindOf(spec), sideOf(spec), spec.size ?? '', spec.price ?? undefined, {
    ...common,
    ...timeOf(link, spec),
    ...(spec.postOnly ? { postOnly: true } : {}),
    // Any other name for the trigger sends a plain order at once.
    ...(spec.stopPrice === null ? {} : { stopLossPrice: spec.stopPrice }),
  });
}

/** What AddOrder's text says, completed by what we sent; an unreadable text leaves the id, which is what matters. */
function acknowledged(link: Link, { venueClientId, spec }: SubmitRequest, result: object): NormalizedOrder | null {
  const told = { ...result, usingCost: spec.quoteSize !== null };
  const txid = 'txid' in result ? result.txid : undefined;
  const [order] = link.read.rest('createOrder', told).orders;
  const [bare] = order === undefined ? link.read.rest('createOrder', { txid }).orders : [order];
  if (bare === undefined || bare.orderId === '') return null;
  return { ...bare, clientOrderId: venueClientId, symbol: bare.symbol ?? spec.symbol };
}

const names = (request: CancelRequest): Readonly<Record<string, string>> =>
  request.venueOrderId === null ? { clientOrderId: request.venueClientId } : {};

const cancel = (link: Link, request: CancelRequest, market: Market): Promise<unknown> =>
  link.instance.cancelOrder(request.venueOrderId ?? undefined, market.unifiedSymbol, names(request));

const amend = (link: Link, request: AmendRequest, market: Market): Promise<unknown> =>
  link.instance.editOrder(
    request.venueOrderId ?? '',
    market.unifiedSymbol,
    kindOf(request),
    request.side === 'BUY' ? 'buy' : 'sell',
    request.size ?? undefined,
    request.price ?? undefined,
    {
      ...names(request),
      deadline: deadlineOf(link, request.deadlineAt),
      ...(request.stopPrice === null ? {} : { stopLossPrice: request.stopPrice }),
    },
  );

export const krakenOrders: OrderCalls = {
  // Kraken refuses deadlines nearer than 2 s.
  minimumLeadMs: 2_200,
  place,
  // AddOrder names the order and says nothing of its state: an acknowledgement, to be looked up.
  placed: (link, request, payload, askedAt) => {
    if (!isRecord(payload)) return null;
    const order = acknowledged(link, request, payload);
    return order === null ? null : { source: 'submit', order, fills: [], fillsComplete: false, askedAt };
  },
  cancel,
  // {count}: how many orders it took. None without an error: nothing is confirmed.
  cancelled: (_link, _request, payload) => {
    const count = isRecord(payload) ? Number(payload['count'] ?? 0) : 0;
    return count > 0 || (isRecord(payload) && payload['pending'] === true) ? null : false;
  },
  amend,
};
