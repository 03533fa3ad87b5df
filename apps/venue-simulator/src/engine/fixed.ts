/**
 * Exact fixed-point numbers: a bigint in units of 10⁻¹⁸. Faster than a decimal object and exact for every price,
 * size and notional whose decimals together stay within 18 places (all markets of the tables do).
 */
export type Fixed = bigint;

export const PLACES = 18;
export const ONE: Fixed = 10n ** 18n;
export const ZERO: Fixed = 0n;

const PLAIN = /^-?\d{1,30}(\.\d{0,18}0*)?$/;

/** Parses plain decimal notation of at most 18 significant places; null on anything else. */
export function parseFixed(text: string): Fixed | null {
  if (!PLAIN.test(text)) return null;
  const dot = text.indexOf('.');
  if (dot < 0) return BigInt(text) * ONE;
  const digits = text.slice(dot + 1, dot + 1 + PLACES).padEnd(PLACES, '0');
  return BigInt(text.slice(0, dot) + digits);
}

/** As `parseFixed`, for tables and own data. Throws RangeError on anything that is not a plain decimal. */
export function fixed(text: string): Fixed {
  const value = parseFixed(text);
  if (value === null) throw new RangeError(`not a plain decimal: ${text.slice(0, 60)}`);
  return value;
}

/** Canonical text: no superfluous zeros, no exponent. */
export function fixedText(value: Fixed): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(PLACES + 1, '0');
  const cut = digits.length - PLACES;
  let end = digits.length;
  while (end > cut && digits.charCodeAt(end - 1) === 48) end -= 1;
  const text = end === cut ? digits.slice(0, cut) : `${digits.slice(0, cut)}.${digits.slice(cut, end)}`;
  return negative ? `-${text}` : text;
}

/** Text with exactly `places` decimals, cut (not rounded) beyond them: "0.25" at 8 is "0.25000000". */
export function fixedTextAt(value: Fixed, places: number): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(PLACES + 1, '0');
  const cut = digits.length - PLACES;
  const text = places === 0 ? digits.slice(0, cut) : `${digits.slice(0, cut)}.${digits.slice(cut, cut + places)}`;
  return negative ? `-${text}` : text;
}

/** a × b, cut at 18 places (exact where the decimals of both stay within 18). */
export const times = (a: Fixed, b: Fixed): Fixed => (a * b) / ONE;
/** a ÷ b, cut at 18 places. */
export const over = (a: Fixed, b: Fixed): Fixed => (a * ONE) / b;
export const least = (a: Fixed, b: Fixed): Fixed => (a < b ? a : b);
export const most = (a: Fixed, b: Fixed): Fixed => (a > b ? a : b);
/** The largest multiple of `step` that is not above `value` (value ≥ 0). */
export const floorTo = (value: Fixed, step: Fixed): Fixed => value - (value % step);
/** The smallest multiple of `step` that is not below `value` (value ≥ 0). */
export const ceilTo = (value: Fixed, step: Fixed): Fixed => floorTo(value + step - 1n, step);
