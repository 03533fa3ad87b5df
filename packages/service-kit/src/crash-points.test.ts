import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CRASH_POINTS_VARIABLE, NO_CRASH_POINTS, crashPointFile, crashPoints } from './crash-points.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crash-points-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('without the variable there are none', () => {
  expect(crashPoints({})).toBe(NO_CRASH_POINTS);
});

test('strikes once, for its step and key, after the passes that it lets through', () => {
  const signals: string[] = [];
  const hit = crashPoints({ [CRASH_POINTS_VARIABLE]: directory }, (signal) => signals.push(signal));
  const file = join(directory, crashPointFile('submit:after-call', 'order-1'));
  writeFileSync(file, '1');
  hit('submit:after-call', 'order-2');
  hit('submit:before-call', 'order-1');
  hit('submit:after-call', 'order-1');
  expect(signals).toEqual([]);
  hit('submit:after-call', 'order-1');
  expect(signals).toEqual(['SIGKILL']);
  expect(existsSync(file)).toBe(false);
  hit('submit:after-call', 'order-1');
  expect(signals).toEqual(['SIGKILL']);
  writeFileSync(file, '0 SIGSTOP');
  hit('submit:after-call', 'order-1');
  expect(signals).toEqual(['SIGKILL', 'SIGSTOP']);
});
