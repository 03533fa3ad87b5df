import { run, type RunOptions, type RunResult } from './run.ts';

/** Runs that are spent on a shorter replay. */
const MOST_RUNS = 250;

export interface Shrunk {
  readonly result: RunResult;
  readonly without: readonly number[];
  readonly until: number;
  /** What still happens in it. */
  readonly items: readonly string[];
  readonly runs: number;
}

/**
 * The shortest replay of a failure that can be found: things of the script are taken out, halves first, then single
 * ones (delta debugging), as long as the same invariant is broken; then the storm ends at the step of the failure.
 */
export async function shrink(options: RunOptions, failed: RunResult): Promise<Shrunk> {
  const wanted = failed.violation?.id;
  const before = options.without ?? new Set<number>();
  let best = failed;
  let kept = failed.script.items.map(({ index }) => index).filter((index) => !before.has(index));
  let runs = 0;
  const all = failed.script.items.map(({ index }) => index);
  const attempt = async (keep: readonly number[]): Promise<boolean> => {
    runs += 1;
    const keeping = new Set(keep);
    const result = await run({ ...options, without: new Set(all.filter((index) => !keeping.has(index))) });
    if (result.violation?.id !== wanted) return false;
    best = result;
    return true;
  };
  for (let parts = 2; kept.length > 0 && runs < MOST_RUNS;) {
    const size = Math.ceil(kept.length / parts);
    let shorter: readonly number[] | null = null;
    for (let at = 0; at < kept.length && shorter === null && runs < MOST_RUNS; at += size) {
      const rest = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (await attempt(rest)) shorter = rest;
    }
    if (shorter !== null) {
      kept = [...shorter];
      parts = Math.max(2, parts - 1);
    } else if (parts >= kept.length) break;
    else parts = Math.min(kept.length, parts * 2);
  }
  const keeping = new Set(kept);
  const items = best.script.items.filter(({ index }) => keeping.has(index)).map((item) => JSON.stringify(item));
  const without = all.filter((index) => !keeping.has(index));
  return { result: best, without, until: Math.min(options.steps, best.violation?.step ?? options.steps), items, runs };
}

/** The numbers as ranges: "0-3,7". */
export function rangesOf(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const ranges: { from: number; to: number }[] = [];
  for (const number of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && number === last.to + 1) last.to = number;
    else ranges.push({ from: number, to: number });
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

/** Null where it is no list of ranges. */
export function numbersOf(ranges: string): ReadonlySet<number> | null {
  const numbers = new Set<number>();
  for (const range of ranges.split(',').filter((part) => part !== '')) {
    const found = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(range);
    if (found === null) return null;
    const from = Number(found[1]);
    for (let at = from; at <= Number(found[2] ?? from); at += 1) numbers.add(at);
  }
  return numbers;
}
