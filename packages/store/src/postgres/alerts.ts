import { ExchangeIdSchema } from '@orderplane/domain';
import type { AlertStatus, ExchangeId } from '@orderplane/domain';
import { changesOf } from '../alert-changes.ts';
import { AlreadyExistsError } from '../contracts.ts';
import type {
  Alert,
  AlertCancel,
  AlertChange,
  AlertCreation,
  AlertFire,
  AlertStore,
  NewAlert,
  PageRequest,
  PriceNeed,
} from '../contracts.ts';
import { Prisma } from '../generated/client.ts';
import type { PrismaClient } from '../generated/client.ts';
import { storableText } from '../json.ts';
import { alertCursor, checkedLimit, pageLimit, parseOrderCursor, WALK_LIMIT } from '../paging.ts';
import { AlertStatusSchema, TriggerDirectionSchema, TriggerSourceSchema } from '../row-schemas.ts';
import { UNNAMED } from './client.ts';
import { databaseFailure, withRetry } from './errors.ts';
import { decimalString } from './fills.ts';
import type { Sql } from './sql.ts';

interface AlertQueryRow {
  readonly id: string;
  readonly account_id: string;
  readonly user_id: string;
  readonly exchange: string;
  readonly symbol: string;
  readonly trigger_symbol: string;
  readonly source: string;
  readonly direction: string;
  readonly price: Prisma.Decimal;
  readonly note: string | null;
  readonly status: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly fired_price: Prisma.Decimal | null;
  readonly fired_price_at: Date | null;
  readonly fired_at: Date | null;
  readonly armed_seq: bigint;
  readonly ended_seq: bigint | null;
}

const columns = Prisma.raw(
  `a.id, a.account_id, a.user_id, a.exchange, a.symbol, a.trigger_symbol, a.source, a.direction, a.price, a.note, a.status,
   a.created_at, a.updated_at, a.fired_price, a.fired_price_at, a.fired_at, a.armed_seq, a.ended_seq`,
);
const newestChange = Prisma.raw('GREATEST(a.armed_seq, COALESCE(a.ended_seq, 0))');
const unnamed = Prisma.raw(UNNAMED);

const toAlert = (row: AlertQueryRow): Alert => ({
  id: row.id,
  accountId: row.account_id,
  userId: row.user_id,
  exchange: ExchangeIdSchema.parse(row.exchange),
  symbol: row.symbol,
  trigger: {
    symbol: row.trigger_symbol,
    source: TriggerSourceSchema.parse(row.source),
    direction: TriggerDirectionSchema.parse(row.direction),
    price: decimalString(row.price),
  },
  note: row.note,
  status: AlertStatusSchema.parse(row.status),
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  fired:
    row.fired_price === null || row.fired_price_at === null || row.fired_at === null
      ? null
      : {
          price: decimalString(row.fired_price),
          priceAt: row.fired_price_at.toISOString(),
          at: row.fired_at.toISOString(),
        },
});

export class PostgresAlertStore implements AlertStore {
  readonly #prisma: PrismaClient;
  readonly #sql: Sql;

  constructor(prisma: PrismaClient, sql: Sql) {
    this.#prisma = prisma;
    this.#sql = sql;
  }

