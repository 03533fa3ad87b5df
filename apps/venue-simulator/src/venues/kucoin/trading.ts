import type { EndReason, NewOrder, SimOrder } from '../../engine/model.ts';
import type { VenueContext } from '../protocol.ts';
import { invalidParameter, KucoinError, notCancelable } from './errors.ts';
import { stopIdOf } from './ids.ts';
import { ACTIVE_PER_ACCOUNT, ACTIVE_PER_SYMBOL, STOPS_PER_SYMBOL } from './limits.ts';
import type { RateLimits } from './limits.ts';
import { placeRefused, readOrder } from './order-request.ts';
import type { Params } from './params.ts';
import { findActiveByClientId, findOrder, findStop, findStopByClientId } from './queries.ts';
import { isActive, isUntriggered, syncView } from './views.ts';

const MOST_IN_BATCH = 20;

/** The trading requests of the venue. */
export class Trading {
  readonly #context: VenueContext;
  readonly #limits: RateLimits;

  constructor(context: VenueContext, limits: RateLimits) {
    this.#context = context;
    this.#limits = limits;
  }

  /** `requestTime`: the timestamp of the request, which `clientTimestamp` must repeat. */
  place(params: Params, account: string, requestTime: number | null): SimOrder {
    this.#checkWindow(params, requestTime);
    return this.#submit(this.#read(params, account, false));
  }

  test(params: Params, account: string): object {
    const order = this.#read(params, account, false);
    return { orderId: '691f0000ffffffffffffffff', clientOid: order.clientId ?? '' };
  }

  placed(order: SimOrder): object {
    return { orderId: order.id, clientOid: order.clientId ?? '' };
  }

  /** Each order by itself: one that is refused does not hold up the others. */
  placeBatch(params: Params, account: string, view: (order: SimOrder) => object): object[] {
    const entries = params.entries('orderList');
    if (entries.length === 0 || entries.length > MOST_IN_BATCH) throw invalidParameter('orderList is invalid');
    return entries.map((entry) => {
      try {
        return { ...view(this.place(entry, account, null)), success: true };
      } catch (error) {
        if (error instanceof KucoinError) return { success: false, failMsg: error.message };
        throw error;
      }
    });
  }

  placeStop(params: Params, account: string): object {
    const order = this.#submit(this.#read(params, account, true));
    // Also of a stop that triggered at once: its successor's id is for others to tell.
    return { orderId: stopIdOf(order.number), clientOid: order.clientId ?? '' };
  }

  cancel(params: Params, account: string, id: string): SimOrder {
    const { engine } = this.#context;
    return this.#end(findOrder(engine, account, id, params.market(engine)));
  }

  cancelByClientId(params: Params, account: string, clientId: string): SimOrder {
    const { engine } = this.#context;
    return this.#end(findActiveByClientId(engine, account, clientId, params.market(engine)));
  }

  /** Takes a part of what is open away. */
  cancelPart(params: Params, account: string, id: string): object {
    const { engine, now } = this.#context;
    const order = findOrder(engine, account, id, params.market(engine));
    const part = params.amount('cancelSize');
    if (order?.status !== 'OPEN' || order.quoteSize !== null) throw notCancelable();
    if (part === null) throw invalidParameter('cancelSize is invalid');
    if (part >= order.size - order.filledSize) this.#end(order);
    else engine.amend(order.id, { size: order.size - part }, now());
    return { orderId: id, cancelSize: params.required('cancelSize') };
  }

  cancelSymbol(params: Params, account: string): 'success' {
    const { engine } = this.#context;
    const market = params.market(engine);
    for (const order of engine.openOrders(account, market.symbol)) if (isActive(order)) this.#end(order);
    return 'success';
  }

  cancelAll(account: string, symbols: readonly string[] | null = null, reason: EndReason = 'user'): object {
    const succeedSymbols = new Set<string>();
    for (const order of this.#context.engine.openOrders(account)) {
      if (!isActive(order) || (symbols !== null && !symbols.includes(order.symbol))) continue;
      this.#end(order, reason);
      succeedSymbols.add(order.symbol);
    }
    return { succeedSymbols: [...succeedSymbols], failedSymbols: [] };
  }

  cancelStop(account: string, id: string): object {
    const stop = this.#waiting(findStop(this.#context.engine, account, id));
    this.#end(stop);
    return { cancelledOrderIds: [id] };
  }

  cancelStopByClientId(params: Params, account: string): object {
    const stop = this.#waiting(findStopByClientId(this.#context.engine, account, params));
    this.#end(stop);
    return { cancelledOrderId: stop.id, clientOid: stop.clientId ?? '' };
  }

