import { changeTerms } from './amend.ts';
import type { MutableOrder } from './book.ts';
import { Core } from './core.ts';
import type { Counters } from './core.ts';
import type { Fixed } from './fixed.ts';
import { ZERO } from './fixed.ts';
import type { Instrument } from './instrument.ts';
import { marketNeed, match, runTriggers, trigger, wouldTake } from './matching.ts';
import type {
  AmendTerms,
  ChangeResult,
  EndReason,
  Engine,
  EngineEvent,
  EngineSettings,
  NewOrder,
  PlaceRefusal,
  PlaceResult,
  PublicTrade,
  SimBalance,
  SimExecution,
  SimMarket,
  SimOrder,
  SimTicker,
} from './model.ts';
import { movePrice, tickMarket } from './pricing.ts';
import { holdFor, paysInQuote, spends, tradeLate, updateHold } from './settlement.ts';
import { Veil } from './veil.ts';

/** What outlives a restart. */
export interface EngineRecords {
  readonly orders: Iterable<SimOrder>;
  readonly executions: Iterable<SimExecution>;
  /** [account, asset, total]; what is held follows from the open orders. */
  readonly balances: Iterable<readonly [string, string, Fixed]>;
  readonly prices: Iterable<readonly [string, Fixed]>;
  readonly publicTrades: number;
}

/** What an exchange may change of a market while it trades. */
export type MarketRules = Pick<SimMarket, 'priceStep' | 'sizeStep' | 'minSize' | 'minNotional'>;

const PAUSE_MS = 60_000;

/**
 * One exchange's matching engine: strict price-time priority over real orders, with synthetic liquidity behind them.
 * Every command runs to its end at once; its events are told in order before it returns.
 */
export class MatchingEngine implements Engine {
  readonly settings: EngineSettings;
  readonly #core: Core;
  /** What is hidden from the clients for now. */
  readonly veil = new Veil();
  /** Rules as they were before the first change. */
  readonly #firstRules = new Map<string, MarketRules>();

  constructor(settings: EngineSettings, seed: number, listener: (event: EngineEvent) => void) {
    this.settings = settings;
    this.#core = new Core(settings, seed, listener);
  }

  market(symbol: string): SimMarket | undefined {
    return this.#core.instruments.get(symbol)?.market;
  }
  marketByNativeId(nativeId: string): SimMarket | undefined {
    return this.#core.marketsByNativeId.get(nativeId);
  }

  place(request: NewOrder, now: number): PlaceResult {
    const core = this.#core;
    const instrument = core.instruments.get(request.symbol);
    if (instrument === undefined) return { ok: false, refusal: 'unknownSymbol' };
    const draft = draftOf(this.settings, instrument.market, request, now);
    const refusal = refusalOf(core, instrument, request, draft);
    if (refusal !== null) return { ok: false, refusal };
    core.counters.order += 1;
    const order: MutableOrder = {
      ...draft,
      number: core.counters.order,
      id: this.settings.orderId(core.counters.order, draft.type),
    };
    core.archive.add(order);
    updateHold(core, order);
    core.emit({ type: 'accepted', order });
    if (order.stopPrice !== null) {
      instrument.wait(order);
      if (order.expiresAt !== null) core.timed.add(order);
      if (instrument.isTriggered(order)) trigger(core, instrument, order, now);
    } else if (order.postOnly && wouldTake(instrument, order)) core.end(order, 'CANCELLED', 'postOnly', now);
    else match(core, instrument, order, now);
    runTriggers(core, instrument, now);
    core.emitBalances();
    return { ok: true, order, executions: core.archive.executionsOf(order.id) };
  }

  cancel(orderId: string, now: number, reason: EndReason = 'user', requestId: string | null = null): ChangeResult {
    const order = this.#core.archive.get(orderId);
    if (order === undefined) return { ok: false, refusal: 'unknownOrder' };
    if (order.status !== 'OPEN') return { ok: false, refusal: 'notOpen' };
    this.#takeOut(order);
    this.#core.end(order, reason === 'expired' ? 'EXPIRED' : 'CANCELLED', reason, now, requestId);
    this.#core.emitBalances();
    return { ok: true, order, executions: [] };
  }

