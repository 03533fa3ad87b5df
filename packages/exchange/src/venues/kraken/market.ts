import { canonicalDecimal, compare } from '@orderplane/domain';
import type { Market } from '@orderplane/domain';
import type { CcxtMarket } from '../../ccxt.ts';

/** Statuses in which at least some new orders are taken; the others are cancel_only, reduce_only and worse. */
const OPEN_STATUSES = new Set(['online', 'post_only', 'limit_only']);

function positive(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  if (value === '') return null;
  const exact = canonicalDecimal(value);
  return compare(exact, '0') > 0 ? exact : null;
}

/** Rules of one pair. `tick_size` can be coarser than the decimals of the price; the size step is ccxt's, which knows the asset's own decimals. */
export function krakenMarket(native: CcxtMarket): Market | null {
  const priceStep = positive(native.info['tick_size']) ?? positive(native.precision.price);
  const sizeStep = positive(native.precision.amount);
  const { status } = native.info;
  if (priceStep === null || sizeStep === null) return null;
  return {
    exchange: 'kraken',
    symbol: `${native.base}-${native.quote}`,
    base: native.base,
    quote: native.quote,
    nativeId: native.id,
    unifiedSymbol: native.symbol,
    priceStep,
    sizeStep,
    minSize: positive(native.info['ordermin']),
    maxSize: null,
    minNotional: positive(native.info['costmin']),
    // ccxt cuts quote amounts to the decimals of the price.
    quoteStep: positive(native.precision.price) ?? priceStep,
    active: typeof status !== 'string' || OPEN_STATUSES.has(status),
  };
}

/** Orders name the alternative name, the streams "BTC/USD", market lists the id. */
export const krakenNames = (native: CcxtMarket): readonly string[] =>
  [native.id, native.info['altname'], native.info['wsname'], native.symbol].filter(
    (name): name is string => typeof name === 'string',
  );
