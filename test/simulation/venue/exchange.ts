import { compare, divide, isPositive, type ExchangeId, type OrderSpec } from '@orderplane/domain';
import { capabilitiesOf, expiresNatively } from '@orderplane/exchange/capabilities';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import { ModelVenue, filled, remaining, shown, type VenueOrder } from '@orderplane/planner/testing';
import type { Random } from '../random.ts';
import { SYMBOLS } from '../script.ts';
import { iso, type Timeline } from '../timeline.ts';
import { HABITS } from './habits.ts';

/** A request that may still reach the exchange. */
export interface OnItsWay {
  readonly op: 'submit' | 'cancel' | 'amend';
  readonly venueClientId: string;
  readonly arrivesAtMs: number;
  /** False: the exchange will refuse it for its deadline. */
  readonly isInTime: boolean;
}

export interface Version {
  readonly atMs: number;
  readonly order: NormalizedOrder;
  readonly fills: readonly NormalizedFill[];
}

export interface VenueListener {
  /** A request has arrived in time, whatever becomes of it. */
  received(venue: SimExchange, op: OnItsWay['op'], venueClientId: string, spec: OrderSpec | null): void;
  placed(venue: SimExchange, order: VenueOrder): void;
  changed(venue: SimExchange, order: VenueOrder, fills: readonly NormalizedFill[]): void;
}

type Placing =
  | { readonly kind: 'placed'; readonly order: VenueOrder }
  | { readonly kind: 'duplicate' | 'refused'; readonly why: string };

const FIRST_PRICE = 10_000;

/**
 * One account at one exchange: a true ledger of everything it ever held, with a market whose price walks, and the
 * exchange's own way with client ids, deadlines and times in force. It knows nothing of who asks.
 */
export class SimExchange {
  readonly number: number;
  readonly accountId: string;
  readonly exchange: ExchangeId;
  readonly capabilities;
  readonly habits;
  readonly ledger = new ModelVenue();
  /** Orders that somebody else placed here. */
  readonly foreign = new Set<string>();
  /** Orders that a cancel of ours has ended. */
  readonly cancelled = new Set<string>();
  /** Prices that somebody else has given orders. */
  readonly outsidePrices = new Map<string, string>();
  /** The exchange can't be reached until then. */
  downUntilMs = 0;
  readonly #onItsWay = new Set<OnItsWay>();
  readonly #versions = new Map<string, Version[]>();
  readonly #waiting = new Set<string>();
  readonly #prices = new Map<string, number>(SYMBOLS.map((symbol) => [symbol, FIRST_PRICE]));
  #twin: OrderSpec | null = null;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #listener: VenueListener;
  /** How far the exchange's clock is off, ms. */
  readonly #skewMs: number;

  constructor(number: number, exchange: ExchangeId, timeline: Timeline, random: Random, listener: VenueListener) {
    this.number = number;
    this.accountId = `account-${number}`;
    this.exchange = exchange;
    this.capabilities = { ...capabilitiesOf(exchange), showsBalances: false, showsPositions: false };
    this.habits = HABITS[exchange];
    this.#timeline = timeline;
    this.#random = random;
    this.#listener = listener;
    // No further behind than what proofs of absence allow for (`clockMarginMs`).
    const margin = this.capabilities.clockMarginMs;
    this.#skewMs = random.chance(0.7) ? random.whole(-300, 300) : random.whole(-margin, 3_000);
  }

  get isDown(): boolean {
    return this.downUntilMs > this.#timeline.nowMs;
  }

