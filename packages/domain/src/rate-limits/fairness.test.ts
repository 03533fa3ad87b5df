import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateBook } from './book.ts';
import { GRACE_MS, LONGEST_WAIT_MS } from './line.ts';
import { REQUEST_CLASSES } from './model.ts';
import type { BucketRule, BudgetQuestion, RequestClass } from './model.ts';

/** Who is served, when everybody asks for more than there is: askers that wait as told, leave, or die while they wait. */

const CAPACITY = 95;
const WINDOW_MS = 11_550;
const windowed: BucketRule = {
  name: 'weight',
  scope: 'exchange',
  capacity: 100,
  refill: { kind: 'window', windowMs: 10_000 },
  keeps: { fromReads: 0.3, fromSubmits: 0.1 },
};
const falling: BucketRule = {
  name: 'counter',
  scope: 'exchange',
  capacity: 100,
  refill: { kind: 'decay', perSecond: 8 },
  keeps: { fromReads: 0.3, fromSubmits: 0.1 },
};

interface Asker {
  readonly id: string;
  readonly atMs: number;
  readonly class: RequestClass;
  readonly rules: readonly BucketRule[];
  readonly points: number;
  readonly patienceMs: number;
  /** Never heard of again after its first question. */
  readonly dies: boolean;
}
interface Told {
  readonly atMs: number;
  readonly waitMs: number;
}
interface Fate {
  readonly asker: Asker;
  readonly told: Told[];
  servedAt: number | null;
  hasLeft: boolean;
}

const FOR_EVER = Infinity;
const questionOf = (asker: Asker, leftMs: number): BudgetQuestion => ({
  place: 'binance:LIVE',
  key: 'key',
  id: asker.id,
  class: asker.class,
  patienceMs: Math.min(leftMs, LONGEST_WAIT_MS),
  charges: asker.rules.map((rule) => ({ rule, pair: '', points: asker.points, always: false })),
  scale: 1,
});

/** Lets everybody ask, wait as told, and ask again, until all are served or gone. */
function play(askers: readonly Asker[]): readonly Fate[] {
  const book = new RateBook();
  const fates = askers.map((asker): Fate => ({ asker, told: [], servedAt: null, hasLeft: false }));
  const agenda = fates.map((fate) => ({ fate, atMs: fate.asker.atMs }));
  for (let rounds = 0; agenda.length > 0; rounds += 1) {
    if (rounds > 200_000) throw new Error('somebody is never served');
    let next = 0;
    for (const [index, { atMs }] of agenda.entries()) if (atMs < (agenda[next]?.atMs ?? 0)) next = index;
    const [due] = agenda.splice(next, 1);
    if (due === undefined) break;
    const { fate, atMs } = due;
    const leftMs = fate.asker.atMs + fate.asker.patienceMs - atMs;
    const answer = book.ask(questionOf(fate.asker, leftMs), atMs);
    if (answer.granted) fate.servedAt = atMs;
    else {
      fate.told.push({ atMs, waitMs: answer.waitMs });
      fate.hasLeft = answer.waitMs > leftMs || fate.asker.dies;
      if (!fate.hasLeft) agenda.push({ fate, atMs: atMs + answer.waitMs });
    }
  }
  return fates;
}

const askers = (of: {
  readonly classes: readonly RequestClass[];
  readonly rules: readonly (readonly BucketRule[])[];
  readonly mostPoints: number;
  readonly patience: fc.Arbitrary<number>;
  readonly dies: fc.Arbitrary<boolean>;
}): fc.Arbitrary<readonly Asker[]> =>
  fc
    .array(
      fc.record({
        afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 500 })),
        class: fc.constantFrom(...of.classes),
        rules: fc.constantFrom(...of.rules),
        points: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: of.mostPoints })),
        patienceMs: of.patience,
        dies: of.dies,
      }),
      { maxLength: 120, size: 'max' },
    )
    .map((all) => {
      let atMs = 1_700_000_000_000;
      return all.map(({ afterMs, ...asker }, index) => {
        atMs += afterMs;
        // Those of one millisecond are ordered by name.
        return { id: `asker-${String(index).padStart(3, '0')}`, atMs, ...asker };
      });
    });

const patience = fc.oneof(fc.constant(FOR_EVER), fc.integer({ min: 0, max: 20_000 }));
const someDie = fc.integer({ min: 0, max: 9 }).map((number) => number < 2);
const ONE_RULE = [[windowed], [falling]];

test.each([['windowed', windowed] as const, ['falling', falling] as const])(
  'a large request is served while small ones come without end (%s)',
  (_, rule) => {
    const start = 1_700_000_000_000;
    const common = { class: 'read', rules: [rule], dies: false } as const;
    const small = Array.from({ length: 2_000 }, (__, index) => ({
      ...common,
      ...{ id: `small-${index}`, atMs: start + index * 60, points: 1, patienceMs: 8_000 },
    }));
    const large = { ...common, id: 'large', atMs: start + 20_000, points: 60, patienceMs: FOR_EVER };
    const fate = play([...small, large]).find(({ asker }) => asker.id === 'large');
    expect((fate?.servedAt ?? Infinity) - large.atMs).toBeLessThanOrEqual(2 * WINDOW_MS);
  },
);

