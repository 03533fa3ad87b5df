import { z } from 'zod';
import type { SimOrder } from '../../engine/model.ts';
import type { SimAccount, VenueContext } from '../protocol.ts';
import { mandatory, MexcError, unknownOrderSent } from './errors.ts';
import type { RateLimits } from './limits.ts';
import { marketOf, placeRefused, readOrder } from './order-request.ts';
import { Params } from './params.ts';
import { findOrder, symbolsOf } from './queries.ts';
import { batchedView, cancelledView, placedView } from './views.ts';

const MAX_BATCH = 20;
const Batch = z.array(z.record(z.string(), z.union([z.string(), z.number()]))).min(1);

/** The trading requests of the venue. */
export class Trading {
  readonly #context: VenueContext;
  readonly #limits: RateLimits;
  #made = 0;

  constructor(context: VenueContext, limits: RateLimits) {
    this.#context = context;
    this.#limits = limits;
  }

  place(params: Params, account: SimAccount): object {
    const order = this.#place(params, account);
    return placedView(order, this.#context.engine.market(order.symbol));
  }

  /** Checks as `place` does, and places nothing. */
  test(params: Params, account: SimAccount): object {
    readOrder(this.#context.engine, params, account.apiKey, this.#context.now());
    return {};
  }

  /** Each order by itself: one that is refused is an entry with its code among those that were placed. */
  batch(params: Params, account: SimAccount): object[] {
    const orders = Batch.safeParse(jsonOf(params.required('batchOrders')));
    if (!orders.success) throw mandatory('batchOrders');
    if (orders.data.length > MAX_BATCH) throw new MexcError(33333, 'param is error');
    return orders.data.map((fields) => {
      const own = new Params(Object.entries(fields).map(([name, value]) => [name, String(value)] as const));
      try {
        const order = this.#place(own, account);
        return batchedView(order, this.#context.engine.market(order.symbol));
      } catch (cause) {
        if (!(cause instanceof MexcError)) throw cause;
        return { newClientOrderId: own.text('newClientOrderId'), ...cause.body };
      }
    });
  }

  cancel(params: Params, account: SimAccount): object {
    const { engine } = this.#context;
    marketOf(engine, params.required('symbol'));
    return this.#cancel(findOrder(engine, params, account), params.clientId('newClientOrderId'));
  }

  /** Of up to five markets. */
  cancelAll(params: Params, account: SimAccount): object[] {
    const { engine } = this.#context;
    params.required('symbol');
    const symbols = symbolsOf(engine, params) ?? [];
    const open = symbols.flatMap((symbol) => engine.openOrders(account.apiKey, symbol));
    const cancelId = this.#makeId();
    return open.map((order) => this.#cancel(order, cancelId));
  }

  #place(params: Params, account: SimAccount): SimOrder {
    const { engine, now } = this.#context;
    const order = readOrder(engine, params, account.apiKey, now());
    this.#limits.openOrders(engine.openOrders(account.apiKey).length);
    const result = engine.place(order, now());
    if (!result.ok) throw placeRefused(result.refusal, order.side);
    return result.order;
  }

  #cancel(order: SimOrder | null, requestId: string | null): object {
    const { engine, now } = this.#context;
    if (order?.status !== 'OPEN') throw unknownOrderSent();
    const cancelId = requestId ?? this.#makeId();
    const result = engine.cancel(order.id, now(), 'user', cancelId);
    if (!result.ok) throw unknownOrderSent();
    return cancelledView(result.order, engine.market(result.order.symbol), cancelId);
  }

  #makeId(): string {
    this.#made += 1;
    return `sim${this.#context.now().toString(36)}${this.#made.toString(36)}`;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
