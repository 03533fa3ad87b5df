import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from './postgres.ts';

export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
}

const START_LIMIT_MS = 10_000;

/**
 * ORDERPLANE_TEST_REDIS_URL if set, else an own server from the PATH (valkey-server, redis-server) in a temporary
 * directory. Null where there is neither: the tests that need it are skipped and say so.
 */
export async function startTestRedis(): Promise<TestRedis | null> {
  const given = process.env['ORDERPLANE_TEST_REDIS_URL'];
  if (given !== undefined && given !== '') return { url: given, stop: () => Promise.resolve() };
  const directory = await mkdtemp(join(tmpdir(), 'orderplane-redis-'));
  const port = await freePort();
  for (const command of ['valkey-server', 'redis-server']) {
    const server = await spawnServer(command, port, directory);
    if (server === null) continue;
    const stop = async (): Promise<void> => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
      await rm(directory, { recursive: true, force: true });
    };
    return { url: `redis://127.0.0.1:${port}`, stop };
  }
  await rm(directory, { recursive: true, force: true });
  return null;
}

async function spawnServer(command: string, port: number, directory: string): Promise<ChildProcess | null> {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', directory];
  const server = spawn(command, options, { stdio: 'ignore' });
  const spawned = await new Promise<boolean>((resolve) => {
    server.once('spawn', () => resolve(true));
    server.once('error', () => resolve(false));
  });
  if (!spawned) return null;
  const probe = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => 20 });
  probe.on('error', () => undefined);
  try {
    await Promise.race([
      probe.connect().catch(() => probe.ping()),
      sleep(START_LIMIT_MS, undefined, { ref: false }).then(() =>
        Promise.reject(new Error(`${command} does not answer`)),
      ),
    ]);
    return server;
  } finally {
    probe.disconnect();
  }
}
