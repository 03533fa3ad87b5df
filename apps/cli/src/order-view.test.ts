import { describe, expect, test } from 'vitest';
import { doubtText, triggerText, typeText } from './order-view.ts';
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

const trigger = { symbol: 'BTC-USDT', source: 'LAST', direction: 'AT_OR_ABOVE', price: '100', firedPrice: null };

test('what an order waits for, and at what it fired', () => {
  expect(triggerText(anOrder({}))).toBeNull();
  const dark = { mode: 'DARK', trigger };
  expect(triggerText(anOrder(dark))).toBe('dark, waits for BTC-USDT LAST at or above 100');
  expect(typeText(anOrder({ ...dark, type: 'MARKET' }))).toBe('MARKET dark');
  const fired = { mode: 'DARK', trigger: { ...trigger, direction: 'AT_OR_BELOW', firedPrice: '99' } };
  expect(triggerText(anOrder(fired))).toBe('dark, fired at 99 (BTC-USDT LAST at or below 100)');
});
