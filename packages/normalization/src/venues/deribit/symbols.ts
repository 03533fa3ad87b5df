import { UnknownWord } from '../../errors.ts';
import { joinSymbol, perpetualOf } from '../../symbols.ts';
import type { SymbolTable } from '../../symbols.ts';

/** "BTC_USDC" is a pair, "BTC_USDC-PERPETUAL" its perpetual, "BTC-PERPETUAL" the one whose amounts are US dollars. */
const INSTRUMENT = /^([A-Z0-9]+)(?:_([A-Z0-9]+))?(-PERPETUAL)?$/;

/** The quote of instruments that name none. */
const INVERSE_QUOTE = 'USD';

/** Throws UnknownWord for instruments of other kinds: with an expiry, options, combinations. */
export function deribitSymbol(instrument: string, symbols: SymbolTable | null): string {
  const listed = symbols?.get(instrument);
  if (listed !== undefined) return listed;
  const [, base, quote, perpetual] = INSTRUMENT.exec(instrument) ?? [];
  if (base === undefined || (quote === undefined && perpetual === undefined)) {
    throw new UnknownWord('deribit', 'symbol', instrument);
  }
  const pair = joinSymbol(base, quote ?? INVERSE_QUOTE);
  return perpetual === undefined ? pair : perpetualOf(pair);
}
