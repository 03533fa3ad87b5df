/** Canonical symbols: BASE-QUOTE in the currency codes of everyday use ("BTC-USD"). Spot only. */

export interface SymbolParts {
  readonly base: string;
  readonly quote: string;
}

/** Native market id → canonical symbol, from the exchange's own market list. Beats every rule of spelling. */
export type SymbolTable = ReadonlyMap<string, string>;

/** Currency codes may hold letters of any script (some exchanges list such), but never what separates them. */
const CURRENCY = /^[^\s/:-]{1,40}$/u;

/** Throws RangeError unless `symbol` is BASE-QUOTE. */
export function splitSymbol(symbol: string): SymbolParts {
  const [base = '', quote = '', ...rest] = symbol.split('-');
  if (rest.length > 0 || !CURRENCY.test(base) || !CURRENCY.test(quote)) {
    throw new RangeError(`not a canonical symbol (BASE-QUOTE): "${symbol.slice(0, 60)}"`);
  }
  return { base, quote };
}

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

/** ccxt's unified symbol: "BTC-USD" → "BTC/USD". */
export function toUnifiedSymbol(symbol: string): string {
  const { base, quote } = splitSymbol(symbol);
  return `${base}/${quote}`;
}

/** "BTC/USD" → "BTC-USD". Throws RangeError on anything but a spot symbol ("BTC/USDT:USDT" is a contract). */
export function fromUnifiedSymbol(unified: string): string {
  const [base = '', quote = '', ...rest] = unified.split('/');
  if (rest.length > 0) throw new RangeError(`not a unified spot symbol: "${unified.slice(0, 60)}"`);
  return joinSymbol(base, quote);
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
