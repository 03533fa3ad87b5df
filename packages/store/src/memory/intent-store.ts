import { AlreadyExistsError, InvalidCursorError, NotFoundError } from '../contracts.ts';
import type { Intent, IntentStore, PageRequest } from '../contracts.ts';
import { pageLimit } from '../paging.ts';
import { byCreation, key } from './state.ts';
import type { OrderRow } from './state.ts';
import { bareRow } from './tables.ts';
import type { MemoryTables } from './tables.ts';

export class MemoryIntentStore implements IntentStore {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async create(intent: Intent): Promise<void> {
    if (this.#tables.state.orders.has(intent.orderId)) throw new AlreadyExistsError('order', intent.orderId);
    this.#tables.put(bareRow(intent));
  }

  async get(orderId: string): Promise<Intent> {
    return this.#row(orderId).intent;
  }

  async update(intent: Intent): Promise<void> {
    this.#tables.put({ ...this.#row(intent.orderId), intent });
  }

  async delete(orderId: string): Promise<void> {
    this.#tables.remove(orderId);
  }

  async list(
    filter: { readonly symbol?: string; readonly groupId?: string; readonly accountId?: string },
    page: PageRequest,
  ): Promise<readonly Intent[]> {
    const limit = pageLimit(page);
    const matching = sortedAfter(this.#tables, page.after).filter(
      ({ intent }) =>
        (filter.symbol === undefined || intent.spec.symbol === filter.symbol) &&
        (filter.groupId === undefined || intent.groupId === filter.groupId) &&
        (filter.accountId === undefined || intent.accountId === filter.accountId),
    );
    return matching.slice(0, limit).map((row) => row.intent);
  }

  async listByGroup(groupId: string): Promise<readonly Intent[]> {
    return sortedAfter(this.#tables, undefined)
      .filter((row) => row.intent.groupId === groupId)
      .map((row) => row.intent);
  }

  async findByClientOrderId(accountId: string, clientOrderId: string): Promise<Intent | null> {
    const orderId = this.#tables.state.byClientOrderId.get(key(accountId, clientOrderId));
    return orderId === undefined ? null : this.#row(orderId).intent;
  }

  #row(orderId: string): OrderRow {
    const row = this.#tables.state.orders.get(orderId);
    if (row === undefined) throw new NotFoundError('order', orderId);
    return row;
  }
}

/** Rows in order of creation, then id, after the order of this id. Throws InvalidCursorError. */
export function sortedAfter(tables: MemoryTables, after: string | undefined): readonly OrderRow[] {
  const sorted = [...tables.state.orders.values()].sort(byCreation);
  if (after === undefined) return sorted;
  const last = tables.state.orders.get(after);
  if (last === undefined) throw new InvalidCursorError(after);
  return sorted.filter((row) => byCreation(row, last) > 0);
}
