import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const OPERATIONS = join(import.meta.dirname, '..', '..', 'docs', 'operations.md');

export interface DocumentedMetric {
  readonly metric: string;
  readonly labels: readonly string[];
  readonly services: readonly string[];
}

const ALL = ['gateway', 'order-command', 'reconciler', 'sync-worker'];
const words = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

/** Rows of a table, by its first column's heading. */
export async function tableOf(heading: string): Promise<readonly (readonly string[])[]> {
  const lines = (await readFile(OPERATIONS, 'utf8')).split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} `));
  if (start === -1) throw new Error(`docs/operations.md has no table of ${heading}`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end === -1 ? undefined : end).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The table of metrics in docs/operations.md. */
export const documentedMetrics = async (): Promise<readonly DocumentedMetric[]> =>
  (await tableOf('metric')).map(([metric = '', labels = '', services = '']) => ({
    metric: words(metric)[0] ?? '',
    labels: words(labels),
    services: services === 'all' ? ALL : words(services),
  }));
