import type { Fixed } from '../../engine/fixed.ts';
import type { AmendTerms, ChangeRefusal, EndReason, Engine, PlaceRefusal, SimOrder } from '../../engine/model.ts';
import { checkCost, checkDeadline, readAddOrder, readPrice, readVolume } from './add-order.ts';
import type { Fields } from './auth.ts';
import { idsOf } from './history.ts';
import { derivedId } from './ids.ts';
import type { KrakenLimits } from './limits.ts';
import { marketOf } from './markets.ts';
import { describe, tagsOf, textOf } from './orders.ts';
import { badArgument, refuse } from './refusal.ts';

/** Kraken documents no text for a repeated client id; this one names the field, as its other texts do. */
export const DUPLICATE_CLIENT_ID = 'EOrder:cl_ord_id already in use';

const PLACE_REFUSALS: Readonly<Record<PlaceRefusal, string>> = {
  unknownSymbol: 'EQuery:Unknown asset pair',
  insufficientFunds: 'EOrder:Insufficient funds',
  duplicateClientId: DUPLICATE_CLIENT_ID,
  wouldTake: 'EOrder:Post only order',
  wouldTrigger: 'EOrder:Invalid price',
  invalid: 'EGeneral:Invalid arguments',
};
const CHANGE_REFUSALS: Readonly<Record<ChangeRefusal, string>> = {
  unknownOrder: 'EOrder:Unknown order',
  notOpen: 'EOrder:Unknown order',
  insufficientFunds: 'EOrder:Insufficient funds',
  wouldTake: 'EOrder:Post only order',
  wouldTrigger: 'EOrder:Invalid price',
  invalid: 'EGeneral:Invalid arguments:order_qty',
};

const LONGEST_SWITCH_SECONDS = 86_400;
const BATCH_LIMIT = 50;

/** Everything that places, changes or cancels. Methods throw KrakenRefusal. */
export class Trading {
  readonly #engine: Engine;
  readonly #limits: KrakenLimits;
  /** account → instant (ms) at which all its orders are cancelled. */
  readonly #switches = new Map<string, number>();

  constructor(engine: Engine, limits: KrakenLimits) {
    this.#engine = engine;
    this.#limits = limits;
  }

