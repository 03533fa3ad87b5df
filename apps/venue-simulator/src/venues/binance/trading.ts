import type { SimMarket, SimOrder } from '../../engine/model.ts';
import type { SimAccount, VenueContext } from '../protocol.ts';
import { BinanceError, missing, unknownOrderSent } from './errors.ts';
import type { RateLimits } from './limits.ts';
import { checkLot, marketOf, placeRefused, readOrder } from './order-request.ts';
import type { OrderRequest } from './order-request.ts';
import type { Params } from './params.ts';
import { findOrder } from './queries.ts';
import { amendedView, cancelledView, clientIdOf, placedView } from './views.ts';

/** The trading requests of the venue. Ids that the client leaves out are made up, as the venue does. */
export class Trading {
  readonly #context: VenueContext;
  readonly #limits: RateLimits;
  /** Client id that the order being amended had before: wanted by the stream's report. */
  amendedFrom: string | null = null;
  #made = 0;

  constructor(context: VenueContext, limits: RateLimits) {
    this.#context = context;
    this.#limits = limits;
  }

  place(params: Params, account: SimAccount): object {
    const { now } = this.#context;
    const request = readOrder(this.#context.engine, params, account.apiKey, () => this.#makeId(), now());
    this.#limits.order(account.apiKey, now());
    return this.#submit(request);
  }

  cancel(params: Params, account: SimAccount): object {
    const { engine } = this.#context;
    const order = findOrder(engine, params, account, 'origClientOrderId');
    return this.#cancel(order, params.clientId('newClientOrderId'), params.text('cancelRestrictions'));
  }

  cancelAll(params: Params, account: SimAccount): object[] {
    const { engine } = this.#context;
    const market = marketOf(engine, params);
    const open = engine.openOrders(account.apiKey, market.symbol);
    if (open.length === 0) throw unknownOrderSent();
    return open.map((order) => this.#cancel(order, null, null));
  }

  /** Cancels, then places. Filters and counts of the new order are checked before anything happens. */
  cancelReplace(params: Params, account: SimAccount): object {
    const { engine, now } = this.#context;
    const modes = ['STOP_ON_FAILURE', 'ALLOW_FAILURE'] as const;
    const mode = params.oneOf('cancelReplaceMode', modes, () => missing('cancelReplaceMode'));
    if (mode === null) throw missing('cancelReplaceMode');
    const request = readOrder(engine, params, account.apiKey, () => this.#makeId(), now());
    this.#limits.order(account.apiKey, now());
    const old = findOrder(engine, params, account, 'cancelOrigClientOrderId', 'cancelOrderId');
    const cancelled = attempt(() =>
      this.#cancel(old, params.clientId('cancelNewClientOrderId'), params.text('cancelRestrictions')),
    );
    if (!cancelled.ok && mode === 'STOP_ON_FAILURE') {
      throw new BinanceError(-2022, 'Order cancel-replace failed.', 400, {
        cancelResult: 'FAILURE',
        newOrderResult: 'NOT_ATTEMPTED',
        cancelResponse: cancelled.value,
        newOrderResponse: null,
      });
    }
    const placed = attempt(() => this.#submit(request));
    const data = {
      cancelResult: cancelled.ok ? 'SUCCESS' : 'FAILURE',
      newOrderResult: placed.ok ? 'SUCCESS' : 'FAILURE',
      cancelResponse: cancelled.value,
      newOrderResponse: placed.value,
    };
    if (cancelled.ok && placed.ok) return data;
    if (!cancelled.ok && !placed.ok) throw new BinanceError(-2022, 'Order cancel-replace failed.', 400, data);
    throw new BinanceError(-2021, 'Order cancel-replace partially failed.', 409, data);
  }

  /** Order amend keep priority: the quantity may only go down, to more than what is filled. */
  amend(params: Params, account: SimAccount): object {
    const { engine, now } = this.#context;
    const order = findOrder(engine, params, account, 'origClientOrderId');
    const quantity = params.amount('newQty');
    if (quantity === null) throw missing('newQty');
    if (order?.status !== 'OPEN') throw new BinanceError(-2038, 'The order does not exist or is not open.');
    const market = engine.market(order.symbol);
    if (market !== undefined) checkLot(market, quantity);
    if (quantity >= order.size || quantity <= order.filledSize) {
      throw new BinanceError(-2038, 'Order amend: newQty must be below the quantity and above what is executed.');
    }
    const oldId = clientIdOf(order);
    this.amendedFrom = oldId;
    const clientId = params.clientId('newClientOrderId') ?? this.#makeId();
    const result = engine.amend(order.id, { size: quantity, clientId }, now());
    this.amendedFrom = null;
    if (!result.ok) throw new BinanceError(-2038, `Order amend rejected: ${result.refusal}.`);
    return amendedView(result.order, market, oldId);
  }

  #submit({ order, market, detail }: OrderRequest): object {
    const result = this.#context.engine.place(order, this.#context.now());
    if (!result.ok) throw placeRefused(result.refusal);
    return placedView(result.order, market, result.executions, detail);
  }

  #cancel(order: SimOrder | null, requestId: string | null, restriction: string | null): object {
    const { engine, now } = this.#context;
    if (order?.status !== 'OPEN') throw unknownOrderSent();
    const isPartial = order.filledSize > 0n;
    const isRestricted = restriction === 'ONLY_NEW' ? isPartial : restriction === 'ONLY_PARTIALLY_FILLED' && !isPartial;
    if (isRestricted) throw new BinanceError(-2011, 'Order was not canceled due to cancel restrictions.');
    const cancelId = requestId ?? this.#makeId();
    const market: SimMarket | undefined = engine.market(order.symbol);
    const result = engine.cancel(order.id, now(), 'user', cancelId);
    if (!result.ok) throw unknownOrderSent();
    return cancelledView(result.order, market, cancelId);
  }

  #makeId(): string {
    this.#made += 1;
    return `sim${this.#context.now().toString(36)}${this.#made.toString(36)}`;
  }
}

type Attempt = { readonly ok: true; readonly value: object } | { readonly ok: false; readonly value: object };

function attempt(action: () => object): Attempt {
  try {
    return { ok: true, value: action() };
  } catch (cause) {
    if (cause instanceof BinanceError) return { ok: false, value: cause.body };
    throw cause;
  }
}
