import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { systemFailure } from '../bootstrap/failure.mjs';
import type { Home } from './home.ts';
import type { ProcessSpec } from './managed-process.ts';
import { until } from './poll.ts';
import { commandLineOf, endProcess } from './process-identity.ts';
import type { RedisBinary } from './redis-binary.ts';

export interface RedisServer {
  readonly url: string;
  readonly spec: ProcessSpec;
}

const configuration = (directory: string, port: number, password: string): string =>
  [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir "${directory}"`,
    `pidfile "${join(directory, 'redis.pid')}"`,
    'daemonize no',
    'databases 64',
    // Queues must not lose jobs: never evict, and log every write, on disk within a second.
    'maxmemory-policy noeviction',
    'appendonly yes',
    'appendfsync everysec',
    'aof-load-truncated yes',
    'save ""',
    'loglevel notice',
    '',
  ].join('\n');

/** Our own instance on our own port and directory, never the system's. */
export async function prepareRedis(
  home: Home,
  port: number,
  password: string,
  binary: RedisBinary,
): Promise<RedisServer> {
  const directory = home.file('redis');
  const configurationFile = join(directory, 'redis.conf');
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await endOrphan(directory);
    await writeFile(configurationFile, configuration(directory, port, password), { mode: 0o600 });
  } catch (cause) {
    throw systemFailure(cause, `Redis's data in ${directory}`) ?? cause;
  }
  const url = `redis://:${password}@127.0.0.1:${port}`;
  const { command, args } = binary.commandLine(configurationFile, directory, port);
  return {
    url,
    spec: {
      name: 'redis',
      command,
      args,
      environment: () => ({ PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...binary.environment }),
      cwd: directory,
      kind: 'server',
      stopSignal: 'SIGTERM',
      stopDeadlineMs: 10_000,
      hardSignal: 'SIGKILL',
      readyDeadlineMs: 60_000,
      ready: async ({ ended }) => {
        await until(ended, 20, () => pingRedis(url));
        return {};
      },
    },
  };
}

/** Rejects when the server does not answer, or is still loading its data. */
export async function pingRedis(url: string): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 3_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: Error | null = null;
  redis.on('error', (error: Error) => {
    reason = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (cause) {
    // The command's own failure only says that the connection closed; the event says why.
    throw reason ?? cause;
  } finally {
    redis.disconnect();
  }
}

/** A server that outlived its starter: it titles itself with its address, which tells it from any other. */
async function endOrphan(directory: string): Promise<void> {
  const pid = Number(await readFile(join(directory, 'redis.pid'), 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 1) return;
  const port = /^port (\d+)$/m.exec(await readFile(join(directory, 'redis.conf'), 'utf8').catch(() => ''))?.[1];
  const command = commandLineOf(pid);
  if (!/redis|valkey/.test(command) || !(command.includes(`:${port}`) || command.includes(directory))) return;
  await endProcess(pid, [
    { signal: 'SIGTERM', waitMs: 10_000 },
    { signal: 'SIGKILL', waitMs: 5_000 },
  ]);
}
