import { PLAN_CASES } from '../plan.cases.ts';

const HEAD = `# What the planner does

Made from \`src/plan.cases.ts\`, which is also the planner's test. \`vitest run -u\` in this folder writes it anew.

In every case each request may reach the exchange until second 5, its listings lag two seconds, the two look-ups of a
proof of absence are two seconds apart, evidence is stale after 60 seconds and a doubt needs attention after 120. The
order is a buy of 1; a wished change is to 2. Unless a case says otherwise the exchange neither amends nor ends orders
by time. _Record_ writes events and asks nothing of the exchange; every other step is one call or none.

`;

const COLUMNS = ['desired', 'observed', 'step', 'why'] as const;

/** The case table as markdown: CASES.md, word for word. Columns are as wide as their widest cell. */
export function casesDocument(): string {
  const rows = PLAN_CASES.map((given) => COLUMNS.map((column) => given[column]));
  const widths = COLUMNS.map((column, index) =>
    Math.max(column.length, ...rows.map((cells) => (cells[index] ?? '').length)),
  );
  const line = (cells: readonly string[], fill = ' '): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0, fill)).join(' | ')} |\n`;
  return (
    HEAD +
    line(COLUMNS) +
    line(
      COLUMNS.map(() => ''),
      '-',
    ) +
    rows.map((cells) => line(cells)).join('')
  );
}
