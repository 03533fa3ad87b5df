import { ExchangeIdSchema, MarketSchema } from '@orderplane/domain';
import type { ExchangeId, Market } from '@orderplane/domain';
import type { PrismaClient } from '../generated/client.ts';
import { AlreadyExistsError } from '../contracts.ts';
import type {
  AccountHealthRecord,
  AccountLook,
  ExchangeHealthRecord,
  ObservationStore,
  SyncRun,
  TapeMark,
} from '../contracts.ts';
import { storableJson, storableText } from '../json.ts';
import { CoverageSchema, SyncReasonSchema } from '../row-schemas.ts';
import { readAccountHealth, writeAccountReachable, writeKeyRefused } from './account-health.ts';
import { databaseFailure, withRetry } from './errors.ts';

/** Leases asked for in one statement. */
const MAX_LEASES = 1_000;

/** Replaces the exchange's list; unchanged markets are not rewritten. $1 exchange, $2 rows (json), $3 instant. */
const SAVE_MARKETS = `
WITH rows AS (SELECT * FROM json_to_recordset($2::json) AS r(symbol text, market json)
), gone AS (
  DELETE FROM markets m WHERE m.exchange = $1 AND m.symbol NOT IN (SELECT symbol FROM rows)
)
INSERT INTO markets AS m (exchange, symbol, market, updated_at)
SELECT $1, r.symbol, r.market, $3::timestamptz FROM rows r
ON CONFLICT (exchange, symbol) DO UPDATE SET market = excluded.market, updated_at = excluded.updated_at
WHERE m.market::text <> excluded.market::text`;

export class PostgresObservationStore implements ObservationStore {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  async saveSyncRun(run: SyncRun): Promise<void> {
    const coverage = run.coverage.map((part) => ({
      ...part,
      error: part.error === null ? null : storableText(part.error),
    }));
    try {
      await this.#prisma.syncRun.create({ data: { ...run, coverage } });
    } catch (error) {
      throw databaseFailure(error).kind === 'unique' ? new AlreadyExistsError('sync run', run.id) : error;
    }
  }

