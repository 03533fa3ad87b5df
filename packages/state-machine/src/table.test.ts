import { describe, expect, test } from 'vitest';
import { ORDER_STATES } from '@orderplane/domain';
import { block, readTable } from './cells.ts';
import { EFFECTS } from './effects/index.ts';
import { GUARDS } from './guards.ts';
import { CELLS, TABLE } from './table.ts';

const columns = TABLE.flatMap(({ events }) => [...events]);
const cells = ORDER_STATES.flatMap((state) =>
  columns.map((event) => ({ state, event, cell: CELLS[state].get(event) })),
);

describe('the table', () => {
  test('has a cell for each of 12 states and 38 events', () => {
    expect(new Set(columns).size).toBe(38);
    expect(cells).toHaveLength(456);
    expect(cells.filter(({ cell }) => cell === undefined)).toEqual([]);
    expect(Object.keys(EFFECTS).sort()).toEqual([...columns].sort());
  });

  test('names only guards that exist, and every guard is used', () => {
    const named = new Set(cells.flatMap(({ cell }) => cell?.guard ?? []));
    expect([...named].sort()).toEqual(Object.keys(GUARDS).sort());
  });

  test('has a guard wherever it has more than one entry', () => {
    const unguarded = cells.filter(({ cell }) => cell && cell.outcomes.length > 1 && cell.guard === null);
    expect(unguarded).toEqual([]);
  });

  test('never leads an ended order back to an open state', () => {
    const open = ['SUBMITTED', 'ACKNOWLEDGED', 'PARTIALLY_FILLED', 'CREATED', 'VALIDATED', 'DARK_OPEN', 'TRIGGERED'];
    for (const state of ['CANCELLED', 'EXPIRED', 'REJECTED', 'FAILED'] as const) {
      const targets = cells.filter((cell) => cell.state === state).flatMap(({ cell }) => cell?.outcomes ?? []);
      expect(targets.filter(({ target }) => target !== null && open.includes(target))).toEqual([]);
    }
  });

  test('lets nothing but the send of an absent leg repeat a submission', () => {
    const submits = cells.filter(({ event, cell }) => event === 'SubmitSent' && cell);
    expect(submits.map(({ state, cell }) => `${state}: ${cell?.text}`)).toEqual([
      'VALIDATED: → SUBMITTED',
      'TRIGGERED: → SUBMITTED',
      'SUBMITTED: stay ?legAbsent',
    ]);
  });

  test('gives up only what is proven not to live', () => {
    const given = cells.filter(({ event, cell }) => event === 'GaveUp' && cell).map(({ state }) => state);
    expect(given).toEqual([
      'CREATED',
      'VALIDATED',
      'DARK_OPEN',
      'TRIGGERED',
      'SUBMITTED',
      'ACKNOWLEDGED',
      'PARTIALLY_FILLED',
    ]);
  });
});

describe('reading a table', () => {
  const rows = (cell: string) => [[ORDER_STATES.join(' '), cell]] as never;
  test.each([
    ['an unknown word', () => readTable([block(['Armed'], rows('perhaps'))])],
    ['an unknown state', () => readTable([block(['Armed'], rows('→ NOWHERE'))])],
    ['a missing cell', () => readTable([block(['Armed', 'Triggered'], rows('keep'))])],
    ['a missing state', () => readTable([block(['Armed'], [['CREATED', 'keep']])])],
    ['a cell given twice', () => readTable([block(['Armed'], [['CREATED CREATED', 'keep']])])],
    ['a row that is no state', () => readTable([block(['Armed'], [['OPEN', 'keep']])])],
  ])('refuses %s', (_case, read) => {
    expect(read).toThrow();
  });
});
