import { UnknownWord } from '../../errors.ts';
import { joinSymbol } from '../../symbols.ts';
import type { SymbolTable } from '../../symbols.ts';

/** Coinbase's own name for a coin that is known by another one. */
const RENAMED: ReadonlyMap<string, string> = new Map([['CGLD', 'CELO']]);

const currency = (code: string): string => RENAMED.get(code) ?? code;

/** Product ids are BASE-QUOTE on spot; contracts have more parts ("BTC-PERP-INTX") and no counterpart here. */
export function coinbaseSymbol(id: string, symbols: SymbolTable | null): string {
  const listed = symbols?.get(id);
  if (listed !== undefined) return listed;
  const [base = '', quote = '', ...rest] = id.split('-');
  if (base === '' || quote === '' || rest.length > 0) throw new UnknownWord('coinbase', 'symbol', id);
  return joinSymbol(currency(base), currency(quote));
}
