import type { OrderReport } from '@orderplane/normalization';
import { isTerminal } from '@orderplane/state-machine';
import type { OrderRecord } from '@orderplane/store';
import { idsOf } from './match.ts';

/**
 * Open orders of one account as this process last saw them, by the ids at the exchange, so that a report from a stream
 * need not wait for a read. What is remembered may be old: every write is a compare-and-swap on its version, and an
 * observer that finds nothing to write looks again. The longest unused are forgotten first, ended ones at once.
 */
export class RecordMemory {
  readonly #capacity: number;
  /** In order of use. */
  readonly #records = new Map<string, OrderRecord>();
  /** Ids at the exchange and client ids → our order ids; some exchanges count per market. */
  readonly #owners = new Map<string, Set<string>>();

  constructor(capacity = 1_000) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#records.size;
  }

  remember(record: OrderRecord): void {
    const { orderId } = record.intent;
    this.forget(orderId);
    if (isTerminal(record.actual.machine)) return;
    this.#records.set(orderId, record);
    for (const key of keysOf(record)) {
      const owners = this.#owners.get(key) ?? new Set<string>();
      this.#owners.set(key, owners.add(orderId));
    }
    const [oldest] = this.#records.keys();
    if (this.#records.size > this.#capacity && oldest !== undefined) this.forget(oldest);
  }

  /** Every order that these reports may speak of. */
  recall(reports: readonly OrderReport[]): readonly OrderRecord[] {
    const { venueClientIds, venueOrderIds } = idsOf(reports);
    const keys = [...venueClientIds.map(clientKey), ...venueOrderIds.map(venueKey)];
    const orderIds = new Set(keys.flatMap((key) => [...(this.#owners.get(key) ?? [])]));
    return [...orderIds].flatMap((orderId) => this.#records.get(orderId) ?? []);
  }

  /** It is not there any more. */
  forget(orderId: string): void {
    const record = this.#records.get(orderId);
    if (record === undefined) return;
    this.#records.delete(orderId);
    for (const key of keysOf(record)) {
      const owners = this.#owners.get(key);
      owners?.delete(orderId);
      if (owners?.size === 0) this.#owners.delete(key);
    }
  }
}

const clientKey = (id: string): string => `client ${id}`;
const venueKey = (id: string): string => `venue ${id}`;
const keysOf = (record: OrderRecord): readonly string[] =>
  record.actual.machine.legs.flatMap((leg) => [clientKey(leg.venueClientId), ...leg.venueOrderIds.map(venueKey)]);
