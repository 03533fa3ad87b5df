import { compare, TRIGGER_DIRECTIONS, TRIGGER_SOURCES } from '@orderplane/domain';
import type { TriggerSource } from '@orderplane/domain';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TriggerBook } from './book.ts';
import type { Armed, Print } from './model.ts';
import { replay } from './replay.ts';

const instant = (ms: number): string => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
/** Close together, so that they meet; with digits that a float would lose. */
const price = fc
  .tuple(fc.integer({ min: 1, max: 30 }), fc.constantFrom('', '.5', '.000000000000000001'))
  .map(([whole, rest]) => `${whole}${rest}`);
const source = fc.constantFrom(...TRIGGER_SOURCES);

const armedOf = (id: string, over: Partial<Armed> = {}): Armed => ({
  id,
  exchange: 'binance',
  symbol: 'BTC-USDT',
  source: 'LAST',
  direction: 'AT_OR_ABOVE',
  price: '100',
  version: 1,
  armedAt: instant(0),
  ...over,
});
const terms = fc.record({ source, direction: fc.constantFrom(...TRIGGER_DIRECTIONS), price });

const isThrough = (armed: Armed, at: string): boolean =>
  armed.direction === 'AT_OR_ABOVE' ? compare(at, armed.price) >= 0 : compare(at, armed.price) <= 0;

/** What the book must equal: looks at every trigger at every price. */
class NaiveBook {
  readonly armed = new Map<string, Armed>();
  arm(one: Armed): void {
    if ((this.armed.get(one.id)?.version ?? 0) < one.version) this.armed.set(one.id, one);
  }
  reached(from: TriggerSource, at: string): Armed[] {
    const fired = [...this.armed.values()].filter((one) => one.source === from && isThrough(one, at));
    for (const { id } of fired) this.armed.delete(id);
    return fired;
  }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('arm' as const), id: fc.nat(40), version: fc.nat(3), terms }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disarm' as const), id: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('price' as const), source, price }) },
);
const ids = (armed: readonly Armed[]): string[] => armed.map(({ id, version }) => `${id}/${version}`).sort();

describe('TriggerBook', () => {
  test('fires exactly what a look at every trigger fires, once, whatever the path of prices', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const book = new TriggerBook();
        const naive = new NaiveBook();
        for (const one of steps) {
          if (one.do === 'arm') {
            const armed = armedOf(`t${one.id}`, { ...one.terms, version: one.version + 1 });
            book.arm(armed);
            naive.arm(armed);
          } else if (one.do === 'disarm') {
            book.disarm(`t${one.id}`);
            naive.armed.delete(`t${one.id}`);
          } else {
            expect(ids(book.reached(one.source, one.price))).toEqual(ids(naive.reached(one.source, one.price)));
          }
          expect(ids([...book.all()])).toEqual(ids([...naive.armed.values()]));
          expect(book.sources()).toEqual(
            TRIGGER_SOURCES.filter((from) => [...naive.armed.values()].some((armed) => armed.source === from)),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a gap fires all that it passed, in the order in which they lie', () => {
    const book = new TriggerBook();
    for (const level of ['103', '101', '102', '104']) book.arm(armedOf(level, { price: level }));
    expect(book.reached('LAST', '100.99')).toEqual([]);
    expect(book.reached('LAST', '103').map(({ id }) => id)).toEqual(['101', '102', '103']);
    expect(book.reached('LAST', '103')).toEqual([]);
    expect(book.size).toBe(1);
  });

  test('compares exactly', () => {
    const book = new TriggerBook();
    book.arm(armedOf('a', { price: '0.100000000000000001' }));
    expect(book.reached('LAST', '0.1')).toEqual([]);
    expect(book.reached('LAST', '0.100000000000000001')).toHaveLength(1);
  });
});

describe('replay', () => {
  const timed = fc.record({ terms, armedAt: fc.nat(20) });
  const prints = fc.array(fc.record({ price, at: fc.nat(20) }), { maxLength: 30 });

  test('fires what a look at every price of its time would have fired, at the first such price', () => {
    fc.assert(
      fc.property(fc.array(timed, { maxLength: 25 }), prints, source, (triggers, made, from) => {
        const ordered: Print[] = made
          .sort((a, b) => a.at - b.at)
          .map((one) => ({ price: one.price, at: instant(one.at) }));
        const armed = triggers.map((one, n) => armedOf(`t${n}`, { ...one.terms, armedAt: instant(one.armedAt) }));
        const book = new TriggerBook();
        for (const one of armed) book.arm(one);
        const expected = armed.flatMap((one) => {
          if (one.source !== from) return [];
          const first = ordered.find(({ price: at, at: when }) => when >= one.armedAt && isThrough(one, at));
          return first === undefined ? [] : [{ armed: one, fired: { source: from, ...first } }];
        });
        const hits = replay(book, from, ordered, (one) => one.armedAt);
        const sorted = (list: readonly { readonly armed: Armed }[]) =>
          [...list].sort((a, b) => (a.armed.id < b.armed.id ? -1 : 1));
        expect(sorted(hits)).toEqual(sorted(expected));
        const left = armed.filter((one) => !expected.some((hit) => hit.armed.id === one.id));
        expect(ids([...book.all()])).toEqual(ids(left));
      }),
      { numRuns: 300 },
    );
  });
});
