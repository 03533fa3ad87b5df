/**
 * Canonical symbols in the currency codes of everyday use: BASE-QUOTE for spot ("BTC-USD"), BASE-QUOTE-PERPETUAL for
 * the perpetual contract on the same pair ("BTC-USDC-PERPETUAL").
 */

export interface SymbolParts {
  readonly base: string;
  readonly quote: string;
}

const PERPETUAL = 'PERPETUAL';

/** Native market id → canonical symbol, from the exchange's own market list. Beats every rule of spelling. */
export type SymbolTable = ReadonlyMap<string, string>;

/** Currency codes may hold letters of any script (some exchanges list such), but never what separates them. */
const CURRENCY = /^[^\s/:-]{1,40}$/u;

/** Throws RangeError unless `symbol` is BASE-QUOTE or BASE-QUOTE-PERPETUAL. */
export function splitSymbol(symbol: string): SymbolParts {
  const [base = '', quote = '', contract = PERPETUAL, ...rest] = symbol.split('-');
  if (rest.length > 0 || contract !== PERPETUAL || !CURRENCY.test(base) || !CURRENCY.test(quote)) {
    throw new RangeError(`not a canonical symbol (BASE-QUOTE): "${symbol.slice(0, 60)}"`);
  }
  return { base, quote };
}

/** True for a contract on a pair, false for the pair itself. Throws nothing. */
export const isContractSymbol = (symbol: string): boolean => symbol.endsWith(`-${PERPETUAL}`);

/** "BTC-USDC" → "BTC-USDC-PERPETUAL". */
export const perpetualOf = (spotSymbol: string): string => `${spotSymbol}-${PERPETUAL}`;

/** Throws RangeError when one of the two is not a currency code. */
export function joinSymbol(base: string, quote: string): string {
  const symbol = `${base}-${quote}`;
  splitSymbol(symbol);
  return symbol;
}

export function isCanonicalSymbol(symbol: string): boolean {
  try {
    splitSymbol(symbol);
    return true;
  } catch {
    return false;
  }
}

/** ccxt's unified symbol: "BTC-USD" → "BTC/USD", "BTC-USDC-PERPETUAL" → "BTC/USDC:USDC" (settled in the quote). */
export function toUnifiedSymbol(symbol: string): string {
  const { base, quote } = splitSymbol(symbol);
  return isContractSymbol(symbol) ? `${base}/${quote}:${quote}` : `${base}/${quote}`;
}

/** The inverse. Throws RangeError on contracts of other kinds: settled in the base, with a date, options. */
export function fromUnifiedSymbol(unified: string): string {
  const [base = '', rest = '', ...more] = unified.split('/');
  const [quote = '', settled = null, ...others] = rest.split(':');
  if (more.length + others.length > 0 || (settled !== null && settled !== quote)) {
    throw new RangeError(`not the unified symbol of a pair or of its perpetual: "${unified.slice(0, 60)}"`);
  }
  const pair = joinSymbol(base, quote);
  return settled === null ? pair : perpetualOf(pair);
}

/** The look-up table of a market list. */
export const symbolTable = (markets: Iterable<{ readonly nativeId: string; readonly symbol: string }>): SymbolTable =>
  new Map(Array.from(markets, (market) => [market.nativeId, market.symbol]));

/** Splits "BTCUSDT" at the longest of `quotes` that leaves a base; null when none does. */
export function splitByQuote(id: string, quotes: readonly string[]): SymbolParts | null {
  let best: string | null = null;
  for (const quote of quotes) {
    if (id.length > quote.length && id.endsWith(quote) && quote.length > (best?.length ?? 0)) best = quote;
  }
  return best === null ? null : { base: id.slice(0, -best.length), quote: best };
}
