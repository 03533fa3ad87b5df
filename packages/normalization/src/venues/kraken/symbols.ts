import { UnknownWord } from '../../errors.ts';
import { joinSymbol, splitByQuote } from '../../symbols.ts';
import type { SymbolParts, SymbolTable } from '../../symbols.ts';

/**
 * Kraken's first assets are written with a class letter, X for coins and Z for money ("XXBT", "ZUSD"); a closed set,
 * because other codes begin with these letters by themselves ("XTZ", "ZRX").
 */
const CLASSED = (
  'XXBT XETH XLTC XXRP XXLM XXMR XZEC XETC XREP XXDG XMLN XXVN XICN XNMC XDAO ' + 'ZUSD ZEUR ZGBP ZJPY ZCAD ZAUD ZKRW'
).split(' ');

/** Kraken's own names for two coins. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['XBT', 'BTC'],
  ['XDG', 'DOGE'],
]);

/** Quotes of pairs written without a separator, in the short spelling. The longest one that fits wins. */
const QUOTES =
  'USDT USDC USDQ USDR USD1 RLUSD PYUSD USD EUR GBP JPY CAD AUD CHF AED XBT BTC ETH DAI EURC EURQ EURT EURR DOT SOL'.split(
    ' ',
  );
/** Pairs in the classed spelling have bases of four characters: classed ones, and these. */
const CLASSED_PAIR_BASES = [...CLASSED, 'USDT'];

/** "XXBT", "XBT" → "BTC"; "ZUSD" → "USD"; "XDG" → "DOGE"; other codes as they are. */
export function krakenAsset(code: string): string {
  const short = CLASSED.includes(code) ? code.slice(1) : code;
  return RENAMED.get(short) ?? short;
}

function splitPair(id: string): SymbolParts | null {
  const [base, quote, ...rest] = id.split('/');
  if (base !== undefined && quote !== undefined) return rest.length === 0 ? { base, quote } : null;
  if (id.length === 8) {
    const classed = { base: id.slice(0, 4), quote: id.slice(4) };
    if (CLASSED_PAIR_BASES.includes(classed.base) && CLASSED.includes(classed.quote)) return classed;
  }
  return splitByQuote(id, QUOTES);
}

/**
 * Every spelling of a pair: id "XXBTZUSD", alternative name "XBTUSD", old stream name "XBT/USD", stream name
 * "BTC/USD". Ids without a separator can be ambiguous; the market list, when given, decides.
 */
export function krakenSymbol(id: string, symbols: SymbolTable | null): string {
  const listed = symbols?.get(id);
  if (listed !== undefined) return listed;
  const parts = splitPair(id);
  if (parts === null) throw new UnknownWord('kraken', 'symbol', id);
  return joinSymbol(krakenAsset(parts.base), krakenAsset(parts.quote));
}
