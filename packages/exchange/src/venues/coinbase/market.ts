import { canonicalDecimal, compare } from '@orderplane/domain';
import type { Market } from '@orderplane/domain';
import type { CcxtMarket } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';

function positive(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  if (value === '') return null;
  const exact = canonicalDecimal(value);
  return compare(exact, '0') > 0 ? exact : null;
}

/**
 * Accounts can hold contracts beside spot ("BTC-PERP-INTX", "BIT-28JUN24-CDE"), and every list and stream names them,
 * too. They are no business of this system: what is about them is passed over, so that it makes nothing unreadable.
 */
export const isContract = (entry: unknown): boolean => {
  const id = isRecord(entry) ? entry['product_id'] : undefined;
  return typeof id === 'string' && id.split('-').length > 2;
};

/** States in which a product takes no new orders of every kind that we send. */
const CLOSED = ['trading_disabled', 'is_disabled', 'cancel_only', 'view_only', 'auction_mode'];

/** Rules of one product, from its own increments and bounds. */
export function coinbaseMarket(native: CcxtMarket): Market | null {
  const { info } = native;
  const priceStep = positive(info['price_increment']) ?? positive(info['quote_increment']);
  const sizeStep = positive(info['base_increment']);
  if (priceStep === null || sizeStep === null) return null;
  return {
    exchange: 'coinbase',
    symbol: `${native.base}-${native.quote}`,
    base: native.base,
    quote: native.quote,
    nativeId: native.id,
    unifiedSymbol: native.symbol,
    priceStep,
    sizeStep,
    minSize: positive(info['base_min_size']),
    maxSize: positive(info['base_max_size']),
    minNotional: positive(info['quote_min_size']),
    // ccxt cuts quote amounts to the price increment.
    quoteStep: positive(native.precision.price) ?? priceStep,
    active: CLOSED.every((state) => info[state] !== true),
  };
}
