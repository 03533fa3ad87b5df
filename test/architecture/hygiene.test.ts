import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, filesBelow } from './workspaces.ts';

const MAX_LINES = 400;
/** Split, so that this file passes its own check. */
const BANNED = [
  { what: 'a marker of unfinished work', pattern: new RegExp(`\\b(TO${'DO'}|FIX${'ME'})\\b`) },
  { what: 'a path outside the checkout', pattern: new RegExp(`\\.\\./sha${'red'}\\b|/work/sha${'red'}\\b`) },
  {
    what: 'a test that runs alone or not at all',
    pattern: new RegExp(`\\b(test|it|describe)\\.(on${'ly'}|sk${'ip'})\\(`),
  },
];

const source = filesBelow(ROOT, /\.(ts|tsx|mts|mjs|js)$/);
const text = filesBelow(ROOT, /\.(ts|tsx|mts|mjs|js|json|md|sh|yml|yaml|prisma|sql|graphql|css|html)$|^run$/);
const contentOf = (path: string): string => readFileSync(path, 'utf8');

test('no source file is longer than 400 lines', () => {
  const long = source.filter((path) => contentOf(path).trimEnd().split('\n').length > MAX_LINES);
  expect(long.map((path) => relative(ROOT, path))).toEqual([]);
});

describe.each(BANNED)('nowhere is there $what', ({ pattern }) => {
  test('in no file', () => {
    expect(text.filter((path) => pattern.test(contentOf(path))).map((path) => relative(ROOT, path))).toEqual([]);
  });
});
