import { ORDER_STATUSES } from '@orderplane/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averageOf, isComplete, judge, remainingOf } from './lifecycle.ts';
import type { NativeStanding } from './lifecycle.ts';

const PLAIN: NativeStanding = {
  status: 'OPEN',
  complete: false,
  wordIsDone: false,
  immediate: false,
  pastExpiry: false,
  requested: false,
  reason: null,
};

const any: fc.Arbitrary<NativeStanding> = fc.record({
  status: fc.constantFrom(...ORDER_STATUSES),
  complete: fc.boolean(),
  wordIsDone: fc.boolean(),
  immediate: fc.boolean(),
  pastExpiry: fc.boolean(),
  requested: fc.boolean(),
  reason: fc.constantFrom(null, 'said'),
});

describe('the status of an order', () => {
  it.each<[string, Partial<NativeStanding>, string, string | null]>([
    ['complete and ended is filled, whatever the word', { status: 'CANCELLED', complete: true }, 'FILLED', null],
    ['complete and expired is filled', { status: 'EXPIRED', complete: true, reason: 'tif' }, 'FILLED', null],
    ['open stays open even when complete', { status: 'OPEN', complete: true }, 'OPEN', null],
    ['expired by its time in force', { status: 'EXPIRED', immediate: true }, 'EXPIRED', 'tif'],
    ['expired for a reason that is told', { status: 'EXPIRED', immediate: true, reason: 'stp' }, 'EXPIRED', 'stp'],
    ['expired for a reason that is not told', { status: 'EXPIRED' }, 'EXPIRED', null],
    ['cancelled on request', { status: 'CANCELLED', immediate: true, requested: true }, 'CANCELLED', null],
    ['cancelled by nobody, immediate', { status: 'CANCELLED', immediate: true }, 'EXPIRED', 'tif'],
    ['cancelled by nobody, past its time', { status: 'CANCELLED', pastExpiry: true }, 'EXPIRED', 'tif'],
    ['cancelled by the venue', { status: 'CANCELLED', reason: 'Out of funds' }, 'CANCELLED', 'Out of funds'],
    ['done without being filled', { status: 'FILLED', wordIsDone: true }, 'CANCELLED', 'venue'],
    ['done without being filled, immediate', { status: 'FILLED', wordIsDone: true, immediate: true }, 'EXPIRED', 'tif'],
    ['filled', { status: 'FILLED' }, 'FILLED', null],
    ['refused by the engine', { status: 'FAILED', reason: 'PRICE' }, 'FAILED', 'PRICE'],
  ])('%s', (_name, standing, status, reason) => {
    expect(judge({ ...PLAIN, ...standing })).toEqual({ status, reason });
  });

  it('never opens what has ended and never ends what is open', () => {
    fc.assert(
      fc.property(any, (standing) => {
        const open = standing.status === 'OPEN' || standing.status === 'PENDING';
        const verdict = judge(standing);
        expect(verdict.status === 'OPEN' || verdict.status === 'PENDING').toBe(open);
        if (verdict.status === 'FILLED') expect(standing.complete || standing.status === 'FILLED').toBe(true);
      }),
    );
  });
});

describe('quantities', () => {
  it('compares as decimals', () => {
    expect(isComplete('0.30', '0.3')).toBe(true);
    expect(isComplete('0.3', '0.2999999999999999999')).toBe(false);
    expect(isComplete('0', '0')).toBe(false);
    expect(isComplete(null, '1')).toBe(false);
  });

  it('leaves nothing once the order has ended', () => {
    expect(remainingOf('CANCELLED', '1', '0.4')).toBe('0');
    expect(remainingOf('OPEN', '1', '0.4')).toBe('0.6');
    expect(remainingOf('OPEN', '1', '1.1')).toBe('0');
    expect(remainingOf('OPEN', null, '0')).toBeNull();
  });

  it('averages exactly to 18 places', () => {
    expect(averageOf('10', '3')).toBe('3.333333333333333333');
    expect(averageOf('4000.05', '0.1')).toBe('40000.5');
    expect(averageOf('0', '0')).toBeNull();
    expect(averageOf(null, '1')).toBeNull();
  });
});
