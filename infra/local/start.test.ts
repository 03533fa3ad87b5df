import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from './bootstrap/failure.mjs';
import type { RunInfo } from './stack.ts';
import { identityOf } from './stack/process-identity.ts';

/** `npm start` as a person meets it: the real program, the real servers and services, in a home of its own. */

let home = '';
const started: ChildProcess[] = [];
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'orderplane-start-'));
});
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')));
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

function start(args: readonly string[]): Started {
  const entry = join(import.meta.dirname, 'start.ts');
  const { DATABASE_URL: _database, REDIS_URL: _redis, ...environment } = process.env;
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  started.push(child);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text, ended: once(child, 'close').then(() => child.exitCode) };
}

async function until(condition: () => boolean, what: () => string): Promise<void> {
  const end = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`did not happen: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const untilUp = (one: Started): Promise<void> => until(() => one.output().includes('Ctrl-C stops'), one.output);

const runInfo = (): RunInfo => JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as RunInfo;
const living = (processes: RunInfo['processes']): readonly string[] =>
  processes.filter(({ pid, identity }) => identityOf(pid) === identity).map(({ name }) => name);
const ALL = ['gateway', 'order-command', 'postgres', 'reconciler', 'redis', 'sync-worker', 'venue-simulator'];

/** Ids of the accounts that the gateway shows; their order is not promised. */
async function accounts(info: RunInfo): Promise<readonly string[]> {
  const response = await fetch(info.gateway.http, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${info.traderToken}` },
    body: JSON.stringify({ query: '{ accounts { id } }' }),
  });
  const answer = (await response.json()) as {
    readonly data: { readonly accounts: readonly { readonly id: string }[] };
  };
  return answer.data.accounts.map(({ id }) => id).sort();
}
const idsOf = (info: RunInfo): readonly string[] => info.accounts.map(({ id }) => id).sort();

describe('npm start', { timeout: 120_000 }, () => {
  let first: RunInfo;

  test('starts everything, answers, keeps run.json true, and Ctrl-C leaves nothing behind', async () => {
    const runner = start(['--home', home, '--port', '0']);
    await untilUp(runner);
    first = runInfo();
    expect(first.processes.map(({ name }) => name).sort()).toEqual(ALL);
    expect([...living(first.processes)].sort()).toEqual(ALL);
    expect(await accounts(first)).toEqual(idsOf(first));

    const second = start(['--home', home, '--port', '0']);
    expect(await second.ended).toBe(EXIT.busy);
    expect(second.output()).toContain(`process ${runner.child.pid}`);

    const killed = first.processes.find(({ name }) => name === 'reconciler');
    process.kill(killed?.pid ?? 0, 'SIGKILL');
    const restarted = (): boolean => {
      const now = runInfo().processes.find(({ name }) => name === 'reconciler');
      return now !== undefined && now.pid !== killed?.pid;
    };
    await until(restarted, runner.output);
    expect(runner.output()).toContain('reconciler: ended by SIGKILL');

    const last = runInfo();
    runner.child.kill('SIGINT');
    expect(await runner.ended).toBe(0);
    expect(living(last.processes)).toEqual([]);
    expect(existsSync(join(home, 'run.json'))).toBe(false);
  });

  test('starts again with the same tokens and accounts; its own SIGKILL leaves nothing behind either', async () => {
    const runner = start(['--home', home, '--port', '0']);
    await untilUp(runner);
    const again = runInfo();
    expect(again.traderToken).toBe(first.traderToken);
    expect(await accounts(again)).toEqual(idsOf(first));
    runner.child.kill('SIGKILL');
    await until(
      () => living(again.processes).length === 0,
      () => living(again.processes).join(', '),
    );
  });
});
