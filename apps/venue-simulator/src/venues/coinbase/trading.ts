import { z } from 'zod';
import { fixedText, parseFixed, times, ZERO } from '../../engine/fixed.ts';
import type { ChangeRefusal, Engine, PlaceRefusal, SimOrder } from '../../engine/model.ts';
import type { VenueAnswer } from '../protocol.ts';
import { productOf } from './markets.ts';
import { baseSize, checkWorth, parseBody, price, readCreateOrder } from './order-request.ts';
import { configurationJson, configurationKey, isoMicros, withEdit } from './orders.ts';
import { badArgument, json, OrderRefusal, orderRefused } from './refusal.ts';

const PLACE_REFUSALS: Readonly<Record<Exclude<PlaceRefusal, 'wouldTrigger'>, readonly [string, string]>> = {
  unknownSymbol: ['INVALID_PRODUCT_ID', 'Unknown product'],
  insufficientFunds: ['INSUFFICIENT_FUND', 'Insufficient balance in source account'],
  duplicateClientId: ['DUPLICATE_CLIENT_ORDER_ID', 'client_order_id is in use'],
  wouldTake: ['INVALID_LIMIT_PRICE_POST_ONLY', 'Post only order would match immediately'],
  invalid: ['INVALID_REQUEST', 'Invalid order'],
};

const EditBody = z.object({ order_id: z.string(), size: z.string().optional(), price: z.string().optional() });
const CancelBody = z.object({ order_ids: z.array(z.string()).min(1).max(100) });
/** Only orders that stay until they are cancelled can be edited. */
const EDITABLE: ReadonlySet<string> = new Set(['limit_limit_gtc', 'stop_limit_stop_limit_gtc']);

const UNKNOWN_EDIT = 'UNKNOWN_EDIT_ORDER_FAILURE_REASON';
const UNKNOWN_PREVIEW = 'UNKNOWN_PREVIEW_FAILURE_REASON';

interface EditTerms {
  readonly size: bigint;
  readonly price: bigint;
}

/** Everything that places, changes or cancels. */
export class Trading {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** A client id that any order has had names that order: nothing is placed, and it is answered again. */
  create(body: string, account: string, now: number): VenueAnswer {
    const request = readCreateOrder(body);
    const first = this.#engine.orderByClientId(account, request.clientId);
    if (first !== undefined) return created(first);
    try {
      return this.#place(request.order(account, now), now);
    } catch (error) {
      if (error instanceof OrderRefusal) return orderRefused(error, request.configuration);
      throw error;
    }
  }

  #place(order: Parameters<Engine['place']>[0], now: number): VenueAnswer {
    const placed = this.#engine.place(order, now);
    if (placed.ok) return created(placed.order);
    if (placed.refusal === 'wouldTrigger') {
      const side = order.triggerWhen === 'below' ? 'ABOVE' : 'BELOW';
      throw new OrderRefusal(`PREVIEW_STOP_PRICE_${side}_LAST_TRADE_PRICE`, '');
    }
    throw new OrderRefusal(...PLACE_REFUSALS[placed.refusal]);
  }

  /** `size` is the total of the order, fills included; one that is left out counts as 0. */
  edit(body: string, account: string, now: number): VenueAnswer {
    const parsed = EditBody.safeParse(parseBody(body));
    if (!parsed.success) return badArgument('order_id');
    const order = this.#own(parsed.data.order_id, account);
    const terms = order === null ? 'ORDER_NOT_FOUND' : editTerms(order, parsed.data);
    if (order === null || typeof terms === 'string') return editRefused(terms as string);
    const edit = {
      price: fixedText(terms.price),
      size: fixedText(terms.size),
      replace_accept_timestamp: isoMicros(now),
    };
    const amended = this.#engine.amend(order.id, { ...terms, tags: { edits: withEdit(order, edit) } }, now);
    return amended.ok ? json({ success: true, errors: [] }) : refusedByEngine(amended.refusal);
  }

  /** One result for each id, in their order. */
  cancel(body: string, account: string, now: number): VenueAnswer {
    const parsed = CancelBody.safeParse(parseBody(body));
    if (!parsed.success) return badArgument('order_ids');
    const results = parsed.data.order_ids.map((order_id) => {
      const failure = this.#cancelOne(order_id, account, now);
      return { success: failure === null, failure_reason: failure ?? 'UNKNOWN_CANCEL_FAILURE_REASON', order_id };
    });
    return json({ results });
  }

  #cancelOne(orderId: string, account: string, now: number): string | null {
    const order = this.#own(orderId, account);
    if (order === null) return 'UNKNOWN_CANCEL_ORDER';
    if (order.status === 'FILLED') return 'ORDER_IS_FULLY_FILLED';
    return this.#engine.cancel(orderId, now, 'user').ok ? null : 'UNKNOWN_CANCEL_ORDER';
  }

  #own(orderId: string, account: string): SimOrder | null {
    const order = this.#engine.order(orderId);
    return order?.account === account ? order : null;
  }
}

/** The new terms, or why there can be none. */
function editTerms(order: SimOrder, asked: z.infer<typeof EditBody>): EditTerms | string {
  if (order.status !== 'OPEN') return 'ONLY_OPEN_ORDERS_CAN_BE_EDITED';
  if (!EDITABLE.has(configurationKey(order))) return 'ONLY_LIMIT_ORDER_EDITS_SUPPORTED';
  const size = parseFixed(asked.size ?? '0') ?? ZERO;
  if (size <= order.filledSize) return size === ZERO ? 'INVALID_EDITED_SIZE' : 'CANNOT_EDIT_TO_BELOW_FILLED_SIZE';
  const product = productOf(order.symbol);
  try {
    const terms = { size: baseSize(asked.size, product), price: price(asked.price, 'price', product) };
    if (terms.size === order.size && terms.price === order.price) return 'EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST';
    checkWorth(times(terms.price, terms.size), product);
    return terms;
  } catch (error) {
    if (!(error instanceof OrderRefusal)) throw error;
    return error.preview.includes('PRICE') ? 'INVALID_EDITED_PRICE' : 'INVALID_EDITED_SIZE';
  }
}

const editRefused = (edit: string, preview = UNKNOWN_PREVIEW): VenueAnswer =>
  json({ success: false, errors: [{ edit_failure_reason: edit, preview_failure_reason: preview }] });

function refusedByEngine(refusal: ChangeRefusal): VenueAnswer {
  switch (refusal) {
    case 'unknownOrder':
      return editRefused('ORDER_NOT_FOUND');
    case 'notOpen':
      return editRefused('ONLY_OPEN_ORDERS_CAN_BE_EDITED');
    case 'insufficientFunds':
      return editRefused(UNKNOWN_EDIT, 'PREVIEW_INSUFFICIENT_FUND');
    case 'wouldTake':
      return editRefused(UNKNOWN_EDIT, 'PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY');
    case 'wouldTrigger':
    case 'invalid':
      return editRefused('COMMANDER_REJECTED_EDIT_ORDER');
  }
}

const created = (order: SimOrder): VenueAnswer =>
  json({
    success: true,
    failure_reason: 'UNKNOWN_FAILURE_REASON',
    order_id: order.id,
    success_response: {
      order_id: order.id,
      product_id: order.symbol,
      side: order.side,
      client_order_id: order.clientId ?? '',
    },
    order_configuration: configurationJson(order),
  });
