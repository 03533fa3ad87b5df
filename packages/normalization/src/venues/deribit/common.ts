import type { OrderSide, OrderType, TimeInForce } from '@orderplane/domain';
import { UnknownWord } from '../../errors.ts';
import { lookUp, optionalUnixTime } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { deribitTables } from './tables.ts';

/** Milliseconds. */
export const time = (record: Json, name: string): string | null => optionalUnixTime(record, name, '1');

export function side(word: string): OrderSide {
  if (word === 'buy') return 'BUY';
  if (word === 'sell') return 'SELL';
  throw new UnknownWord('deribit', 'side', word);
}

export function type(word: string): OrderType | null {
  const meaning = lookUp(deribitTables.type, word);
  if (meaning === undefined) throw new UnknownWord('deribit', 'order type', word);
  return meaning;
}

export function timeInForce(word: string | null): TimeInForce | null {
  if (word === null) return null;
  const meaning = lookUp(deribitTables.timeInForce, word);
  if (meaning === undefined) throw new UnknownWord('deribit', 'time in force', word);
  return meaning;
}
