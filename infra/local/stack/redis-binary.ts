import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { EXIT, Failure } from '../bootstrap/failure.mjs';
import { fetchDebianRedis } from './redis-debian.ts';

const execute = promisify(execFile);
/** The queue library needs at least 6.2. */
const OLDEST = [6, 2] as const;
/** Where servers lie that are not on every user's PATH. */
const MORE_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/usr/bin', '/opt/homebrew/bin'];

/** A Redis (or Valkey) server program, and how to run it. */
export interface RedisBinary {
  /** For people, e.g. "Redis 7.0.15 (/usr/bin/redis-server)". */
  readonly title: string;
  readonly environment: Readonly<Record<string, string>>;
  commandLine(
    configurationFile: string,
    directory: string,
    port: number,
  ): { readonly command: string; readonly args: readonly string[] };
}

const direct = (title: string, path: string, environment: Readonly<Record<string, string>> = {}): RedisBinary => ({
  title,
  environment,
  commandLine: (configurationFile) => ({ command: path, args: [configurationFile] }),
});

/** Version when the program runs and is new enough, else null. */
async function usable(path: string, environment: Readonly<Record<string, string>>): Promise<string | null> {
  try {
    const { stdout } = await execute(path, ['--version'], { env: { ...process.env, ...environment }, timeout: 10_000 });
    const version = /v=(\d+)\.(\d+)(\.\d+)?/.exec(stdout);
    const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
    const isEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
    return isEnough ? (version?.[0].slice(2) ?? null) : null;
  } catch {
    return null;
  }
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const find = (name: string): string | null =>
  [...(process.env['PATH'] ?? '').split(delimiter), ...MORE_DIRECTORIES]
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find(isExecutable) ?? null;

async function onPath(): Promise<RedisBinary | null> {
  for (const name of ['valkey-server', 'redis-server']) {
    const path = find(name);
    const version = path === null ? null : await usable(path, {});
    if (path !== null && version !== null) return direct(`${name} ${version}, ${path}`, path);
  }
  return null;
}

async function fromDebian(cache: string): Promise<RedisBinary | null> {
  if (process.platform !== 'linux' || find('apt-get') === null || find('dpkg') === null) return null;
  const fetched = await fetchDebianRedis(cache);
  const version = await usable(fetched.path, fetched.environment);
  if (version === null) throw new Error(`${fetched.path} does not run`);
  return direct(`redis-server ${version}, ${fetched.path}`, fetched.path, fetched.environment);
}

async function fromDocker(): Promise<RedisBinary | null> {
  const docker = find('docker');
  if (docker === null) return null;
  await execute(docker, ['info'], { timeout: 15_000 });
  await execute(docker, ['pull', '--quiet', 'redis:7'], { timeout: 300_000 });
  return {
    title: 'Redis 7 in Docker',
    environment: {},
    commandLine: (configurationFile, directory, port) => {
      const name = `orderplane-redis-${port}`;
      const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
      // A container outlives a killed client: the one of the last run goes first.
      const script = 'docker="$0"; name="$1"; shift; "$docker" rm -f "$name" >/dev/null 2>&1; exec "$docker" run "$@"';
      const run = [
        ...['--rm', '--init', '--name', name, '--user', user],
        ...['--publish', `127.0.0.1:${port}:${port}`, '--volume', `${directory}:${directory}`],
        ...['redis:7', 'redis-server', configurationFile, '--bind', '0.0.0.0'],
      ];
      return { command: '/bin/sh', args: ['-c', script, docker, name, ...run] };
    },
  };
}

async function fromHomebrew(): Promise<RedisBinary | null> {
  const brew = process.platform === 'darwin' ? find('brew') : null;
  if (brew === null) return null;
  const environment = { ...process.env, HOMEBREW_NO_AUTO_UPDATE: '1' };
  await execute(brew, ['install', '--quiet', 'redis'], { env: environment, timeout: 600_000 });
  return onPath();
}

/**
 * Finds a server, in this order: on this machine; Debian's package fetched into `cache` without installing it; Docker;
 * Homebrew. Throws a Failure that names what was tried, why it did not work, and what to do.
 */
export async function findRedis(cache: string): Promise<RedisBinary> {
  const ways: readonly (readonly [string, () => Promise<RedisBinary | null>])[] = [
    ['valkey-server or redis-server on PATH', onPath],
    ["Debian's package", () => fromDebian(cache)],
    ['Docker', fromDocker],
    ['Homebrew', fromHomebrew],
  ];
  const tried: string[] = [];
  for (const [title, way] of ways) {
    try {
      const binary = await way();
      if (binary !== null) return binary;
      tried.push(`${title}: not here (or older than ${OLDEST.join('.')})`);
    } catch (cause) {
      const { stderr } = cause as { stderr?: string };
      const reason =
        (stderr ?? '').trim().split('\n').pop() || (cause instanceof Error ? cause.message : String(cause));
      tried.push(`${title}: ${reason.split('\n')[0]}`);
    }
  }
  throw new Failure(
    EXIT.unavailable,
    `There is no Redis server on this machine. Tried:\n${tried.map((line) => `  ${line}`).join('\n')}`,
    [
      'Debian, Ubuntu: sudo apt-get install redis-server. Fedora: sudo dnf install valkey. macOS: brew install redis.',
      'Or use one that runs elsewhere: REDIS_URL=redis://host:6379 npm start.',
    ],
  );
}
