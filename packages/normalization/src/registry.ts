import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId, OrderStatus, OrderType } from '@orderplane/domain';
import { UnknownExchange, UnknownWord } from './errors.ts';
import { lookUp } from './fields.ts';
import type { SymbolTable } from './symbols.ts';
import type { Venue } from './venue.ts';
import { binance } from './venues/binance/index.ts';
import { coinbase } from './venues/coinbase/index.ts';
import { deribit } from './venues/deribit/index.ts';
import { kraken } from './venues/kraken/index.ts';
import { kucoin } from './venues/kucoin/index.ts';
import { mexc } from './venues/mexc/index.ts';
import { okx } from './venues/okx/index.ts';

/** One line per venue. An exchange id without a line does not compile. */
export const VENUES: Readonly<Record<ExchangeId, Venue>> = {
  binance,
  kraken,
  coinbase,
  kucoin,
  mexc,
  okx,
  deribit,
};

/** Throws UnknownExchange. */
export function venueOf(exchange: string): Venue {
  const venue = lookUp<Venue>(VENUES, exchange);
  if (venue === undefined) throw new UnknownExchange(exchange, EXCHANGE_IDS);
  return venue;
}

/** The status a venue's word stands for, before the rules for derived cases. Throws UnknownWord. */
export function statusOf(exchange: ExchangeId, word: string): OrderStatus {
  const status = lookUp(venueOf(exchange).tables.status, word);
  if (status === undefined) throw new UnknownWord(exchange, 'order status', word);
  return status;
}

/** The type a venue's word stands for; null for types that this system has no word for. Throws UnknownWord. */
export function typeOf(exchange: ExchangeId, word: string): OrderType | null {
  const type = lookUp(venueOf(exchange).tables.type, word);
  if (type === undefined) throw new UnknownWord(exchange, 'order type', word);
  return type;
}

/** The venue's own market id ("BTCUSDT", "XXBTZUSD", "XBT/USD") as a canonical symbol. Throws UnknownWord. */
export const canonicalSymbol = (exchange: ExchangeId, nativeId: string, symbols: SymbolTable | null = null): string =>
  venueOf(exchange).symbolOf(nativeId, symbols);
