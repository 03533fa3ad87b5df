import { createHash } from 'node:crypto';

/** Coinbase's ids are UUIDs: 122 free bits beside version and variant. */
const SPACE = 1n << 122n;

/**
 * Odd multipliers have an inverse modulo a power of two, so n ↦ n × multiplier + offset is a bijection of the id space:
 * no two orders share an id, and ids of neighbours do not look alike.
 */
const ORDER = { multiplier: 2_791_838_446_720_198_117_530_992_461_083_597_713n, offset: 81_264_337_590_128_846_331n };
const TRADE = { multiplier: 4_103_553_882_610_934_227_861_550_017_398_226_419n, offset: 17_905_662_384_119_073_558n };

function uuidOf(value: bigint): string {
  const free = (value % SPACE).toString(16).padStart(31, '0');
  // The highest of the 31 digits has two bits; they go where the variant leaves two free.
  const variant = (8 + Number.parseInt(free[0] ?? '0', 16)).toString(16);
  const digits = free.slice(1);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(12, 15)}-${variant}${digits.slice(15, 18)}-${digits.slice(18)}`;
}

export const orderIdOf = (number: number): string => uuidOf(BigInt(number) * ORDER.multiplier + ORDER.offset);
export const tradeIdOf = (number: number): string => uuidOf(BigInt(number) * TRADE.multiplier + TRADE.offset);

/** An id that follows from what it names: the user of a key, the account of a currency. */
export const derivedId = (...parts: readonly string[]): string =>
  uuidOf(BigInt(`0x${createHash('sha256').update(parts.join('|')).digest('hex')}`));
