import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateBook } from './book.ts';
import { GRACE_MS, LONGEST_WAIT_MS } from './line.ts';
import { REQUEST_CLASSES } from './model.ts';
import type { BudgetQuestion, BucketRule, RequestClass } from './model.ts';

const windowed: BucketRule = {
  name: 'weight',
  scope: 'exchange',
  capacity: 100,
  refill: { kind: 'window', windowMs: 10_000 },
  keeps: { fromReads: 0.3, fromSubmits: 0.1 },
};
const falling: BucketRule = {
  name: 'counter',
  scope: 'pair',
  capacity: 40,
  refill: { kind: 'decay', perSecond: 2 },
  keeps: { fromReads: 0.3, fromSubmits: 0.1 },
};

const asks = (
  rule: BucketRule,
  requestClass: RequestClass,
  points: number,
  over: Partial<BudgetQuestion> & { readonly always?: boolean } = {},
): BudgetQuestion => ({
  place: 'binance:LIVE',
  key: 'key',
  id: '',
  patienceMs: LONGEST_WAIT_MS,
  class: requestClass,
  charges: [{ rule, pair: 'BTC-USDT', points, always: over.always ?? false }],
  scale: 1,
  ...over,
});

/** Grants until the first refusal. */
function drain(book: RateBook, question: BudgetQuestion, nowMs: number): number {
  for (let granted = 0; ; granted += 1) if (!book.ask(question, nowMs).granted) return granted;
}

interface Moment {
  readonly afterMs: number;
  readonly class: RequestClass;
  readonly points: number;
}
const moments = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 9_000 })),
    class: fc.constantFrom(...REQUEST_CLASSES),
    points: fc.integer({ min: 1, max: 12 }),
  }),
  { maxLength: 200, size: 'max' },
);

function grantsOf(rule: BucketRule, played: readonly Moment[]): { readonly atMs: number; readonly points: number }[] {
  const book = new RateBook();
  const grants = [];
  let nowMs = 1_700_000_000_000;
  for (const moment of played) {
    nowMs += moment.afterMs;
    if (book.ask(asks(rule, moment.class, moment.points), nowMs).granted)
      grants.push({ atMs: nowMs, points: moment.points });
  }
  return grants;
}

