import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';

const positions = fc
  .dictionary(fc.stringMatching(/^[\w-]{1,20}$/), fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }))
  .map((plain) => new Map(Object.entries(plain)));

test('a cursor leads back to the positions it was made of', () => {
  fc.assert(
    fc.property(positions, (map) => {
      expect(decodeCursor(encodeCursor(map))).toEqual(map);
    }),
  );
});

test('any other text is no cursor, and no error', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect([null, new Map()]).toContainEqual(decodeCursor(text));
    }),
  );
  for (const text of ['', 'abc', btoa('{"a":1}'), btoa('{"a":"-1"}'), btoa('[]'), btoa('null'), btoa('{"a":"1e3"}')])
    expect(decodeCursor(text)).toBeNull();
});
