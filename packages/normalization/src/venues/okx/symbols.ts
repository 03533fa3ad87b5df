import { UnknownWord } from '../../errors.ts';
import { optionalText } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { isCanonicalSymbol } from '../../symbols.ts';
import type { SymbolTable } from '../../symbols.ts';

/** "BTC-USDT" is the id of the spot market and the canonical symbol at once. */
export function okxSymbol(nativeId: string, symbols: SymbolTable | null): string {
  const listed = symbols?.get(nativeId);
  if (listed !== undefined) return listed;
  if (isCanonicalSymbol(nativeId)) return nativeId;
  throw new UnknownWord('okx', 'symbol', nativeId);
}

/** "BTC-USDT-SWAP", "BTC-USD-260925", "BTC-USD-260925-60000-C": contracts, which have no canonical symbol. */
const CONTRACT = /^[^\s-]+-[^\s-]+-(SWAP|\d{6}(-\d+(\.\d+)?-[CP])?)$/;

/** The symbol of an order or a fill; null for a market that is not spot. */
export function symbolIn(record: Json, symbols: SymbolTable | null): string | null {
  const id = optionalText(record, 'instId');
  if (id === null || CONTRACT.test(id)) return null;
  return okxSymbol(id, symbols);
}
