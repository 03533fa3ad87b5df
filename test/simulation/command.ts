import { parseArgs } from 'node:util';
import { run, type RunOptions, type RunResult } from './run.ts';
import { CALL_FAULTS } from './script.ts';
import { numbersOf, rangesOf, shrink } from './shrink.ts';
import { sometimes } from './sightings.ts';

const USAGE =
  'usage: simulate [--seed N] [--steps M] [--seeds K] [--json] [--without 3,7-9] [--until S] [--no-shrink] [--trace]\n';
export const OK = 0;
export const FAILED = 1;
export const USED_WRONGLY = 2;
/** From this many seeds on, a hard case that none of them has met is a failure. */
export const FULL_RUN = 200;

export interface Output {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

interface Wish {
  readonly seed: number;
  readonly seeds: number;
  readonly steps: number;
  readonly without: ReadonlySet<number>;
  readonly until: number | null;
  readonly json: boolean;
  readonly shrinks: boolean;
  readonly trace: boolean;
}

/** What `--json` prints. */
export interface Report {
  readonly seeds: number;
  readonly steps: number;
  readonly orders: number;
  readonly failed: readonly number[];
  readonly unmet: readonly string[];
  readonly sightings: Readonly<Record<string, number>>;
  readonly results: readonly {
    readonly seed: number;
    readonly steps: number;
    readonly hash: string;
    readonly violation: RunResult['violation'];
  }[];
}

/** Runs seed after seed; a failing one is told with its shortest replay. Gives the exit status; see README.md. */
export async function main(args: readonly string[], output: Output): Promise<number> {
  const wish = read(args);
  if (wish === null) {
    output.error(USAGE);
    return USED_WRONGLY;
  }
  const results: RunResult[] = [];
  const counts = new Map<string, number>();
  for (let seed = wish.seed; seed < wish.seed + wish.seeds; seed += 1) {
    const options = optionsOf(wish, seed);
    const result = await run(options);
    results.push(result);
    for (const [name, count] of result.sightings) counts.set(name, (counts.get(name) ?? 0) + count);
    if (!wish.json) output.out(`${lineOf(result)}\n`);
    if (wish.trace) output.out(`${result.last.join('\n')}\n`);
    if (result.violation !== null) await explain(wish, options, result, output);
  }
  return conclude(wish, results, counts, output);
}

function read(args: readonly string[]): Wish | null {
  const options = {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    steps: { type: 'string', default: '2000' },
    without: { type: 'string', default: '' },
    until: { type: 'string' },
    json: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: true },
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options, allowNegative: true });
    const without = numbersOf(values.without);
    const numbers = [values.seed, values.seeds, values.steps, values.until ?? '1'];
    if (without === null || !numbers.every((text) => /^\d{1,9}$/.test(text)) || Number(values.steps) < 1) return null;
    return {
      seed: Number(values.seed),
      seeds: Number(values.seeds),
      steps: Number(values.steps),
      without,
      until: values.until === undefined ? null : Number(values.until),
      json: values.json,
      shrinks: values.shrink,
      trace: values.trace,
    };
  } catch (error) {
    if (error instanceof TypeError && 'code' in error) return null;
    throw error;
  }
}

const optionsOf = ({ steps, without, until }: Wish, seed: number): RunOptions => ({
  seed,
  steps,
  without,
  ...(until === null ? {} : { until }),
});

const lineOf = ({ seed, steps, orders, hash, violation }: RunResult): string =>
  `seed ${seed}: ${steps} steps, ${orders} orders, trace hash ${hash}${violation === null ? '' : `, FAILED ${violation.id}`}`;

async function explain({ shrinks }: Wish, options: RunOptions, result: RunResult, { error }: Output): Promise<void> {
  const { violation, seed } = result;
  if (violation === null) return;
  const replay = (without: readonly number[], until: number | null): string =>
    `npm run simulate -- --seed ${seed} --steps ${options.steps}` +
    (without.length === 0 ? '' : ` --without ${rangesOf(without)}`) +
    (until === null ? '' : ` --until ${until}`);
  error(`\nseed ${seed}, step ${violation.step}: ${violation.id}, ${violation.says}\n  ${violation.what}\n`);
  if (!shrinks) {
    error(`last steps:\n${result.last.map((line) => `  ${line}`).join('\n')}\nreplay: ${replay([], null)}\n`);
    return;
  }
  const shrunk = await shrink(options, result);
  error(`last steps of the shortest replay found:\n${shrunk.result.last.map((line) => `  ${line}`).join('\n')}\n`);
  error(`what happens in it (${shrunk.runs} runs):\n${shrunk.items.map((item) => `  ${item}`).join('\n')}\n`);
  error(`replay: ${replay(shrunk.without, shrunk.until)}\n`);
}

function conclude(
  wish: Wish,
  results: readonly RunResult[],
  counts: ReadonlyMap<string, number>,
  { out, error }: Output,
): number {
  const failed = results.filter(({ violation }) => violation !== null).map(({ seed }) => seed);
  const unmet = sometimes(CALL_FAULTS).filter((name) => !counts.has(name));
  const total = (of: (result: RunResult) => number): number => results.reduce((sum, result) => sum + of(result), 0);
  const steps = total((result) => result.steps);
  const orders = total((result) => result.orders);
  if (wish.json) {
    const report: Report = {
      seeds: results.length,
      steps,
      orders,
      failed,
      unmet,
      sightings: Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
      results: results.map((result) => ({
        seed: result.seed,
        steps: result.steps,
        hash: result.hash,
        violation: result.violation,
      })),
    };
    out(`${JSON.stringify(report)}\n`);
  } else out(`${results.length} seeds, ${steps} steps, ${orders} orders, ${failed.length} failed\n`);
  const isFull = results.length >= FULL_RUN;
  if (isFull && unmet.length > 0) error(`never seen: ${unmet.join('; ')}\n`);
  return failed.length > 0 || (isFull && unmet.length > 0) ? FAILED : OK;
}
