import { compare } from '@orderplane/domain';
import type { Market, OrderSpec } from '@orderplane/domain';
import type { CcxtInstance } from './ccxt.ts';

type Terms = Pick<OrderSpec, 'size' | 'quoteSize' | 'price' | 'stopPrice'>;

function changed(name: string, value: string | null, round: (value: string) => string): string | null {
  if (value === null) return null;
  try {
    const sent = round(value);
    return compare(sent, value) === 0 ? null : `${name} ${value} would go out as ${sent}`;
  } catch (error) {
    return `${name} ${value} can't go out: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/**
 * ccxt rounds every value on its way to the wire. Rounding is not its business (the order was validated against the
 * exchange's steps): a value that it would change is refused. Null when all are left as they are.
 */
export function inexact(instance: CcxtInstance, market: Market, terms: Terms): string | null {
  const symbol = market.unifiedSymbol;
  return (
    changed('size', terms.size, (value) => instance.amountToPrecision(symbol, value)) ??
    changed('quote size', terms.quoteSize, (value) => instance.costToPrecision(symbol, value)) ??
    changed('price', terms.price, (value) => instance.priceToPrecision(symbol, value)) ??
    changed('stop price', terms.stopPrice, (value) => instance.priceToPrecision(symbol, value))
  );
}
