import { canonicalDecimal, type DecimalString } from '@orderplane/domain';
import { z } from 'zod';
import { NotFoundError } from '../contracts.ts';
import type { AccountFunds, FundsStore } from '../contracts.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { storableJson } from '../json.ts';
import { derivedColumns } from '../order-rows.ts';
import { reservedBy } from '../reserved-amounts.ts';
import { BalancesSchema, PositionsSchema } from '../row-schemas.ts';
import { databaseFailure, withRetry } from './errors.ts';
import { IS_OPEN, OPEN_ACCOUNT, recordColumns, toRecord, type RecordRow } from './records.ts';
import type { Sql } from './sql.ts';
import { RESERVED } from './statements/reserved.ts';

const openAccount = Prisma.raw(OPEN_ACCOUNT);
const isOpen = Prisma.raw(IS_OPEN);
const ReservedSchema = z.tuple([z.object({ amount: z.string(), sealed: z.boolean() })]);

export class PostgresFundsStore implements FundsStore {
  readonly #prisma: PrismaClient;
  readonly #sql: Sql;

  constructor(prisma: PrismaClient, sql: Sql) {
    this.#prisma = prisma;
    this.#sql = sql;
  }

  async save({ accountId, askedAt, answeredAt, balances, positions }: AccountFunds): Promise<void> {
    try {
      await withRetry(
        () => this.#prisma.$executeRaw`
          INSERT INTO account_funds AS f (account_id, asked_at, answered_at, balances, positions)
          VALUES (${accountId}, ${askedAt}::timestamptz, ${answeredAt}::timestamptz,
            ${storableJson(balances)}::json, ${storableJson(positions)}::json)
          ON CONFLICT (account_id) DO UPDATE SET asked_at = excluded.asked_at, answered_at = excluded.answered_at,
            balances = excluded.balances, positions = excluded.positions
          WHERE f.asked_at < excluded.asked_at`,
      );
    } catch (error) {
      throw databaseFailure(error).kind === 'foreignKey' ? new NotFoundError('account', accountId) : error;
    }
  }

  async of(accountId: string): Promise<AccountFunds | null> {
    const row = await this.#prisma.accountFunds.findUnique({ where: { accountId } });
    if (row === null) return null;
    return {
      accountId,
      askedAt: row.askedAt.toISOString(),
      answeredAt: row.answeredAt.toISOString(),
      balances: BalancesSchema.parse(row.balances),
      positions: PositionsSchema.parse(row.positions),
    };
  }

  async reserved(accountId: string, asset: string, since: string, except: readonly string[]): Promise<DecimalString> {
    const rows = await this.#sql.$queryRawUnsafe(RESERVED, accountId, asset, since, [...except]);
    const [{ amount, sealed }] = ReservedSchema.parse(rows);
    return sealed ? this.#openedReserved(accountId, asset, since, except) : canonicalDecimal(amount);
  }

  /** Where terms are sealed, nobody but who holds the key can add them up. */
  async #openedReserved(accountId: string, asset: string, since: string, except: readonly string[]) {
    const rows = await this.#sql.$queryRaw<RecordRow[]>`
      SELECT ${recordColumns} FROM orders o
      WHERE o.account_id = ${accountId} AND o.created_at > ${since}::timestamptz AND o.version IS NOT NULL
      UNION ALL
      SELECT ${recordColumns} FROM orders o
      WHERE ${openAccount} = ${accountId} AND ${isOpen} AND o.created_at <= ${since}::timestamptz AND o.version IS NOT NULL`;
    const orders = rows.map((row) => ({ ...toRecord(row), derived: derivedColumns(row.machine) }));
    return reservedBy(orders, { asset, since, except });
  }
}
