import type { ReconciliationStatus } from '@orderplane/domain';
import { Prisma } from '../generated/client.ts';
import { AlreadyExistsError, NotFoundError } from '../contracts.ts';
import type { ActualState, OrderStateStore, PageRequest } from '../contracts.ts';
import { checkedLimit, pageLimit, WALK_LIMIT } from '../paging.ts';
import { createdAtOf } from './intent-store.ts';
import { actualColumns, toActual } from './records.ts';
import type { ActualRow } from './records.ts';
import type { Sql } from './sql.ts';
import type { OrderWrites } from './writes.ts';

const DELETE = `
WITH cleared AS (
  UPDATE orders SET version = NULL, machine = NULL, state = NULL, status = NULL, size = NULL, filled_size = NULL,
    average_filled_price = NULL, exchange_order_id = NULL, done = false, open_size = NULL, open_value = NULL, open_prices = '{}', actual_created_at = NULL, actual_updated_at = NULL,
    reconciliation_status = NULL, observed_generation = NULL, attempts = NULL, next_attempt_at = NULL, last_error = NULL,
    last_evidence_at = NULL, absent_lookups = NULL, tried = NULL, alert = NULL, told_filled = 0, pending_since = NULL
  WHERE id = $1 AND version IS NOT NULL RETURNING id
), legs AS (DELETE FROM order_legs x USING cleared c WHERE x.order_id = c.id
), ids AS (DELETE FROM order_leg_ids x USING cleared c WHERE x.order_id = c.id
), fills AS (DELETE FROM order_fills x USING cleared c WHERE x.order_id = c.id)
SELECT id FROM cleared`;

/** Actual states live beside their intents: a state cannot exist without one. */
export class PostgresOrderStateStore implements OrderStateStore {
  readonly #sql: Sql;
  readonly #writes: OrderWrites;

  constructor(sql: Sql, writes: OrderWrites) {
    this.#sql = sql;
    this.#writes = writes;
  }

  /** Throws NotFoundError without an intent, AlreadyExistsError when there is a state. */
  async create(state: ActualState): Promise<void> {
    if (await this.#writes.writeState(state, null)) return;
    await this.#requireOrder(state.orderId);
    throw new AlreadyExistsError('state of order', state.orderId);
  }

  async get(orderId: string): Promise<ActualState> {
    const [row] = await this.#sql.$queryRaw<
      ActualRow[]
    >`SELECT ${actualColumns} FROM orders o WHERE o.id = ${orderId} AND o.version IS NOT NULL`;
    if (row === undefined) throw new NotFoundError('state of order', orderId);
    return toActual(row);
  }

  /** Some exchanges count per symbol: of several orders under one id, the newest. */
  async getByExchangeOrderId(accountId: string, exchangeOrderId: string): Promise<ActualState> {
    const [row] = await this.#sql.$queryRaw<ActualRow[]>`
      SELECT ${actualColumns} FROM orders o JOIN order_leg_ids l ON l.order_id = o.id
      WHERE l.account_id = ${accountId} AND l.venue_order_id = ${exchangeOrderId} AND o.version IS NOT NULL
      ORDER BY o.created_at DESC, o.id DESC LIMIT 1`;
    if (row === undefined) throw new NotFoundError('order with exchange id', exchangeOrderId);
    return toActual(row);
  }

  async update(state: ActualState): Promise<boolean> {
    if (await this.#writes.writeState(state, state.version - 1)) return true;
    await this.get(state.orderId);
    return false;
  }

  /** The state with its legs, exchange ids and fills. The journal stays until the order itself is deleted. */
  async delete(orderId: string): Promise<void> {
    const cleared = await this.#sql.$queryRawUnsafe<unknown[]>(DELETE, orderId);
    if (cleared.length === 0) throw new NotFoundError('state of order', orderId);
  }

  /** Ordered by creation, then id; `after` is an order id. */
  async list(
    filter: { readonly symbol?: string; readonly status?: ReconciliationStatus },
    page: PageRequest,
  ): Promise<readonly ActualState[]> {
    const limit = pageLimit(page);
    const conditions = [Prisma.sql`o.version IS NOT NULL`];
    if (filter.symbol !== undefined) conditions.push(Prisma.sql`o.symbol = ${filter.symbol}`);
    if (filter.status !== undefined) conditions.push(statusCondition(filter.status));
    if (page.after !== undefined) {
      const createdAt = await createdAtOf(this.#sql, page.after);
      conditions.push(Prisma.sql`(o.created_at, o.id) > (${createdAt}, ${page.after})`);
    }
    const rows = await this.#sql.$queryRaw<ActualRow[]>`
      SELECT ${actualColumns} FROM orders o WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY o.created_at, o.id LIMIT ${limit}`;
    return rows.map(toActual);
  }

  /** Oldest evidence first; an order without evidence counts from its creation. At most 10 000. */
  async listStale(olderThan: string, limit: number): Promise<readonly ActualState[]> {
    const rows = await this.#sql.$queryRaw<ActualRow[]>`
      SELECT ${actualColumns} FROM orders o
      WHERE NOT o.done AND o.version IS NOT NULL AND COALESCE(o.last_evidence_at, o.actual_created_at) < ${olderThan}::timestamptz
      ORDER BY COALESCE(o.last_evidence_at, o.actual_created_at), o.id LIMIT ${checkedLimit(limit, WALK_LIMIT)}`;
    return rows.map(toActual);
  }

  async #requireOrder(orderId: string): Promise<void> {
    const rows = await this.#sql.$queryRaw<unknown[]>`SELECT 1 FROM orders WHERE id = ${orderId}`;
    if (rows.length === 0) throw new NotFoundError('order', orderId);
  }
}

/** A generic plan cannot prove that a parameter is not 'IN_SYNC', so the partial index needs it said. */
const statusCondition = (status: ReconciliationStatus): Prisma.Sql =>
  status === 'IN_SYNC'
    ? Prisma.sql`o.reconciliation_status = 'IN_SYNC'`
    : Prisma.sql`o.reconciliation_status = ${status} AND o.reconciliation_status <> 'IN_SYNC'`;
