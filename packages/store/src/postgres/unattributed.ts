import { Prisma } from '../generated/client.ts';
import type { FillKey, PageRequest, UnattributedFill, UnattributedFillStore } from '../contracts.ts';
import { storableJson, storableText } from '../json.ts';
import { pageLimit, parseUnattributedFillId } from '../paging.ts';
import { withRetry } from './errors.ts';
import { decimalString } from './fills.ts';
import type { Sql } from './sql.ts';

interface FillRow {
  readonly account_id: string;
  readonly symbol: string;
  readonly exchange_order_id: string;
  readonly trade_id: string;
  readonly client_order_id: string | null;
  readonly side: 'BUY' | 'SELL' | null;
  readonly size: Prisma.Decimal;
  readonly price: Prisma.Decimal;
  readonly fee_currency: string | null;
  readonly fee_cost: Prisma.Decimal | null;
  readonly liquidity: 'MAKER' | 'TAKER' | null;
  readonly executed_at: Date;
  readonly first_seen_at: Date;
  readonly tries: number;
  readonly last_tried_at: Date | null;
  readonly last_error: string | null;
  readonly attributed_at: Date | null;
  readonly order_id: string | null;
}

const toFill = (row: FillRow): UnattributedFill => ({
  accountId: row.account_id,
  symbol: row.symbol,
  exchangeOrderId: row.exchange_order_id,
  exchangeTradeId: row.trade_id,
  clientOrderId: row.client_order_id,
  side: row.side,
  size: decimalString(row.size),
  price: decimalString(row.price),
  fee:
    row.fee_currency === null || row.fee_cost === null
      ? null
      : { currency: row.fee_currency, cost: decimalString(row.fee_cost) },
  liquidity: row.liquidity,
  executedAt: row.executed_at.toISOString(),
  firstSeenAt: row.first_seen_at.toISOString(),
  tries: row.tries,
  lastTriedAt: row.last_tried_at?.toISOString() ?? null,
  lastError: row.last_error,
  attributedAt: row.attributed_at?.toISOString() ?? null,
  orderId: row.order_id,
});

export const rowOf = (fill: UnattributedFill) => ({
  account_id: fill.accountId,
  symbol: fill.symbol,
  exchange_order_id: fill.exchangeOrderId,
  trade_id: fill.exchangeTradeId,
  client_order_id: fill.clientOrderId,
  side: fill.side,
  size: fill.size,
  price: fill.price,
  fee_currency: fill.fee?.currency ?? null,
  fee_cost: fill.fee?.cost ?? null,
  liquidity: fill.liquidity,
  executed_at: fill.executedAt,
  first_seen_at: fill.firstSeenAt,
  tries: fill.tries,
  last_tried_at: fill.lastTriedAt,
  last_error: fill.lastError,
  attributed_at: fill.attributedAt,
  order_id: fill.orderId,
});

const isOne = (key: FillKey): Prisma.Sql => Prisma.sql`account_id = ${key.accountId} AND symbol = ${key.symbol}
  AND exchange_order_id = ${key.exchangeOrderId} AND trade_id = ${key.exchangeTradeId} AND attributed_at IS NULL`;

export class PostgresUnattributedFillStore implements UnattributedFillStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async add(fills: readonly UnattributedFill[]): Promise<number> {
    if (fills.length === 0) return 0;
    const rows = storableJson(fills.map(rowOf));
    return withRetry(
      () => this.#sql.$executeRaw`
        INSERT INTO unattributed_fills SELECT * FROM json_populate_recordset(NULL::unattributed_fills, ${rows}::json)
        ON CONFLICT DO NOTHING`,
    );
  }

  async pending(accountId: string, limit: number): Promise<readonly UnattributedFill[]> {
    const rows = await this.#sql.$queryRaw<FillRow[]>`
      SELECT * FROM unattributed_fills WHERE account_id = ${accountId} AND attributed_at IS NULL
      ORDER BY last_tried_at NULLS FIRST, executed_at, symbol, exchange_order_id, trade_id LIMIT ${limit}`;
    return rows.map(toFill);
  }

  async pendingCount(accountId: string): Promise<number> {
    const [row] = await this.#sql.$queryRaw<{ readonly count: bigint }[]>`
      SELECT count(*) AS count FROM unattributed_fills WHERE account_id = ${accountId} AND attributed_at IS NULL`;
    return Number(row?.count ?? 0n);
  }

  async tried(key: FillKey, at: string, error: string): Promise<void> {
    await withRetry(
      () => this.#sql.$executeRaw`
        UPDATE unattributed_fills SET tries = tries + 1, last_tried_at = ${at}::timestamptz, last_error = ${storableText(error)}
        WHERE ${isOne(key)}`,
    );
  }

  async attribute(key: FillKey, orderId: string, at: string): Promise<void> {
    await withRetry(
      () => this.#sql.$executeRaw`
        UPDATE unattributed_fills SET attributed_at = ${at}::timestamptz, order_id = ${orderId}, last_error = NULL
        WHERE ${isOne(key)}`,
    );
  }

  async list(accountId: string, page: PageRequest & { readonly pendingOnly: boolean }) {
    const limit = pageLimit(page);
    const pending = page.pendingOnly ? Prisma.sql`AND attributed_at IS NULL` : Prisma.empty;
    const rows = await this.#sql.$queryRaw<FillRow[]>`
      SELECT * FROM unattributed_fills WHERE account_id = ${accountId} ${pending} ${olderThan(page.after)}
      ORDER BY executed_at DESC, symbol DESC, exchange_order_id DESC, trade_id DESC LIMIT ${limit + 1}`;
    return { items: rows.slice(0, limit).map(toFill), hasNext: rows.length > limit };
  }
}

function olderThan(after: string | undefined): Prisma.Sql {
  if (after === undefined) return Prisma.empty;
  const [executedAt, symbol, exchangeOrderId, tradeId] = parseUnattributedFillId(after);
  return Prisma.sql`AND (executed_at, symbol, exchange_order_id, trade_id) <
    (${executedAt}::timestamptz, ${symbol}, ${exchangeOrderId}, ${tradeId})`;
}
