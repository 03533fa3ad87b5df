import { UnknownWord } from '../../errors.ts';
import { joinSymbol, splitByQuote } from '../../symbols.ts';
import type { SymbolTable } from '../../symbols.ts';
import { BINANCE_QUOTES } from './tables.ts';

/** "BTCUSDT" → "BTC-USDT": Binance writes no separator, so the market list decides, else the longest known quote. */
export function binanceSymbol(nativeId: string, symbols: SymbolTable | null): string {
  const listed = symbols?.get(nativeId);
  if (listed !== undefined) return listed;
  const parts = splitByQuote(nativeId, BINANCE_QUOTES);
  if (parts === null) throw new UnknownWord('binance', 'symbol', nativeId);
  return joinSymbol(parts.base, parts.quote);
}
