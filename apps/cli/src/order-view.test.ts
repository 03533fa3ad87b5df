import { describe, expect, test } from 'vitest';
import { doubtText } from './order-view.ts';
import { anOrder } from './testing.ts';

const attempt = { at: 't1', kind: 'SUBMIT', result: 'NO_ANSWER', error: 'timeout' };

describe('the doubt about an order, in words', () => {
  test.each([
    [{ status: 'IN_SYNC', unknownSince: null, tried: [], attention: null }, null],
    [
      { status: 'AMBIGUOUS', unknownSince: 't0', tried: [attempt], attention: null },
      'AMBIGUOUS, since t0, tried 1: last SUBMIT NO_ANSWER at t1 (timeout)',
    ],
    [
      {
        status: 'NEEDS_ATTENTION',
        unknownSince: 't0',
        tried: [attempt, { at: 't2', kind: 'LOOKUP', result: 'NOT_FOUND', error: null }],
        attention: 'in doubt for long',
      },
      'NEEDS_ATTENTION, since t0, tried 2: last LOOKUP NOT_FOUND at t2, in doubt for long',
    ],
    [
      { status: 'NEEDS_ATTENTION', unknownSince: null, tried: [], attention: 'there are two of it' },
      'NEEDS_ATTENTION, there are two of it',
    ],
  ])('%j', (reconciliation, text) => {
    expect(doubtText(anOrder({ reconciliation }))).toBe(text);
  });
});
