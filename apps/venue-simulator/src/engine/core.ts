import { Archive } from './archive.ts';
import { Balances } from './balances.ts';
import type { MutableOrder } from './book.ts';
import { Instrument } from './instrument.ts';
import type { EndReason, EngineEvent, EngineSettings, SimMarket, SimStatus } from './model.ts';
import { seedOf } from './rng.ts';
import { updateHold } from './settlement.ts';

export interface Counters {
  order: number;
  execution: number;
  end: number;
  priority: number;
  publicTrade: number;
}

/** The engine's state, shared by its parts: matching, settlement, pricing. */
export class Core {
  readonly settings: EngineSettings;
  readonly instruments = new Map<string, Instrument>();
  readonly marketsByNativeId = new Map<string, SimMarket>();
  readonly balances = new Balances();
  readonly archive = new Archive();
  readonly counters: Counters = { order: 0, execution: 0, end: 0, priority: 0, publicTrade: 0 };
  /** Open orders with a time limit. */
  readonly timed = new Set<MutableOrder>();
  readonly #seed: number;
  readonly #listener: (event: EngineEvent) => void;

  constructor(settings: EngineSettings, seed: number, listener: (event: EngineEvent) => void) {
    this.settings = settings;
    this.#seed = seed;
    this.#listener = listener;
    for (const market of settings.markets) this.marketsByNativeId.set(market.nativeId, market);
    this.clear();
  }

  /** Back to the beginning: no orders, no balances, start prices. */
  clear(): void {
    for (const market of this.settings.markets) {
      const seed = seedOf(this.#seed, `${this.settings.exchange}:${market.symbol}`);
      this.instruments.set(market.symbol, new Instrument(market, seed, this.settings.syntheticLevels));
    }
    this.balances.clear();
    this.archive.clear();
    this.timed.clear();
    Object.assign(this.counters, { order: 0, execution: 0, end: 0, priority: 0, publicTrade: 0 } satisfies Counters);
  }

  emit(event: EngineEvent): void {
    this.#listener(event);
  }

  emitBalances(): void {
    for (const [account, assets] of this.balances.takeTouched()) this.emit({ type: 'balance', account, assets });
  }

  /** Files the order's end. The order must be in no book any more. */
  file(order: MutableOrder, status: Exclude<SimStatus, 'OPEN'>, reason: EndReason | null, now: number): void {
    order.status = status;
    order.endReason = reason;
    order.updatedAt = now;
    order.endedAt = now;
    order.endNumber = this.counters.end += 1;
    updateHold(this, order);
    this.timed.delete(order);
    this.archive.ended(order);
  }

  /** Ends an order unfilled (in part) and tells it. */
  end(
    order: MutableOrder,
    status: 'CANCELLED' | 'EXPIRED' | 'FAILED',
    reason: EndReason,
    now: number,
    cancelRequestId: string | null = null,
  ): void {
    this.file(order, status, reason, now);
    this.emit({ type: 'ended', order, cancelRequestId });
  }
}
