import { Decimal } from 'decimal.js';
import { z } from 'zod';

/**
 * An exact decimal number in plain notation ("0.00012"): never a float, never an exponent, no leading "+",
 * no superfluous zeros. The one representation of money and sizes at every boundary.
 */
export type DecimalString = string;

/** 60 significant digits: products of two 18-place numbers with 12 integer digits stay exact. */
const Exact = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_EVEN, toExpNeg: -9e15, toExpPos: 9e15 });
export type ExactDecimal = Decimal;

export const decimal = (value: DecimalString | number | Decimal): Decimal => new Exact(value);

const PLAIN = /^-?\d{1,40}(\.\d{1,30})?$/;

/** True for plain decimal notation of bounded length; false for exponents, blanks, "NaN" and "Infinity". */
export const isPlainDecimal = (text: string): boolean => PLAIN.test(text);

/** Canonical form: "10.500" → "10.5", "-0" → "0", "1e-7" → "0.0000001". Throws RangeError on anything not a finite number. */
export function canonicalDecimal(value: DecimalString | number | Decimal): DecimalString {
  let parsed: Decimal;
  try {
    parsed = new Exact(value);
  } catch (cause) {
    throw new RangeError(`not a decimal number: ${String(value).slice(0, 60)}`, { cause });
  }
  if (!parsed.isFinite()) throw new RangeError('not a finite decimal number');
  return parsed.isZero() ? '0' : parsed.toFixed();
}

/** Parses user input: plain notation only, and gives the canonical form. */
export const DecimalSchema = z
  .string()
  .refine(isPlainDecimal, { message: 'a decimal in plain notation, e.g. "0.00012"' })
  .transform((text) => canonicalDecimal(text));

export const add = (a: DecimalString, b: DecimalString): DecimalString => canonicalDecimal(decimal(a).plus(b));
export const subtract = (a: DecimalString, b: DecimalString): DecimalString => canonicalDecimal(decimal(a).minus(b));
export const multiply = (a: DecimalString, b: DecimalString): DecimalString => canonicalDecimal(decimal(a).times(b));
/** Quotient rounded half-even to `places` decimal places. */
export const divide = (a: DecimalString, b: DecimalString, places = 18): DecimalString =>
  canonicalDecimal(decimal(a).div(b).toDecimalPlaces(places));
export const compare = (a: DecimalString, b: DecimalString): -1 | 0 | 1 => decimal(a).comparedTo(b) as -1 | 0 | 1;
export const isZero = (a: DecimalString): boolean => decimal(a).isZero();
export const isPositive = (a: DecimalString): boolean => decimal(a).gt(0);
export const maximum = (a: DecimalString, b: DecimalString): DecimalString => (compare(a, b) >= 0 ? a : b);
export const minimum = (a: DecimalString, b: DecimalString): DecimalString => (compare(a, b) <= 0 ? a : b);
export const sum = (values: Iterable<DecimalString>): DecimalString => {
  let total = new Exact(0);
  for (const value of values) total = total.plus(value);
  return canonicalDecimal(total);
};
/** True when `value` is a whole multiple of `step` (a step of 0 allows everything). */
export const isMultipleOf = (value: DecimalString, step: DecimalString): boolean =>
  isZero(step) || decimal(value).mod(step).isZero();
/** The largest multiple of `step` that is not above `value` (of a value of zero or more; a step of 0 leaves it as it is). */
export const roundDown = (value: DecimalString, step: DecimalString): DecimalString =>
  isZero(step) ? value : canonicalDecimal(decimal(value).minus(decimal(value).mod(step)));
