import type { ReconciliationStatus } from '@orderplane/domain';
import { AlreadyExistsError, NotFoundError } from '../contracts.ts';
import type { ActualState, OrderStateStore, PageRequest } from '../contracts.ts';
import { allFillRows } from '../order-rows.ts';
import { checkedLimit, pageLimit, WALK_LIMIT } from '../paging.ts';
import { sortedAfter } from './intent-store.ts';
import { byCreation, compareText, isRecorded, key } from './state.ts';
import type { RecordedOrder } from './state.ts';
import { withActual } from './tables.ts';
import type { MemoryTables } from './tables.ts';

export class MemoryOrderStateStore implements OrderStateStore {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async create(state: ActualState): Promise<void> {
    const row = this.#tables.state.orders.get(state.orderId);
    if (row === undefined) throw new NotFoundError('order', state.orderId);
    if (row.actual !== null) throw new AlreadyExistsError('state of order', state.orderId);
    this.#tables.put(withActual(row, row.intent, state, allFillRows(state.machine)));
  }

  async get(orderId: string): Promise<ActualState> {
    return this.#row(orderId).actual;
  }

  async getByExchangeOrderId(accountId: string, exchangeOrderId: string): Promise<ActualState> {
    const owners = this.#tables.state.byVenueOrderId.get(key(accountId, exchangeOrderId)) ?? new Map<string, string>();
    const newest = [...owners.values()]
      .map((orderId) => this.#tables.state.orders.get(orderId))
      .filter(isRecorded)
      .sort(byCreation)
      .at(-1);
    if (newest === undefined) throw new NotFoundError('order with exchange id', exchangeOrderId);
    return newest.actual;
  }

  async update(state: ActualState): Promise<boolean> {
    const row = this.#row(state.orderId);
    if (row.actual.version !== state.version - 1) return false;
    const kept = { ...state, createdAt: row.actual.createdAt };
    this.#tables.put(withActual(row, row.intent, kept, allFillRows(state.machine)));
    return true;
  }

  async delete(orderId: string): Promise<void> {
    const row = this.#row(orderId);
    this.#tables.put({ ...row, actual: null, derived: null, pendingSince: null, fills: new Map() });
  }

  async list(
    filter: { readonly symbol?: string; readonly status?: ReconciliationStatus },
    page: PageRequest,
  ): Promise<readonly ActualState[]> {
    const limit = pageLimit(page);
    const matching = sortedAfter(this.#tables, page.after)
      .filter(isRecorded)
      .filter(
        ({ intent, actual }) =>
          (filter.symbol === undefined || intent.spec.symbol === filter.symbol) &&
          (filter.status === undefined || actual.reconciliation.status === filter.status),
      );
    return matching.slice(0, limit).map((row) => row.actual);
  }

  async listStale(olderThan: string, limit: number): Promise<readonly ActualState[]> {
    const bound = new Date(olderThan).toISOString();
    const evidence = (row: RecordedOrder): string => row.actual.reconciliation.lastEvidenceAt ?? row.actual.createdAt;
    return [...this.#tables.state.unsettled]
      .map((orderId) => this.#tables.state.orders.get(orderId))
      .filter(isRecorded)
      .filter((row) => !row.derived.done && evidence(row) < bound)
      .sort((a, b) => compareText(evidence(a), evidence(b)) || compareText(a.actual.orderId, b.actual.orderId))
      .slice(0, checkedLimit(limit, WALK_LIMIT))
      .map((row) => row.actual);
  }

  #row(orderId: string): RecordedOrder {
    const row = this.#tables.state.orders.get(orderId);
    if (!isRecorded(row)) throw new NotFoundError('state of order', orderId);
    return row;
  }
}
