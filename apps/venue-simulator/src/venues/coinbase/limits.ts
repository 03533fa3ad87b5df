import type { Limits } from '../protocol.ts';
import { refuse, tooManyRequests } from './refusal.ts';

/** Requests of one key, or of everybody without one. */
const PER_HOUR = 10_000;
const HOUR_MS = 3_600_000;
/** Messages of one socket that carry no token. */
const MESSAGES_PER_SECOND = 8;
const WINDOWS_KEPT = 10_000;

interface Window {
  startedAt: number;
  count: number;
}

/** Counts in fixed windows. Nothing is counted while limits are off. */
export class CoinbaseLimits {
  readonly #limits: () => Limits;
  readonly #windows = new Map<string, Window>();

  constructor(limits: () => Limits) {
    this.#limits = limits;
  }

  /** Throws CoinbaseRefusal (429). */
  request(key: string, now: number): void {
    if (!this.#take(key, PER_HOUR, HOUR_MS, now)) refuse(tooManyRequests);
  }

  /** False: too many. */
  message(socketId: number, now: number): boolean {
    return this.#take(`socket ${socketId}`, MESSAGES_PER_SECOND, 1_000, now);
  }

  reset(): void {
    this.#windows.clear();
  }

  #take(name: string, allowed: number, lengthMs: number, now: number): boolean {
    const { enabled, scale } = this.#limits();
    if (!enabled) return true;
    let window = this.#windows.get(name);
    if (window === undefined || now - window.startedAt >= lengthMs) {
      if (this.#windows.size >= WINDOWS_KEPT) this.#windows.clear();
      window = { startedAt: now, count: 0 };
      this.#windows.set(name, window);
    }
    if (window.count >= allowed * scale) return false;
    window.count += 1;
    return true;
  }
}
