import type { Limits } from '../protocol.ts';
import { BinanceError } from './errors.ts';

/** Retail limits of the venue (rateLimits of exchangeInfo). */
const WEIGHT_PER_MINUTE = 6_000;
const ORDERS_PER_10S = 100;
const ORDERS_PER_DAY = 200_000;
/** This many refusals inside one minute, and the address is banned. */
const REFUSALS_BEFORE_BAN = 20;
const BAN_MS = 120_000;
const MINUTE = 60_000;
const TEN_SECONDS = 10_000;
const DAY = 86_400_000;

interface Count {
  window: number;
  used: number;
}

/** Request weight by address (everything comes from one), unfilled orders by account. */
export class RateLimits {
  readonly #limits: () => Limits;
  #weight: Count = { window: 0, used: 0 };
  #refusals: Count = { window: 0, used: 0 };
  #bannedUntil = 0;
  readonly #orders = new Map<string, { short: Count; day: Count }>();

  constructor(limits: () => Limits) {
    this.#limits = limits;
  }

  /** What exchangeInfo announces. */
  announced(): object[] {
    const { scale } = this.#limits();
    const of = (rateLimitType: string, interval: string, intervalNum: number, limit: number): object => ({
      rateLimitType,
      interval,
      intervalNum,
      limit: Math.floor(limit * scale),
    });
    return [
      of('REQUEST_WEIGHT', 'MINUTE', 1, WEIGHT_PER_MINUTE),
      of('ORDERS', 'SECOND', 10, ORDERS_PER_10S),
      of('ORDERS', 'DAY', 1, ORDERS_PER_DAY),
    ];
  }

  /** Counts the weight of a request; throws 429 (-1003), or 418 once banned. */
  request(weight: number, now: number): void {
    const { enabled, scale } = this.#limits();
    if (!enabled) return;
    if (now < this.#bannedUntil) throw this.#banned(now);
    roll(this.#weight, MINUTE, now);
    this.#weight.used += weight;
    const limit = Math.floor(WEIGHT_PER_MINUTE * scale);
    if (this.#weight.used <= limit) return;
    roll(this.#refusals, MINUTE, now);
    this.#refusals.used += 1;
    if (this.#refusals.used > REFUSALS_BEFORE_BAN) {
      this.#bannedUntil = now + BAN_MS;
      throw this.#banned(now);
    }
    throw tooMuchWeight(limit, MINUTE - (now % MINUTE));
  }

  /** Counts a new order; throws 429 (-1015). */
  order(account: string, now: number): void {
    const { enabled, scale } = this.#limits();
    if (!enabled) return;
    let counts = this.#orders.get(account);
    if (counts === undefined) {
      counts = { short: { window: 0, used: 0 }, day: { window: 0, used: 0 } };
      this.#orders.set(account, counts);
    }
    roll(counts.short, TEN_SECONDS, now);
    roll(counts.day, DAY, now);
    const short = Math.floor(ORDERS_PER_10S * scale);
    const day = Math.floor(ORDERS_PER_DAY * scale);
    if (counts.short.used >= short) throw tooManyOrders(short, '10 SECOND', TEN_SECONDS - (now % TEN_SECONDS));
    if (counts.day.used >= day) throw tooManyOrders(day, '1 DAY', DAY - (now % DAY));
    counts.short.used += 1;
    counts.day.used += 1;
  }

  /** The venue counts unfilled orders: a filled one is given back. */
  filled(account: string): void {
    const counts = this.#orders.get(account);
    if (counts === undefined) return;
    counts.short.used = Math.max(0, counts.short.used - 1);
    counts.day.used = Math.max(0, counts.day.used - 1);
  }

  headers(account: string | null): Record<string, string> {
    const headers: Record<string, string> = { 'X-MBX-USED-WEIGHT': '0', 'X-MBX-USED-WEIGHT-1M': '0' };
    headers['X-MBX-USED-WEIGHT'] = headers['X-MBX-USED-WEIGHT-1M'] = String(this.#weight.used);
    const counts = account === null ? undefined : this.#orders.get(account);
    if (counts !== undefined) {
      headers['X-MBX-ORDER-COUNT-10S'] = String(counts.short.used);
      headers['X-MBX-ORDER-COUNT-1D'] = String(counts.day.used);
    }
    return headers;
  }

  reset(): void {
    this.#weight = { window: 0, used: 0 };
    this.#refusals = { window: 0, used: 0 };
    this.#bannedUntil = 0;
    this.#orders.clear();
  }

  #banned(now: number): BinanceError {
    const text = `Way too much request weight used; IP banned until ${this.#bannedUntil}. Please use WebSocket Streams for live updates to avoid bans.`;
    return new BinanceError(-1003, text, 418, undefined, retryAfter(this.#bannedUntil - now));
  }
}

function roll(count: Count, length: number, now: number): void {
  const window = Math.floor(now / length);
  if (count.window === window) return;
  count.window = window;
  count.used = 0;
}

const retryAfter = (ms: number): Record<string, string> => ({
  'Retry-After': String(Math.max(1, Math.ceil(ms / 1000))),
});

export const tooMuchWeight = (limit: number, retryMs: number): BinanceError =>
  new BinanceError(
    -1003,
    `Too much request weight used; current limit is ${limit} request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.`,
    429,
    undefined,
    retryAfter(retryMs),
  );

const tooManyOrders = (limit: number, interval: string, retryMs: number): BinanceError =>
  new BinanceError(
    -1015,
    `Too many new orders; current limit is ${limit} orders per ${interval}.`,
    429,
    undefined,
    retryAfter(retryMs),
  );
