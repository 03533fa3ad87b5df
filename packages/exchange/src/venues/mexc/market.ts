import { canonicalDecimal, compare } from '@orderplane/domain';
import type { Market } from '@orderplane/domain';
import type { CcxtMarket } from '../../ccxt.ts';

/** A positive decimal; MEXC writes 0 for "no limit". */
function positive(value: unknown): string | null {
  if (typeof value !== 'string' || !/^\d+(\.\d+)?$/.test(value)) return null;
  const exact = canonicalDecimal(value);
  return compare(exact, '0') > 0 ? exact : null;
}

/**
 * Rules of one market. The decimals of both assets are its steps; the fields that are called precisions of the base size
 * and of the quote amount are its minima.
 */
export function mexcMarket(native: CcxtMarket): Market | null {
  const priceStep = native.precision.price;
  const sizeStep = native.precision.amount;
  if (priceStep === undefined || sizeStep === undefined) return null;
  const { info } = native;
  return {
    exchange: 'mexc',
    symbol: `${native.base}-${native.quote}`,
    base: native.base,
    quote: native.quote,
    nativeId: native.id,
    unifiedSymbol: native.symbol,
    priceStep: canonicalDecimal(priceStep),
    sizeStep: canonicalDecimal(sizeStep),
    minSize: positive(info['baseSizePrecision']),
    maxSize: null,
    minNotional: positive(info['quoteAmountPrecision']),
    // ccxt cuts quote amounts to the price step.
    quoteStep: canonicalDecimal(priceStep),
    active: String(info['status']) === '1' && info['isSpotTradingAllowed'] === true,
  };
}
