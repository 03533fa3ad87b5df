import type { LookupRequest, LookupResult } from './adapter.ts';
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

/**
 * The orders of these executions that nobody has explained yet: executions carry no client id on most exchanges, so any
 * of them could be of the order that is looked for. Those of other markets and of other known orders are not.
 */
export async function unexplained(
  request: LookupRequest,
  fills: readonly NormalizedFill[],
  named: ReadonlySet<string> = new Set(),
): Promise<readonly string[]> {
  const own = fills.filter((fill) => fill.symbol === null || fill.symbol === request.symbol);
  const ids = [...new Set(own.map((fill) => fill.orderId))].filter((id) => !named.has(id));
  if (ids.length === 0 || request.attributed === undefined) return ids;
  const attributed = await request.attributed(ids).catch(() => new Set<string>());
  return ids.filter((id) => !attributed.has(id));
}
