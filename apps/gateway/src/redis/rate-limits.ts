import type { Redis } from 'ioredis';
import type { RateLimits } from '../ports.ts';

const ANSWER_WITHIN_MS = 100;
/** A Redis that failed is asked again after this time, ms. */
const ASK_AGAIN_MS = 1_000;
/** Callers that one process counts by itself while Redis is away. */
const MAX_CALLERS = 10_000;

/** Less than this is an error of floating point, ms. */
const ROUNDING_MS = 0.01;

/**
 * One request, atomically, by Redis's own clock (GCRA: of a caller only one instant is kept, the one at which all that it
 * has asked would have been paid for). KEYS: the caller. ARGV: ms per request, ms that may be owed.
 * Answers how long to wait, ms; 0: granted.
 */
const TAKE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local paid = tonumber(redis.call('GET', KEYS[1]) or now)
if paid < now then paid = now end
paid = paid + tonumber(ARGV[1])
local wait = paid - now - tonumber(ARGV[2])
if wait > ${ROUNDING_MS} then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.3f', paid), 'PX', math.ceil(paid - now) + 1000)
return 0
`;

interface Scripts {
  orderplaneTakeRequest(keyCount: 1, key: string, perRequestMs: string, owedMs: string): Promise<unknown>;
}

export interface RateLimitOptions {
  /** Must fail fast when it is not connected (role `producer`). */
  readonly redis: Redis;
  readonly perSecond: number;
  /** Requests that may come at once. */
  readonly burst: number;
  readonly onError: (error: Error) => void;
}

/**
 * Requests per caller over all gateways. While Redis is away every process counts by itself, so that a caller has the
 * whole limit at each of them: bounded, and nobody is locked out by an outage.
 */
export function createRateLimits({ redis, perSecond, burst, onError }: RateLimitOptions): RateLimits {
  redis.defineCommand('orderplaneTakeRequest', { lua: TAKE });
  const scripts = redis as Redis & Scripts;
  const [perRequestMs, owedMs] = [1_000 / perSecond, (burst * 1_000) / perSecond];
  const alone = new LocalLimits(perRequestMs, owedMs);
  let awayUntilMs = 0;
  return {
    ask: async (who) => {
      if (redis.status !== 'ready' || performance.now() < awayUntilMs) return alone.take(who, performance.now());
      try {
        const key = `orderplane:requests:${who}`;
        const taken = scripts.orderplaneTakeRequest(1, key, String(perRequestMs), String(owedMs));
        const waitMs = Number(await inTime(taken, ANSWER_WITHIN_MS));
        return waitMs > 0 ? waitMs : null;
      } catch (cause) {
        if (performance.now() >= awayUntilMs) onError(cause instanceof Error ? cause : new Error(String(cause)));
        awayUntilMs = performance.now() + ASK_AGAIN_MS;
        return alone.take(who, performance.now());
      }
    },
  };
}

/** The same arithmetic in this process. */
export class LocalLimits {
  readonly #paid = new Map<string, number>();
  readonly #perRequestMs: number;
  readonly #owedMs: number;

  constructor(perRequestMs: number, owedMs: number) {
    this.#perRequestMs = perRequestMs;
    this.#owedMs = owedMs;
  }

  take(who: string, nowMs: number): number | null {
    const paid = Math.max(this.#paid.get(who) ?? nowMs, nowMs) + this.#perRequestMs;
    const waitMs = paid - nowMs - this.#owedMs;
    if (waitMs > ROUNDING_MS) return Math.ceil(waitMs);
    this.#paid.delete(who);
    const oldest = this.#paid.keys().next();
    if (this.#paid.size >= MAX_CALLERS && oldest.done !== true) this.#paid.delete(oldest.value);
    this.#paid.set(who, paid);
    return null;
  }
}

async function inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis did not answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
