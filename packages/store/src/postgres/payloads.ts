import type { Pool } from 'pg';
import type { ConversionCursor, ConvertedBatch, PayloadStore } from '../contracts.ts';
import type { PrismaClient } from '../generated/client.ts';
import { storableJson } from '../json.ts';
import { checkedLimit, WALK_LIMIT } from '../paging.ts';
import { convertedLine, convertedOrder, SEALED_JSON, SEALED_TEXT, type Conversion } from '../payloads/rows.ts';
import { PayloadError, type PayloadVault } from '../payloads/vault.ts';
import { withRetry } from './errors.ts';

/** Rows of a batch. That of orders holds the account's journal while it is written: some ms. */
const ORDERS = 100;
const EVENTS = 400;

const JSON_COLUMNS = [...SEALED_JSON, 'trigger'];
const COLUMNS = [...JSON_COLUMNS, ...SEALED_TEXT];
const COLUMN_TYPES = [...JSON_COLUMNS.map((name) => `${name} json`), ...SEALED_TEXT.map((name) => `${name} text`)];

/** $1 account, $2 and $3 the last row before: its creation and its id. */
const READ_ORDERS = `
SELECT o.id, o.created_at::text AS created_at, o.xmin::text AS row_version, ${COLUMNS.map((name) => `o.${name}`).join(', ')}
FROM orders o WHERE o.account_id = $1 AND (o.created_at, o.id) > ($2::timestamptz, $3)
ORDER BY o.created_at, o.id LIMIT ${ORDERS}`;

/**
 * $1 account, $2 rows, $3 whether the account is still to be so (null: that does not matter). The journal is locked
 * before any order, as every commit does it. A row that has another `xmin` was written since it was read.
 */
const WRITE_ORDERS = `
WITH locked AS MATERIALIZED (
  SELECT account_id FROM account_journals
  WHERE account_id = $1 AND ($3::boolean IS NULL OR encrypted = $3) FOR UPDATE
), input AS MATERIALIZED (
  SELECT * FROM json_to_recordset($2::json) AS i(id text, row_version text, ${COLUMN_TYPES.join(', ')})
)
UPDATE orders o SET ${COLUMNS.map((name) => `${name} = COALESCE(i.${name}, o.${name})`).join(', ')}
FROM input i
WHERE o.id = ANY(ARRAY(SELECT id FROM input)) AND o.id = i.id AND o.xmin::text = i.row_version
  AND EXISTS (SELECT 1 FROM locked)`;

/** $1 account, $2 cursor. */
const READ_EVENTS = `
SELECT e.cursor::text AS cursor, e.order_id, e.order_version, e.reason, e.machine_event
FROM order_events e WHERE e.account_id = $1 AND e.cursor > $2::bigint ORDER BY e.cursor LIMIT ${EVENTS}`;

/** $1 account, $2 rows. Lines are never changed by anybody else. */
const WRITE_EVENTS = `
WITH input AS MATERIALIZED (
  SELECT * FROM json_to_recordset($2::json) AS i(cursor bigint, reason text, machine_event json)
)
UPDATE order_events e SET reason = COALESCE(i.reason, e.reason), machine_event = COALESCE(i.machine_event, e.machine_event)
FROM input i
WHERE e.account_id = $1 AND e.cursor = ANY(ARRAY(SELECT cursor FROM input)) AND e.cursor = i.cursor`;

type OrderRow = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly created_at: string;
  readonly row_version: string;
};
interface EventRow {
  readonly cursor: string;
  readonly order_id: string;
  readonly order_version: number;
  readonly reason: string | null;
  readonly machine_event: unknown;
}

/** Reads and writes rows as they are stored, past what opens them for everybody else. */
export class PostgresPayloadStore implements PayloadStore {
  readonly #prisma: PrismaClient;
  readonly #rows: Pool;
  readonly #vault: PayloadVault | null;

  constructor(prisma: PrismaClient, rows: Pool, vault: PayloadVault | null) {
    this.#prisma = prisma;
    this.#rows = rows;
    this.#vault = vault;
  }

  async converting(limit: number): Promise<readonly string[]> {
    const page = { where: { converting: true }, select: { id: true }, orderBy: { id: 'asc' } } as const;
    const rows = await this.#prisma.account.findMany({ ...page, take: checkedLimit(limit, WALK_LIMIT) });
    return rows.map(({ id }) => id);
  }

