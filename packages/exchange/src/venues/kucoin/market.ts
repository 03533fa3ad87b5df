import { canonicalDecimal, compare } from '@orderplane/domain';
import type { Market } from '@orderplane/domain';
import type { CcxtMarket } from '../../ccxt.ts';

function positive(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  if (value === '') return null;
  const exact = canonicalDecimal(value);
  return compare(exact, '0') > 0 ? exact : null;
}

/** Rules of one market, from its own fields. Null when it has no steps, which no tradable market lacks. */
export function kucoinMarket(native: CcxtMarket): Market | null {
  const { info } = native;
  const priceStep = positive(info['priceIncrement']) ?? positive(native.precision.price);
  const sizeStep = positive(info['baseIncrement']) ?? positive(native.precision.amount);
  if (priceStep === null || sizeStep === null) return null;
  return {
    exchange: 'kucoin',
    symbol: `${native.base}-${native.quote}`,
    base: native.base,
    quote: native.quote,
    nativeId: native.id,
    unifiedSymbol: native.symbol,
    priceStep,
    sizeStep,
    minSize: positive(info['baseMinSize']),
    maxSize: positive(info['baseMaxSize']),
    // `minFunds` is the smallest value of any order; markets without it have the smallest `funds`.
    minNotional: positive(info['minFunds']) ?? positive(info['quoteMinSize']),
    quoteStep: positive(info['quoteIncrement']) ?? priceStep,
    active: info['enableTrading'] === true || info['enableTrading'] === 'true',
  };
}
