import type { Market, OrderSpec } from '@orderplane/domain';
import type { AmendRequest, CancelRequest, SubmitRequest } from '../../adapter.ts';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { kindOf, sideOf } from '../../venue.ts';
import type { Link, OrderCalls } from '../../venue.ts';
import { until } from './signing.ts';

export const isStop = (spec: Pick<OrderSpec, 'type'>): boolean =>
  spec.type === 'STOP_LIMIT' || spec.type === 'STOP_MARKET';

/** Our own client ids fit OKX's alphabet; those of adopted orders are ours alone and mean nothing there. */
export const isNative = (clientId: string): boolean => /^[A-Za-z0-9]{1,32}$/.test(clientId);

/** GTT is ended by a timer elsewhere: OKX would drop GTD and keep the order for ever. */
const timeOf = (spec: OrderSpec): Readonly<Record<string, string>> =>
  spec.timeInForce === 'IOC' || spec.timeInForce === 'FOK' ? { timeInForce: spec.timeInForce } : {};

async function place(link: Link, { venueClientId, spec, deadlineAt }: SubmitRequest, market: Market): Promise<unknown> {
  const { instance } = link;
  const symbol = market.unifiedSymbol;
  const common = { clientOrderId: venueClientId, ...until(deadlineAt) };
  if (spec.quoteSize !== null) {
    // `sz` by itself: ccxt would cut a seller's amount to the lot of the base currency.
    const amount = { tgtCcy: 'quote_ccy', sz: spec.quoteSize, createMarketBuyOrderRequiresPrice: false };
    return instance.createOrder(symbol, 'market', sideOf(spec), spec.quoteSize, undefined, { ...common, ...amount });
  }
  return instance.createOrder(symbol, kindOf(spec), sideOf(spec), spec.size ?? '', spec.price ?? undefined, {
    ...common,
    ...(spec.type === 'LIMIT' ? timeOf(spec) : {}),
    ...(spec.postOnly ? { postOnly: true } : {}),
    // A stop loss fires on one side of the price only. Without tdMode ccxt would ask for margin; `clOrdId` is not kept.
    ...(spec.stopPrice === null ? {} : { stopLossPrice: spec.stopPrice, tdMode: 'cash', algoClOrdId: venueClientId }),
  });
}

/** The order as the request names it: by OKX's id where it is known, else by ours. */
const named = (request: CancelRequest): Readonly<Record<string, string>> =>
  request.venueOrderId === null ? { clOrdId: request.venueClientId } : { ordId: request.venueOrderId };

/** "There is no such order": it can be of the other family. */
const isUnknownOrder = (error: unknown): boolean => error instanceof Error && /"sCode":\s*"51400"/.test(error.message);

/** Our client id stays with the stop whatever id the order has by now. */
const namedStop = (request: CancelRequest): Readonly<Record<string, string>> =>
  isNative(request.venueClientId) ? { algoClOrdId: request.venueClientId } : { algoId: request.venueOrderId ?? '' };

/** The order that a stop placed when it triggered; null while it has not. Throws when there is no such stop. */
async function placedBy(link: Link, request: CancelRequest): Promise<string | null> {
  const answer = await endpoint(link.instance, 'privateGetTradeOrderAlgo')(namedStop(request));
  const data: unknown = isRecord(answer) && Array.isArray(answer['data']) ? answer['data'][0] : null;
  const id = isRecord(data) ? data['ordId'] : null;
  return typeof id === 'string' && id !== '' ? id : null;
}

function cancelStop({ instance }: Link, request: CancelRequest, market: Market): Promise<unknown> {
  const symbol = market.unifiedSymbol;
  if (!isNative(request.venueClientId)) {
    return instance.cancelOrder(request.venueOrderId ?? '', symbol, { trigger: true });
  }
  return instance.cancelOrder(undefined, symbol, { trigger: true, clientOrderId: request.venueClientId });
}

/**
 * A request does not say whether it means an order or a stop that waits, and a stop can trigger at any time: the order
 * is tried first, then the stop, then the order that the stop may have placed meanwhile. Each is asked only when the
 * one before is surely not there, so the last answer counts; a stop without an order is no confirmation.
 */
async function cancel(link: Link, request: CancelRequest, market: Market): Promise<unknown> {
  const cancelOrder = (name: Readonly<Record<string, string>>): Promise<unknown> =>
    endpoint(link.instance, 'privatePostTradeCancelOrder')({ instId: market.nativeId, ...name });
  for (const step of [() => cancelOrder(named(request)), () => cancelStop(link, request, market)]) {
    try {
      return await step();
    } catch (error) {
      if (!isUnknownOrder(error)) throw error;
    }
  }
  const ordId = await placedBy(link, request);
  return ordId === null ? undefined : cancelOrder({ ordId });
}

const amend = (link: Link, request: AmendRequest, market: Market): Promise<unknown> =>
  endpoint(
    link.instance,
    'privatePostTradeAmendOrder',
  )({
    instId: market.nativeId,
    ...named(request),
    ...(request.size === null ? {} : { newSz: request.size }),
    ...(request.price === null ? {} : { newPx: request.price }),
    ...until(request.deadlineAt),
  });

export const okxOrders: OrderCalls = {
  minimumLeadMs: 200,
  place,
  // The answer names the order and says nothing of its state: an acknowledgement, to be looked up.
  placed: (link, { venueClientId, spec }, payload, askedAt) => {
    const [told] = link.read.rest('createOrder', payload).orders;
    if (told === undefined || told.orderId === '') return null;
    const order = {
      ...told,
      clientOrderId: venueClientId,
      symbol: spec.symbol,
      working: isStop(spec) ? false : told.working,
    };
    return { source: 'submit', order, fills: [], fillsComplete: false, askedAt };
  },
  cancel,
  // Taken, and carried out afterwards: its end is for the stream or a look-up to tell.
  cancelled: (_link, _request, payload) => {
    const data: unknown[] = isRecord(payload) && Array.isArray(payload['data']) ? payload['data'] : [];
    return data.some((entry) => isRecord(entry) && entry['sCode'] === '0') ? null : false;
  },
  amend,
};
