import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { FAILED, main, OK, USED_WRONGLY, type Report } from './command.ts';
import { run } from './run.ts';
import { CALL_FAULTS } from './script.ts';
import { numbersOf, rangesOf } from './shrink.ts';
import { sometimes } from './sightings.ts';

/** Far more than it takes: the machine may be busy. */
const PATIENCE_MS = 900_000;

/** The command in a process of its own: what it says of these seeds. */
async function simulate(...args: readonly string[]): Promise<Report> {
  const command = [join(import.meta.dirname, 'main.ts'), '--json', ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 64 * 1024 * 1024 }).catch(
    (failure: { stdout: string; stderr: string }) => {
      process.stderr.write(failure.stderr);
      if (failure.stdout === '') throw new Error(failure.stderr);
      return failure;
    },
  );
  return JSON.parse(stdout) as Report;
}

describe('200 seeds of 2,000 steps', () => {
  test(
    'break no promise, and meet every hard case',
    async () => {
      const halves = await Promise.all(['1', '101'].map((seed) => simulate('--seed', seed, '--seeds', '100')));
      expect(halves.flatMap(({ results }) => results.filter(({ violation }) => violation !== null))).toEqual([]);
      const seen = new Set(halves.flatMap(({ sightings }) => Object.keys(sightings)));
      expect(sometimes(CALL_FAULTS).filter((name) => !seen.has(name))).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'a seed gives the same run in every process, another seed another',
    async () => {
      const [first, second] = await Promise.all([simulate('--seed', '7'), simulate('--seed', '7', '--seeds', '2')]);
      expect(first.results[0]).toEqual(second.results[0]);
      expect((await run({ seed: 7, steps: 2_000 })).hash).toBe(first.results[0]?.hash);
      expect(second.results[1]?.hash).not.toBe(first.results[0]?.hash);
    },
    PATIENCE_MS,
  );
});

describe('the command', () => {
  const silent = { out: () => undefined, error: () => undefined };

  test('prints the hash of each run and the sum of all', async () => {
    const said: string[] = [];
    const output = { out: (text: string) => void said.push(text), error: () => undefined };
    expect(await main(['--seed', '3', '--steps', '150'], output)).toBe(OK);
    expect(said.join('')).toMatch(/^seed 3: \d+ steps, \d+ orders, trace hash [0-9a-f]{32}\n1 seeds, .+, 0 failed\n$/);
  });

  test.each([[['--seed', 'x']], [['--steps', '0']], [['--without', '3;4']], [['--all']]])(
    'refuses %j',
    async (args) => {
      expect(await main(args, silent)).toBe(USED_WRONGLY);
    },
  );

  test('takes things out of a run by their numbers', async () => {
    const whole = await run({ seed: 5, steps: 300 });
    const numbers = whole.script.items.map(({ index }) => index);
    const nothing = await run({ seed: 5, steps: 300, without: new Set(numbers) });
    expect([whole.orders > 0, nothing.orders]).toEqual([true, 0]);
    expect([...(numbersOf(rangesOf(numbers)) ?? [])]).toEqual([...numbers].sort((a, b) => a - b));
  });

  test('fails on what is never seen in a full run only', async () => {
    expect(await main(['--seeds', '2', '--steps', '20'], silent)).toBe(OK);
    expect(FAILED).toBe(1);
  });
});
