import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@orderplane/service-kit';
import { demandDatabase, demandRedis } from './external.ts';
import type { Home } from './home.ts';
import type { Progress, StackOptions } from './options.ts';
import { dropDatabase, ensureDatabase, preparePostgres } from './postgres.ts';
import { findRedis } from './redis-binary.ts';
import { prepareRedis } from './redis.ts';
import type { Secrets } from './secrets.ts';
import type { Supervisor } from './supervisor.ts';

export interface Servers {
  /** The schema is applied, users and accounts are there. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Drops the database that was made for this stack only. */
  close(): Promise<void>;
}

interface Setting {
  readonly home: Home;
  readonly secrets: Secrets;
  readonly ports: { readonly postgres: number; readonly redis: number };
  readonly supervisor: Supervisor;
}

/** Starts PostgreSQL and Redis, or checks the given ones, at once; then the schema and the first users. */
export async function openServers(options: StackOptions, setting: Setting, progress: Progress): Promise<Servers> {
  const redis = progress.run('Redis', (note) => openRedisServer(options, setting, note));
  // Awaited below; a failure of PostgreSQL first must not leave it unhandled.
  redis.catch(() => undefined);
  // Loading the database client takes as long as starting the server: at the same time.
  const seeding = import('./seed.ts');
  const migrating = import('@orderplane/store');
  const database = await progress
    .run('PostgreSQL', (note) => openPostgres(options, setting, note))
    .catch(async (cause: unknown) => {
      await redis.catch(() => undefined);
      throw cause;
    });
  try {
    await progress.run('database schema', async (note) => {
      const { migrate } = await migrating;
      const applied = await migrate(database.url);
      if (applied.length > 0) note(`applied ${applied.length}`);
      const { seed } = await seeding;
      await seed(database.url, setting.secrets, systemClock.iso());
    });
    return { databaseUrl: database.url, redisUrl: await redis, close: () => database.close() };
  } catch (cause) {
    await redis.catch(() => undefined);
    await database.close().catch(() => undefined);
    throw cause;
  }
}

interface Database {
  readonly url: string;
  close(): Promise<void>;
}

async function openPostgres(options: StackOptions, setting: Setting, note: (text: string) => void): Promise<Database> {
  const { databaseUrl, freshDatabase = false, durable = true } = options;
  if (databaseUrl === undefined) {
    const { home, secrets, ports, supervisor } = setting;
    const server = await preparePostgres(home, ports.postgres, secrets.postgresPassword, durable);
    await supervisor.start(server.spec);
    note(`embedded, port ${ports.postgres}`);
    return { url: server.url, close: async () => undefined };
  }
  await demandDatabase(databaseUrl);
  note('the one of DATABASE_URL');
  if (!freshDatabase) return { url: databaseUrl, close: async () => undefined };
  const name = `orderplane_${randomBytes(6).toString('hex')}`;
  await ensureDatabase(databaseUrl, name);
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return { url: url.href, close: () => dropDatabase(databaseUrl, name) };
}

async function openRedisServer(options: StackOptions, setting: Setting, note: (text: string) => void): Promise<string> {
  if (options.redisUrl !== undefined) {
    await demandRedis(options.redisUrl);
    note('the one of REDIS_URL');
    return options.redisUrl;
  }
  const { home, secrets, ports, supervisor } = setting;
  const binary = await findRedis(cacheDirectory());
  const server = await prepareRedis(home, ports.redis, secrets.redisPassword, binary);
  await supervisor.start(server.spec);
  note(`${binary.title}, port ${ports.redis}`);
  return server.url;
}

/** Of this user, for all checkouts and homes. */
export const cacheDirectory = (): string =>
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'orderplane');
