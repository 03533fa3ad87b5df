import { expect, test } from 'vitest';
import { figuresOf, percentile, reportOf, rowOf, tableOf } from './figures.ts';
import type { Measurement } from './figures.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => count - index);
const LATENCY: Measurement = {
  name: 'a → b',
  unit: 'ms',
  better: 'lower',
  bar: 2,
  ours: upTo(100),
  floor: [25, 20, 30],
};
const RATE: Measurement = {
  name: 'rate',
  unit: 'orders/s',
  better: 'higher',
  bar: 0.5,
  ours: [200, 100, 300],
  floor: [400],
};

test('percentiles are samples, by nearest rank', () => {
  expect(percentile(upTo(100), 50)).toBe(50);
  expect(percentile(upTo(100), 99)).toBe(99);
  expect(percentile([7], 99)).toBe(7);
  expect(() => percentile([], 50)).toThrow(RangeError);
});

test('p99 is the bad end: long durations, low rates', () => {
  expect(figuresOf(upTo(200), 'lower')).toEqual({ p50: 100, p99: 198 });
  expect(figuresOf(upTo(200), 'higher')).toEqual({ p50: 100, p99: 2 });
});

test('the ratio is ours to the floor, of the medians', () => {
  expect(rowOf(LATENCY)).toEqual({
    name: 'a → b',
    unit: 'ms',
    ours: { p50: 50, p99: 99 },
    floor: { p50: 25, p99: 30 },
    ratio: 2,
  });
  expect(rowOf(RATE)).toMatchObject({ ours: { p50: 200, p99: 100 }, floor: { p50: 400, p99: 400 }, ratio: 0.5 });
});

test('the JSON has rows of exactly these fields', () => {
  const report = JSON.parse(JSON.stringify(reportOf([LATENCY, RATE]))) as { rows: object[] };
  expect(Object.keys(report)).toEqual(['rows']);
  expect(report.rows.map((row) => Object.keys(row))).toEqual(
    Array.from({ length: 2 }, () => ['name', 'unit', 'ours', 'floor', 'ratio']),
  );
});

test('the table says whether a row is within its budget', () => {
  const [, latency, rate] = tableOf([{ ...LATENCY, bar: 1.9 }, RATE]).split('\n');
  expect(latency).toMatch(/≤ 1.9 ✗$/);
  expect(rate).toMatch(/≥ 0.5 ✓$/);
});
