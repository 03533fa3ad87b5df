/** From samples to rows: what the table and the JSON file show. Pure. */

export interface Figures {
  readonly p50: number;
  readonly p99: number;
}

/** One row, as `--json` writes it. `ratio` is ours to the floor's, of the medians. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: Figures;
  readonly floor: Figures;
  readonly ratio: number;
}

/** `lower`: durations, of which p99 is the long one. `higher`: rates, of which p99 is the low one. */
export type Better = 'lower' | 'higher';

export interface Measurement {
  readonly name: string;
  readonly unit: string;
  readonly better: Better;
  /** The budget for the ratio: at most this where lower is better, at least this where higher is. Shown, never asserted. */
  readonly bar: number;
  readonly ours: readonly number[];
  readonly floor: readonly number[];
}

/** Nearest rank. Throws RangeError without samples. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1);
  const value = sorted[rank];
  if (value === undefined) throw new RangeError('a percentile of no samples');
  return value;
}

const rounded = (value: number): number => Number(value.toFixed(3));

export const figuresOf = (samples: readonly number[], better: Better): Figures => ({
  p50: rounded(percentile(samples, 50)),
  p99: rounded(percentile(samples, better === 'lower' ? 99 : 1)),
});

export function rowOf({ name, unit, better, ours, floor }: Measurement): Row {
  const ratio = rounded(percentile(ours, 50) / percentile(floor, 50));
  return { name, unit, ours: figuresOf(ours, better), floor: figuresOf(floor, better), ratio };
}

export const reportOf = (measurements: readonly Measurement[]): { readonly rows: readonly Row[] } => ({
  rows: measurements.map(rowOf),
});

/** The table for people: one line for each row, with its budget. */
export function tableOf(measurements: readonly Measurement[]): string {
  const head = ['what', 'unit', 'ours p50', 'p99', 'floor p50', 'p99', 'ratio', 'budget'];
  const lines = measurements.map((measurement) => {
    const { name, unit, ours, floor, ratio } = rowOf(measurement);
    const isWithin = measurement.better === 'lower' ? ratio <= measurement.bar : ratio >= measurement.bar;
    const budget = `${measurement.better === 'lower' ? '≤' : '≥'} ${measurement.bar} ${isWithin ? '✓' : '✗'}`;
    return [name, unit, ...[ours.p50, ours.p99, floor.p50, floor.p99, ratio].map((value) => value.toFixed(2)), budget];
  });
  const widths = head.map((title, at) => Math.max(...[head, ...lines].map((line) => (line[at] ?? title).length)));
  const pad = (cell: string, at: number): string =>
    at >= 2 && at < head.length - 1 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0);
  return [head, ...lines].map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}
