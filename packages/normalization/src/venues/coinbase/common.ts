import type { OrderSide, OrderType, TimeInForce } from '@orderplane/domain';
import { UnknownWord, UnreadablePayload } from '../../errors.ts';
import { lookUp, optionalText, optionalTimestamp } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { coinbaseTables, UNSAID } from './tables.ts';

/** A word, or null where Coinbase leaves it out or says that it does not say. */
export function word(record: Json, name: string): string | null {
  const found = optionalText(record, name);
  return found === null || UNSAID.has(found) ? null : found;
}

export function side(record: Json, name: string): OrderSide | null {
  const found = word(record, name);
  if (found === null || found === 'BUY' || found === 'SELL') return found;
  throw new UnknownWord('coinbase', 'side', found);
}

/** `order_type`: REST writes "STOP_LIMIT", the stream "Stop Limit". */
export function orderType(record: Json): OrderType | null {
  const found = word(record, 'order_type');
  return found === null ? null : typeOf(found.toUpperCase().replaceAll(' ', '_'), found);
}

/** By a key of `order_configuration` or a word of `order_type`. */
export function typeOf(native: string, shown: string = native): OrderType | null {
  const meaning = lookUp(coinbaseTables.type, native);
  if (meaning === undefined) throw new UnknownWord('coinbase', 'order type', shown);
  return meaning;
}

export function timeInForce(record: Json): TimeInForce | null {
  const found = word(record, 'time_in_force');
  if (found === null) return null;
  const meaning = lookUp(coinbaseTables.timeInForce, found);
  if (meaning === undefined) throw new UnknownWord('coinbase', 'time in force', found);
  return meaning;
}

/** The zero value of its timestamps stands for "none". */
const NO_TIME = /^0001-01-01T/;

export function time(record: Json, name: string): string | null {
  const found = optionalText(record, name);
  return found === null || NO_TIME.test(found) ? null : optionalTimestamp(record, name);
}

/** REST writes booleans, the stream text. */
export function flag(record: Json, name: string): boolean | null {
  const value = record[name];
  switch (value) {
    case undefined:
    case null:
    case '':
      return null;
    case true:
    case 'true':
      return true;
    case false:
    case 'false':
      return false;
    default:
      throw new UnreadablePayload(`field "${name}" is not a boolean`);
  }
}

/** A stop waits for its trigger, or has been triggered; other orders have no such state. */
export function workingOf(record: Json): boolean | null {
  const state = optionalText(record, 'trigger_status');
  return state === 'STOP_PENDING' ? false : state === 'STOP_TRIGGERED' ? true : null;
}
