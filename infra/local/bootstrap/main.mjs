import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, Failure, explain } from './failure.mjs';
import {
  generatePrisma,
  installPackages,
  installPinnedNode,
  linkPostgresLibraries,
  pinnedNodePath,
  pinnedNodeWorks,
  prismaInputs,
  whyInstall,
} from './install.mjs';
import { withLock } from './lock.mjs';
import { checkPlatform } from './platform.mjs';
import { Steps } from './steps.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/**
 * Makes the checkout runnable, then hands over to infra/local/COMMAND.ts on the pinned Node.
 * @param {readonly string[]} argv
 */
export async function run(argv) {
  try {
    const [command = 'start', ...args] = argv;
    const entry = join(ROOT, 'infra', 'local', `${command}.ts`);
    if (!/^[a-z][a-z-]*$/.test(command) || !existsSync(entry)) {
      throw new Failure(EXIT.usage, `There is no command "${command}".`, [
        'Commands: npm start, npm test, npm run bench, npm run service -- NAME.',
      ]);
    }
    await prepare(new Steps(process.stderr));
    process.exit(await handOver(entry, args));
  } catch (cause) {
    process.exit(explain(cause, `preparing ${ROOT}`));
  }
}

/**
 * Every step looks first whether it has anything to do; only then the lock is taken, so that a prepared checkout costs
 * milliseconds and may be read-only.
 * @param {Steps} steps
 */
async function prepare(steps) {
  if (await isPrepared()) return;
  await steps.run('checking this machine', () => checkPlatform());
  const lock = join(ROOT, '.orderplane', 'bootstrap.lock');
  const waiting = (/** @type {number} */ pid) =>
    steps.say(`  … another command (process ${pid}) is preparing this checkout, waiting for it`);
  await withLock(lock, waiting, async () => {
    const reason = whyInstall(ROOT);
    if (reason !== null) {
      await steps.run('installing packages (once)', async (note) => {
        note(reason);
        await installPackages(ROOT);
      });
    }
    if (!(await pinnedNodeWorks(ROOT)))
      await steps.run('installing Node 24 (for this checkout only)', () => installPinnedNode(ROOT));
    linkPostgresLibraries(ROOT);
    if (!prismaInputs(ROOT).fresh) await steps.run('generating the database client', () => generatePrisma(ROOT));
  });
}

async function isPrepared() {
  if (whyInstall(ROOT) !== null || !(await pinnedNodeWorks(ROOT))) return false;
  linkPostgresLibraries(ROOT);
  return prismaInputs(ROOT).fresh;
}

/**
 * Runs the command's file and returns its exit code. Signals are passed on; when npm itself is killed, the command is
 * asked to end.
 * @param {string} entry
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
function handOver(entry, args) {
  const environment = {
    ...process.env,
    PATH: `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    ORDERPLANE_PARENT_PID: String(process.pid),
  };
  const child = spawn(pinnedNodePath(ROOT), ['--disable-warning=ExperimentalWarning', entry, ...args], {
    env: environment,
    // The channel closes when this process dies, however it dies.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  if (process.env['npm_lifecycle_event'] !== undefined) {
    const npm = process.ppid;
    setInterval(() => {
      if (process.ppid !== npm) child.kill('SIGTERM');
    }, 1_000).unref();
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}
