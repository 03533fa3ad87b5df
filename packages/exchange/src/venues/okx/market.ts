import { canonicalDecimal, compare } from '@orderplane/domain';
import type { Market } from '@orderplane/domain';
import type { CcxtMarket } from '../../ccxt.ts';

function positive(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null;
  const exact = canonicalDecimal(value);
  return compare(exact, '0') > 0 ? exact : null;
}

/** Rules of one market, from its instrument. There is no minimum value. Null when it has no steps. */
export function okxMarket(native: CcxtMarket): Market | null {
  const priceStep = positive(native.info['tickSz']);
  const sizeStep = positive(native.info['lotSz']);
  if (priceStep === null || sizeStep === null) return null;
  return {
    exchange: 'okx',
    symbol: `${native.base}-${native.quote}`,
    base: native.base,
    quote: native.quote,
    nativeId: native.id,
    unifiedSymbol: native.symbol,
    priceStep,
    sizeStep,
    minSize: positive(native.info['minSz']),
    maxSize: positive(native.info['maxLmtSz']),
    minNotional: null,
    // ccxt cuts quote amounts to the price step.
    quoteStep: priceStep,
    active: native.info['state'] === 'live',
  };
}
