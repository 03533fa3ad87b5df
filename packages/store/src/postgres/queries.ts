import { canonicalDecimal } from '@orderplane/domain';
import { Prisma } from '../generated/client.ts';
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
import { derivedColumns } from '../order-rows.ts';
import {
  checkedIds,
  NO_EVENTS,
  eventPages,
  orderCursor,
  pageLimit,
  parseJournalCursor,
  parseOrderCursor,
  tradeIdOf,
} from '../paging.ts';
import { UNNAMED } from './client.ts';
import { toStoredEvent } from './events.ts';
import type { StoredEventRow } from './events.ts';
import { fillColumns, toStoredFill } from './fills.ts';
import type { FillQueryRow } from './fills.ts';
import { orderConditions } from './order-conditions.ts';
import { IS_OPEN, OPEN_ACCOUNT, recordColumns, toRecord } from './records.ts';
import type { RecordRow } from './records.ts';
import { EXPOSURE, type ExposureRow } from './statements/exposure.ts';
import { FIRST_EVENTS } from './statements/first-events.ts';
import type { Sql } from './sql.ts';

const unnamed = Prisma.raw(UNNAMED);
const openAccount = Prisma.raw(OPEN_ACCOUNT);
const isOpen = Prisma.raw(IS_OPEN);

/** Reads of the public API. Every one is a single statement, whatever the page holds. */
export class PostgresOrderQueries implements OrderQueries {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async byId(userId: string, orderId: string): Promise<OrderRecord | null> {
    const [record] = await this.byIds(userId, [orderId]);
    return record ?? null;
  }

  /** In the order of the ids; unknown ones and those of other users are left out. */
  async byIds(userId: string, orderIds: readonly string[]): Promise<readonly OrderRecord[]> {
    const rows = await this.#sql.$queryRaw<RecordRow[]>`
      SELECT ${recordColumns} FROM orders o
      WHERE o.id = ANY(${[...orderIds]}::text[]) AND o.user_id = ${userId} AND o.version IS NOT NULL`;
    const byId = new Map(rows.map((row) => [row.id, row]));
    return [...new Set(orderIds)].flatMap((id) => {
      const row = byId.get(id);
      return row === undefined ? [] : [toRecord(row)];
    });
  }

  async page(filter: OrderFilter, page: PageRequest) {
    const limit = pageLimit(page);
    const conditions = orderConditions(filter);
    if (page.after !== undefined) {
      const after = parseOrderCursor(page.after);
      conditions.push(Prisma.sql`(o.created_at, o.id) < (${after.createdAt}::timestamptz, ${after.orderId})`);
    }
    const rows = await this.#sql.$queryRaw<RecordRow[]>`${unnamed}
      SELECT ${recordColumns} FROM orders o WHERE ${Prisma.join(conditions, ' AND ')}
      ORDER BY o.created_at DESC, o.id DESC LIMIT ${limit + 1}`;
    const records = rows.slice(0, limit).map((row) => {
      const record = toRecord(row);
      return { cursor: orderCursor(record.intent), record };
    });
    return { records, hasNext: rows.length > limit };
  }

  async count(filter: OrderFilter): Promise<number> {
    const [row] = await this.#sql.$queryRaw<{ total: bigint }[]>`${unnamed}
      SELECT count(*) AS total FROM orders o WHERE ${Prisma.join(orderConditions(filter), ' AND ')}`;
    return Number(row?.total ?? 0n);
  }

  async events(orderId: string, { limit, after }: PageRequest): Promise<EventPage> {
    return (await this.firstEvents([orderId], limit, after)).get(orderId) ?? NO_EVENTS;
  }

  /** `after` is the `cursor` of an event, in decimal. */
  async firstEvents(
    orderIds: readonly string[],
    limit: number,
    after?: string,
  ): Promise<ReadonlyMap<string, EventPage>> {
    const ids = checkedIds(orderIds);
    const most = pageLimit({ limit });
    const cursor = after === undefined ? 0n : parseJournalCursor(after);
    if (ids.length === 0) return new Map();
    const rows = await this.#sql.$queryRawUnsafe<StoredEventRow[]>(FIRST_EVENTS, ids, most + 1, cursor);
    return eventPages(ids, rows.map(toStoredEvent), most);
  }

  /** Oldest first, without what was busted or corrected away. `after` is the id of a fill. */
  async fills(
    orderId: string,
    page: PageRequest,
  ): Promise<{ readonly items: readonly StoredFill[]; readonly hasNext: boolean }> {
    const limit = pageLimit(page);
    const after =
      page.after === undefined
        ? Prisma.empty
        : Prisma.sql`AND (f.executed_at, f.trade_id) > (
            SELECT executed_at, trade_id FROM order_fills
            WHERE order_id = ${orderId} AND trade_id = ${tradeIdOf(orderId, page.after)})`;
    const rows = await this.#sql.$queryRaw<FillQueryRow[]>`
      SELECT ${fillColumns} FROM order_fills f WHERE f.order_id = ${orderId} AND NOT f.void ${after}
      ORDER BY f.executed_at, f.trade_id LIMIT ${limit + 1}`;
    return { items: rows.slice(0, limit).map(toStoredFill), hasNext: rows.length > limit };
  }

  async exposure(accountId: string): Promise<readonly ExposureSum[]> {
    const rows = await this.#sql.$queryRawUnsafe<ExposureRow[]>(EXPOSURE, accountId);
    if (rows.some(({ sealed }) => sealed)) return this.#openedExposure(accountId);
    return rows.map(({ symbol, side, orders, size, notional, unpriced, quote }) => ({
      symbol,
      side,
      orders: Number(orders),
      size: canonicalDecimal(size),
      notional: canonicalDecimal(notional),
      unpricedSize: canonicalDecimal(unpriced),
      quoteSize: canonicalDecimal(quote),
    }));
  }

  /** Where terms are sealed, nobody but who holds the key can add them up. */
  async #openedExposure(accountId: string): Promise<readonly ExposureSum[]> {
    const rows = await this.#sql.$queryRaw<RecordRow[]>`
      SELECT ${recordColumns} FROM orders o WHERE ${openAccount} = ${accountId} AND ${isOpen} AND o.version IS NOT NULL`;
    return exposureSums(
      rows.map(toRecord).map(({ intent, actual }) => ({ intent, derived: derivedColumns(actual.machine) })),
    );
  }

  async reconcilerMetrics(now: string) {
    const [row] = await this.#sql.$queryRaw<MetricsRow[]>`
      SELECT count(*) AS pending,
        count(*) FILTER (WHERE reconciliation_status = 'AMBIGUOUS') AS ambiguous,
        count(*) FILTER (WHERE reconciliation_status = 'NEEDS_ATTENTION') AS needs_attention,
        min(pending_since) FILTER (WHERE pending_since <= ${now}::timestamptz AND alert IS NULL) AS oldest,
        COALESCE(sum(attempts), 0)::bigint AS retries,
        count(last_error) AS errors
      FROM orders WHERE reconciliation_status <> 'IN_SYNC'`;
    return {
      pending: Number(row?.pending ?? 0n),
      ambiguous: Number(row?.ambiguous ?? 0n),
      needsAttention: Number(row?.needs_attention ?? 0n),
      oldestPendingAt: row?.oldest?.toISOString() ?? null,
      retries: Number(row?.retries ?? 0n),
      errors: Number(row?.errors ?? 0n),
    };
  }
}

interface MetricsRow {
  readonly pending: bigint;
  readonly ambiguous: bigint;
  readonly needs_attention: bigint;
  readonly oldest: Date | null;
  readonly retries: bigint;
  readonly errors: bigint;
}
