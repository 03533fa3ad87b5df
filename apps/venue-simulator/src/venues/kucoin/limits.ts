import type { Limits } from '../protocol.ts';
import { tooManyRequests } from './errors.ts';

/** Quotas of the lowest level, by resource pool; counted by account, the public one by address (everything comes from one). */
const QUOTA = { spot: 4_000, management: 2_000, public: 2_000 } as const;
export type Pool = keyof typeof QUOTA;

/** Begins with the first request in it. */
const WINDOW_MS = 30_000;
const COUNTS_KEPT = 10_000;
export const ACTIVE_PER_SYMBOL = 200;
export const ACTIVE_PER_ACCOUNT = 2_000;
export const STOPS_PER_SYMBOL = 20;

interface Count {
  startedAt: number;
  used: number;
}

export class RateLimits {
  readonly #limits: () => Limits;
  readonly #counts = new Map<string, Count>();

  constructor(limits: () => Limits) {
    this.#limits = limits;
  }

  /** Counts a request and gives the headers of its answer; throws 429000 once the quota is used up. */
  request(pool: Pool, account: string | null, weight: number, now: number): Readonly<Record<string, string>> {
    const { enabled, scale } = this.#limits();
    if (!enabled) return {};
    const key = pool === 'public' ? pool : `${pool} ${account ?? ''}`;
    let count = this.#counts.get(key);
    if (count === undefined || now - count.startedAt >= WINDOW_MS) {
      if (this.#counts.size >= COUNTS_KEPT) this.#counts.clear();
      count = { startedAt: now, used: 0 };
      this.#counts.set(key, count);
    }
    const limit = Math.floor(QUOTA[pool] * scale);
    const allowed = count.used + weight <= limit;
    if (allowed) count.used += weight;
    const headers = {
      'gw-ratelimit-limit': String(limit),
      'gw-ratelimit-remaining': String(allowed ? limit - count.used : 0),
      'gw-ratelimit-reset': String(Math.max(0, count.startedAt + WINDOW_MS - now)),
    };
    if (!allowed) throw tooManyRequests(headers);
    return headers;
  }

  /** How many of something an account may have open; no bound while limits are off. */
  bound(retail: number): number {
    const { enabled, scale } = this.#limits();
    return enabled ? Math.floor(retail * Math.max(1, scale)) : Number.POSITIVE_INFINITY;
  }

  reset(): void {
    this.#counts.clear();
  }
}
