import { canonicalDecimal, isPlainDecimal, isPositive } from '@orderplane/domain';
import { z } from 'zod';

/** What the tables hold: numeric(38,18). */
const STORABLE = /^-?\d{1,20}(\.\d{1,18})?$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;

/** A size or a price: plain notation, above zero; gives the canonical form ("10.500" → "10.5"). */
export const AmountSchema = z
  .string()
  .refine(isPlainDecimal, { message: 'must be a decimal number in plain notation, e.g. "0.00012"', abort: true })
  .refine((text) => STORABLE.test(text), { message: 'has more than 20 integer or 18 fractional digits', abort: true })
  .transform((text) => canonicalDecimal(text))
  .refine(isPositive, { message: 'must be greater than zero' });

/** Canonical, e.g. "BTC-USDT"; whether there is such a market is for order-command to say. */
export const SymbolSchema = z.string().regex(/^[\x21-\x7e]{1,40}$/, { message: 'is not a symbol, e.g. "BTC-USDT"' });

/** RFC 3339 UTC; gives exactly milliseconds. */
export const InstantSchema = z
  .string()
  .refine((text) => INSTANT.test(text) && !Number.isNaN(Date.parse(text)), {
    message: 'must be an RFC 3339 instant in UTC, e.g. "2026-01-31T12:00:00.000Z"',
    abort: true,
  })
  .transform((text) => new Date(text).toISOString());
