import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** Any fixed number; two runners of this project must pick the same one. */
const LOCK_KEY = 7_235_110_001;
const DEFAULT_DIRECTORY = fileURLToPath(new URL('../prisma/migrations', import.meta.url));

/** What Prisma's own CLI creates (schema-engine, `_prisma_migrations`), so that either can continue the other's work. */
const CREATE_LEDGER = `
CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             TIMESTAMPTZ,
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          TIMESTAMPTZ,
    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count     INTEGER NOT NULL DEFAULT 0
)`;

export class MigrationError extends Error {
  readonly migration: string;
  constructor(migration: string, message: string, cause?: unknown) {
    super(`migration ${migration}: ${message}`, cause === undefined ? undefined : { cause });
    this.name = 'MigrationError';
    this.migration = migration;
  }
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(`${directory}/${name}/migration.sql`, 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

interface AppliedMigration {
  readonly checksum: string;
  readonly finished_at: Date | null;
}

/** Refuses what a person has to look at first; true when there is nothing left to do for it. */
function alreadyApplied(migration: Migration, applied: AppliedMigration | undefined): boolean {
  if (applied === undefined) return false;
  if (applied.finished_at === null) {
    throw new MigrationError(
      migration.name,
      'an earlier attempt did not finish. Look at "logs" in _prisma_migrations, repair the schema, then run `prisma migrate resolve`.',
    );
  }
  if (applied.checksum !== migration.checksum) {
    throw new MigrationError(
      migration.name,
      'the file changed after it was applied (checksum differs). Restore it and write a new migration instead.',
    );
  }
  return true;
}

/** The migration and its line in the ledger in one transaction: PostgreSQL's DDL rolls back as a whole. */
async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(
      'INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ($1, $2, $3, clock_timestamp())',
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query(migration.sql);
    await client.query(
      `UPDATE _prisma_migrations SET finished_at = clock_timestamp(), applied_steps_count = 1
       WHERE migration_name = $1 AND rolled_back_at IS NULL`,
      [migration.name],
    );
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new MigrationError(migration.name, cause instanceof Error ? cause.message : 'failed', cause);
  }
}

/**
 * Applies every migration that the database lacks, oldest first, and returns their names. Several processes may call it
 * at once: an advisory lock lets one work while the others wait, then find nothing to do.
 * Throws MigrationError for a changed, unfinished or failing migration; the database then stands as before that one.
 */
export async function migrate(databaseUrl: string, directory = DEFAULT_DIRECTORY): Promise<readonly string[]> {
  const migrations = await readMigrations(directory);
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'orderplane-migrate' });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
    await client.query(CREATE_LEDGER);
    const { rows } = await client.query<AppliedMigration & { readonly migration_name: string }>(
      'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
    );
    const applied = new Map(rows.map((row) => [row.migration_name, row]));
    const done: string[] = [];
    for (const migration of migrations) {
      if (alreadyApplied(migration, applied.get(migration.name))) continue;
      await apply(client, migration);
      done.push(migration.name);
    }
    return done;
  } finally {
    // The advisory lock ends with the session.
    await client.end();
  }
}

if (import.meta.main) {
  const url = process.env['DATABASE_URL'];
  if (url === undefined || url === '') {
    process.stderr.write('DATABASE_URL is not set: postgresql://user:password@host:port/database\n');
    process.exit(2);
  }
  try {
    const names = await migrate(url);
    process.stdout.write(names.length === 0 ? 'database is up to date\n' : `applied ${names.join(', ')}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
