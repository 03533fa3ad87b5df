import type { DecimalString, OrderSide, OrderType } from '@orderplane/domain';
import { UnreadablePayload } from '../../errors.ts';
import { toDecimal } from '../../fields.ts';
import type { SymbolTable } from '../../symbols.ts';
import { absolutePrice, side, type } from './common.ts';
import { krakenSymbol } from './symbols.ts';

/** What Kraken's one-line description of an order says. */
export interface DescribedOrder {
  readonly side: OrderSide;
  readonly volume: DecimalString;
  readonly symbol: string;
  readonly type: OrderType | null;
  readonly price: DecimalString | null;
  readonly stopPrice: DecimalString | null;
}

/**
 * "buy 0.25000000 XBTUSD @ limit 40000.5", "sell 1 XBTUSD @ market",
 * "sell 1 XBTUSD @ stop loss 39000.0 -> limit 38900.0", "buy 2 XBTUSD @ limit 25000.1 with 2:1 leverage".
 */
const DESCRIPTION =
  /^(buy|sell) (\d\S*) (\S+) @ ([a-z][a-z -]*?)(?: ([+\-#]?\d\S*))?(?: -> limit ([+\-#]?\d\S*))?(?: with \S+ leverage)?$/;

/** The answer to an order carries no fields for its terms, only this text. Throws UnreadablePayload. */
export function readOrderText(line: string, symbols: SymbolTable | null): DescribedOrder {
  const [matched, sideWord = '', volume = '', pair = '', typeWords = '', first, limit] = DESCRIPTION.exec(line) ?? [];
  if (matched === undefined) {
    throw new UnreadablePayload(`kraken: not an order description: ${JSON.stringify(line.slice(0, 120))}`);
  }
  const word = typeWords.replaceAll(' ', '-') + (limit === undefined ? '' : '-limit');
  const kind = type(word);
  const prices = { first: first ?? null, limit: limit ?? null };
  const triggered = kind === 'STOP_LIMIT' || kind === 'STOP_MARKET';
  return {
    side: side(sideWord),
    volume: toDecimal(volume, 'descr.order'),
    symbol: krakenSymbol(pair, symbols),
    type: kind,
    price: triggered ? absolutePrice(prices, 'limit') : absolutePrice(prices, 'first'),
    stopPrice: triggered ? absolutePrice(prices, 'first') : null,
  };
}
