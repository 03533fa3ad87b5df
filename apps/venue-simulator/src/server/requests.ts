import type { RequestClass, VenueRequest } from '../venues/protocol.ts';

const KEPT = 10_000;

/** The machine's monotonic clock, µs: the same in every process, for measurements across processes. */
export const monotonicUs = (): number => Number(process.hrtime.bigint() / 1_000n);

/** One trading request as it was received. */
export interface ReceivedRequest {
  readonly number: number;
  readonly at: string;
  /** `monotonicUs` when the whole request was there. */
  readonly receivedUs: number;
  readonly exchange: string;
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly account: string | null;
  readonly symbol: string | null;
  readonly clientId: string | null;
  readonly orderId: string | null;
  readonly fault: string | null;
  /** HTTP status that was answered; null: none (yet). */
  status: number | null;
}

/** Counts everything received and remembers the latest trading requests (submit, cancel, amend, query). */
export class RequestLog {
  readonly #counters = new Map<string, Map<string, number>>();
  #kept: ReceivedRequest[] = [];
  #number = 0;

  record(
    exchange: string,
    request: VenueRequest,
    about: RequestClass,
    fault: string | null,
    now: number,
  ): ReceivedRequest | null {
    this.count(exchange, 'total');
    this.count(exchange, about.kind);
    // Which list it was: how often an exchange was asked for its open orders is told by nothing else.
    if (about.kind === 'list') this.count(exchange, `${request.method} ${request.path}`);
    if (about.kind === 'other' || about.kind === 'list') return null;
    this.#number += 1;
    const entry: ReceivedRequest = {
      number: this.#number,
      at: new Date(now).toISOString(),
      receivedUs: monotonicUs(),
      exchange,
      kind: about.kind,
      method: request.method,
      path: request.path,
      account: about.account,
      symbol: about.symbol,
      clientId: about.clientId,
      orderId: about.orderId,
      fault,
      status: null,
    };
    this.#kept.push(entry);
    if (this.#kept.length > KEPT * 2) this.#kept.splice(0, KEPT);
    return entry;
  }

  count(exchange: string, name: string): void {
    let counters = this.#counters.get(exchange);
    if (counters === undefined) this.#counters.set(exchange, (counters = new Map<string, number>()));
    counters.set(name, (counters.get(name) ?? 0) + 1);
  }

  read(
    exchange: string | null,
    limit = KEPT,
    account: string | null = null,
  ): { counters: Record<string, Record<string, number>>; requests: ReceivedRequest[] } {
    const chosen = [...this.#counters].filter(([name]) => exchange === null || name === exchange);
    return {
      counters: Object.fromEntries(chosen.map(([name, counters]) => [name, Object.fromEntries(counters)])),
      requests: this.#kept
        .filter((entry) => exchange === null || entry.exchange === exchange)
        .filter((entry) => account === null || entry.account === account)
        .slice(-limit),
    };
  }

  clear(exchange: string | null): void {
    if (exchange === null) this.#counters.clear();
    else this.#counters.delete(exchange);
    this.#kept = this.#kept.filter((entry) => exchange !== null && entry.exchange !== exchange);
  }
}
