import type { ExchangeId } from '@orderplane/domain';
import { Prisma } from '../generated/client.ts';
import { NotFoundError } from '../contracts.ts';
import type {
  AccountJournalPage,
  JournalBounds,
  CommitResult,
  JournalRecord,
  OrderChange,
  OrderKey,
  OrderLedger,
  OrderRecord,
  OrderRequestKey,
  PageRequest,
  PlaceOptions,
} from '../contracts.ts';
import type { PayloadVault } from '../payloads/vault.ts';
import { journalRecords } from '../order-rows.ts';
import { checkedLimit, WALK_LIMIT } from '../paging.ts';
import { haltOf } from './account-rows.ts';
import { eventColumns, toStoredEvent } from './events.ts';
import type { StoredEventRow } from './events.ts';
import { PostgresGroupStore } from './group-store.ts';
import { PostgresIntentStore } from './intent-store.ts';
import { Lanes } from './lanes.ts';
import { IS_OPEN, IS_UNSETTLED, isRecordRow, OPEN_ACCOUNT, recordColumns, toRecord } from './records.ts';
import type { RecordRow } from './records.ts';
import { PostgresPurgedOrders } from './purged-orders.ts';
import { PostgresOrderStateStore } from './state-store.ts';
import { SealingModes } from './sealing-modes.ts';
import { ACCOUNT_JOURNAL } from './statements/account-journal.ts';
import type { Sql } from './sql.ts';
import { OrderWrites } from './writes.ts';

const openAccount = Prisma.raw(OPEN_ACCOUNT);
const isOpen = Prisma.raw(IS_OPEN);
const isUnsettled = Prisma.raw(IS_UNSETTLED);

/** Orders in one look-up. */
const MAX_FINDS = 64;

type FoundRow = RecordRow & {
  readonly halted_at: Date | null;
  readonly cancel_open_before: Date | null;
  readonly encrypt_at_rest: boolean;
};
const toFound = (row: FoundRow): OrderRecord => ({
  ...toRecord(row),
  ...(row.halted_at === null ? {} : { halt: haltOf(row.halted_at, row.cancel_open_before) }),
});

async function findAll(
  sql: Sql,
  orderIds: readonly string[],
  modes: SealingModes,
): Promise<readonly { readonly record: OrderRecord | null }[]> {
  const rows = await sql.$queryRaw<FoundRow[]>`
    SELECT ${recordColumns}, a.halted_at, a.cancel_open_before, a.encrypt_at_rest FROM orders o JOIN accounts a ON a.id = o.account_id
    WHERE o.id = ANY(${[...orderIds]}::text[]) AND o.version IS NOT NULL`;
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const row of rows) modes.learn(row.account_id, row.encrypt_at_rest);
  return orderIds.map((orderId) => {
    const row = byId.get(orderId);
    return { record: row === undefined ? null : toFound(row) };
  });
}

/** Every method is one statement, so one round trip and one snapshot; writes of one account may share theirs. */
export class PostgresOrderLedger implements OrderLedger {
  readonly intents: PostgresIntentStore;
  readonly states: PostgresOrderStateStore;
  readonly groups: PostgresGroupStore;
  readonly purged: PostgresPurgedOrders;
  readonly #sql: Sql;
  readonly #writes: OrderWrites;
  readonly #finds: Lanes<string, { readonly record: OrderRecord | null }>;