  get now(): string {
    return iso(this.#timeline.nowMs + this.#skewMs);
  }

  price(symbol: string): number {
    return this.#prices.get(symbol) ?? FIRST_PRICE;
  }

  isInTime(deadlineAt: string, arrivesAtMs: number): boolean {
    return this.capabilities.submissionDeadlineMs === null || arrivesAtMs + this.#skewMs <= Date.parse(deadlineAt);
  }

  expect(request: OnItsWay): OnItsWay {
    this.#onItsWay.add(request);
    return request;
  }

  /** Requests that may still have an effect here. */
  onItsWay(op: OnItsWay['op'], venueClientId: string): readonly OnItsWay[] {
    const found: OnItsWay[] = [];
    for (const request of this.#onItsWay) {
      if (request.arrivesAtMs < this.#timeline.nowMs) this.#onItsWay.delete(request);
      else if (request.op === op && request.venueClientId === venueClientId && request.isInTime) found.push(request);
    }
    return found;
  }

  submit(request: OnItsWay, spec: OrderSpec): Placing {
    this.#onItsWay.delete(request);
    if (!request.isInTime) return { kind: 'refused', why: 'its deadline has passed' };
    this.#listener.received(this, 'submit', request.venueClientId, spec);
    if (this.#twin !== null) {
      const twin = this.#twin;
      this.#twin = null;
      this.placeOutside(request.venueClientId, twin);
    }
    const known = this.ledger.orders.find(({ clientId }) => clientId === request.venueClientId);
    const open = this.#openWith(request.venueClientId);
    if (this.habits.clientIds === 'unique' && known !== undefined) return { kind: 'duplicate', why: 'the id is taken' };
    if (this.habits.clientIds === 'uniqueWhileOpen' && open !== undefined)
      return { kind: 'duplicate', why: 'the id is taken' };
    if (spec.postOnly && this.#isMarketable(spec)) return { kind: 'refused', why: 'it would trade at once' };
    return { kind: 'placed', order: this.place(request.venueClientId, spec) };
  }

  /** Somebody else will place this under the client id of our next submission, a moment before it. */
  armTwin(spec: OrderSpec): void {
    this.#twin = spec;
  }

  placeOutside(clientId: string | null, spec: OrderSpec): VenueOrder {
    this.foreign.add(`v${this.ledger.orders.length + 1}`);
    return this.place(clientId, spec);
  }

  place(clientId: string | null, spec: OrderSpec): VenueOrder {
    const price = divide(String(this.price(spec.symbol)), '100', 2);
    const size = spec.size ?? divide(spec.quoteSize ?? '0', price, 4);
    const order = this.ledger.place(clientId, { ...spec, size }, this.now);
    if (spec.stopPrice !== null) this.#waiting.add(order.orderId);
    this.#listener.placed(this, order);
    this.#changed(order);
    this.#meet(order);
    if (expiresNatively(this.capabilities, spec) && spec.expiresAt !== null)
      this.#timeline.at(Date.parse(spec.expiresAt), `${this.accountId} ${order.orderId} time is over`, () =>
        this.end(order, 'EXPIRED'),
      );
    return order;
  }

  find(ids: { readonly venueClientId: string; readonly venueOrderId: string | null }): VenueOrder | undefined {
    return ids.venueOrderId === null ? this.ledger.byClientId(ids.venueClientId) : this.ledger.byId(ids.venueOrderId);
  }

  /** A cancel or an amend has arrived. */
  arrived(request: OnItsWay): void {
    this.#onItsWay.delete(request);
    this.#listener.received(this, request.op, request.venueClientId, null);
  }

  fill(order: VenueOrder, size: string): boolean {
    const fill = this.ledger.fill(order, size, this.now);
    if (fill === null) return false;
    const own = { ...fill, exchange: this.exchange, tradeId: `${this.exchange}-${this.number}-${fill.tradeId}` };
    order.fills[order.fills.length - 1] = own;
    this.#changed(order, [own]);
    return true;
  }

  /** Some of what is left, or all of it. */
  fillSome(order: VenueOrder): boolean {
    const left = remaining(order);
    const part = this.#random.chance(0.5) ? left : divide(left, String(this.#random.whole(2, 4)), 2);
    return this.fill(order, isPositive(part) ? part : left);
  }

  end(order: VenueOrder, status: 'CANCELLED' | 'EXPIRED'): boolean {
    const isDone = this.ledger.end(order, status, this.now, status === 'EXPIRED' ? 'tif' : null);
    if (isDone) this.#changed(order);
    return isDone;
  }

  /** By a request of ours. */
  cancel(order: VenueOrder): boolean {
    if (order.status === 'OPEN') this.cancelled.add(order.orderId);
    return this.end(order, 'CANCELLED');
  }

  /** By somebody else. */
  reprice(order: VenueOrder, price: string): void {
    if (order.status === 'OPEN') this.outsidePrices.set(order.orderId, price);
    this.amend(order, { price });
  }

  amend(order: VenueOrder, terms: { readonly size?: string; readonly price?: string }): boolean {
    const isDone = this.ledger.amend(order, terms, this.now);
    if (isDone) this.#changed(order);
    return isDone;
  }

  /** The market moves: stops are triggered, orders that it reaches are filled. */
  move(symbol: string, shift: number): void {
    const price = Math.max(5_000, Math.min(20_000, this.price(symbol) + shift));
    this.#prices.set(symbol, price);
    for (const order of this.ledger.open()) if (order.spec.symbol === symbol) this.#meet(order);
  }

  /** The order as it was then; null: it was not there. */
  asOf(order: VenueOrder, atMs: number): Version | null {
    return this.#versions.get(order.orderId)?.findLast((version) => version.atMs <= atMs) ?? null;
  }

  normalized(order: VenueOrder): NormalizedOrder {
    return {
      ...shown(order),
      exchange: this.exchange,
      stopPrice: order.spec.stopPrice,
      quoteSize: order.spec.quoteSize,
      filledSize: filled(order),
      working: !this.#waiting.has(order.orderId),
    };
  }

  #openWith(clientId: string): VenueOrder | undefined {
    return this.ledger.orders.find((order) => order.clientId === clientId && order.status === 'OPEN');
  }

  #isMarketable(spec: Pick<OrderSpec, 'type' | 'side' | 'price' | 'symbol'>): boolean {
    if (spec.price === null) return true;
    const price = divide(String(this.price(spec.symbol)), '100', 2);
    return spec.side === 'BUY' ? compare(spec.price, price) >= 0 : compare(spec.price, price) <= 0;
  }

