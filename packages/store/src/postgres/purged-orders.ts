import type { OrderState } from '@orderplane/domain';
import type { LateFill, PurgedOrder, PurgedOrders, VenueName } from '../contracts.ts';
import { storableJson } from '../json.ts';
import { clientOrderName, fillName, legName, venueName } from '../retention.ts';
import { withRetry } from './errors.ts';
import { BOOK_LATE, PURGED_BY_NAMES } from './statements/purged.ts';
import type { Sql } from './sql.ts';
import { rowOf } from './unattributed.ts';

interface PurgedRow {
  readonly n: number;
  readonly order_id: string;
  readonly account_id: string;
  readonly request_hash: string;
  readonly state: OrderState;
  readonly ended_at: Date;
  readonly purged_at: Date;
}

const toPurged = (row: PurgedRow): PurgedOrder => ({
  orderId: row.order_id,
  accountId: row.account_id,
  requestHash: row.request_hash,
  state: row.state,
  endedAt: row.ended_at.toISOString(),
  purgedAt: row.purged_at.toISOString(),
});

/** What was purged is known by hashes alone, which only the database can make: their key does not leave it. */
export class PostgresPurgedOrders implements PurgedOrders {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async byClientOrderId(accountId: string, clientOrderId: string): Promise<PurgedOrder | null> {
    const [found] = await this.#find(accountId, [[clientOrderName(clientOrderId)]]);
    return found ?? null;
  }

  byVenueNames(accountId: string, names: readonly VenueName[]): Promise<readonly (PurgedOrder | null)[]> {
    return this.#find(
      accountId,
      names.map(({ venueOrderId, symbol, venueClientId }) => [
        venueName(venueOrderId, symbol),
        ...(venueClientId === null ? [] : [legName(venueClientId)]),
      ]),
    );
  }

  async bookLate(accountId: string, fills: readonly LateFill[]): Promise<number> {
    if (fills.length === 0) return 0;
    const rows = fills.map(({ orderId, fill }) => ({
      ...rowOf(fill),
      order_id: orderId,
      name: fillName(orderId, fill.exchangeTradeId),
    }));
    const [row] = await withRetry(() =>
      this.#sql.$queryRawUnsafe<{ readonly added: bigint }[]>(BOOK_LATE, accountId, storableJson(rows)),
    );
    return Number(row?.added ?? 0n);
  }

  /** For each list of names the order of the first that is known. */
  async #find(accountId: string, lists: readonly (readonly string[])[]): Promise<readonly (PurgedOrder | null)[]> {
    if (lists.length === 0) return [];
    const given = storableJson(lists.map((names, index) => ({ n: index, names })));
    const rows = await this.#sql.$queryRawUnsafe<PurgedRow[]>(PURGED_BY_NAMES, accountId, given);
    const byNumber = new Map(rows.map((row) => [row.n, row]));
    return lists.map((_, index) => {
      const row = byNumber.get(index);
      return row === undefined ? null : toPurged(row);
    });
  }
}
