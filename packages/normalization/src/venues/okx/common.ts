import type { OrderSide, OrderType, TimeInForce } from '@orderplane/domain';
import { UnknownWord, UnreadablePayload } from '../../errors.ts';
import { lookUp, optionalText, optionalUnixTime } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { okxTables } from './tables.ts';

/** Milliseconds, as text. */
export const time = (record: Json, name: string): string | null => optionalUnixTime(record, name, '1');

export function side(word: string): OrderSide {
  if (word === 'buy') return 'BUY';
  if (word === 'sell') return 'SELL';
  throw new UnknownWord('okx', 'side', word);
}

export function type(word: string): OrderType | null {
  const meaning = lookUp(okxTables.type, word);
  if (meaning === undefined) throw new UnknownWord('okx', 'order type', word);
  return meaning;
}

/** Null for market orders and strategies, whose type says none. */
export const timeInForce = (typeWord: string): TimeInForce | null => lookUp(okxTables.timeInForce, typeWord) ?? null;

/** Booleans come as text. */
export function flagText(record: Json, name: string): boolean | null {
  const value = record[name];
  if (typeof value === 'boolean') return value;
  const word = optionalText(record, name);
  if (word === null) return null;
  if (word === 'true' || word === 'false') return word === 'true';
  throw new UnreadablePayload(`field "${name}" is not a boolean: ${JSON.stringify(word.slice(0, 60))}`);
}
