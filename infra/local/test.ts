import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { explain } from './bootstrap/failure.mjs';
import { Steps } from './bootstrap/steps.mjs';
import { onSignals } from './signals.ts';
import { ROOT } from './stack/services.ts';
import { startTestServers } from './stack/test-servers.ts';
import type { TestServers } from './stack/test-servers.ts';
import { RESULT_FILE, forgetResults, tallyResults, workspaceDirectories } from './test-results.ts';

/**
 * `npm test`: formatting, types, lint, then every test, with one PostgreSQL and one Redis for all of them. What follows
 * `--` goes to turbo, e.g. `npm test -- --filter=@orderplane/store`. Ends with one line, "N passed, N failed", in which
 * a failing check counts as one.
 */

const steps = new Steps();
const running = new Set<ChildProcess>();
/** What has to be stopped whatever happens. */
const opened: { servers: TestServers | null } = { servers: null };

const module = (path: string): string => join(ROOT, 'node_modules', path);
const TURBO = [module('turbo/bin/turbo'), 'run'];
const TURBO_FLAGS = ['--concurrency=2', '--continue', '--no-update-notifier', '--log-order=grouped'];
const REPORTERS = ['--reporter=default', '--reporter=json', `--outputFile.json=${RESULT_FILE}`];

/** Runs a tool of node_modules; its output goes straight to the terminal. */
function tool(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  running.add(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      running.delete(child);
      resolve(code === 0);
    });
  });
}

async function check(title: string, work: () => Promise<boolean>): Promise<number> {
  const startedAt = Date.now();
  steps.say(`\n▸ ${title}`);
  const isGood = await work();
  steps.say(`${isGood ? '✓' : '✗'} ${title}, ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  return isGood ? 0 : 1;
}

/** One program for all workspaces, types and lint side by side. */
async function checkWhole(): Promise<boolean> {
  const outcomes = await Promise.all([
    tool([module('typescript/bin/tsc'), '--noEmit', '--project', '.']),
    tool([module('eslint/bin/eslint.js'), '--max-warnings', '0', '.'], { ORDERPLANE_LINT: 'whole' }),
  ]);
  return outcomes.every(Boolean);
}

const checkSome = (turboArguments: readonly string[]): Promise<boolean> =>
  tool([...TURBO, 'typecheck', 'lint', ...TURBO_FLAGS, '--output-logs=errors-only', ...turboArguments]);

async function runAll(turboArguments: readonly string[]): Promise<number> {
  const workspaces = await workspaceDirectories(ROOT);
  await forgetResults(workspaces);
  const servers = await steps.run('PostgreSQL and Redis for the tests', () => startTestServers());
  opened.servers = servers;
  const addresses = {
    ORDERPLANE_TEST_DATABASE_URL: servers.databaseUrl,
    ORDERPLANE_TEST_REDIS_URL: servers.redisUrl,
  };
  let failed = await check('formatting', () =>
    tool([module('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']),
  );
  failed += await check('types and lint', () =>
    turboArguments.length === 0 ? checkWhole() : checkSome(turboArguments),
  );
  const testsFailed = await check('tests', () =>
    tool([...TURBO, 'test', ...TURBO_FLAGS, ...turboArguments, '--', ...REPORTERS], addresses),
  );
  const tally = await tallyResults(workspaces);
  // A workspace whose tests could not run at all has no result to count.
  failed += tally.failed === 0 ? testsFailed : tally.failed;
  await servers.stop();
  steps.say(`\n${tally.passed} passed, ${failed} failed`);
  return failed === 0 && tally.passed > 0 ? 0 : 1;
}

async function abandon(code: number): Promise<void> {
  for (const child of running) child.kill('SIGTERM');
  await opened.servers?.stop();
  process.exit(code);
}

onSignals(
  () => void abandon(130),
  () => process.exit(130),
);
try {
  process.exit(await runAll(process.argv.slice(2)));
} catch (cause) {
  const code = explain(cause, 'testing');
  await opened.servers?.stop();
  process.exit(code);
}
