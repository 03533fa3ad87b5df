import type { Limits } from '../protocol.ts';
import { refuse } from './refusal.ts';

/** A counter that rises with each call and falls with time. */
interface Counter {
  value: number;
  at: number;
}

/** The middle of Kraken's three verification tiers. */
const CALLS = { maximum: 20, decayPerSecond: 0.5 };
const TRADING = { maximum: 125, decayPerSecond: 2.34 };
const OPEN_ORDERS_PER_PAIR = 80;
const COUNTERS_KEPT = 10_000;

/** Calls that the trading limiter counts instead. */
const UNCOUNTED = new Set(['AddOrder', 'AmendOrder', 'EditOrder', 'CancelOrder', 'CancelOrderBatch']);
const HISTORY = new Set(['TradesHistory', 'QueryTrades']);

/** [younger than so many seconds, points]: changing or cancelling a young order costs more. */
const CANCEL_POINTS = [
  [5, 8],
  [10, 6],
  [15, 5],
  [45, 4],
  [90, 2],
  [300, 1],
] as const;
const AMEND_POINTS = [
  [5, 3],
  [10, 2],
  [15, 1],
] as const;

const pointsFor = (table: readonly (readonly [number, number])[], ageMs: number): number =>
  table.find(([seconds]) => ageMs < seconds * 1000)?.[1] ?? 0;

/** Kraken's two limiters: calls per key, and orders per key and pair. Nothing is counted while limits are off. */
export class KrakenLimits {
  readonly #limits: () => Limits;
  readonly #calls = new Map<string, Counter>();
  readonly #trading = new Map<string, Counter>();
  /** Open orders by key and pair; a pair not asked about yet is absent. */
  readonly #open = new Map<string, number>();

  constructor(limits: () => Limits) {
    this.#limits = limits;
  }

  /** Throws `EAPI:Rate limit exceeded`; the refused call is not counted. */
  call(apiKey: string, method: string, now: number): void {
    if (UNCOUNTED.has(method)) return;
    const counted = this.#add(this.#calls, apiKey, CALLS, HISTORY.has(method) ? 2 : 1, now, true);
    if (!counted) refuse('EAPI:Rate limit exceeded');
  }

  /**
   * A new order: throws `EOrder:Rate limit exceeded` or `EOrder:Orders limit exceeded`. `openNow` counts the open
   * orders of the pair; it is asked once, `opened` and `ended` keep the count from then on.
   */
  add(apiKey: string, symbol: string, openNow: () => number, now: number): void {
    const { enabled, scale } = this.#limits();
    if (!enabled) return;
    const key = `${apiKey} ${symbol}`;
    if (!this.#add(this.#trading, key, TRADING, 1, now, true)) refuse('EOrder:Rate limit exceeded');
    const open = this.#open.get(key) ?? openNow();
    this.#open.set(key, open);
    if (open >= OPEN_ORDERS_PER_PAIR * scale) refuse('EOrder:Orders limit exceeded');
  }

  opened(apiKey: string, symbol: string): void {
    this.#change(`${apiKey} ${symbol}`, 1);
  }
  ended(apiKey: string, symbol: string): void {
    this.#change(`${apiKey} ${symbol}`, -1);
  }

  /** Throws `EOrder:Rate limit exceeded`. */
  amend(apiKey: string, symbol: string, ageMs: number, now: number): void {
    const points = 1 + pointsFor(AMEND_POINTS, ageMs);
    if (!this.#add(this.#trading, `${apiKey} ${symbol}`, TRADING, points, now, true)) {
      refuse('EOrder:Rate limit exceeded');
    }
  }

  /** Cancels are counted, never refused: they make the next orders wait. */
  cancel(apiKey: string, symbol: string, ageMs: number, now: number): void {
    this.#add(this.#trading, `${apiKey} ${symbol}`, TRADING, pointsFor(CANCEL_POINTS, ageMs), now, false);
  }

  reset(): void {
    this.#calls.clear();
    this.#trading.clear();
    this.#open.clear();
  }

  #change(key: string, by: number): void {
    const open = this.#open.get(key);
    if (open !== undefined) this.#open.set(key, open + by);
  }

  #add(
    counters: Map<string, Counter>,
    key: string,
    rule: { readonly maximum: number; readonly decayPerSecond: number },
    points: number,
    now: number,
    mayRefuse: boolean,
  ): boolean {
    const { enabled, scale } = this.#limits();
    if (!enabled) return true;
    let counter = counters.get(key);
    if (counter === undefined) {
      if (counters.size >= COUNTERS_KEPT) counters.clear();
      counter = { value: 0, at: now };
      counters.set(key, counter);
    }
    const elapsed = Math.max(0, now - counter.at) / 1000;
    counter.value = Math.max(0, counter.value - elapsed * rule.decayPerSecond * scale);
    counter.at = now;
    if (mayRefuse && counter.value + points > rule.maximum * scale) return false;
    counter.value = Math.min(counter.value + points, rule.maximum * scale * 2);
    return true;
  }
}
