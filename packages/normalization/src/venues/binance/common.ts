import type { OrderSide, OrderType, TimeInForce } from '@orderplane/domain';
import { UnknownWord } from '../../errors.ts';
import { lookUp, optionalUnixTime } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { binanceTables } from './tables.ts';

/** Milliseconds. (Microseconds are sent only on request, by a header that nobody here sets.) */
export const time = (record: Json, name: string): string | null => optionalUnixTime(record, name, '1');

export function side(word: string): OrderSide {
  if (word === 'BUY' || word === 'SELL') return word;
  throw new UnknownWord('binance', 'side', word);
}

export function type(word: string): OrderType | null {
  const meaning = lookUp(binanceTables.type, word);
  if (meaning === undefined) throw new UnknownWord('binance', 'order type', word);
  return meaning;
}

export function timeInForce(word: string | null): TimeInForce | null {
  if (word === null) return null;
  const meaning = lookUp(binanceTables.timeInForce, word);
  if (meaning === undefined) throw new UnknownWord('binance', 'time in force', word);
  return meaning;
}