  amend(orderId: string, terms: AmendTerms, now: number): ChangeResult {
    const core = this.#core;
    const order = core.archive.get(orderId);
    if (order === undefined) return { ok: false, refusal: 'unknownOrder' };
    if (order.status !== 'OPEN') return { ok: false, refusal: 'notOpen' };
    const instrument = this.#instrument(order.symbol);
    const before = core.archive.executionsOf(orderId).length;
    const refusal = changeTerms(core, instrument, order, terms, now);
    if (refusal !== null) return { ok: false, refusal };
    runTriggers(core, instrument, now);
    core.emitBalances();
    return { ok: true, order, executions: core.archive.executionsOf(orderId).slice(before) };
  }

  order(orderId: string): SimOrder | undefined {
    return this.veil.order(this.#core.archive.get(orderId));
  }
  orderByClientId(account: string, clientId: string): SimOrder | undefined {
    return this.veil.order(this.#core.archive.byClientId(account, clientId));
  }
  openOrders(account: string, symbol?: string): SimOrder[] {
    const open: SimOrder[] = [];
    for (const order of this.#core.archive.openOf(account)) {
      if (symbol === undefined || order.symbol === symbol) open.push(order);
    }
    return open;
  }
  orders(account: string, symbol?: string): readonly SimOrder[] {
    return this.veil.orders(this.#core.archive.ordersOf(account, symbol));
  }
  endedOrders(account: string): readonly SimOrder[] {
    return this.veil.orders(this.#core.archive.endedOf(account));
  }
  executions(account: string, symbol?: string): readonly SimExecution[] {
    return this.veil.executions(this.#core.archive.executionsOfAccount(account, symbol));
  }
  executionsOf(orderId: string): readonly SimExecution[] {
    return this.veil.executions(this.#core.archive.executionsOf(orderId));
  }
  balances(account: string): ReadonlyMap<string, SimBalance> {
    return this.#core.balances.of(account);
  }
  ticker(symbol: string, now: number): SimTicker {
    return this.#instrument(symbol).ticker(now);
  }
  publicTrades(symbol: string): readonly PublicTrade[] {
    return this.#instrument(symbol).tape;
  }

  // What follows is for the operator of the exchange: not part of what a venue's clients can do.

  get allOrders(): Iterable<SimOrder> {
    return this.#core.archive.allOrders;
  }
  get allExecutions(): readonly SimExecution[] {
    return this.#core.archive.allExecutions;
  }
  get counters(): Readonly<Counters> {
    return this.#core.counters;
  }

  setBalance(account: string, asset: string, total: Fixed): void {
    this.#core.balances.set(account, asset, total);
    this.#core.emitBalances();
  }

  /** Lets one second pass in every market. */
  tick(now: number): void {
    for (const instrument of this.#core.instruments.values()) tickMarket(this.#core, instrument, now);
    this.#core.emitBalances();
  }

  /** Ends the orders whose time is over. */
  expire(now: number): void {
    for (const order of this.#core.timed) {
      if (order.expiresAt !== null && order.expiresAt <= now) this.cancel(order.id, now, 'expired');
    }
  }

  /** See `movePrice`. False: no such market. */
  setPrice(symbol: string, price: Fixed, size: Fixed | null, now: number): boolean {
    const instrument = this.#core.instruments.get(symbol);
    if (instrument === undefined) return false;
    movePrice(this.#core, instrument, price, size, now, now + PAUSE_MS);
    this.#core.emitBalances();
    return true;
  }

  /** The exchange refuses an order that it had accepted. */
  reject(orderId: string, now: number): ChangeResult {
    const order = this.#core.archive.get(orderId);
    if (order === undefined) return { ok: false, refusal: 'unknownOrder' };
    if (order.status !== 'OPEN') return { ok: false, refusal: 'notOpen' };
    this.#takeOut(order);
    this.#core.end(order, 'FAILED', 'venue', now);
    this.#core.emitBalances();
    return { ok: true, order, executions: [] };
  }

  /** An execution of an order that has ended comes to light: it stays CANCELLED, or is FILLED when that completes it. */
  executeLate(orderId: string, size: Fixed, now: number): ChangeResult {
    const order = this.#core.archive.get(orderId);
    if (order === undefined) return { ok: false, refusal: 'unknownOrder' };
    const isFit = order.status !== 'OPEN' && order.price !== null && size <= order.size - order.filledSize;
    if (!isFit) return { ok: false, refusal: 'invalid' };
    tradeLate(this.#core, this.#instrument(order.symbol), order, size, now);
    this.#core.emitBalances();
    return { ok: true, order, executions: this.#core.archive.executionsOf(order.id) };
  }

  /** The exchange changes the rules of a market; orders at rest stay as they are. */
  changeRules(symbol: string, rules: Partial<MarketRules>): SimMarket {
    const { market } = this.#instrument(symbol);
    const { priceStep, sizeStep, minSize, minNotional } = market;
    if (!this.#firstRules.has(symbol)) this.#firstRules.set(symbol, { priceStep, sizeStep, minSize, minNotional });
    // In place: everybody who knows the market, the exchange's own tables included, knows this very object.
    return Object.assign(market, rules);
  }

  /** Starts or stops the random walk of one market or of all, until told otherwise. */
  setWalk(symbol: string | null, running: boolean): boolean {
    const chosen = symbol === null ? [...this.#core.instruments.values()] : [this.#core.instruments.get(symbol)];
    for (const instrument of chosen) {
      if (instrument === undefined) return false;
      instrument.pausedUntil = running ? 0 : Number.POSITIVE_INFINITY;
    }
    return true;
  }

  lastPrice(symbol: string): Fixed {
    return this.#instrument(symbol).last;
  }

  reset(): void {
    this.veil.clear();
    for (const [symbol, rules] of this.#firstRules) this.changeRules(symbol, rules);
    this.#core.clear();
  }

  /** Everything that must outlive a restart, in order of number. */
  records(): EngineRecords {
    const core = this.#core;
    return {
      orders: core.archive.allOrders,
      executions: core.archive.allExecutions,
      balances: balancesOf(core),
      prices: [...core.instruments.values()].map((one) => [one.market.symbol, one.last] as const),
      publicTrades: core.counters.publicTrade,
    };
  }

  /** The state as it was; orders and executions must come in order of number. */
  restore(records: EngineRecords): void {
    const core = this.#core;
    for (const [symbol, price] of records.prices) core.instruments.get(symbol)?.restart(price);
    for (const [account, asset, total] of records.balances) core.balances.set(account, asset, total);
    const open: MutableOrder[] = [];
    for (const record of records.orders) {
      const order: MutableOrder = { ...record, held: ZERO };
      this.#restoreOrder(order);
      if (order.status === 'OPEN') open.push(order);
    }
    for (const order of open.sort((a, b) => a.priority - b.priority)) this.#putBack(order);
    for (const execution of records.executions) {
      core.archive.addExecution(execution);
      core.counters.execution = Math.max(core.counters.execution, execution.number);
    }
    core.counters.publicTrade = records.publicTrades;
    core.archive.sortEnded();
    core.balances.takeTouched();
  }

  #restoreOrder(order: MutableOrder): void {
    const core = this.#core;
    core.archive.add(order);
    core.archive.alias(order, this.settings.orderId(order.number, order.type));
    core.counters.order = Math.max(core.counters.order, order.number);
    core.counters.end = Math.max(core.counters.end, order.endNumber ?? 0);
    core.counters.priority = Math.max(core.counters.priority, order.priority);
  }

  #putBack(order: MutableOrder): void {
    const core = this.#core;
    const instrument = core.instruments.get(order.symbol);
    if (instrument === undefined) return;
    updateHold(core, order);
    if (order.working) instrument.rest(order);
    else instrument.wait(order);
    if (order.expiresAt !== null) core.timed.add(order);
  }

  #takeOut(order: MutableOrder): void {
    const instrument = this.#instrument(order.symbol);
    if (order.working) instrument.unrest(order);
    else instrument.unwait(order);
  }

  #instrument(symbol: string): Instrument {
    const instrument = this.#core.instruments.get(symbol);
    if (instrument === undefined) throw new RangeError(`no market ${symbol}`);
    return instrument;
  }
}

function* balancesOf(core: Core): Generator<readonly [string, string, Fixed]> {
  for (const account of core.balances.accounts) {
    for (const [asset, { total }] of core.balances.of(account)) yield [account, asset, total];
  }
}

type Draft = Omit<MutableOrder, 'id' | 'number'>;

function draftOf(settings: EngineSettings, market: SimMarket, request: NewOrder, now: number): Draft {
  const isStop = request.stopPrice !== null;
  const defaultTrigger = request.side === 'BUY' ? 'above' : 'below';
  return {
    account: request.account,
    clientId: request.clientId,
    symbol: request.symbol,
    side: request.side,
    type: request.type,
    size: request.size ?? ZERO,
    quoteSize: request.quoteSize,
    price: request.price,
    stopPrice: request.stopPrice,
    triggerWhen: isStop ? (request.triggerWhen ?? defaultTrigger) : null,
    timeInForce: request.timeInForce,
    expiresAt: request.expiresAt,
    postOnly: request.postOnly,
    source: request.source,
    tags: request.tags ?? {},
    status: 'OPEN',
    working: !isStop,
    filledSize: ZERO,
    filledValue: ZERO,
    feeCost: ZERO,
    feeCurrency: !paysInQuote(settings, market) && request.side === 'BUY' ? market.base : market.quote,
    endReason: null,
    createdAt: now,
    updatedAt: now,
    workingAt: isStop ? null : now,
    triggeredAt: null,
    endedAt: null,
    endNumber: null,
    priority: 0,
    held: ZERO,
    heldAsset: spends(market, request.side) === 'quote' ? market.quote : market.base,
  };
}

function isWellFormed(request: NewOrder): boolean {
  const isLimit = request.type === 'LIMIT' || request.type === 'STOP_LIMIT';
  const isStop = request.type === 'STOP_LIMIT' || request.type === 'STOP_MARKET';
  if ((request.size === null) === (request.quoteSize === null)) return false;
  if (request.quoteSize !== null && request.type !== 'MARKET') return false;
  if ((request.size ?? request.quoteSize ?? ZERO) <= ZERO) return false;
  if (isLimit !== (request.price !== null) || isStop !== (request.stopPrice !== null)) return false;
  if ((request.timeInForce === 'GTD') !== (request.expiresAt !== null)) return false;
  return !request.postOnly || isLimit;
}

function refusalOf(core: Core, instrument: Instrument, request: NewOrder, draft: Draft): PlaceRefusal | null {
  if (!isWellFormed(request)) return 'invalid';
  if (request.clientId !== null && (request.uniqueOpenClientId ?? true)) {
    if (core.archive.byClientId(request.account, request.clientId)?.status === 'OPEN') return 'duplicateClientId';
  }
  const probe: SimOrder = { ...draft, id: '', number: 0 };
  if (draft.stopPrice !== null) {
    if ((request.onImmediateTrigger ?? 'refuse') === 'refuse' && instrument.isTriggered(probe)) return 'wouldTrigger';
  } else if (draft.postOnly && (request.onPostOnlyCross ?? 'refuse') === 'refuse' && wouldTake(instrument, draft)) {
    return 'wouldTake';
  }
  const need = draft.type === 'MARKET' ? marketNeed(core, instrument, draft) : holdFor(core, instrument.market, probe);
  return need > core.balances.free(draft.account, draft.heldAsset) ? 'insufficientFunds' : null;
}
