import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  add,
  canonicalDecimal,
  compare,
  DecimalSchema,
  divide,
  isMultipleOf,
  isPlainDecimal,
  multiply,
  subtract,
  sum,
} from './decimal.ts';

/** Plain notation with up to 18 places on each side, as exchanges print it: superfluous zeros included. */
const plain = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 18n }), fc.stringMatching(/^\d{0,18}$/))
  .map(([negative, whole, places]) => `${negative ? '-' : ''}${whole}${places === '' ? '' : `.${places}`}`);

describe('canonical form', () => {
  test.each([
    ['10.500', '10.5'],
    ['-0', '0'],
    ['-0.000', '0'],
    ['1e-7', '0.0000001'],
    ['1E+3', '1000'],
    ['100', '100'],
    ['0.100000000000000001', '0.100000000000000001'],
  ])('%s is %s', (text, expected) => expect(canonicalDecimal(text)).toBe(expected));

  test.each(['', 'abc', 'NaN', 'Infinity', '1,5', '--1'])('%j is no number', (text) =>
    expect(() => canonicalDecimal(text)).toThrow(RangeError),
  );

  test('is plain, is its own canonical form, and is the same number', () => {
    fc.assert(
      fc.property(plain, (text) => {
        const canonical = canonicalDecimal(text);
        expect(isPlainDecimal(canonical)).toBe(true);
        expect(canonicalDecimal(canonical)).toBe(canonical);
        expect(compare(canonical, text)).toBe(0);
      }),
    );
  });
});

describe('input', () => {
  test.each(['1e5', '+1', ' 1', '.5', '5.', '0x1', '1_000', ''])('%j is refused', (text) =>
    expect(DecimalSchema.safeParse(text).success).toBe(false),
  );
  test('a JSON number is refused: it may have lost digits already', () =>
    expect(DecimalSchema.safeParse(5).success).toBe(false));
  test('plain notation comes out canonical', () => expect(DecimalSchema.parse('0.0100')).toBe('0.01'));
});

describe('arithmetic is exact', () => {
  test('what doubles get wrong', () => {
    expect(add('0.1', '0.2')).toBe('0.3');
    expect(multiply('1.1', '1.1')).toBe('1.21');
    expect(sum(['0.1', '0.1', '0.1'])).toBe('0.3');
    expect(divide('1', '3', 4)).toBe('0.3333');
  });
  test('what is added can be taken away again', () => {
    fc.assert(
      fc.property(plain, plain, (a, b) => {
        expect(subtract(add(a, b), b)).toBe(canonicalDecimal(a));
      }),
    );
  });
  test('a product of two sizes with 18 places keeps every digit', () => {
    expect(multiply('123456789.123456789123456789', '0.000000000000000001')).toBe(
      '0.000000000123456789123456789123456789',
    );
  });
});

describe('steps', () => {
  test.each([
    ['0.3', '0.1', true],
    ['0.35', '0.1', false],
    ['91457', '0.01', true],
    ['5', '0', true],
  ])('%s on a step of %s: %s', (value, step, expected) => expect(isMultipleOf(value, step)).toBe(expected));
});
