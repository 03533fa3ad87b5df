import type { DecimalString, OrderSide, OrderStatus, OrderType, TimeInForce } from '@orderplane/domain';
import { UnknownWord } from '../../errors.ts';
import { lookUp, optionalDecimal, optionalText, optionalUnixTime } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { averageOf } from '../../lifecycle.ts';
import type { NormalizedFill, NormalizedOrder } from '../../model.ts';
import { kucoinTables } from './tables.ts';

/** Nanoseconds since the epoch have this many digits, milliseconds 13. */
const NANOSECOND_DIGITS = 16;

/** An instant in milliseconds, or in nanoseconds: KuCoin writes both, in one message even under one name. */
export function time(record: Json, name: string): string | null {
  const value = optionalDecimal(record, name);
  if (value === null) return null;
  return optionalUnixTime(record, name, value.length >= NANOSECOND_DIGITS ? '0.000001' : '1');
}

export function side(word: string): OrderSide {
  if (word === 'buy') return 'BUY';
  if (word === 'sell') return 'SELL';
  throw new UnknownWord('kucoin', 'side', word);
}

export function status(word: string): OrderStatus {
  const meaning = lookUp(kucoinTables.status, word);
  if (meaning === undefined) throw new UnknownWord('kucoin', 'order status', word);
  return meaning;
}

/** `isStop`: a trigger price comes first, which KuCoin says beside the type and not in it. */
export function type(word: string, isStop: boolean): OrderType | null {
  const meaning = lookUp(kucoinTables.type, word);
  if (meaning === undefined) throw new UnknownWord('kucoin', 'order type', word);
  if (!isStop) return meaning;
  return meaning === 'MARKET' ? 'STOP_MARKET' : meaning === 'LIMIT' ? 'STOP_LIMIT' : meaning;
}

export function timeInForce(word: string | null): TimeInForce | null {
  if (word === null) return null;
  const meaning = lookUp(kucoinTables.timeInForce, word);
  if (meaning === undefined) throw new UnknownWord('kucoin', 'time in force', word);
  return meaning;
}

export function liquidity(record: Json): NormalizedFill['liquidity'] {
  switch (optionalText(record, 'liquidity')) {
    case 'maker':
      return 'MAKER';
    case 'taker':
      return 'TAKER';
    default:
      return null;
  }
}

/** A fee without its currency is none that can be booked. */
export function fee(record: Json): NormalizedFill['fee'] {
  const currency = optionalText(record, 'feeCurrency');
  const cost = optionalDecimal(record, 'fee');
  return currency === null || cost === null ? null : { currency, cost };
}

/** What was executed, with the average that follows from it. */
export const executed = (
  filledSize: DecimalString | null,
  filledValue: DecimalString | null,
): Pick<NormalizedOrder, 'filledValue' | 'averageFilledPrice'> => ({
  filledValue,
  averageFilledPrice: averageOf(filledValue, filledSize),
});
