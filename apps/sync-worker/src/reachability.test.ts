import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isReachable, type Look } from './reachability.ts';

const looks = (...troubles: readonly Look['trouble'][]): Look[] =>
  // Oldest first.
  troubles.map((trouble, index) => ({ atMs: index, trouble }));

// prettier-ignore
test.each<readonly [string, readonly Look[], boolean | null]>([
  ['nobody has looked',                                  looks(),                              null],
  ['one account is answered',                            looks(null),                          true],
  ['the only account has trouble of its own',            looks('account'),                     true],
  ['the only account gets no whole answer',              looks('unclear'),                     false],
  ['nobody can connect',                                 looks('exchange'),                    false],
  ['one of two gets no whole answer',                    looks(null, 'unclear'),               true],
  ['one of two has a refused key',                       looks(null, 'account'),               true],
  ['one is refused, the other gets no whole answer',     looks('account', 'unclear'),          true],
  ['neither of two gets a whole answer',                 looks('unclear', 'unclear'),          false],
  ['the exchange says that it is closed',                looks(null, null, 'exchange'),        false],
  ['it said so, and another account was answered since', looks('exchange', null),              true],
  ['it said so, and it is unclear since',                looks('exchange', 'unclear'),         false],
])('%s', (_name, known, reachable) => {
  expect(isReachable(known)).toBe(reachable);
});

test('the order in which the looks are told does not matter, and troubles of accounts never close an exchange', () => {
  const trouble = fc.constantFrom<Look['trouble']>(null, 'account', 'unclear', 'exchange');
  fc.assert(
    fc.property(fc.array(trouble, { maxLength: 6 }), fc.integer(), (troubles, seed) => {
      const known = looks(...troubles);
      const shuffled = known.toSorted((a, b) => ((a.atMs * 7 + seed) % 5) - ((b.atMs * 7 + seed) % 5));
      expect(isReachable(shuffled)).toBe(isReachable(known));
      if (troubles.length > 0 && troubles.every((one) => one === 'account' || one === null))
        expect(isReachable(known)).toBe(true);
    }),
  );
});
