import type { Limits } from '../protocol.ts';
import { accountLimit, tooManyRequests } from './refusal.ts';

const WINDOW_MS = 2_000;
/** New and changed orders of one account in a window, whatever the market. */
const ORDERS_PER_ACCOUNT = 1_000;
const COUNTS_KEPT = 10_000;

interface Count {
  window: number;
  used: number;
}

/** Requests (or orders, for batches) of an endpoint in windows of two seconds; trading is counted by market as well. */
export class OkxLimits {
  readonly #limits: () => Limits;
  readonly #counts = new Map<string, Count>();

  constructor(limits: () => Limits) {
    this.#limits = limits;
  }

  /** Throws 429 (50011). */
  request(key: string, limit: number, used: number, now: number): void {
    if (!this.#take(key, limit, used, now)) throw tooManyRequests();
  }

  /** Throws 50061. */
  orders(account: string, used: number, now: number): void {
    if (!this.#take(`orders ${account}`, ORDERS_PER_ACCOUNT, used, now)) throw accountLimit();
  }

  reset(): void {
    this.#counts.clear();
  }

  #take(key: string, limit: number, used: number, now: number): boolean {
    const { enabled, scale } = this.#limits();
    if (!enabled) return true;
    const window = Math.floor(now / WINDOW_MS);
    let count = this.#counts.get(key);
    if (count === undefined) {
      if (this.#counts.size >= COUNTS_KEPT) this.#counts.clear();
      this.#counts.set(key, (count = { window, used: 0 }));
    }
    if (count.window !== window) Object.assign(count, { window, used: 0 });
    count.used += used;
    return count.used <= limit * scale;
  }
}
