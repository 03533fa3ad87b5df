import { add, maximum, multiply, subtract } from '@orderplane/domain';
import type { ExposureSum, Intent } from './contracts.ts';
import type { DerivedColumns } from './order-rows.ts';

interface OpenOrder {
  readonly intent: Intent;
  readonly derived: DerivedColumns;
}

/** Of open orders, by symbol and side in this order; the same rules as `postgres/statements/exposure.ts`. */
export function exposureSums(orders: Iterable<OpenOrder>): readonly ExposureSum[] {
  const sums = new Map<string, ExposureSum>();
  for (const order of orders) {
    const own = exposureOf(order);
    const id = `${own.symbol} ${own.side}`;
    const known = sums.get(id);
    sums.set(id, known === undefined ? own : together(known, own));
  }
  return [...sums.values()].sort((a, b) => compareText(a.symbol, b.symbol) || compareText(a.side, b.side));
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What one of them may still trade. */
function exposureOf({ intent, derived }: OpenOrder): ExposureSum {
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

const together = (a: ExposureSum, b: ExposureSum): ExposureSum => ({
  symbol: a.symbol,
  side: a.side,
  orders: a.orders + b.orders,
  size: add(a.size, b.size),
  notional: add(a.notional, b.notional),
  unpricedSize: add(a.unpricedSize, b.unpricedSize),
  quoteSize: add(a.quoteSize, b.quoteSize),
});
