import type { LookupResult } from './adapter.ts';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';

/**
 * Collects what the places of one look-up say. Absence is proved only when every place was asked, read completely and
 * knows nothing; a single failure forbids it.
 */
export class Look {
  readonly #askedAt: string;
  readonly #places: string[] = [];
  #errors: string[] = [];
  #rateLimitedMs: number | null = null;

  constructor(askedAt: string) {
    this.#askedAt = askedAt;
  }

  asked(place: string): void {
    if (!this.#places.includes(place)) this.#places.push(place);
  }

  failed(place: string, message: string, rateLimitedMs: number | null = null): void {
    this.asked(place);
    this.#errors.push(`${place}: ${message}`);
    if (rateLimitedMs !== null) this.#rateLimitedMs = Math.max(this.#rateLimitedMs ?? 0, rateLimitedMs);
  }

  found(order: NormalizedOrder, fills: readonly NormalizedFill[], fillsComplete: boolean): LookupResult {
    return { ...this.#result(), order, fills, fillsComplete, provesAbsence: false };
  }

  absent(): LookupResult {
    const proved = this.#errors.length === 0;
    return { ...this.#result(), order: null, fills: [], fillsComplete: false, provesAbsence: proved };
  }

  #result(): Pick<LookupResult, 'askedAt' | 'error' | 'rateLimitedMs' | 'places'> {
    return {
      askedAt: this.#askedAt,
      error: this.#errors.length === 0 ? null : this.#errors.join('; ').slice(0, 500),
      rateLimitedMs: this.#rateLimitedMs,
      places: this.#places,
    };
  }
}
