import type { ExchangeId, TriggerSource } from '@orderplane/domain';
import { replay, TriggerBook, type Armed, type Hit, type Print } from '@orderplane/planner';
import type { TriggerConsumer } from './model.ts';

/** All is loaded anew this often, which is when what is armed no more is forgotten, ms. */
const RELOAD_MS = 30_000;
/** What was armed this long before the last look may have been committed after it, ms. */
const COMMIT_LAG_MS = 60_000;
/** Trades from this long before the arming are read, so that it is known which ones were there already, ms. */
const SKEW_MS = 60_000;

const plusMs = (instant: string, ms: number): string => new Date(Date.parse(instant) + ms).toISOString();

interface Held {
  readonly consumer: TriggerConsumer;
  readonly own: Armed;
  /** It has been in the book while the trades before the mark were read. */
  settled: boolean;
}

/**
 * What is armed in one market, of all consumers: the book, where each entry came from, and from when on past trades count
 * for it. What has fired and is not recorded yet is out of the book and kept here, until it is.
 */
export class Armory {
  readonly #exchange: ExchangeId;
  readonly #symbol: string;
  readonly #consumers: readonly TriggerConsumer[];
  readonly #book = new TriggerBook();
  readonly #held = new Map<string, Held>();
  readonly #firing = new Map<string, Hit>();
  #loadedAtMs: number | null = null;
  #reloadAtMs = 0;

  constructor(exchange: ExchangeId, symbol: string, consumers: readonly TriggerConsumer[]) {
    this.#exchange = exchange;
    this.#symbol = symbol;
    this.#consumers = consumers;
  }

  get size(): number {
    return this.#book.size;
  }
  get isFiring(): boolean {
    return this.#firing.size > 0;
  }

  watches(source: TriggerSource): boolean {
    return this.#book.sources().includes(source);
  }

  /** Takes in what was armed since the last look; now and then everything. Gives how many are new. */
  async load(nowMs: number): Promise<number> {
    const isWhole = this.#loadedAtMs === null || nowMs >= this.#reloadAtMs;
    const since = isWhole ? null : new Date((this.#loadedAtMs ?? 0) - COMMIT_LAG_MS).toISOString();
    const lists = await Promise.all(
      this.#consumers.map(async (consumer) => ({
        consumer,
        armed: await consumer.armed(this.#exchange, this.#symbol, since),
      })),
    );
    const before = this.#held.size;
    const seen = new Set<string>();
    for (const { consumer, armed } of lists)
      for (const own of armed) {
        const id = `${consumer.name}:${own.id}`;
        seen.add(id);
        this.#arm(id, consumer, own);
      }
    let gone = 0;
    if (isWhole) {
      for (const id of this.#held.keys()) if (!seen.has(id) && this.#forget(id)) gone += 1;
      this.#reloadAtMs = nowMs + RELOAD_MS;
    }
    this.#loadedAtMs = nowMs;
    return this.#held.size - before + gone;
  }

  #arm(id: string, consumer: TriggerConsumer, own: Armed): void {
    const known = this.#held.get(id);
    if (known !== undefined && known.own.version >= own.version) return;
    this.#firing.delete(id);
    this.#held.set(id, { consumer, own, settled: false });
    this.#book.arm({ ...own, id });
  }

  /** False while its fire is not recorded. */
  #forget(id: string): boolean {
    if (this.#firing.has(id)) return false;
    this.#held.delete(id);
    this.#book.disarm(id);
    return true;
  }

  /** What an earlier watcher had in its book when it read the trades up to its mark. */
  settle(armedUntil: string): void {
    const surely = plusMs(armedUntil, -COMMIT_LAG_MS);
    for (const held of this.#held.values()) if (held.own.armedAt <= surely) held.settled = true;
  }

  /** From when on trades must be read, by the exchange's clock; null: nobody waits for a last price. */
  tapeFrom(mark: string | null): string | null {
    let from: string | null = null;
    for (const { id, source, armedAt } of this.#book.all()) {
      if (source !== 'LAST') continue;
      const needed = this.#held.get(id)?.settled === true && mark !== null ? mark : plusMs(armedAt, -SKEW_MS);
      if (from === null || needed < from) from = needed;
    }
    return from;
  }

  /**
   * Trades since `tapeFrom`, whole. For what was in the book at the last look every trade that was not there then counts,
   * whatever the two clocks say; for what is new only those from its own time on.
   */
  trades(prints: readonly Print[], mark: string | null): void {
    const next = mark === null ? null : plusMs(mark, 1);
    const hits = replay(this.#book, 'LAST', prints, ({ id, armedAt }) =>
      next !== null && this.#held.get(id)?.settled === true && next < armedAt ? next : armedAt,
    );
    for (const hit of hits) this.#firing.set(hit.armed.id, hit);
  }

  /** Everything in the book has now seen the trades up to the mark. */
  allSettled(): void {
    for (const held of this.#held.values()) held.settled = true;
  }

  /** The price as it is now: it counts for everything in the book. */
  price(source: TriggerSource, { price, at }: Print): void {
    for (const armed of this.#book.reached(source, price))
      this.#firing.set(armed.id, { armed, fired: { source, price, at } });
  }

  /** Hands what has fired to its consumers; gives the errors of those that must be tried again. */
  async fire(): Promise<readonly unknown[]> {
    const results = await Promise.all(
      [...this.#firing].map(async ([id, hit]) => {
        const held = this.#held.get(id);
        try {
          await held?.consumer.fire(held.own, hit.fired);
        } catch (error) {
          return [error];
        }
        if (this.#firing.get(id) !== hit) return [];
        this.#firing.delete(id);
        this.#held.delete(id);
        return [];
      }),
    );
    return results.flat();
  }
}
