import { add, maximum, multiply, subtract } from '@orderplane/domain';
import type { ExposureSum } from '../contracts.ts';
import type { RecordedOrder } from './state.ts';

/** What one open order may still trade; the same rules as `postgres/statements/exposure.ts`. */
export function exposureOf({ intent, derived }: RecordedOrder): ExposureSum {
  const { spec, trigger } = intent;
  const rest = derived.size === null ? '0' : maximum(subtract(derived.size, derived.filled_size), '0');
  const price = spec.price ?? spec.stopPrice ?? (trigger?.symbol === spec.symbol ? trigger.price : null);
  const spent = multiply(derived.filled_size, derived.average_filled_price ?? '0');
  const quoteSize = derived.size === null ? spec.quoteSize : null;
  return {
    symbol: spec.symbol,
    side: spec.side,
    orders: 1,
    size: rest,
    notional: price === null ? '0' : multiply(rest, price),
    unpricedSize: price === null ? rest : '0',
    quoteSize: quoteSize === null ? '0' : maximum(subtract(quoteSize, spent), '0'),
  };
}

export const together = (a: ExposureSum, b: ExposureSum): ExposureSum => ({
  symbol: a.symbol,
  side: a.side,
  orders: a.orders + b.orders,
  size: add(a.size, b.size),
  notional: add(a.notional, b.notional),
  unpricedSize: add(a.unpricedSize, b.unpricedSize),
  quoteSize: add(a.quoteSize, b.quoteSize),
});
