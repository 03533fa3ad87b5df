import { perform } from './transport.ts';
import type { Performed } from './transport.ts';

/** The time that one call of the adapter has for all its requests together. */
export class Budget {
  readonly #endsAt: number;

  constructor(timeoutMs: number) {
    this.#endsAt = performance.now() + timeoutMs;
  }

  /** Runs one step under what is left. Never throws. */
  perform<Value>(run: () => Promise<Value>): Promise<Performed<Value>> {
    const leftMs = Math.round(this.#endsAt - performance.now());
    return perform(Math.max(0, leftMs), run);
  }
}
