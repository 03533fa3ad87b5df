import { expect, test } from 'vitest';
import { ACCIDENTS } from './accidents.ts';
import { ACTIONS } from './actions.ts';
import { drawAccidents, drawErrands } from './plan.ts';

const storm = { seed: 7, stormMs: 600_000, ratePerS: 3 };

test('a seed gives the same errands and accidents again, another one others', () => {
  expect(drawErrands(storm, ACTIONS)).toEqual(drawErrands(storm, ACTIONS));
  expect(drawAccidents(storm, ACCIDENTS)).toEqual(drawAccidents(storm, ACCIDENTS));
  const other = { ...storm, seed: 8 };
  expect(drawErrands(other, ACTIONS)).not.toEqual(drawErrands(storm, ACTIONS));
  expect(drawAccidents(other, ACCIDENTS)).not.toEqual(drawAccidents(storm, ACCIDENTS));
});

test('a steady rate of errands on every exchange, each with an id of its own', () => {
  const errands = drawErrands(storm, ACTIONS);
  expect(errands).toHaveLength(1_800);
  expect(new Set(errands.map(({ id }) => id)).size).toBe(1_800);
  expect(new Set(errands.map(({ exchange }) => exchange)).size).toBe(7);
  expect(errands.every(({ atMs }, index) => Math.floor(atMs / (1_000 / 3)) - index <= 1)).toBe(true);
});

test('ten minutes have every kind of action and of accident', () => {
  const names = (items: readonly { readonly name: string }[]): string[] => [...new Set(items.map(({ name }) => name))];
  expect(names(drawErrands(storm, ACTIONS)).sort()).toEqual(names(ACTIONS).sort());
  expect(names(drawAccidents(storm, ACCIDENTS)).sort()).toEqual(names(ACCIDENTS).sort());
});
