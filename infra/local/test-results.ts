import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Where each workspace's vitest writes its result, relative to the workspace (ignored by git). */
export const RESULT_FILE = '.turbo/vitest.json';

const ResultSchema = z.object({
  numPassedTests: z.number().int(),
  numFailedTests: z.number().int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** Directories of all workspaces, by the patterns of the root's package.json ("packages/*", "test"). */
export async function workspaceDirectories(root: string): Promise<readonly string[]> {
  const { workspaces } = z
    .object({ workspaces: z.array(z.string()) })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const found = await Promise.all(
    workspaces.map(async (pattern) => {
      if (!pattern.endsWith('/*')) return [join(root, pattern)];
      const parent = join(root, pattern.slice(0, -2));
      const entries = await readdir(parent, { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map((entry) => join(parent, entry.name));
    }),
  );
  return found.flat();
}

/** Results of an earlier run must not be counted as of this one. */
export async function forgetResults(directories: readonly string[]): Promise<void> {
  await Promise.all(directories.map((directory) => rm(join(directory, RESULT_FILE), { force: true })));
}

/** Adds up what the workspaces wrote. A file that could not even be loaded counts as one failure. */
export async function tallyResults(directories: readonly string[]): Promise<Tally> {
  const tallies = await Promise.all(directories.map(tallyOf));
  return tallies.reduce((sum, one) => ({ passed: sum.passed + one.passed, failed: sum.failed + one.failed }), {
    passed: 0,
    failed: 0,
  });
}

async function tallyOf(directory: string): Promise<Tally> {
  const text = await readFile(join(directory, RESULT_FILE), 'utf8').catch(() => null);
  if (text === null) return { passed: 0, failed: 0 };
  const result = ResultSchema.parse(JSON.parse(text));
  const broken = result.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return { passed: result.numPassedTests, failed: result.numFailedTests + broken.length };
}
