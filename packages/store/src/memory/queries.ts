import { canonicalDecimal } from '@orderplane/domain';
import type {
  EventPage,
  ExposureSum,
  OrderFilter,
  OrderQueries,
  OrderRecord,
  PageRequest,
  StoredFill,
} from '../contracts.ts';
import { exposureSums } from '../exposure-sums.ts';
import type { DerivedColumns, FillRow } from '../order-rows.ts';
import {
  checkedIds,
  eventPages,
  NO_EVENTS,
  fillId,
  orderCursor,
  pageLimit,
  parseJournalCursor,
  parseOrderCursor,
  tradeIdOf,
} from '../paging.ts';
import { byCreation, compareText, isRecorded, key, toRecord } from './state.ts';
import type { RecordedOrder } from './state.ts';
import type { MemoryTables } from './tables.ts';

export class MemoryOrderQueries implements OrderQueries {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async byId(userId: string, orderId: string): Promise<OrderRecord | null> {
    const [record] = await this.byIds(userId, [orderId]);
    return record ?? null;
  }

  async byIds(userId: string, orderIds: readonly string[]): Promise<readonly OrderRecord[]> {
    return [...new Set(orderIds)]
      .map((id) => this.#tables.state.orders.get(id))
      .filter(isRecorded)
      .filter((row) => row.intent.userId === userId)
      .map(toRecord);
  }

  async page(filter: OrderFilter, page: PageRequest) {
    const limit = pageLimit(page);
    const after = page.after === undefined ? null : parseOrderCursor(page.after);
    const rows = this.#matching(filter).filter(
      ({ intent }) =>
        after === null ||
        (compareText(intent.createdAt, after.createdAt) || compareText(intent.orderId, after.orderId)) < 0,
    );
    const records = rows.slice(0, limit).map((row) => ({ cursor: orderCursor(row.intent), record: toRecord(row) }));
    return { records, hasNext: rows.length > limit };
  }

  async count(filter: OrderFilter): Promise<number> {
    return this.#matching(filter).length;
  }

  async events(orderId: string, { limit, after }: PageRequest): Promise<EventPage> {
    return (await this.firstEvents([orderId], limit, after)).get(orderId) ?? NO_EVENTS;
  }

  async firstEvents(
    orderIds: readonly string[],
    limit: number,
    after?: string,
  ): Promise<ReadonlyMap<string, EventPage>> {
    const ids = checkedIds(orderIds);
    const most = pageLimit({ limit });
    const cursor = after === undefined ? 0n : parseJournalCursor(after);
    const { orders, journals } = this.#tables.state;
    const accounts = new Set(ids.map((id) => orders.get(id)?.intent.accountId ?? ''));
    const lines = [...accounts]
      .flatMap((accountId) => journals.get(accountId) ?? [])
      .filter((line) => line.entry !== null && line.cursor > cursor && orders.has(line.orderId));
    return eventPages(ids, lines, most);
  }

  async fills(
    orderId: string,
    page: PageRequest,
  ): Promise<{ readonly items: readonly StoredFill[]; readonly hasNext: boolean }> {
    const limit = pageLimit(page);
    const known = this.#tables.state.orders.get(orderId)?.fills ?? new Map<string, FillRow>();
    const position = page.after === undefined ? null : (known.get(tradeIdOf(orderId, page.after)) ?? 'gone');
    const rows = [...known.values()]
      .filter((fill) => !fill.void && position !== 'gone' && (position === null || byTime(fill, position) > 0))
      .sort(byTime);
    return { items: rows.slice(0, limit).map((fill) => toStoredFill(orderId, fill)), hasNext: rows.length > limit };
  }

  async exposure(accountId: string): Promise<readonly ExposureSum[]> {
    return exposureSums(
      [...this.#tables.state.orders.values()]
        .filter(isRecorded)
        .filter(({ intent, derived }) => intent.accountId === accountId && isOpen(derived)),
    );
  }

  async reconcilerMetrics(now: string) {
    const rows = [...this.#tables.state.orders.values()]
      .filter(isRecorded)
      .filter((row) => row.actual.reconciliation.status !== 'IN_SYNC');
    const having = (status: string): number => rows.filter((row) => row.actual.reconciliation.status === status).length;
    const since = rows.flatMap((row) =>
      row.pendingSince !== null && row.pendingSince <= now && row.actual.reconciliation.alert === undefined
        ? [row.pendingSince]
        : [],
    );
    return {
      pending: rows.length,
      ambiguous: having('AMBIGUOUS'),
      needsAttention: having('NEEDS_ATTENTION'),
      oldestPendingAt: since.sort(compareText)[0] ?? null,
      retries: rows.reduce((total, row) => total + row.actual.reconciliation.attempts, 0),
      errors: rows.filter((row) => row.actual.reconciliation.lastError !== null).length,
    };
  }

  /** Newest first. */
  #matching(filter: OrderFilter): readonly RecordedOrder[] {
    return [...this.#tables.state.orders.values()]
      .filter(isRecorded)
      .filter((row) => this.#matches(row, filter))
      .sort((a, b) => byCreation(b, a));
  }

  #matches({ intent, actual, derived }: RecordedOrder, filter: OrderFilter): boolean {
    const oneOf = (values: readonly string[] | undefined, value: string): boolean =>
      values === undefined || values.includes(value);
    const equal = (wanted: string | undefined, value: string | null): boolean =>
      wanted === undefined || wanted === value;
    const owners = this.#tables.state.byVenueOrderId.get(key(intent.accountId, filter.exchangeOrderId ?? ''));
    return (
      intent.userId === filter.userId &&
      oneOf(filter.accountIds, intent.accountId) &&
      oneOf(filter.exchanges, intent.exchange) &&
      oneOf(filter.symbols, intent.spec.symbol) &&
      oneOf(filter.statuses, derived.status) &&
      oneOf(filter.states, derived.state) &&
      oneOf(filter.reconciliation, actual.reconciliation.status) &&
      equal(filter.groupId, intent.groupId) &&
      equal(filter.sessionId, intent.sessionId) &&
      equal(filter.clientOrderId, intent.clientOrderId) &&
      equal(filter.side, intent.spec.side) &&
      equal(filter.mode, intent.mode) &&
      (filter.exchangeOrderId === undefined || owners?.get(intent.spec.symbol) === intent.orderId) &&
      (filter.createdAfter === undefined || Date.parse(intent.createdAt) > Date.parse(filter.createdAfter)) &&
      (filter.createdBefore === undefined || Date.parse(intent.createdAt) < Date.parse(filter.createdBefore))
    );
  }
}

const byTime = (a: FillRow, b: FillRow): number =>
  compareText(a.executed_at, b.executed_at) || compareText(a.trade_id, b.trade_id);

const toStoredFill = (orderId: string, fill: FillRow): StoredFill => ({
  id: fillId(orderId, fill.trade_id),
  orderId,
  exchangeTradeId: fill.trade_id,
  size: canonicalDecimal(fill.size),
  price: canonicalDecimal(fill.price),
  fee:
    fill.fee_currency === null || fill.fee_cost === null
      ? null
      : { currency: fill.fee_currency, cost: canonicalDecimal(fill.fee_cost) },
  liquidity: fill.liquidity,
  executedAt: fill.executed_at,
});

const isOpen = ({ status }: DerivedColumns): boolean => status === 'PENDING' || status === 'OPEN';