  addOrder(fields: Fields, account: string, now: number): Record<string, unknown> {
    const request = readAddOrder(fields, account, this.#engine, now);
    const symbol = request.market.symbol;
    this.#limits.add(account, symbol, () => this.#engine.openOrders(account, symbol).length, now);
    const descr = { order: describe(request.text) };
    if (request.validateOnly) return { descr };
    const placed = this.#engine.place(request.order, now);
    if (!placed.ok) return refuse(PLACE_REFUSALS[placed.refusal]);
    return { txid: [placed.order.id], descr };
  }

  /** Keeps order id, client id and what is filled; `order_qty` is the total of the order, fills included. */
  amendOrder(fields: Fields, account: string, now: number): Record<string, unknown> {
    const order = this.#openOrder(fields, account);
    checkDeadline(fields, now);
    const terms = this.#amendTerms(fields, order);
    this.#limits.amend(account, order.symbol, now - order.createdAt, now);
    const amends = tagsOf(order).amends + 1;
    const tags = { ...order.tags, amends: String(amends) };
    const amended = this.#engine.amend(order.id, { ...terms, tags }, now);
    if (!amended.ok) return refuse(CHANGE_REFUSALS[amended.refusal]);
    return { amend_id: derivedId('T', 'amend', order.id, amends) };
  }

  /** Cancels the order and places its successor with a new id; fields that are absent are taken over. */
  editOrder(fields: Fields, account: string, now: number): Record<string, unknown> {
    const [old] = this.#openOf([fields.get('txid') ?? ''], account);
    if (old === undefined) return refuse('EOrder:Unknown order');
    if (old.filledSize > 0n) return refuse('EOrder:Invalid order');
    const text = textOf(old);
    const tags = tagsOf(old);
    const merged = new Map([
      ['type', text.side],
      ['ordertype', text.ordertype],
      ['volume', text.volume],
      ...(text.price === '0' ? [] : [['price', text.price] as const]),
      ...(text.price2 === '0' ? [] : [['price2', text.price2] as const]),
      ['oflags', tags.oflags],
      ['userref', String(tags.userref)],
      ['timeinforce', old.timeInForce],
      ...(old.expiresAt === null ? [] : [['expiretm', String(old.expiresAt / 1000)] as const]),
      ...fields,
    ]);
    for (const name of ['txid', 'nonce', 'cl_ord_id']) merged.delete(name);
    const request = readAddOrder(merged, account, this.#engine, now);
    if (request.market.symbol !== old.symbol) badArgument('pair');
    const descr = { order: describe(request.text) };
    if (request.validateOnly) return { descr };
    this.#limits.amend(account, old.symbol, now - old.createdAt, now);
    this.#engine.cancel(old.id, now, 'user');
    const placed = this.#engine.place(request.order, now);
    if (!placed.ok) return refuse(PLACE_REFUSALS[placed.refusal]);
    const { volume, price, price2 } = request.text;
    return {
      status: 'ok',
      txid: placed.order.id,
      originaltxid: old.id,
      volume,
      price,
      price2,
      orders_cancelled: 1,
      descr,
    };
  }

  cancelOrder(fields: Fields, account: string, now: number): Record<string, unknown> {
    const clientId = fields.get('cl_ord_id');
    if (clientId !== undefined) return { count: this.#cancelAll([this.#openByClientId(clientId, account)], now) };
    const [reference = ''] = idsOf(fields);
    // A number is a user reference and may name several orders.
    const found = /^-?\d{1,10}$/.test(reference)
      ? this.#engine.openOrders(account).filter((order) => String(tagsOf(order).userref) === reference)
      : this.#openOf(idsOf(fields), account);
    if (found.length === 0) return refuse('EOrder:Unknown order');
    return { count: this.#cancelAll(found, now) };
  }

  /** Orders that are not open are passed over. */
  cancelOrderBatch(fields: Fields, account: string, now: number): Record<string, unknown> {
    const listOf = (name: string): readonly string[] => {
      try {
        const parsed: unknown = JSON.parse(fields.get(name) ?? '[]');
        return Array.isArray(parsed) ? parsed.map(String) : badArgument(name);
      } catch {
        return badArgument(name);
      }
    };
    const ids = listOf('orders');
    const clientIds = listOf('cl_ord_ids');
    if (ids.length + clientIds.length === 0 || ids.length + clientIds.length > BATCH_LIMIT) badArgument('orders');
    const byClientId = clientIds.flatMap((id) => this.#engine.orderByClientId(account, id)?.id ?? []);
    return { count: this.#cancelAll(this.#openOf([...ids, ...byClientId], account), now) };
  }

  cancelAll(account: string, now: number): Record<string, unknown> {
    return { count: this.#cancelAll(this.#engine.openOrders(account), now) };
  }

  /** The dead man's switch: 0 disarms it, each call sets it anew. */
  cancelAllAfter(fields: Fields, account: string, now: number): Record<string, unknown> {
    const text = fields.get('timeout') ?? '';
    const timeout = /^\d{1,6}$/.test(text) ? Number(text) : badArgument('timeout');
    if (timeout > LONGEST_SWITCH_SECONDS) badArgument('timeout');
    const currentTime = isoSeconds(now);
    if (timeout === 0) {
      this.#switches.delete(account);
      return { currentTime, triggerTime: '0' };
    }
    const triggerAt = now + timeout * 1000;
    this.#switches.set(account, triggerAt);
    return { currentTime, triggerTime: isoSeconds(triggerAt) };
  }

  /** Fires the switches whose time has come. */
  tick(now: number): void {
    for (const [account, triggerAt] of this.#switches) {
      if (triggerAt > now) continue;
      this.#switches.delete(account);
      this.#cancelAll(this.#engine.openOrders(account), now, 'deadMan');
    }
  }

  reset(): void {
    this.#switches.clear();
  }

  #cancelAll(orders: Iterable<SimOrder>, now: number, reason: EndReason = 'user'): number {
    let count = 0;
    for (const order of [...orders]) {
      const { symbol, account, createdAt } = order;
      if (!this.#engine.cancel(order.id, now, reason).ok) continue;
      this.#limits.cancel(account, symbol, now - createdAt, now);
      count += 1;
    }
    return count;
  }

  /** Those of the ids that are open orders of the account. */
  #openOf(ids: readonly string[], account: string): SimOrder[] {
    return ids.flatMap((id) => {
      const order = this.#engine.order(id);
      return order !== undefined && order.account === account && order.status === 'OPEN' ? [order] : [];
    });
  }

  #openByClientId(clientId: string, account: string): SimOrder {
    const order = this.#engine.orderByClientId(account, clientId);
    return order === undefined || order.status !== 'OPEN' ? refuse('EOrder:Unknown order') : order;
  }

  #openOrder(fields: Fields, account: string): SimOrder {
    const txid = fields.get('txid');
    const clientId = fields.get('cl_ord_id');
    if (txid !== undefined && clientId !== undefined) return refuse('EGeneral:Invalid arguments');
    if (clientId !== undefined) return this.#openByClientId(clientId, account);
    return this.#openOf([txid ?? ''], account)[0] ?? refuse('EOrder:Unknown order');
  }

  #amendTerms(fields: Fields, order: SimOrder): AmendTerms {
    const market = marketOf(order.symbol);
    const quantity = fields.get('order_qty');
    const limit = fields.get('limit_price');
    const trigger = fields.get('trigger_price');
    const postOnly = fields.get('post_only') === 'true';
    if (order.quoteSize !== null || (quantity ?? limit ?? trigger) === undefined) {
      return refuse('EGeneral:Invalid arguments');
    }
    if (limit !== undefined && order.price === null) badArgument('limit_price');
    if (trigger !== undefined && (order.stopPrice === null || order.triggeredAt !== null)) badArgument('trigger_price');
    const size = quantity === undefined ? undefined : readVolume(quantity, 'order_qty', market);
    const price = limit === undefined ? undefined : readPrice(limit, 'limit_price', market);
    const stopPrice = trigger === undefined ? undefined : readPrice(trigger, 'trigger_price', market);
    const valued: Fixed | null = price ?? order.price ?? stopPrice ?? order.stopPrice;
    if (valued !== null) checkCost(valued, size ?? order.size, market);
    return {
      ...(size === undefined ? {} : { size }),
      ...(price === undefined ? {} : { price }),
      ...(stopPrice === undefined ? {} : { stopPrice }),
      ...(postOnly ? { postOnly } : {}),
    };
  }
}

const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
