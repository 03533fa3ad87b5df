import type { DecimalString, OrderSide, OrderType, TimeInForce } from '@orderplane/domain';
import { isPositive } from '@orderplane/domain';
import { UnknownWord } from '../../errors.ts';
import { has, lookUp, optionalText, optionalUnixTime, toDecimal } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { krakenTables } from './tables.ts';

/** REST writes times as seconds with a fraction. */
export const seconds = (record: Json, name: string): string | null => optionalUnixTime(record, name, '1000');

export function side(word: string): OrderSide {
  if (word === 'buy') return 'BUY';
  if (word === 'sell') return 'SELL';
  throw new UnknownWord('kraken', 'side', word);
}

export function type(word: string): OrderType | null {
  const meaning = lookUp(krakenTables.type, word);
  if (meaning === undefined) throw new UnknownWord('kraken', 'order type', word);
  return meaning;
}

export function timeInForce(word: string | null): TimeInForce | null {
  if (word === null) return null;
  const meaning = lookUp(krakenTables.timeInForce, word);
  if (meaning === undefined) throw new UnknownWord('kraken', 'time in force', word);
  return meaning;
}

/** Prices may be relative to the market ("+1.0000%", "-5", "#2%"): those are no price yet. 0 means none. */
const RELATIVE = /^[+\-#]|%$/;

export function absolutePrice(record: Json, name: string): DecimalString | null {
  const value = has(record, name) ? record[name] : null;
  if (value === null || value === '' || (typeof value === 'string' && RELATIVE.test(value))) return null;
  const price = toDecimal(value, name);
  return isPositive(price) ? price : null;
}

/** Flags of REST's `oflags` ("fciq,post"); null where the payload has none. */
export function orderFlags(record: Json): readonly string[] | null {
  const flags = optionalText(record, 'oflags');
  return flags === null ? null : flags.split(',').map((flag) => flag.trim());
}
