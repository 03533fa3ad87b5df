import { UnknownWord } from '../../errors.ts';
import { isCanonicalSymbol } from '../../symbols.ts';
import type { SymbolTable } from '../../symbols.ts';

/** KuCoin's market ids are canonical as they stand ("BTC-USDT"); the market list knows the few codes that others spell otherwise. */
export function kucoinSymbol(nativeId: string, symbols: SymbolTable | null): string {
  const listed = symbols?.get(nativeId);
  if (listed !== undefined) return listed;
  if (!isCanonicalSymbol(nativeId)) throw new UnknownWord('kucoin', 'symbol', nativeId);
  return nativeId;
}
