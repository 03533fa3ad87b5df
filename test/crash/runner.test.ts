import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunInfo } from '@orderplane/local';
import { EXCHANGES } from '../support/system.ts';
import { allOrders, eventually, isQuiet } from '../support/client.ts';
import type { Endpoint } from '../support/client.ts';
import { venueAt } from '../support/venue.ts';
import { insistCancel, insistPlace } from '../support/insist.ts';
import { differences } from './judge.ts';

/** `npm start` itself is killed: nothing that it started may outlive it, and nothing that it accepted may be lost. */
const ROOT = join(import.meta.dirname, '..', '..');
let home: string;
let runner: ChildProcess | null = null;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'orderplane-runner-'));
});
afterAll(async () => {
  if (runner !== null && runner.exitCode === null && runner.signalCode === null) {
    runner.kill('SIGINT');
    await once(runner, 'exit');
  }
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** What `npm start -- --port 0 --home DIR` runs. Resolves with run.json once it is there. */
async function start(): Promise<RunInfo> {
  const bootstrap = join(ROOT, 'infra', 'local', 'bootstrap.mjs');
  const child = spawn(process.execPath, [bootstrap, 'start', '--port', '0', '--home', home], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  runner = child;
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const file = join(home, 'run.json');
  const read = async (): Promise<RunInfo | null> =>
    existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RunInfo) : null;
  const isOurs = (info: RunInfo | null): boolean => info !== null && isAlive(info.pid) && said.includes('is running');
  const info = await eventually(read, isOurs, 'npm start is ready', 60_000).catch((cause: unknown) => {
    throw new Error(`npm start said:\n${said}`, { cause });
  });
  if (info === null) throw new Error('run.json is gone');
  return info;
}

const traderOf = (info: RunInfo): Endpoint => ({ http: info.gateway.http, token: info.traderToken });

async function allGone(info: RunInfo, timeoutMs: number): Promise<void> {
  await eventually(
    async () => info.processes.filter(({ pid }) => isAlive(pid)).map(({ name }) => name),
    (left) => left.length === 0,
    'every process has ended',
    timeoutMs,
  );
}

async function placeSome(info: RunInfo): Promise<void> {
  const markets = { binance: 'BTC-USDT', kraken: 'BTC-USD' } as const;
  for (const exchange of EXCHANGES) {
    const accountId = info.accounts.find((account) => account.exchange === exchange)?.id;
    const symbol = markets[exchange];
    const common = { accountId, symbol, side: 'BUY', size: '0.001' };
    await insistPlace(traderOf(info), { ...common, type: 'MARKET', clientOrderId: `filled-${exchange}` });
    const resting = { ...common, type: 'LIMIT', price: '50000', clientOrderId: `resting-${exchange}` };
    await insistPlace(traderOf(info), resting);
  }
}

const settled = (info: RunInfo) =>
  eventually(
    () => allOrders(traderOf(info)),
    (orders) => orders.length > 0 && orders.every(isQuiet),
    'every order is settled',
  );

test('SIGKILL of the runner: no process is left, and every order is where it was', { timeout: 120_000 }, async () => {
  const info = await start();
  await placeSome(info);
  const before = await settled(info);
  process.kill(info.pid, 'SIGKILL');
  // Services stop gracefully when they see that their parent is gone; that may take their whole grace.
  await allGone(info, 20_000);

  const again = await start();
  expect(again.accounts).toEqual(info.accounts);
  expect(await settled(again)).toEqual(before);
  const admin = again.simulator?.admin ?? '';
  for (const { exchange } of again.accounts) {
    const own = before.filter((order) => order.exchange === exchange);
    expect(differences(own, await venueAt(admin).ledger(exchange))).toEqual([]);
  }
  for (const { id, status } of before) if (status === 'OPEN') await insistCancel(traderOf(again), id);
  const after = await settled(again);
  expect(after.map(({ state }) => state).sort()).toEqual(['CANCELLED', 'CANCELLED', 'FILLED', 'FILLED']);
});

test('SIGINT ends every process, in good order', { timeout: 60_000 }, async () => {
  const info = JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as RunInfo;
  expect(info.processes.length).toBeGreaterThanOrEqual(7);
  const child = runner;
  if (child === null) throw new Error('nothing runs');
  const exit = once(child, 'exit');
  child.kill('SIGINT');
  const [code] = (await exit) as [number | null];
  expect(code).toBe(0);
  await allGone(info, 100);
  expect(isAlive(info.pid)).toBe(false);
  expect(existsSync(join(home, 'run.json'))).toBe(false);
});