test('those who could not wait leave nothing behind: the next is told the same as the first (chaos seed 3)', () => {
  for (const rule of [windowed, falling]) {
    const book = new RateBook();
    const at = 1_700_000_000_000;
    const asker = (id: string): Asker => ({
      ...{ id, atMs: at, class: 'read', rules: [rule], points: 5, patienceMs: 0, dies: false },
    });
    while (book.ask(questionOf(asker(''), 0), at).granted);
    const answers = Array.from({ length: 50 }, (_, index) => book.ask(questionOf(asker(`gone-${index}`), 0), at));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const [first] = answers;
    const waitMs = first?.granted === false ? first.waitMs : 0;
    expect(book.ask(questionOf(asker('patient'), waitMs), at)).toEqual(first);
    expect(book.ask(questionOf(asker('patient'), 0), at + waitMs)).toEqual({ granted: true });
  }
});

test('who leaves gives its place to the next', () => {
  const book = new RateBook();
  const at = 1_700_000_000_000;
  const asker = (id: string): Asker => ({
    ...{ id, atMs: at, class: 'read', rules: [falling], points: 40, patienceMs: FOR_EVER, dies: false },
  });
  while (book.ask(questionOf(asker(''), 0), at).granted);
  const first = book.ask(questionOf(asker('first'), FOR_EVER), at);
  const second = book.ask(questionOf(asker('second'), FOR_EVER), at);
  expect(second).not.toEqual(first);
  book.leave(questionOf(asker('first'), 0));
  expect(book.ask(questionOf(asker('second'), FOR_EVER), at)).toEqual(first);
});

describe('whoever asks, leaves and dies', () => {
  test('who can wait for ever is served, soon after those before it have been or are known to be gone', () => {
    const anyone = askers({
      ...{ classes: ['read'], rules: [...ONE_RULE, [windowed, falling]], mostPoints: 66, patience, dies: someDie },
    });
    fc.assert(
      fc.property(anyone, (all) => {
        let before = 0;
        for (const { asker, servedAt } of play(all)) {
          before += asker.points;
          if (asker.patienceMs !== FOR_EVER || asker.dies) continue;
          // Large requests leave up to half of each window unused.
          const windows = 2 + Math.ceil((2 * before) / 66);
          const bound = LONGEST_WAIT_MS + GRACE_MS + windows * WINDOW_MS;
          expect((servedAt ?? Infinity) - asker.atMs).toBeLessThanOrEqual(bound);
        }
      }),
    );
  });

  test('nothing that a lower class does lengthens what a higher one has been told', () => {
    const mixed = fc
      .constantFrom<readonly RequestClass[]>(['cancel', 'submit', 'read'], ['submit', 'read'], ['read'])
      .chain((classes) => askers({ classes, rules: ONE_RULE, mostPoints: 12, patience, dies: someDie }));
    fc.assert(
      fc.property(mixed, (all) => {
        const highest = REQUEST_CLASSES.find((one) => all.some((asker) => asker.class === one));
        for (const { asker, told, servedAt, hasLeft } of play(all)) {
          const [first] = told;
          // Beyond a window it is an estimate: how those before it fill the windows is not known yet.
          if (asker.class !== highest || first === undefined || hasLeft || first.waitMs > WINDOW_MS) continue;
          // Fractions of points: a few ms.
          expect((servedAt ?? Infinity) - first.atMs).toBeLessThanOrEqual(first.waitMs + 10);
        }
      }),
    );
  });

  test('no window and no counter takes more than it has', () => {
    const anyone = askers({ classes: REQUEST_CLASSES, rules: ONE_RULE, mostPoints: 30, patience, dies: someDie });
    fc.assert(
      fc.property(anyone, (all) => {
        const grants = play(all).flatMap(({ asker, servedAt }) => (servedAt === null ? [] : [{ ...asker, servedAt }]));
        const counted = grants.filter(({ rules }) => rules.includes(windowed));
        for (const { servedAt: from } of counted) {
          const inWindow = counted.filter(({ servedAt }) => servedAt >= from && servedAt < from + 10_500);
          expect(inWindow.reduce((sum, { points }) => sum + points, 0)).toBeLessThanOrEqual(CAPACITY);
        }
        let value = 0;
        let last = 0;
        const rising = grants.filter(({ rules }) => rules.includes(falling)).sort((a, b) => a.servedAt - b.servedAt);
        for (const { servedAt, points } of rising) {
          value = Math.max(0, value - (servedAt - last) * 0.008) + points;
          last = servedAt;
          expect(value).toBeLessThanOrEqual(CAPACITY);
        }
      }),
    );
  });

  test('nobody is told to wait longer than its patience and keeps a place', () => {
    const anyone = askers({
      classes: REQUEST_CLASSES,
      rules: ONE_RULE,
      mostPoints: 30,
      patience,
      dies: fc.constant(false),
    });
    fc.assert(
      fc.property(anyone, (all) => {
        for (const { asker, servedAt, hasLeft } of play(all)) {
          expect(servedAt !== null).toBe(!hasLeft);
          if (servedAt !== null) expect(servedAt - asker.atMs).toBeLessThanOrEqual(asker.patienceMs);
        }
      }),
    );
  });
});
