import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { migrate, MigrationError } from './migrate.ts';
import { startTestDatabase } from './testing/postgres.ts';
import type { TestDatabase } from './testing/postgres.ts';

let database: TestDatabase;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'orderplane-migrations-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));
beforeEach(async () => {
  database = await startTestDatabase({ migrated: false });
  await rm(directory, { recursive: true, force: true });
  await write('20260101000000_one', 'CREATE TABLE one (id int);');
  return () => database.stop();
});

async function write(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, 'migration_lock.toml'), 'provider = "postgresql"\n');
  await writeFile(join(directory, name, 'migration.sql'), sql);
}

async function query<Row extends pg.QueryResultRow>(sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

test('applies what is missing, in order, and records it as Prisma does', async () => {
  expect(await migrate(database.url, directory)).toEqual(['20260101000000_one']);
  await write('20260102000000_two', 'ALTER TABLE one ADD COLUMN name text;\nCREATE INDEX one_name ON one (name);');
  expect(await migrate(database.url, directory)).toEqual(['20260102000000_two']);
  expect(await migrate(database.url, directory)).toEqual([]);
  const rows = await query<Record<string, unknown>>('SELECT * FROM _prisma_migrations ORDER BY migration_name');
  expect(rows[0]).toMatchObject({
    checksum: createHash('sha256').update('CREATE TABLE one (id int);').digest('hex'),
    migration_name: '20260101000000_one',
    logs: null,
    rolled_back_at: null,
    applied_steps_count: 1,
  });
  expect(rows[0]?.['id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(rows[0]?.['finished_at']).toBeInstanceOf(Date);
  expect(rows).toHaveLength(2);
});

test('five at once: one applies, the others wait and find nothing to do', async () => {
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(database.url, directory)));
  expect(applied.flat()).toEqual(['20260101000000_one']);
});

test('a changed migration is refused by name', async () => {
  await migrate(database.url, directory);
  await write('20260101000000_one', 'CREATE TABLE one (id bigint);');
  await expect(migrate(database.url, directory)).rejects.toThrow(/20260101000000_one: the file changed/);
});

test('a failing migration leaves nothing behind and can be repaired', async () => {
  await write('20260102000000_two', 'CREATE TABLE two (id int); SELECT nonsense;');
  await expect(migrate(database.url, directory)).rejects.toThrow(MigrationError);
  expect(await query("SELECT 1 FROM pg_tables WHERE tablename = 'two'")).toEqual([]);
  await write('20260102000000_two', 'CREATE TABLE two (id int);');
  expect(await migrate(database.url, directory)).toEqual(['20260102000000_two']);
});

test('an unfinished migration of another tool needs a person', async () => {
  await migrate(database.url, directory);
  await query('UPDATE _prisma_migrations SET finished_at = NULL');
  await expect(migrate(database.url, directory)).rejects.toThrow(/did not finish/);
});