  /** The account's journal row is locked first, so that the count holds until the commit, and unlinking waits. */
  async create(alert: NewAlert, maxArmed: number): Promise<AlertCreation> {
    try {
      return await withRetry(() => this.#prisma.$transaction((tx) => insert(tx, alert, maxArmed)));
    } catch (error) {
      // Another account's alert has the id.
      throw databaseFailure(error).kind === 'unique' ? new AlreadyExistsError('alert', alert.id) : error;
    }
  }

  async cancel(userId: string, alertId: string, at: string): Promise<AlertCancel> {
    const set = Prisma.sql`status = 'CANCELLED', updated_at = ${at}::timestamptz`;
    const cancelled = await this.#end(alertId, Prisma.sql`AND user_id = ${userId}`, set);
    if (cancelled !== null) return { kind: 'cancelled', alert: cancelled, again: false };
    const alert = await this.byId(userId, alertId);
    if (alert === null) return { kind: 'notFound' };
    return alert.status === 'CANCELLED' ? { kind: 'cancelled', alert, again: true } : { kind: 'triggered', alert };
  }

  fire(alertId: string, fire: AlertFire): Promise<Alert | null> {
    const set = Prisma.sql`status = 'TRIGGERED', updated_at = ${fire.at}::timestamptz, fired_at = ${fire.at}::timestamptz,
      fired_price = ${fire.price}::numeric, fired_price_at = ${fire.priceAt}::timestamptz`;
    return this.#end(alertId, Prisma.empty, set);
  }

  /** One statement. Of two ends at once one waits for the journal's row and then finds the alert ended. */
  async #end(alertId: string, condition: Prisma.Sql, set: Prisma.Sql): Promise<Alert | null> {
    const rows = await withRetry(
      () => this.#sql.$queryRaw<AlertQueryRow[]>`${unnamed}
        WITH target AS (SELECT account_id FROM alerts WHERE id = ${alertId} AND status = 'ARMED' ${condition}),
        counter AS (UPDATE account_journals j SET alert_seq = j.alert_seq + 1 FROM target t
          WHERE j.account_id = t.account_id RETURNING j.account_id, j.alert_seq)
        UPDATE alerts a SET ${set}, ended_seq = c.alert_seq FROM counter c
        WHERE a.id = ${alertId} AND a.account_id = c.account_id AND a.status = 'ARMED' RETURNING ${columns}`,
    );
    const [row] = rows;
    return row === undefined ? null : toAlert(row);
  }

  async byId(userId: string, alertId: string): Promise<Alert | null> {
    const [row] = await this.#sql.$queryRaw<AlertQueryRow[]>`
      SELECT ${columns} FROM alerts a WHERE a.id = ${alertId} AND a.user_id = ${userId}`;
    return row === undefined ? null : toAlert(row);
  }

  async page(
    filter: { readonly userId: string; readonly accountId: string; readonly status?: AlertStatus },
    page: PageRequest,
  ): ReturnType<AlertStore['page']> {
    const limit = pageLimit(page);
    const status = filter.status === undefined ? Prisma.empty : Prisma.sql`AND a.status = ${filter.status}`;
    const after = page.after === undefined ? null : parseOrderCursor(page.after);
    const beyond =
      after === null
        ? Prisma.empty
        : Prisma.sql`AND (a.created_at, a.id) < (${after.createdAt}::timestamptz, ${after.orderId})`;
    const rows = await this.#sql.$queryRaw<AlertQueryRow[]>`${unnamed}
      SELECT ${columns} FROM alerts a
      WHERE a.account_id = ${filter.accountId} AND a.user_id = ${filter.userId} ${status} ${beyond}
      ORDER BY a.created_at DESC, a.id DESC LIMIT ${limit + 1}`;
    const alerts = rows.slice(0, limit).map((row) => {
      const alert = toAlert(row);
      return { cursor: alertCursor(alert), alert };
    });
    return { alerts, hasNext: rows.length > limit };
  }

  async positions(accountIds: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    const rows = await this.#prisma.accountJournal.findMany({
      where: { accountId: { in: [...accountIds] } },
      select: { accountId: true, alertSeq: true },
    });
    const found = new Map(rows.map(({ accountId, alertSeq }) => [accountId, alertSeq]));
    return new Map(accountIds.map((accountId) => [accountId, found.get(accountId) ?? 0n]));
  }

  /** A line for each of an alert's two positions; the index on the newer one leaves out all that is long over. */
  async changes(accountId: string, after: bigint, limit: number): Promise<readonly AlertChange[]> {
    const rows = await this.#sql.$queryRaw<(AlertQueryRow & { readonly position: bigint })[]>`
      SELECT ${columns}, s.position FROM alerts a
      CROSS JOIN LATERAL (VALUES (a.armed_seq), (a.ended_seq)) AS s(position)
      WHERE a.account_id = ${accountId} AND ${newestChange} > ${after} AND s.position > ${after}
      ORDER BY s.position LIMIT ${checkedLimit(limit, WALK_LIMIT)}`;
    return rows.flatMap((row) =>
      changesOf(toAlert(row), row.armed_seq, row.ended_seq).filter(({ position }) => position === row.position),
    );
  }

  async needs(): Promise<readonly PriceNeed[]> {
    const rows = await this.#sql.$queryRaw<{ exchange: string; symbol: string; armed: bigint }[]>`
      SELECT exchange, trigger_symbol AS symbol, count(*) AS armed FROM alerts WHERE status = 'ARMED'
      GROUP BY exchange, trigger_symbol ORDER BY exchange COLLATE "C", trigger_symbol COLLATE "C"`;
    return rows.map(({ exchange, symbol, armed }) => ({
      exchange: ExchangeIdSchema.parse(exchange),
      symbol,
      armed: Number(armed),
    }));
  }

  async armed(exchange: ExchangeId, symbol: string, createdSince: string | null): Promise<readonly Alert[]> {
    const rows = await this.#sql.$queryRaw<AlertQueryRow[]>`
      SELECT ${columns} FROM alerts a
      WHERE a.status = 'ARMED' AND a.exchange = ${exchange} AND a.trigger_symbol = ${symbol}
        AND a.created_at >= COALESCE(${createdSince}::timestamptz, '-infinity'::timestamptz)
      ORDER BY a.created_at, a.id`;
    return rows.map(toAlert);
  }
}

async function insert(tx: Prisma.TransactionClient, alert: NewAlert, maxArmed: number): Promise<AlertCreation> {
  const { accountId } = alert;
  const [counter] = await tx.$queryRaw<{ alert_seq: bigint }[]>`
    UPDATE account_journals SET alert_seq = alert_seq + 1 WHERE account_id = ${accountId} AND NOT closed RETURNING alert_seq`;
  if (counter === undefined) return { kind: 'notFound' };
  const [known] = await tx.$queryRaw<AlertQueryRow[]>`
    SELECT ${columns} FROM alerts a WHERE a.id = ${alert.id} AND a.account_id = ${accountId}`;
  if (known !== undefined) return { kind: 'created', alert: toAlert(known), again: true };
  const armed = await tx.alert.count({ where: { accountId, status: 'ARMED' } });
  if (armed >= maxArmed) return { kind: 'tooMany', armed };
  const { trigger, note, ...plain } = alert;
  await tx.alert.create({
    data: {
      ...plain,
      triggerSymbol: trigger.symbol,
      source: trigger.source,
      direction: trigger.direction,
      price: trigger.price,
      note: note === null ? null : storableText(note),
      status: 'ARMED',
      updatedAt: alert.createdAt,
      armedSeq: counter.alert_seq,
    },
  });
  const created: Alert = { ...alert, status: 'ARMED', updatedAt: alert.createdAt, fired: null };
  return { kind: 'created', alert: created, again: false };
}
