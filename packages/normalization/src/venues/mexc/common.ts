import type { OrderSide, OrderType, TimeInForce } from '@orderplane/domain';
import { UnknownWord } from '../../errors.ts';
import { lookUp, optionalDecimal, optionalText, optionalUnixTime } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import type { NormalizedFill } from '../../model.ts';
import { mexcTables } from './tables.ts';

/** Milliseconds everywhere. */
export const time = (record: Json, name: string): string | null => optionalUnixTime(record, name, '1');

const SIDES: Readonly<Record<string, OrderSide>> = { BUY: 'BUY', SELL: 'SELL', '1': 'BUY', '2': 'SELL' };

/** A word in REST, a number on the stream. */
export function side(word: string): OrderSide {
  const meaning = lookUp(SIDES, word);
  if (meaning === undefined) throw new UnknownWord('mexc', 'side', word);
  return meaning;
}

export function type(word: string): OrderType | null {
  const meaning = lookUp(mexcTables.type, word);
  if (meaning === undefined) throw new UnknownWord('mexc', 'order type', word);
  return meaning;
}

/** By the type, which names it; the field of that name is null or GTC, and counts only where the type names none. */
export function timeInForce(typeWord: string, word: string | null): TimeInForce | null {
  const byType = lookUp(mexcTables.timeInForce, typeWord);
  if (byType !== undefined || word === null) return byType ?? null;
  const meaning = lookUp(mexcTables.timeInForce, word);
  if (meaning === undefined) throw new UnknownWord('mexc', 'time in force', word);
  return meaning;
}

/** A zero fee may come without its currency. */
export function readFee(record: Json, currencyName: string, costName: string): NormalizedFill['fee'] {
  const currency = optionalText(record, currencyName);
  const cost = optionalDecimal(record, costName);
  return currency === null || cost === null ? null : { currency, cost };
}
