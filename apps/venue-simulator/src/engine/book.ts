import type { Fixed } from './fixed.ts';
import type { SimOrder } from './model.ts';

/** The engine's own view of an order: the one place where it changes. */
export type MutableOrder = { -readonly [Key in keyof SimOrder]: SimOrder[Key] };

/** All orders of one price, in order of arrival (a Map keeps it and forgets in constant time). */
export interface Level {
  readonly price: Fixed;
  readonly orders: Map<string, MutableOrder>;
}

/**
 * One side of a book, sorted by price with the best level last, so that work at the best price moves nothing.
 * No level is ever empty. Also holds waiting stops, sorted by stop price.
 */
export class BookSide {
  readonly #best: 'highest' | 'lowest';
  readonly #levels: Level[] = [];

  constructor(best: 'highest' | 'lowest') {
    this.#best = best;
  }

  get best(): Level | undefined {
    return this.#levels[this.#levels.length - 1];
  }

  /** The first order of the best level. */
  get first(): MutableOrder | undefined {
    return this.best?.orders.values().next().value;
  }

  add(price: Fixed, order: MutableOrder): void {
    const at = this.#find(price);
    const level = this.#levels[at];
    if (level?.price === price) level.orders.set(order.id, order);
    else this.#levels.splice(at, 0, { price, orders: new Map([[order.id, order]]) });
  }

  remove(price: Fixed, order: MutableOrder): void {
    const at = this.#find(price);
    const level = this.#levels[at];
    if (level?.price !== price) return;
    level.orders.delete(order.id);
    if (level.orders.size === 0) this.#levels.splice(at, 1);
  }

  /** Best level first. */
  *levels(): Generator<Level> {
    for (let at = this.#levels.length - 1; at >= 0; at -= 1) yield this.#levels[at] as Level;
  }

  /** Where `price` is, or would be inserted. */
  #find(price: Fixed): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = (this.#levels[middle] as Level).price;
      const isBefore = this.#best === 'highest' ? other < price : other > price;
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
