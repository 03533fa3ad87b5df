import { canonicalDecimal, compare } from '@orderplane/domain';
import type { Market } from '@orderplane/domain';
import type { CcxtMarket } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';

type Filter = Readonly<Record<string, unknown>>;

function filterOf(native: CcxtMarket, ...types: readonly string[]): Filter | null {
  const filters: unknown[] = Array.isArray(native.info['filters']) ? native.info['filters'] : [];
  return filters.filter(isRecord).find((one) => types.includes(String(one['filterType']))) ?? null;
}

/** A positive decimal of a filter; Binance writes 0 for "no limit". */
function positive(filter: Filter | null, key: string): string | null {
  const value = filter?.[key];
  if (typeof value !== 'string' || value === '') return null;
  const exact = canonicalDecimal(value);
  return compare(exact, '0') > 0 ? exact : null;
}

/** Rules of one market, from its own filters. Null when it has no steps, which no tradable market lacks. */
export function binanceMarket(native: CcxtMarket): Market | null {
  const lot = filterOf(native, 'LOT_SIZE');
  const priceStep = positive(filterOf(native, 'PRICE_FILTER'), 'tickSize') ?? native.precision.price ?? null;
  const sizeStep = positive(lot, 'stepSize') ?? native.precision.amount ?? null;
  if (priceStep === null || sizeStep === null) return null;
  return {
    exchange: 'binance',
    symbol: `${native.base}-${native.quote}`,
    base: native.base,
    quote: native.quote,
    nativeId: native.id,
    unifiedSymbol: native.symbol,
    priceStep: canonicalDecimal(priceStep),
    sizeStep: canonicalDecimal(sizeStep),
    minSize: positive(lot, 'minQty'),
    maxSize: positive(lot, 'maxQty'),
    minNotional: positive(filterOf(native, 'NOTIONAL', 'MIN_NOTIONAL'), 'minNotional'),
    // ccxt cuts quote amounts to the price step.
    quoteStep: canonicalDecimal(priceStep),
    active: native.info['status'] === 'TRADING',
  };
}
