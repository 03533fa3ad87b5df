import { canonicalDecimal } from '@orderplane/domain';
import { z } from 'zod';
import { NotFoundError } from '../contracts.ts';
import type { AccountFunds, FundsStore, Reserved } from '../contracts.ts';
import type { PrismaClient } from '../generated/client.ts';
import { storableJson } from '../json.ts';
import { BalancesSchema, PositionsSchema } from '../row-schemas.ts';
import { databaseFailure, withRetry } from './errors.ts';
import type { Sql } from './sql.ts';
import { RESERVED } from './statements/reserved.ts';

const ReservedSchema = z.tuple([z.object({ sure: z.string(), possible: z.string() })]);

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

  async reserved(
    accountId: string,
    asset: string,
    { askedAt, answeredAt }: Pick<AccountFunds, 'askedAt' | 'answeredAt'>,
    except: readonly string[],
  ): Promise<Reserved> {
    const rows = await this.#sql.$queryRawUnsafe(RESERVED, accountId, asset, answeredAt, [...except], askedAt);
    const [{ sure, possible }] = ReservedSchema.parse(rows);
    return { sure: canonicalDecimal(sure), possible: canonicalDecimal(possible) };
  }
}