describe('what is granted', () => {
  test('never exceeds the capacity in any window, though each grant arrives up to half a second late', () => {
    fc.assert(
      fc.property(moments, fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1 }), (played, delays) => {
        const arrivals = grantsOf(windowed, played).map(({ atMs, points }, index) => ({
          atMs: atMs + (delays[index % delays.length] ?? 0),
          points,
        }));
        for (const { atMs: from } of arrivals) {
          const inWindow = arrivals.filter(({ atMs }) => atMs >= from && atMs < from + 10_000);
          expect(inWindow.reduce((sum, { points }) => sum + points, 0)).toBeLessThanOrEqual(windowed.capacity);
        }
      }),
    );
  });

  test('never lifts a falling counter above the capacity, though each grant arrives up to half a second late', () => {
    fc.assert(
      fc.property(moments, fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1 }), (played, delays) => {
        let value = 0;
        let last = 0;
        const arrivals = grantsOf(falling, played).map(({ atMs, points }, index) => ({
          atMs: atMs + (delays[index % delays.length] ?? 0),
          points,
        }));
        for (const { atMs, points } of arrivals.sort((a, b) => a.atMs - b.atMs)) {
          value = Math.max(0, value - ((atMs - last) / 1000) * 2) + points;
          last = atMs;
          expect(value).toBeLessThanOrEqual(falling.capacity);
        }
      }),
    );
  });

  test.each([
    [windowed, 95],
    [falling, 37],
  ] as const)('%o: leaves room to those who go first', (rule, whole) => {
    const book = new RateBook();
    const at = 1_000_000;
    const [reads, submits, cancels] = [
      drain(book, asks(rule, 'read', 1), at),
      drain(book, asks(rule, 'submit', 1), at),
      drain(book, asks(rule, 'cancel', 1), at),
    ];
    expect(reads).toBe(Math.floor(whole * 0.7));
    expect(reads + submits).toBe(Math.floor(whole * 0.9));
    expect(reads + submits + cancels).toBe(whole);
  });

  test('cancels are never starved by reads and submits, whatever these ask before', () => {
    fc.assert(
      fc.property(moments, (played) => {
        const book = new RateBook();
        let nowMs = 1_700_000_000_000;
        for (const moment of played) {
          nowMs += moment.afterMs;
          const requestClass = moment.class === 'cancel' ? 'read' : moment.class;
          book.ask(asks(windowed, requestClass, moment.points, { id: `${nowMs}` }), nowMs);
        }
        expect(drain(book, asks(windowed, 'cancel', 1), nowMs)).toBeGreaterThanOrEqual(9);
      }),
    );
  });

  test('all comes back when nobody asks', () => {
    for (const rule of [windowed, falling]) {
      const book = new RateBook();
      const all = drain(book, asks(rule, 'cancel', 1), 1_000_000);
      expect(drain(book, asks(rule, 'cancel', 1), 1_060_000)).toBe(all);
    }
  });

  test('one key and one market leave the others alone where the limit is theirs', () => {
    const book = new RateBook();
    drain(book, asks(falling, 'submit', 1), 0);
    expect(book.ask(asks(falling, 'submit', 1, { key: 'other' }), 0).granted).toBe(true);
    const elsewhere = { charges: [{ rule: falling, pair: 'ETH-USDT', points: 1, always: false }] };
    expect(book.ask(asks(falling, 'submit', 1, elsewhere), 0).granted).toBe(true);
    drain(book, asks(windowed, 'submit', 1), 0);
    expect(book.ask(asks(windowed, 'submit', 1, { key: 'other' }), 0).granted).toBe(false);
    expect(book.ask(asks(windowed, 'submit', 1, { place: 'binance:PAPER' }), 0).granted).toBe(true);
  });

  test('a request that is refused nothing is counted all the same, up to a debt that it can pay', () => {
    const book = new RateBook();
    for (let count = 0; count < 50; count += 1)
      expect(book.ask(asks(falling, 'cancel', 8, { always: true }), 0).granted).toBe(true);
    const answer = book.ask(asks(falling, 'submit', 1), 0);
    // 81.4 counted, 33 may be: 49.4 points at 2 a second.
    expect(answer).toMatchObject({ granted: false, waitMs: 24_701 });
  });

  test('a request larger than its part goes alone', () => {
    const book = new RateBook();
    expect(book.ask(asks(windowed, 'read', 80), 0).granted).toBe(true);
    expect(book.ask(asks(windowed, 'read', 1), 0).granted).toBe(false);
    expect(book.ask(asks(windowed, 'read', 80), 60_000).granted).toBe(true);
  });

  test('scale: a larger customer, and an exchange that counts nothing', () => {
    const book = new RateBook();
    expect(drain(book, asks(windowed, 'cancel', 1, { scale: 20 }), 0)).toBe(1_900);
    expect(book.ask(asks(windowed, 'cancel', 1), 0).granted).toBe(false);
    expect(book.ask(asks(windowed, 'cancel', 1, { scale: 0 }), 0).granted).toBe(true);
  });

  test('a share', () => {
    const book = new RateBook();
    let granted = 0;
    while (book.ask(asks(windowed, 'cancel', 1), 0, 0.25).granted) granted += 1;
    expect(granted).toBe(23);
  });
});

