import type { Limits } from '../protocol.ts';
import { refuse, tooManyRequests } from './refusal.ts';

interface Rule {
  readonly allowed: number;
  readonly perMs: number;
}

/** Requests of one key, or of everybody without one. */
const REQUESTS: Rule = { allowed: 10_000, perMs: 3_600_000 };
/** Messages of one socket that carry no token. */
const MESSAGES: Rule = { allowed: 8, perMs: 1_000 };
const COUNTERS_KEPT = 10_000;

/** Rises with each use and falls with time. */
interface Counter {
  value: number;
  at: number;
}

/** Whether Coinbase counts in windows or by a bucket is not documented: a bucket. Nothing is counted while limits are off. */
export class CoinbaseLimits {
  readonly #limits: () => Limits;
  readonly #counters = new Map<string, Counter>();

  constructor(limits: () => Limits) {
    this.#limits = limits;
  }

  /** Throws CoinbaseRefusal (429). */
  request(key: string, now: number): void {
    if (!this.#take(key, REQUESTS, now)) refuse(tooManyRequests);
  }

  /** False: too many. */
  message(socketId: number, now: number): boolean {
    return this.#take(`socket ${socketId}`, MESSAGES, now);
  }

  reset(): void {
    this.#counters.clear();
  }

  #take(name: string, { allowed, perMs }: Rule, now: number): boolean {
    const { enabled, scale } = this.#limits();
    if (!enabled) return true;
    const most = allowed * scale;
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      if (this.#counters.size >= COUNTERS_KEPT) this.#counters.clear();
      counter = { value: 0, at: now };
      this.#counters.set(name, counter);
    }
    counter.value = Math.max(0, counter.value - (Math.max(0, now - counter.at) * most) / perMs);
    counter.at = now;
    if (counter.value + 1 > most) return false;
    counter.value += 1;
    return true;
  }
}
