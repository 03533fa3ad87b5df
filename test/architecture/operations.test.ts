import { expect, test } from 'vitest';
import { tableOf } from '../support/documents.ts';
import { environmentTable } from './environment-table.ts';

/** docs/operations.md is held against the code. What is missing there is printed as the row to add. */
test('docs/operations.md lists every variable of every process, with its default and meaning', async () => {
  const asRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const documented = (await tableOf('variable')).map(asRow);
  expect(documented).toEqual(environmentTable().map(asRow));
});

test('every variable says what it is', () => {
  expect(environmentTable().filter(([, , , meaning]) => meaning === '')).toEqual([]);
});