describe('the line', () => {
  test.each([windowed, falling])('$name: who waits as told is served in order, newcomers behind', (rule) => {
    const book = new RateBook();
    const start = 1_000_000;
    drain(book, asks(rule, 'submit', 1), start);
    const ids = Array.from({ length: 60 }, (_, index) => `order-${index}`);
    const due = new Map<string, number>();
    const served: string[] = [];
    const ask = (id: string, nowMs: number): void => {
      const answer = book.ask(asks(rule, 'submit', 1, { id }), nowMs);
      if (answer.granted) {
        served.push(id);
        due.delete(id);
      } else due.set(id, nowMs + answer.waitMs);
    };
    ids.forEach((id, index) => ask(id, start + index));
    for (let nowMs = start; due.size > 0 && nowMs < start + 300_000; nowMs += 5)
      for (const [id, at] of [...due]) if (at <= nowMs) ask(id, nowMs);
    expect(served).toEqual(ids);
  });

  test('nobody is sent away for longer than half a minute', () => {
    const book = new RateBook();
    drain(book, asks(falling, 'submit', 1), 0);
    for (let index = 0; index < 500; index += 1) {
      const answer = book.ask(asks(falling, 'submit', 1, { id: `order-${index}` }), 0);
      expect(answer.granted ? 0 : answer.waitMs).toBeLessThanOrEqual(LONGEST_WAIT_MS);
    }
  });

  test('who does not come back loses its place', () => {
    const book = new RateBook();
    drain(book, asks(falling, 'submit', 1), 0);
    const first = book.ask(asks(falling, 'submit', 1, { id: 'gone' }), 0);
    const waitMs = first.granted ? 0 : first.waitMs;
    expect(book.ask(asks(falling, 'submit', 1, { id: 'next' }), waitMs).granted).toBe(false);
    expect(book.ask(asks(falling, 'submit', 1, { id: 'next' }), waitMs + GRACE_MS).granted).toBe(true);
  });

  test('a cancel goes before all who wait to submit, and these before reads', () => {
    const book = new RateBook();
    drain(book, asks(windowed, 'cancel', 1), 0);
    for (let index = 0; index < 5; index += 1) book.ask(asks(windowed, 'read', 1, { id: `read-${index}` }), 1);
    for (let index = 0; index < 5; index += 1) book.ask(asks(windowed, 'submit', 1, { id: `submit-${index}` }), 1);
    const later = 11_550;
    expect(book.ask(asks(windowed, 'cancel', 1, { id: 'cancel' }), later).granted).toBe(true);
    // 66 of 95 for reads: five submits stand before them.
    drain(book, asks(windowed, 'cancel', 1), later + 1);
    expect(book.ask(asks(windowed, 'read', 1, { id: 'read-0' }), later + 1).granted).toBe(false);
  });
});

describe('pauses', () => {
  const everything = { place: 'binance:LIVE', key: null, classes: REQUEST_CLASSES, forMs: 5_000, reason: 'banned' };

  test('stop what they name until they end, by themselves', () => {
    const book = new RateBook();
    book.pause(everything, 1_000);
    for (const one of REQUEST_CLASSES) {
      const answer = { granted: false, why: 'paused', waitMs: 4_000, detail: 'banned', everything: true };
      expect(book.ask(asks(windowed, one, 1), 2_000)).toEqual(answer);
    }
    expect(book.ask(asks(windowed, 'submit', 1, { place: 'kraken:LIVE' }), 2_000).granted).toBe(true);
    expect(book.ask(asks(windowed, 'submit', 1), 6_000).granted).toBe(true);
  });

  test('of one key and one class leave the others alone', () => {
    const book = new RateBook();
    book.pause({ ...everything, key: 'key', classes: ['submit'] }, 0);
    expect(book.ask(asks(windowed, 'submit', 1), 0)).toMatchObject({ granted: false, everything: false });
    expect(book.ask(asks(windowed, 'cancel', 1), 0).granted).toBe(true);
    expect(book.ask(asks(windowed, 'submit', 1, { key: 'other' }), 0).granted).toBe(true);
  });

  test('a shorter one does not shorten a longer one, and nothing is counted while they last', () => {
    const book = new RateBook();
    book.pause(everything, 0);
    book.pause({ ...everything, forMs: 10, reason: 'again' }, 0);
    expect(book.ask(asks(windowed, 'cancel', 95), 100)).toMatchObject({ detail: 'banned', waitMs: 4_900 });
    expect(book.ask(asks(windowed, 'cancel', 95), 5_000).granted).toBe(true);
  });
});
