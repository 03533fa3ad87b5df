import { createHash } from 'node:crypto';

/** Kraken's ids: a letter and 16 characters, grouped 6-5-6, e.g. "OQCLML-BW3P3-BUCMWZ". */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LENGTH = 16;
const SPACE = 36n ** BigInt(LENGTH);

/**
 * Both multipliers are coprime to 36 (neither even nor a multiple of 3), so n ↦ n × multiplier + offset is a bijection
 * of the id space: no two orders share an id, and ids of neighbours do not look alike.
 */
const ORDER = { letter: 'O', multiplier: 5_174_926_331_803_774_920_847_391n, offset: 81_264_337_590_128_846_331n };
const TRADE = { letter: 'T', multiplier: 6_380_114_297_745_530_118_266_453n, offset: 17_905_662_384_119_073_558n };

function grouped(letter: string, value: bigint): string {
  let rest = value % SPACE;
  let text = '';
  for (let index = 0; index < LENGTH; index += 1) {
    text = (ALPHABET[Number(rest % 36n)] ?? '0') + text;
    rest /= 36n;
  }
  const all = letter + text;
  return `${all.slice(0, 6)}-${all.slice(6, 11)}-${all.slice(11)}`;
}

export const orderIdOf = (number: number): string =>
  grouped(ORDER.letter, BigInt(number) * ORDER.multiplier + ORDER.offset);
export const tradeIdOf = (number: number): string =>
  grouped(TRADE.letter, BigInt(number) * TRADE.multiplier + TRADE.offset);

/** The id of the n-th amend of an order, or of a ledger entry: the same inputs give the same id, also after a restart. */
export function derivedId(letter: string, ...parts: readonly (string | number)[]): string {
  const digest = createHash('sha256').update(parts.join('|')).digest('hex');
  return grouped(letter, BigInt(`0x${digest.slice(0, 30)}`));
}

export const looksLikeOrderId = (text: string): boolean => /^O[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{6}$/.test(text);
