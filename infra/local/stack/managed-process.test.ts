import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isRunning } from '@orderplane/service-kit';
import { LogFiles } from './log-files.ts';
import { ManagedProcess } from './managed-process.ts';
import type { ProcessChange, ProcessSpec } from './managed-process.ts';

let directory = '';
let logs: LogFiles;
const managed: ManagedProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orderplane-managed-'));
  logs = new LogFiles(directory);
});
afterEach(async () => {
  await Promise.all(managed.splice(0).map((one) => one.stopHard()));
  logs.close();
  rmSync(directory, { recursive: true });
});

const FOREVER = 'setInterval(() => {}, 1000); process.on("SIGTERM", () => process.exit(0));';
const ANNOUNCE = 'process.send({ type: "ready", port: 7 });';

function manage(code: string, changes: Partial<ProcessSpec> = {}): { one: ManagedProcess; seen: ProcessChange[] } {
  const seen: ProcessChange[] = [];
  const spec: ProcessSpec = {
    name: 'probe',
    command: process.execPath,
    args: ['--eval', code],
    environment: () => ({ PATH: process.env['PATH'] ?? '' }),
    cwd: directory,
    kind: 'service',
    stopSignal: 'SIGTERM',
    stopDeadlineMs: 200,
    hardSignal: 'SIGKILL',
    readyDeadlineMs: 5_000,
    ready: ({ announced }) => announced,
    ...changes,
  };
  const one = new ManagedProcess(spec, logs, (change) => seen.push(change));
  managed.push(one);
  return { one, seen };
}

describe('ManagedProcess', () => {
  test('is ready with what the process announced, and stops gracefully', async () => {
    const { one, seen } = manage(`${FOREVER} ${ANNOUNCE}`);
    expect(await one.start()).toMatchObject({ port: 7 });
    const { pid } = one;
    await one.stop();
    expect(pid !== null && isRunning(pid)).toBe(false);
    expect(seen.map(({ state }) => state)).toEqual(['starting', 'ready', 'down']);
  });

  test('comes back after a kill, and says so', async () => {
    const { one, seen } = manage(`${FOREVER} ${ANNOUNCE}`);
    await one.start();
    const first = one.pid;
    await one.kill();
    await one.whenReady();
    expect(one.pid).not.toBe(first);
    expect(one.restarts).toBe(1);
    expect(seen.find(({ state }) => state === 'waiting')?.detail).toMatch(/SIGKILL; restart in \d+ ms/);
  });

  test('stays away after killAndStay until started again', async () => {
    const { one } = manage(`${FOREVER} ${ANNOUNCE}`);
    await one.start();
    await one.killAndStay('SIGKILL');
    expect([one.pid, one.state]).toEqual([null, 'down']);
    await one.start();
    expect(one.state).toBe('ready');
  });

  test('one that ignores the stop is killed at the deadline', async () => {
    const { one } = manage(`setInterval(() => {}, 1000); process.on("SIGTERM", () => {}); ${ANNOUNCE}`);
    await one.start();
    await one.stop();
    expect(one.pid).toBeNull();
  });

  test('one that never gets ready is given up, with the end of its log', async () => {
    const { one } = manage('console.error("no such database"); process.exit(1)');
    await expect(one.start()).rejects.toThrow(/probe does not start \(exit code 1\)[^]*no such database/);
    expect(one.state).toBe('failed');
  });

  test('a wrong configuration is not tried twice', async () => {
    const { one, seen } = manage('process.exit(78)');
    await expect(one.start()).rejects.toThrow('exit code 78');
    expect(seen.map(({ state }) => state)).toEqual(['starting', 'failed']);
  });

  test('a program that is not there is said so', async () => {
    const { one } = manage('', { command: '/no/such/program' });
    await expect(one.start()).rejects.toThrow('could not be run');
  });
});
