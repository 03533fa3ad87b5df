import { UnknownWord } from '../../errors.ts';
import { joinSymbol, splitByQuote } from '../../symbols.ts';
import type { SymbolTable } from '../../symbols.ts';
import { MEXC_QUOTES } from './tables.ts';

/** "BTCUSDT" → "BTC-USDT": MEXC writes no separator, so the market list decides, else the longest known quote. */
export function mexcSymbol(nativeId: string, symbols: SymbolTable | null): string {
  const listed = symbols?.get(nativeId);
  if (listed !== undefined) return listed;
  const parts = splitByQuote(nativeId, MEXC_QUOTES);
  if (parts === null) throw new UnknownWord('mexc', 'symbol', nativeId);
  return joinSymbol(parts.base, parts.quote);
}