  async convert(accountId: string, from: ConversionCursor): Promise<ConvertedBatch> {
    const journal = await this.#prisma.accountJournal.findUnique({ where: { accountId }, select: { encrypted: true } });
    if (journal === null) return { next: null, changed: 0, failed: [] };
    return this.#batch(accountId, from, journal.encrypted ? 'sealed' : 'plain', journal.encrypted);
  }

  async settle(accountId: string, cacheVersion: number): Promise<boolean> {
    const where = { id: accountId, cacheVersion };
    const { count } = await this.#prisma.account.updateMany({ where, data: { converting: false } });
    return count === 1;
  }

  async sealedAccounts(page: { readonly limit: number; readonly after?: string }): Promise<readonly string[]> {
    const rows = await this.#rows.query<{ id: string }>(
      `SELECT id FROM accounts WHERE (encrypt_at_rest OR converting) AND id COLLATE "C" > $1 ORDER BY id COLLATE "C" LIMIT $2`,
      [page.after ?? '', checkedLimit(page.limit, WALK_LIMIT)],
    );
    return rows.rows.map(({ id }) => id);
  }

  rekey(accountId: string, from: ConversionCursor): Promise<ConvertedBatch> {
    return this.#batch(accountId, from, 'current key', null);
  }

  #batch(accountId: string, from: ConversionCursor, to: Conversion, only: boolean | null): Promise<ConvertedBatch> {
    const { part, after } = from;
    return withRetry(() =>
      part === 'orders' ? this.#orders(accountId, after, to, only) : this.#events(accountId, after, to),
    );
  }

  async #orders(
    accountId: string,
    after: readonly string[],
    to: Conversion,
    only: boolean | null,
  ): Promise<ConvertedBatch> {
    const [createdAt = '-infinity', id = ''] = after;
    const { rows } = await this.#rows.query<OrderRow>(READ_ORDERS, [accountId, createdAt, id]);
    const { changes, failed } = convertedAll(rows, (row) => {
      const columns = convertedOrder(this.#opener(), to, row.id, row);
      return columns === null ? null : { id: row.id, row_version: row.row_version, ...columns };
    });
    const written =
      changes.length === 0
        ? 0
        : ((await this.#rows.query(WRITE_ORDERS, [accountId, storableJson(changes), only])).rowCount ?? 0);
    const last = rows.at(-1);
    // Somebody wrote one of them meanwhile: all are looked at once more.
    if (written < changes.length) return { next: { part: 'orders', after }, changed: written, failed: [] };
    const next: ConversionCursor =
      last === undefined || rows.length < ORDERS
        ? { part: 'events', after: [] }
        : { part: 'orders', after: [last.created_at, last.id] };
    return { next, changed: written, failed };
  }

  async #events(accountId: string, after: readonly string[], to: Conversion): Promise<ConvertedBatch> {
    const { rows } = await this.#rows.query<EventRow>(READ_EVENTS, [accountId, after[0] ?? '0']);
    const { changes, failed } = convertedAll(rows, (row) => {
      const line = convertedLine(this.#opener(), to, row.order_id, row.order_version, row);
      return line === null ? null : { cursor: row.cursor, ...line };
    });
    if (changes.length > 0) await this.#rows.query(WRITE_EVENTS, [accountId, storableJson(changes)]);
    const last = rows.at(-1);
    const isThrough = last === undefined || rows.length < EVENTS;
    return { next: isThrough ? null : { part: 'events', after: [last.cursor] }, changed: changes.length, failed };
  }

  #opener(): PayloadVault {
    if (this.#vault === null) throw new PayloadError('this process has no ORDERPLANE_DATA_KEY');
    return this.#vault;
  }
}

/** What can't be opened is named and left: the rest goes on. */
function convertedAll<Row, Change>(
  rows: readonly Row[],
  convert: (row: Row) => Change | null,
): { readonly changes: readonly Change[]; readonly failed: readonly string[] } {
  const changes: Change[] = [];
  const failed: string[] = [];
  for (const row of rows) {
    try {
      const change = convert(row);
      if (change !== null) changes.push(change);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      failed.push(error.message);
    }
  }
  return { changes, failed };
}
