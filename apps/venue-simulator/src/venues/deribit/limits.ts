import type { Limits } from '../protocol.ts';
import { refuse } from './refusal.ts';

/**
 * Credits of an account (Deribit's article "Rate limits", lowest tier): calls to the matching engine, and all others.
 * Public calls without a key are counted by address there, and not at all here.
 */
const MATCHING = { credits: 20, refillPerSecond: 5 };
const OTHERS = { credits: 100, refillPerSecond: 20 };

const MATCHING_CALLS = new Set([
  'buy',
  'sell',
  'edit',
  'edit_by_label',
  'cancel',
  'cancel_by_label',
  'cancel_all',
  'cancel_all_by_currency',
  'cancel_all_by_instrument',
]);
/** Calls that trade: a token needs more than reading rights for them. */
export const isTrading = (name: string): boolean => MATCHING_CALLS.has(name);

interface Bucket {
  credits: number;
  at: number;
}

export class DeribitLimits {
  readonly #limits: () => Limits;
  readonly #matching = new Map<string, Bucket>();
  readonly #others = new Map<string, Bucket>();

  constructor(limits: () => Limits) {
    this.#limits = limits;
  }

  /** Throws too_many_requests. Nothing is counted while limits are off. */
  take(account: string, name: string, now: number): void {
    const { enabled, scale } = this.#limits();
    if (!enabled) return;
    const rule = isTrading(name) ? MATCHING : OTHERS;
    const buckets = isTrading(name) ? this.#matching : this.#others;
    const bucket = buckets.get(account) ?? { credits: rule.credits * scale, at: now };
    const refill = (Math.max(0, now - bucket.at) / 1000) * rule.refillPerSecond * scale;
    const credits = Math.min(rule.credits * scale, bucket.credits + refill);
    buckets.set(account, { credits: credits < 1 ? credits : credits - 1, at: now });
    if (credits < 1) refuse(10028);
  }

  reset(): void {
    this.#matching.clear();
    this.#others.clear();
  }
}
