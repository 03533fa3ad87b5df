import type { DecimalString, ExactDecimal } from '@orderplane/domain';
import { decimal } from '@orderplane/domain';
import type { Armed } from './model.ts';

interface Rung {
  readonly armed: Armed;
  readonly price: ExactDecimal;
  at: number;
}

/**
 * The triggers of one source and one direction as a binary heap with the one that fires first on top: a price is compared
 * with the top only, so it costs one comparison however many are armed, and one more for each that fires.
 */
export class Ladder {
  readonly #rungs: Rung[] = [];
  readonly #byId = new Map<string, Rung>();
  /** 1: the lowest price is on top (AT_OR_ABOVE), -1: the highest (AT_OR_BELOW). */
  readonly #sign: 1 | -1;

  constructor(direction: Armed['direction']) {
    this.#sign = direction === 'AT_OR_ABOVE' ? 1 : -1;
  }

  get size(): number {
    return this.#rungs.length;
  }

  /** The id must not be on the ladder. */
  add(armed: Armed): void {
    const rung = { armed, price: decimal(armed.price), at: this.#rungs.length };
    this.#rungs.push(rung);
    this.#byId.set(armed.id, rung);
    this.#rise(rung);
  }

  remove(id: string): void {
    const rung = this.#byId.get(id);
    if (rung !== undefined) this.#take(rung);
  }

  /** Takes out and gives all that fire at this price, in the order in which a moving price would reach them. */
  reached(price: DecimalString | ExactDecimal): Armed[] {
    const top = this.#rungs[0];
    if (top === undefined) return [];
    const now = decimal(price);
    const fired: Armed[] = [];
    for (let next: Rung | undefined = top; next !== undefined && this.#isReached(next, now); next = this.#rungs[0]) {
      this.#take(next);
      fired.push(next.armed);
    }
    return fired;
  }

  #isReached(rung: Rung, price: ExactDecimal): boolean {
    return rung.price.comparedTo(price) * this.#sign <= 0;
  }

  #take(rung: Rung): void {
    this.#byId.delete(rung.armed.id);
    const last = this.#rungs.pop();
    if (last === undefined || last === rung) return;
    this.#put(last, rung.at);
    this.#rise(last);
    this.#sink(last);
  }

  #isBefore(a: Rung, b: Rung): boolean {
    return a.price.comparedTo(b.price) * this.#sign < 0;
  }

  #put(rung: Rung, at: number): void {
    this.#rungs[at] = rung;
    rung.at = at;
  }

  #swap(a: Rung, b: Rung): void {
    const at = a.at;
    this.#put(a, b.at);
    this.#put(b, at);
  }

  #rise(rung: Rung): void {
    while (rung.at > 0) {
      const parent = this.#rungs[(rung.at - 1) >> 1];
      if (parent === undefined || !this.#isBefore(rung, parent)) return;
      this.#swap(rung, parent);
    }
  }

  #sink(rung: Rung): void {
    for (;;) {
      const left = this.#rungs[2 * rung.at + 1];
      const right = this.#rungs[2 * rung.at + 2];
      const child = left !== undefined && right !== undefined && this.#isBefore(right, left) ? right : left;
      if (child === undefined || !this.#isBefore(child, rung)) return;
      this.#swap(rung, child);
    }
  }
}
