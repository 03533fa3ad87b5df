import { expect, test } from 'vitest';
import type { Update } from '../support/watch.ts';
import { journalFlaws, longestDoubt } from './journal.ts';
import type { Journal, JournalLine } from './journal.ts';
import { resumeAfter } from './subscribers.ts';
import type { Story } from './subscribers.ts';
import { missingEnds, storyFlaws } from './telling.ts';

/** The judge of the subscribers must see what it is there for: what is left out, told twice, in another order, or wrong. */

const cursor = (position: number): string => Buffer.from(JSON.stringify({ a: String(position) })).toString('base64url');
const line = (position: number, type: string | null, fromState: string | null, toState: string): JournalLine => ({
  ...{ accountId: 'a', position: BigInt(position), orderId: 'o', sequence: position, type, fromState, toState },
  ...{ reason: null, source: 'client', atMs: position * 1_000 },
});
const LINES = [
  line(1, 'ORDER_CREATED', null, 'CREATED'),
  line(2, 'ORDER_VALIDATED', 'CREATED', 'VALIDATED'),
  line(3, null, null, 'VALIDATED'),
  line(4, 'OUTCOME_UNKNOWN', 'VALIDATED', 'VALIDATED'),
  line(5, 'OUTCOME_RESOLVED', 'VALIDATED', 'VALIDATED'),
];
const journalOf = (lines: readonly JournalLine[]): Journal => ({
  accounts: new Map([['a', lines]]),
  orders: new Map([['o', lines]]),
});
const JOURNAL = journalOf(LINES);
const event = (position: number): Update => {
  const { orderId, type, fromState, toState } = LINES[position - 1] ?? line(position, 'ORDER_FILLED', null, 'FILLED');
  return {
    ...{ kind: 'EVENT', cursor: cursor(position), order: null },
    event: { cursor: cursor(position), orderId, type: type ?? '', fromState, toState: toState ?? '', at: '' },
  };
};
const end = (position: number): Update => ({
  kind: 'SNAPSHOT_END',
  cursor: cursor(position),
  order: null,
  event: null,
});
const snapshot = (state: string): Update => ({
  ...{ kind: 'SNAPSHOT', cursor: cursor(2), event: null },
  order: { id: 'o', state, status: 'PENDING', filledSize: '0', exchange: 'x' },
});
const story = (...chapters: Story['chapters'][number][]): Story => ({ name: 's', accountIds: ['a'], chapters });
const flaws = (...updates: Update[]): number => storyFlaws(story({ after: cursor(0), updates }), JOURNAL).length;

test('a complete story has no flaw, also over a reconnect', () => {
  expect(flaws(event(1), event(2), event(4), event(5))).toBe(0);
  const first = { after: null, updates: [end(0), event(1), event(2)] };
  const second = { after: resumeAfter(first), updates: [event(4), event(5)] };
  expect(storyFlaws(story(first, second), JOURNAL)).toEqual([]);
  expect(missingEnds(story(first, second), JOURNAL)).toEqual([]);
  expect(missingEnds(story(first), JOURNAL)).toEqual(['a']);
});

test('a gap, a repetition, another order and a wrong line are seen', () => {
  expect(flaws(event(1), event(4))).toBe(1);
  expect(flaws(event(1), event(1), event(2))).toBe(1);
  expect(flaws(event(2), event(1))).toBe(1);
  expect(flaws(event(1), event(2), event(6))).toBe(1);
});

test('a snapshot shows every order that lives, as the journal has it there', () => {
  const told = (...updates: Update[]): number => storyFlaws(story({ after: null, updates }), JOURNAL).length;
  expect(told(snapshot('VALIDATED'), end(2), event(4))).toBe(0);
  expect(told(snapshot('CREATED'), end(2))).toBe(1);
  expect(told(end(2))).toBe(1);
  // Cut off before its end: nothing is claimed.
  expect(told(snapshot('CREATED'))).toBe(0);
});

test('flaws of the journal itself', () => {
  expect(journalFlaws(JOURNAL)).toEqual([]);
  expect(journalFlaws(journalOf([LINES[0], LINES[3]].flatMap((one) => one ?? [])))).not.toEqual([]);
  expect(longestDoubt(JOURNAL)).toEqual({ ms: 1_000, orderId: 'o', doubts: 1 });
});
