import { canonicalDecimal } from '@orderplane/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  optionalFlag,
  optionalText,
  optionalTimestamp,
  optionalUnixTime,
  positiveDecimal,
  requiredDecimal,
  text,
  toDecimal,
} from './fields.ts';

describe('decimals', () => {
  it('keep every digit of text', () => {
    const digits = fc.stringMatching(/^(0|[1-9][0-9]{0,19})\.[0-9]{1,18}$/);
    fc.assert(
      fc.property(digits, (written) => {
        const read = toDecimal(written, 'x');
        const [whole = '', fraction = ''] = written.split('.');
        const trimmed = fraction.replace(/0+$/, '');
        expect(read).toBe(trimmed === '' ? whole : `${whole}.${trimmed}`);
      }),
    );
  });

  it('give back what was written in a JSON number of up to 15 digits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 999_999_999_999_999 }),
        fc.integer({ min: 0, max: 12 }),
        (digits, places) => {
          const written = canonicalDecimal(`${digits}e-${places}`);
          expect(toDecimal(JSON.parse(written), 'x')).toBe(written);
        },
      ),
    );
  });

  it('are the canonical form, whichever way it is reached', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{1,20}(\.[0-9]{1,20})?$/), (written) => {
        expect(toDecimal(written, 'x')).toBe(canonicalDecimal(written));
        expect(toDecimal(`-${written}`, 'x')).toBe(canonicalDecimal(`-${written}`));
      }),
    );
  });

  it.each([
    [6.4, '6.4'],
    [1e-7, '0.0000001'],
    ['1E-8', '0.00000001'],
    ['0.00000000', '0'],
    ['-0.5', '-0.5'],
    ['5.', '5'],
    [1e21, '1000000000000000000000'],
  ])('%j is %s', (native, expected) => {
    expect(toDecimal(native, 'x')).toBe(expected);
  });

  it.each(['abc', '0x10', 'Infinity', 'NaN', '1e99', '1_000', ' 1', '1,5', Number.NaN, Infinity, 1e300, true, {}, [1]])(
    'refuses %j',
    (native) => {
      expect(() => toDecimal(native, 'size')).toThrow(/field "size"/);
    },
  );

  it('tells missing, blank and zero apart where that matters', () => {
    expect(positiveDecimal({ a: '0.000' }, 'a')).toBeNull();
    expect(positiveDecimal({ a: '-1' }, 'a')).toBeNull();
    expect(positiveDecimal({ a: '' }, 'a')).toBeNull();
    expect(positiveDecimal({}, 'a')).toBeNull();
    expect(() => requiredDecimal({ a: null }, 'a')).toThrow('field "a" is missing');
  });
});

describe('times', () => {
  it('reads seconds with a fraction, cut to milliseconds', () => {
    expect(optionalUnixTime({ t: 1763640000.9876 }, 't', '1000')).toBe('2025-11-20T12:00:00.987Z');
    expect(optionalUnixTime({ t: 1763640000123 }, 't', '1')).toBe('2025-11-20T12:00:00.123Z');
  });

  it.each([0, -1, null, undefined])('%j is no time', (t) => {
    expect(optionalUnixTime({ t }, 't', '1')).toBeNull();
  });

  it('refuses what is out of range', () => {
    expect(() => optionalUnixTime({ t: 1e18 }, 't', '1')).toThrow('not an instant');
    expect(() => optionalTimestamp({ t: 'yesterday' }, 't')).toThrow('not an RFC 3339 instant');
    expect(() => optionalTimestamp({ t: '2025-13-40T00:00:00Z' }, 't')).toThrow('not an instant');
  });

  it('reads RFC 3339, cut to milliseconds', () => {
    expect(optionalTimestamp({ t: '2025-11-20T12:00:00.123999Z' }, 't')).toBe('2025-11-20T12:00:00.123Z');
    expect(optionalTimestamp({ t: '2025-11-20T13:00:00+01:00' }, 't')).toBe('2025-11-20T12:00:00.000Z');
  });
});

describe('text and flags', () => {
  it('takes exact integers as ids and refuses inexact ones', () => {
    expect(text({ id: 7001 }, 'id')).toBe('7001');
    expect(() => text({ id: 2 ** 60 }, 'id')).toThrow('not text');
    expect(() => text({ id: {} }, 'id')).toThrow('not text');
    expect(() => text({ id: '' }, 'id')).toThrow('missing');
  });

  it('does not take what every object inherits', () => {
    expect(optionalText({}, 'constructor')).toBeNull();
  });

  it('reads booleans only', () => {
    expect(optionalFlag({ m: true }, 'm')).toBe(true);
    expect(optionalFlag({}, 'm')).toBeNull();
    expect(() => optionalFlag({ m: 'true' }, 'm')).toThrow('not a boolean');
  });
});
