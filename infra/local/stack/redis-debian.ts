import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
/** Debian's library packages are named after the library; a library may need others, which show in the next round. */
const MAX_ROUNDS = 5;
const APT_TIMEOUT_MS = 180_000;

export interface FetchedRedis {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Fetches Debian's (or Ubuntu's) redis-server and the libraries that this machine lacks, and unpacks them below `cache`.
 * Needs no root and installs nothing. A second call finds it there.
 */
export async function fetchDebianRedis(cache: string): Promise<FetchedRedis> {
  const target = join(cache, `redis-${process.arch}-${await releaseName()}`);
  if (!existsSync(join(target, 'complete'))) {
    await mkdir(cache, { recursive: true });
    const work = await mkdtemp(join(cache, 'fetch-'));
    try {
      // apt drops its privileges for downloads; it must be able to write here then.
      await chmod(work, 0o755);
      await fetchInto(work);
      await writeFile(join(work, 'complete'), '');
      await moveInPlace(work, target);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return { path: join(target, 'root', 'usr', 'bin', 'redis-server'), environment: await libraryPath(target) };
}

/** Another start may have fetched the same meanwhile: then its result stands. */
async function moveInPlace(work: string, target: string): Promise<void> {
  if (!existsSync(join(target, 'complete'))) await rm(target, { recursive: true, force: true });
  await rename(work, target).catch((cause: unknown) => {
    if (!existsSync(join(target, 'complete'))) throw cause;
  });
}

async function releaseName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(text)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}`.replaceAll(/[^\w.-]/g, '_');
}

async function fetchInto(work: string): Promise<void> {
  await fetchPackages(work, [['redis-server'], ['redis-tools']]);
  const server = join(work, 'root', 'usr', 'bin', 'redis-server');
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const missing = await missingLibraries(server, (await libraryPath(work))['LD_LIBRARY_PATH'] ?? '');
    if (missing.length === 0) return;
    await fetchPackages(work, missing.map(packageNames));
  }
  throw new Error("the libraries of Debian's redis-server could not be completed");
}

async function missingLibraries(program: string, libraries: string): Promise<readonly string[]> {
  const { stdout } = await execute('ldd', [program], {
    env: { ...process.env, LD_LIBRARY_PATH: libraries, LC_ALL: 'C' },
  });
  return [...stdout.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1] ?? '');
}

/** "libjemalloc.so.2" → libjemalloc2; "liblua5.1.so.0" → liblua5.1-0; newer releases add "t64" to some. */
export function packageNames(library: string): readonly string[] {
  const [, stem = library, version = ''] = /^(.*?)\.so\.?(.*)$/.exec(library) ?? [];
  const base = stem.toLowerCase().replaceAll('_', '-');
  const name = /\d$/.test(base) && version !== '' ? `${base}-${version}` : `${base}${version}`;
  return [name, `${name}t64`];
}

/** Downloads one of each list of alternatives and unpacks it below `work`/root. */
async function fetchPackages(work: string, packages: readonly (readonly string[])[]): Promise<void> {
  for (const alternatives of packages) {
    await fetchOneOf(work, alternatives);
  }
  for (const file of (await readdir(work)).filter((name) => name.endsWith('.deb'))) {
    await execute('dpkg', ['-x', join(work, file), join(work, 'root')]);
    await rm(join(work, file));
  }
}

async function fetchOneOf(work: string, alternatives: readonly string[]): Promise<void> {
  let failure: unknown = new Error('no such package');
  // The machine's own package lists may be empty (fresh containers): then lists of our own are loaded, once.
  for (const options of [[], privateLists(work)]) {
    if (options.length > 0) await loadPrivateLists(work, options);
    for (const name of alternatives) {
      try {
        await execute('apt-get', [...options, 'download', name], { cwd: work, timeout: APT_TIMEOUT_MS });
        return;
      } catch (cause) {
        failure = cause;
      }
    }
  }
  throw failure;
}

/** Apt's state and cache below `work`, so that no root is needed; sources and keys stay the machine's. */
const privateLists = (work: string): readonly string[] => [
  ...['-o', `Dir::State=${join(work, 'apt')}`, '-o', `Dir::Cache=${join(work, 'apt')}`],
  ...['-o', 'Dir::State::status=/var/lib/dpkg/status', '-o', 'APT::Sandbox::User=root'],
];

async function loadPrivateLists(work: string, options: readonly string[]): Promise<void> {
  const lists = join(work, 'apt', 'lists', 'partial');
  if (existsSync(lists)) return;
  await mkdir(lists, { recursive: true });
  await mkdir(join(work, 'apt', 'archives', 'partial'), { recursive: true });
  await execute('apt-get', [...options, 'update'], { cwd: work, timeout: APT_TIMEOUT_MS });
}

/** The unpacked library directories that exist. */
async function libraryPath(work: string): Promise<Record<string, string>> {
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const directories = ['usr/lib', 'lib']
    .flatMap((base) => [join(work, 'root', base, triplet), join(work, 'root', base)])
    .filter((directory) => existsSync(directory) && directory !== dirname(work));
  return { LD_LIBRARY_PATH: directories.join(':') };
}