  #meet(order: VenueOrder): void {
    if (order.status !== 'OPEN') return;
    const { spec } = order;
    if (this.#waiting.has(order.orderId)) {
      const price = divide(String(this.price(spec.symbol)), '100', 2);
      const reached = compare(price, spec.stopPrice ?? '0');
      if (spec.side === 'BUY' ? reached < 0 : reached > 0) return;
      this.#waiting.delete(order.orderId);
      this.#changed(order);
    }
    if (this.#isMarketable({ ...spec, price: order.price })) this.#trade(order);
    this.#endAtOnce(order);
  }

  #trade(order: VenueOrder): void {
    const mustFill = order.spec.timeInForce === 'FOK' || order.price === null;
    if (mustFill) this.fill(order, remaining(order));
    else this.fillSome(order);
  }

  /** Nothing of a market, IOC or FOK order rests; a stop is none of them until its trigger. */
  #endAtOnce(order: VenueOrder): void {
    const { timeInForce, type } = order.spec;
    const isRestless = type === 'MARKET' || timeInForce === 'IOC' || timeInForce === 'FOK';
    if (isRestless && !this.#waiting.has(order.orderId)) this.end(order, 'EXPIRED');
  }

  #changed(order: VenueOrder, fills: readonly NormalizedFill[] = []): void {
    order.updatedAt = this.now;
    const versions = this.#versions.get(order.orderId) ?? [];
    versions.push({ atMs: this.#timeline.nowMs, order: this.normalized(order), fills: [...order.fills] });
    this.#versions.set(order.orderId, versions);
    this.#listener.changed(this, order, fills);
  }
}