  cancelStops(params: Params, account: string): object {
    const { engine } = this.#context;
    const market = params.optionalMarket(engine);
    const named = params.text('orderIds')?.split(',') ?? null;
    const waiting = engine
      .openOrders(account, market?.symbol)
      .filter((order) => isUntriggered(order) && (named === null || named.includes(order.id)));
    for (const order of waiting) this.#end(order);
    return { cancelledOrderIds: waiting.map((order) => order.id) };
  }

  /** Cancels and places again under the same client id; what is left of `newSize` after the fills, or nothing. */
  alter(params: Params, account: string): object {
    const { engine } = this.#context;
    const market = params.market(engine);
    const id = params.text('orderId');
    const old =
      id === null
        ? findActiveByClientId(engine, account, params.required('clientOid'), market)
        : findOrder(engine, account, id, market);
    if (old?.status !== 'OPEN' || old.price === null) throw notCancelable();
    const price = params.amount('newPrice') ?? old.price;
    const size = params.amount('newSize') ?? old.size;
    if (price % market.priceStep !== 0n) throw invalidParameter('Price increment invalid.');
    if (size % market.sizeStep !== 0n) throw invalidParameter('Order size increment invalid.');
    const order: NewOrder = { ...renewed(old), price, size: size - old.filledSize };
    this.#end(old);
    const clientOid = old.clientId ?? '';
    if (size <= old.filledSize) return { newOrderId: '', clientOid };
    return { newOrderId: this.#submit(order).id, clientOid };
  }

  #read(params: Params, account: string, isStop: boolean): NewOrder {
    const order = readOrder(this.#context.engine, params, account, this.#context.now(), isStop);
    this.#checkCount(order, account, isStop);
    return order;
  }

  #checkCount(order: NewOrder, account: string, isStop: boolean): void {
    const ofSymbol = this.#limits.bound(isStop ? STOPS_PER_SYMBOL : ACTIVE_PER_SYMBOL);
    const ofAccount = isStop ? Number.POSITIVE_INFINITY : this.#limits.bound(ACTIVE_PER_ACCOUNT);
    if (ofSymbol === Number.POSITIVE_INFINITY) return;
    const open = this.#context.engine.openOrders(account).filter((one) => isUntriggered(one) === isStop);
    const same = open.filter((one) => one.symbol === order.symbol);
    if (same.length < ofSymbol && open.length < ofAccount) return;
    throw new KucoinError('200003', 'The number of active orders exceeds the limit.');
  }

  #submit(order: NewOrder): SimOrder {
    const result = this.#context.engine.place(order, this.#context.now());
    if (!result.ok) throw placeRefused(result.refusal);
    return result.order;
  }

  #waiting(order: SimOrder | null): SimOrder {
    if (order?.status !== 'OPEN' || !isUntriggered(order)) throw notCancelable();
    return order;
  }

  #end(order: SimOrder | null, reason: EndReason = 'user'): SimOrder {
    if (order?.status !== 'OPEN') throw notCancelable();
    const result = this.#context.engine.cancel(order.id, this.#context.now(), reason);
    if (!result.ok) throw notCancelable();
    return result.order;
  }

  /** "If clientTimestamp + allowMaxTimeWindow < gateway received the message time, this order will fail" (documentation). */
  #checkWindow(params: Params, requestTime: number | null): void {
    const timestamp = params.whole('clientTimestamp');
    const window = params.whole('allowMaxTimeWindow');
    if (timestamp === null || window === null) return;
    const isOver = timestamp + window < this.#context.now();
    if (isOver || (requestTime !== null && timestamp !== requestTime)) {
      throw new KucoinError('126041', 'clientTimestamp parameter error');
    }
  }
}

export const cancelled = (order: SimOrder): object => ({ orderId: order.id });
export const cancelledByClientId = (order: SimOrder): object => ({ clientOid: order.clientId ?? '' });
export const synchronous =
  (name: (order: SimOrder) => object) =>
  (order: SimOrder): object => ({ ...name(order), ...syncView(order) });

const renewed = (old: SimOrder): NewOrder => ({
  account: old.account,
  clientId: old.clientId,
  symbol: old.symbol,
  side: old.side,
  type: 'LIMIT',
  size: old.size,
  quoteSize: null,
  price: old.price,
  stopPrice: null,
  timeInForce: old.timeInForce,
  expiresAt: old.expiresAt,
  postOnly: old.postOnly,
  source: old.source,
  tags: old.tags,
});
