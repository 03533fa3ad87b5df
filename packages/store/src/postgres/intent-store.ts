import { Prisma } from '../generated/client.ts';
import { InvalidCursorError, NotFoundError } from '../contracts.ts';
import type { Intent, IntentStore, PageRequest } from '../contracts.ts';
import { storableJson } from '../json.ts';
import { pageLimit } from '../paging.ts';
import { orderColumns } from '../payloads/rows.ts';
import { databaseFailure, orderWriteError } from './errors.ts';
import { intentColumnsOf } from './parameters.ts';
import { intentColumns, toIntent } from './records.ts';
import type { IntentRow } from './records.ts';
import type { SealingModes } from './sealing-modes.ts';
import { INTENT_WRITE } from './statements/order-columns.ts';
import type { Sql } from './sql.ts';

const COLUMNS = INTENT_WRITE.join(', ');
const INSERT = `INSERT INTO orders (${COLUMNS}, event_count) SELECT ${COLUMNS}, 0 FROM json_populate_record(NULL::orders, $1::json)`;
const MUTABLE = INTENT_WRITE.filter((column) => column !== 'id');
/** The ids at the exchange are kept by symbol, so they follow its change. */
const UPDATE = `
WITH changed AS (
  UPDATE orders o SET ${MUTABLE.map((column) => `${column} = i.${column}`).join(', ')}
  FROM json_populate_record(NULL::orders, $1::json) i WHERE o.id = i.id RETURNING o.id, o.symbol
), ids AS (
  UPDATE order_leg_ids l SET symbol = c.symbol FROM changed c WHERE l.order_id = c.id AND l.symbol <> c.symbol
), fills AS (
  UPDATE order_fills f SET symbol = c.symbol FROM changed c WHERE f.order_id = c.id AND f.symbol <> c.symbol
)
SELECT id FROM changed`;

export class PostgresIntentStore implements IntentStore {
  readonly #sql: Sql;
  readonly #modes: SealingModes;

  constructor(sql: Sql, modes: SealingModes) {
    this.#sql = sql;
    this.#modes = modes;
  }

  async create(intent: Intent): Promise<void> {
    try {
      await this.#sql.$executeRawUnsafe(INSERT, await this.#columnsOf(intent));
    } catch (error) {
      throw orderWriteError(error, intent);
    }
  }

  async get(orderId: string): Promise<Intent> {
    const [row] = await this.#select(Prisma.sql`o.id = ${orderId}`);
    if (row === undefined) throw new NotFoundError('order', orderId);
    return row;
  }

  async update(intent: Intent): Promise<void> {
    let changed: readonly unknown[];
    try {
      changed = await this.#sql.$queryRawUnsafe<unknown[]>(UPDATE, await this.#columnsOf(intent));
    } catch (error) {
      throw databaseFailure(error).kind === 'other' ? error : orderWriteError(error, intent);
    }
    if (changed.length === 0) throw new NotFoundError('order', intent.orderId);
  }

  /** With everything that hangs on it: state, legs, journal lines and fills. */
  async delete(orderId: string): Promise<void> {
    const count = await this.#sql.$executeRaw`DELETE FROM orders WHERE id = ${orderId}`;
    if (count === 0) throw new NotFoundError('order', orderId);
  }

  /** `after` is the id of the last order of the page before; InvalidCursorError when it is gone. */
  async list(
    filter: { readonly symbol?: string; readonly groupId?: string; readonly accountId?: string },
    page: PageRequest,
  ): Promise<readonly Intent[]> {
    const limit = pageLimit(page);
    const conditions = [Prisma.sql`TRUE`];
    if (filter.symbol !== undefined) conditions.push(Prisma.sql`o.symbol = ${filter.symbol}`);
    if (filter.groupId !== undefined) conditions.push(Prisma.sql`o.group_id = ${filter.groupId}`);
    if (filter.accountId !== undefined) conditions.push(Prisma.sql`o.account_id = ${filter.accountId}`);
    if (page.after !== undefined) {
      const createdAt = await createdAtOf(this.#sql, page.after);
      conditions.push(Prisma.sql`(o.created_at, o.id) > (${createdAt}, ${page.after})`);
    }
    return this.#select(Prisma.join(conditions, ' AND '), Prisma.sql`LIMIT ${limit}`);
  }

  listByGroup(groupId: string): Promise<readonly Intent[]> {
    return this.#select(Prisma.sql`o.group_id = ${groupId}`);
  }

  async findByClientOrderId(accountId: string, clientOrderId: string): Promise<Intent | null> {
    const [row] = await this.#select(Prisma.sql`o.account_id = ${accountId} AND o.client_order_id = ${clientOrderId}`);
    return row ?? null;
  }

  /** As the account wants it now: what is written here is written before or beside trading, by key. */
  async #columnsOf(intent: Intent): Promise<string> {
    const [journal] = await this.#sql.$queryRaw<{ encrypted: boolean }[]>`
      SELECT encrypted FROM account_journals WHERE account_id = ${intent.accountId}`;
    const vault = this.#modes.vault(journal?.encrypted === true);
    return storableJson(orderColumns(vault, intent.orderId, intentColumnsOf(intent)));
  }

  async #select(where: Prisma.Sql, limit: Prisma.Sql = Prisma.empty): Promise<readonly Intent[]> {
    const rows = await this.#sql.$queryRaw<
      IntentRow[]
    >`SELECT ${intentColumns} FROM orders o WHERE ${where} ORDER BY o.created_at, o.id ${limit}`;
    return rows.map(toIntent);
  }
}

/** Throws InvalidCursorError. */
export async function createdAtOf(sql: Sql, orderId: string): Promise<Date> {
  const [row] = await sql.$queryRaw<{ created_at: Date }[]>`SELECT created_at FROM orders WHERE id = ${orderId}`;
  if (row === undefined) throw new InvalidCursorError(orderId);
  return row.created_at;
}