  async lastSyncRun(accountId: string, completeOnly: boolean): Promise<SyncRun | null> {
    const row = await this.#prisma.syncRun.findFirst({
      where: { accountId, ...(completeOnly && { complete: true }) },
      orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
    });
    if (row === null) return null;
    return {
      ...row,
      reason: SyncReasonSchema.parse(row.reason),
      startedAt: row.startedAt.toISOString(),
      finishedAt: row.finishedAt.toISOString(),
      coverage: CoverageSchema.parse(row.coverage),
    };
  }

  async fillsWatermark(accountId: string): Promise<string | null> {
    const row = await this.#prisma.fillsWatermark.findUnique({ where: { accountId } });
    return row?.at.toISOString() ?? null;
  }

  /** Never moves back: of two readers that finish out of order the later coverage stays. */
  async setFillsWatermark(accountId: string, at: string): Promise<void> {
    await withRetry(
      () => this.#prisma.$executeRaw`
        INSERT INTO fills_watermarks AS w (account_id, at) VALUES (${accountId}, ${at}::timestamptz)
        ON CONFLICT (account_id) DO UPDATE SET at = excluded.at WHERE w.at < excluded.at`,
    );
  }

  async saveMarkets(exchange: ExchangeId, markets: readonly Market[], at: string): Promise<void> {
    const rows = storableJson(markets.map((market) => ({ symbol: market.symbol, market })));
    await withRetry(() => this.#prisma.$executeRawUnsafe(SAVE_MARKETS, exchange, rows, at));
  }

  async markets(exchange: ExchangeId, symbols?: readonly string[]): Promise<readonly Market[]> {
    const where = { exchange, ...(symbols !== undefined && { symbol: { in: [...symbols] } }) };
    const rows = await this.#prisma.marketRow.findMany({ where, orderBy: { symbol: 'asc' } });
    return rows.map((row) => MarketSchema.parse(row.market));
  }

  /** An older observation never replaces a newer one. No rate limit given: the last one stays (it ends by itself). */
  async setExchangeHealth(health: ExchangeHealthRecord): Promise<void> {
    const lastError = health.lastError === null ? null : storableText(health.lastError);
    await withRetry(
      () => this.#prisma.$executeRaw`
        INSERT INTO exchange_health AS h (exchange, reachable, stream_connected, rate_limited_until, last_error, at)
        VALUES (${health.exchange}, ${health.reachable}, ${health.streamConnected},
          ${health.rateLimitedUntil}::timestamptz, ${lastError}, ${health.at}::timestamptz)
        ON CONFLICT (exchange) DO UPDATE SET reachable = excluded.reachable, stream_connected = excluded.stream_connected,
          rate_limited_until = COALESCE(excluded.rate_limited_until, h.rate_limited_until), last_error = excluded.last_error, at = excluded.at
        WHERE h.at <= excluded.at`,
    );
  }

  /** A longer limit already known stays. An exchange nothing else is known of counts as reachable: it answered. */
  async setRateLimited(exchange: ExchangeId, until: string, at: string): Promise<void> {
    await withRetry(
      () => this.#prisma.$executeRaw`
        INSERT INTO exchange_health AS h (exchange, reachable, stream_connected, rate_limited_until, at)
        VALUES (${exchange}, true, false, ${until}::timestamptz, ${at}::timestamptz)
        ON CONFLICT (exchange) DO UPDATE SET
          rate_limited_until = GREATEST(h.rate_limited_until, excluded.rate_limited_until), at = GREATEST(h.at, excluded.at)`,
    );
  }

  async exchangeHealth(): Promise<readonly ExchangeHealthRecord[]> {
    const rows = await this.#prisma.exchangeHealth.findMany({ orderBy: { exchange: 'asc' } });
    return rows.map((row) => ({
      exchange: ExchangeIdSchema.parse(row.exchange),
      reachable: row.reachable,
      streamConnected: row.streamConnected,
      rateLimitedUntil: row.rateLimitedUntil?.toISOString() ?? null,
      lastError: row.lastError,
      at: row.at.toISOString(),
    }));
  }

  setAccountReachable(look: AccountLook): Promise<void> {
    return writeAccountReachable(this.#prisma, look);
  }

  setKeyRefused(accountId: string, reason: string | null, at: string): Promise<void> {
    return writeKeyRefused(this.#prisma, accountId, reason, at);
  }

  accountHealth(accountIds: readonly string[]): Promise<readonly AccountHealthRecord[]> {
    return readAccountHealth(this.#prisma, accountIds);
  }

  accountsInTrouble(): Promise<readonly AccountHealthRecord[]> {
    return readAccountHealth(this.#prisma, 'in trouble');
  }

  async acquireLease(name: string, owner: string, ttlMs: number): Promise<boolean> {
    const count = await withRetry(
      () => this.#prisma.$executeRaw`
        INSERT INTO leases AS l (name, owner, expires_at)
        VALUES (${name}, ${owner}, clock_timestamp() + ${ttlMs}::int * interval '1 millisecond')
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
        WHERE l.owner = excluded.owner OR l.expires_at <= clock_timestamp()`,
    );
    return count === 1;
  }

  async acquireLeases(names: readonly string[], owner: string, ttlMs: number): Promise<readonly string[]> {
    if (names.length === 0) return [];
    if (names.length > MAX_LEASES) throw new RangeError(`at most ${MAX_LEASES} leases at once, got ${names.length}`);
    // In one order for everybody, so that two who want the same ones never wait for each other.
    const sorted = [...new Set(names)].sort();
    const rows = await withRetry(
      () => this.#prisma.$queryRaw<{ name: string }[]>`
        INSERT INTO leases AS l (name, owner, expires_at)
        SELECT n.name, ${owner}, clock_timestamp() + ${ttlMs}::int * interval '1 millisecond'
        FROM unnest(${sorted}::text[]) WITH ORDINALITY AS n(name, place) ORDER BY n.place
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
        WHERE l.owner = excluded.owner OR l.expires_at <= clock_timestamp()
        RETURNING l.name`,
    );
    return rows.map(({ name }) => name);
  }

  async tapeMark(exchange: ExchangeId, symbol: string): Promise<TapeMark | null> {
    const row = await this.#prisma.tapeMark.findUnique({ where: { exchange_symbol: { exchange, symbol } } });
    return row === null ? null : { tradeAt: row.tradeAt.toISOString(), armedUntil: row.armedUntil.toISOString() };
  }

  async saveTapeMark(
    exchange: ExchangeId,
    symbol: string,
    mark: TapeMark,
    lease: { readonly name: string; readonly owner: string },
  ): Promise<boolean> {
    const count = await withRetry(
      () => this.#prisma.$executeRaw`
        INSERT INTO tape_marks AS m (exchange, symbol, trade_at, armed_until)
        SELECT ${exchange}, ${symbol}, ${mark.tradeAt}::timestamptz, ${mark.armedUntil}::timestamptz
        WHERE EXISTS (SELECT 1 FROM leases l
          WHERE l.name = ${lease.name} AND l.owner = ${lease.owner} AND l.expires_at > clock_timestamp())
        ON CONFLICT (exchange, symbol) DO UPDATE SET trade_at = GREATEST(m.trade_at, excluded.trade_at),
          armed_until = GREATEST(m.armed_until, excluded.armed_until)`,
    );
    return count === 1;
  }

  async releaseLease(name: string, owner: string): Promise<void> {
    await this.#prisma.$executeRaw`DELETE FROM leases WHERE name = ${name} AND owner = ${owner}`;
  }
}
