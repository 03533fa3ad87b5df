import type { Limits } from '../protocol.ts';
import { MexcError } from './errors.ts';

/** MEXC documentation, "Limits": every endpoint by itself may use 500 of weight in 10 s, by address or by account. */
const WEIGHT_PER_WINDOW = 500;
const WINDOW_MS = 10_000;
/** Open orders of one account (FAQ of the documentation). */
const OPEN_ORDERS = 500;

interface Count {
  window: number;
  used: number;
}

export const tooManyRequests = (retryMs: number): MexcError =>
  new MexcError(429, 'Too Many Requests', 429, { 'Retry-After': String(Math.max(1, Math.ceil(retryMs / 1_000))) });

/** Counts per endpoint, in fixed windows. Everything comes from one address, so public endpoints have one count each. */
export class RateLimits {
  readonly #limits: () => Limits;
  readonly #counts = new Map<string, Count>();

  constructor(limits: () => Limits) {
    this.#limits = limits;
  }

  /** `owner`: the account of a signed request, else null. Throws 429. */
  request(endpoint: string, owner: string | null, weight: number, now: number): void {
    const { enabled, scale } = this.#limits();
    if (!enabled) return;
    const key = `${endpoint} ${owner ?? ''}`;
    let count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, (count = { window: 0, used: 0 }));
    const window = Math.floor(now / WINDOW_MS);
    if (count.window !== window) {
      count.window = window;
      count.used = 0;
    }
    count.used += weight;
    if (count.used > Math.floor(WEIGHT_PER_WINDOW * scale)) throw tooManyRequests(WINDOW_MS - (now % WINDOW_MS));
  }

  /** Throws where the account holds as many open orders as it may. */
  openOrders(open: number): void {
    const { enabled, scale } = this.#limits();
    if (enabled && open >= Math.max(1, Math.floor(OPEN_ORDERS * scale))) {
      throw new MexcError(30029, 'Cannot exceed the maximum order limit');
    }
  }

  reset(): void {
    this.#counts.clear();
  }
}
