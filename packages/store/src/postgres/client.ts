import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { PayloadVault } from '../payloads/vault.ts';
import { PrismaClient } from '../generated/client.ts';
import { sqlOver } from './sql.ts';
import type { Sql } from './sql.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Connections of this process; default 10. */
  readonly poolSize?: number;
  /** Longest run of one statement, ms; default 10 000. */
  readonly statementTimeoutMs?: number;
  /** Longest wait for a free or new connection, ms; default 5 000. */
  readonly connectTimeoutMs?: number;
  /** Seals and opens what encrypted orders hold; without one they can't be read here. */
  readonly vault?: PayloadVault | null;
  /** Told of connections that broke while idle. Never receives the URL. */
  readonly onConnectionError?: (error: Error) => void;
}

/** Starts the text of statements that are assembled per call: they stay unnamed, for a name keeps its plan in the server. */
export const UNNAMED = '/* assembled */';
const NAMED_STATEMENTS_LIMIT = 500;
const names = new Map<string, string>();

/**
 * Without a name PostgreSQL parses and plans a statement at every execution, which for `commit` costs more than running
 * it. An empty name means unnamed.
 */
function statementName(sql: string): string {
  const known = names.get(sql);
  if (known !== undefined) return known;
  if (names.size >= NAMED_STATEMENTS_LIMIT || sql.startsWith(UNNAMED)) return '';
  const name = `op_${createHash('sha256').update(sql).digest('hex').slice(0, 24)}`;
  names.set(sql, name);
  return name;
}

/**
 * Plans are cached while tables are small, and what was right for one page would stay for a million rows until the next
 * ANALYZE. Every statement here has its index, so sequential scans and the joins that read whole tables are ruled out.
 * Compiling (JIT) is for
 * analytics; before PostgreSQL 18 a ruled-out scan that is taken anyway would even trigger it.
 */
export const SESSION_OPTIONS = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off';

export interface Database {
  /** By key, as objects: everything that is not done all the time. */
  readonly prisma: PrismaClient;
  /** Statements as text, without Prisma's way round: orders, journal, fills. */
  readonly sql: Sql;
  /** For who needs rows as they are stored: sealed stays sealed. */
  readonly rows: pg.Pool;
  readonly close: () => Promise<void>;
}

/** One pool for both. */
export function openDatabase(options: PostgresOptions): Database {
  const statementTimeoutMs = options.statementTimeoutMs ?? 10_000;
  const onConnectionError = options.onConnectionError ?? (() => undefined);
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeoutMs,
    // The server's limit speaks first; this one covers a server that no longer answers at all.
    query_timeout: statementTimeoutMs + 5_000,
    lock_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    application_name: 'orderplane',
    options: SESSION_OPTIONS,
    keepAlive: true,
  });
  pool.on('error', onConnectionError);
  const adapter = new PrismaPg(pool, {
    statementNameGenerator: ({ sql }) => statementName(sql),
    onPoolError: onConnectionError,
    onConnectionError,
  });
  const prisma = new PrismaClient({ adapter, errorFormat: 'minimal' });
  return {
    prisma,
    sql: sqlOver(pool, statementName, options.vault ?? null),
    rows: pool,
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}