  constructor(sql: Sql, vault: PayloadVault | null) {
    this.#sql = sql;
    const modes = new SealingModes(vault);
    this.#writes = new OrderWrites(sql, modes);
    this.#finds = new Lanes({ run: (orderIds) => findAll(sql, orderIds, modes), maxItems: MAX_FINDS });
    this.intents = new PostgresIntentStore(sql, modes);
    this.states = new PostgresOrderStateStore(sql, this.#writes);
    this.groups = new PostgresGroupStore(sql, this.#writes);
    this.purged = new PostgresPurgedOrders(sql);
  }

  place(record: OrderRecord, journal: readonly JournalRecord[], options?: PlaceOptions): Promise<CommitResult> {
    return this.#writes.place(record, journal, options);
  }

  /** One function of the database, which locks first and looks then: see the migration. */
  async refuse(accountId: string, requests: readonly OrderRequestKey[]): Promise<boolean> {
    const [row] = await this.#sql.$queryRaw<{ refused: boolean }[]>`
      SELECT refuse_requests(${accountId}, ${requests.map((request) => request.clientOrderId)}::text[],
        ${requests.map((request) => request.requestHash)}::text[]) AS refused`;
    return row?.refused === true;
  }

  /** NotFoundError when the order does not exist. */
  async commit(change: OrderChange): Promise<CommitResult> {
    const result = await this.#writes.commit(change);
    if (result.kind !== 'conflict') return result;
    const found = await this.find(change.orderId);
    if (found === null) throw new NotFoundError('order', change.orderId);
    return change.unlessHalted === true && found.halt !== undefined ? { kind: 'halted' } : result;
  }

  /** Look-ups that come while another is under way are one statement, which begins after them. */
  async find(orderId: string): Promise<OrderRecord | null> {
    return (await this.#finds.add('find', orderId)).record;
  }

  async findByClientOrderId(accountId: string, clientOrderId: string): Promise<OrderRecord | null> {
    const [row] = await this.#sql.$queryRaw<RecordRow[]>`
      SELECT ${recordColumns} FROM orders o
      WHERE o.account_id = ${accountId} AND o.client_order_id = ${clientOrderId} AND o.version IS NOT NULL`;
    return row === undefined ? null : toRecord(row);
  }

  /** In order of creation, then id. The ids are an array and not a join, so that the look-ups cannot become scans. */
  async findByVenueIds(
    accountId: string,
    ids: { readonly venueClientIds: readonly string[]; readonly venueOrderIds: readonly string[] },
  ): Promise<readonly OrderRecord[]> {
    if (ids.venueClientIds.length === 0 && ids.venueOrderIds.length === 0) return [];
    const rows = await this.#sql.$queryRaw<RecordRow[]>`
      SELECT ${recordColumns} FROM orders o
      WHERE o.version IS NOT NULL AND o.id = ANY(ARRAY(
        SELECT order_id FROM order_legs
        WHERE account_id = ${accountId} AND venue_client_id = ANY(${[...ids.venueClientIds]}::text[])
        UNION ALL
        SELECT order_id FROM order_leg_ids
        WHERE account_id = ${accountId} AND venue_order_id = ANY(${[...ids.venueOrderIds]}::text[])))
      ORDER BY o.created_at, o.id`;
    return rows.map(toRecord);
  }

  /** In order of creation, then id. */
  async openOrders(accountId: string, symbol?: string): Promise<readonly OrderRecord[]> {
    const ofSymbol = symbol === undefined ? Prisma.empty : Prisma.sql`AND o.symbol = ${symbol}`;
    const rows = await this.#sql.$queryRaw<RecordRow[]>`
      SELECT ${recordColumns} FROM orders o
      WHERE ${openAccount} = ${accountId} AND ${isOpen} ${ofSymbol}
      ORDER BY o.created_at, o.id`;
    return rows.map(toRecord);
  }

  async marketsOf(accountId: string, limit: number): Promise<readonly string[]> {
    const rows = await this.#sql.$queryRaw<{ symbol: string }[]>`
      SELECT o.symbol FROM orders o WHERE o.account_id = ${accountId} AND o.version IS NOT NULL
      GROUP BY o.symbol ORDER BY max(o.actual_updated_at) DESC, o.symbol LIMIT ${checkedLimit(limit, WALK_LIMIT)}`;
    return rows.map(({ symbol }) => symbol);
  }

  async unsettled(page: PageRequest & { readonly exchange?: ExchangeId }): Promise<readonly OrderKey[]> {
    const limit = checkedLimit(page.limit, WALK_LIMIT);
    const ofExchange = page.exchange === undefined ? Prisma.empty : Prisma.sql`AND o.exchange = ${page.exchange}`;
    const rows = await this.#sql.$queryRaw<{ id: string; account_id: string; exchange: ExchangeId }[]>`
      SELECT o.id, o.account_id, o.exchange FROM orders o
      WHERE ${isUnsettled} AND o.id > ${page.after ?? ''} ${ofExchange}
      ORDER BY o.id LIMIT ${limit}`;
    return rows.map((row) => ({ orderId: row.id, accountId: row.account_id, exchange: row.exchange }));
  }

  async journalOf(orderId: string): Promise<readonly JournalRecord[]> {
    const rows = await this.#sql.$queryRaw<
      StoredEventRow[]
    >`SELECT ${eventColumns} FROM order_events e WHERE e.order_id = ${orderId} ORDER BY e.sequence`;
    return journalRecords(rows.map(toStoredEvent));
  }

  /** At most 10 000 lines. */
  async accountJournal(accountId: string, after: bigint, limit: number): Promise<AccountJournalPage> {
    const rows = await this.#sql.$queryRawUnsafe<(Omit<StoredEventRow, 'account_id'> & Partial<RecordRow>)[]>(
      ACCOUNT_JOURNAL,
      accountId,
      after,
      checkedLimit(limit, WALK_LIMIT),
    );
    return {
      lines: rows.map((row) => toStoredEvent({ ...row, account_id: accountId })),
      orders: new Map(rows.filter(isRecordRow).map((row) => [row.id, toRecord(row)])),
    };
  }

  async journalBounds(accountIds: readonly string[]): Promise<ReadonlyMap<string, JournalBounds>> {
    const rows = await this.#sql.$queryRaw<{ account_id: string; seq: bigint; purged_up_to: bigint }[]>`
      SELECT account_id, seq, purged_up_to FROM account_journals WHERE account_id = ANY(${[...accountIds]}::text[])`;
    const found = new Map(rows.map((row) => [row.account_id, { oldest: row.purged_up_to, newest: row.seq }]));
    return new Map(accountIds.map((accountId) => [accountId, found.get(accountId) ?? { oldest: 0n, newest: 0n }]));
  }

  /** Cursor 0 and no orders for an account that has no journal. */
  async accountSnapshot(
    accountId: string,
  ): Promise<{ readonly cursor: bigint; readonly orders: readonly OrderRecord[] }> {
    const rows = await this.#sql.$queryRaw<(Partial<RecordRow> & { seq: bigint })[]>`
      SELECT COALESCE(j.seq, 0) AS seq, ${recordColumns}
      FROM (SELECT ${accountId}::text AS account_id) a
      LEFT JOIN account_journals j ON j.account_id = a.account_id
      LEFT JOIN orders o ON ${openAccount} = a.account_id AND ${isOpen}
      ORDER BY o.created_at, o.id`;
    return { cursor: rows[0]?.seq ?? 0n, orders: rows.filter(isRecordRow).map(toRecord) };
  }
}
