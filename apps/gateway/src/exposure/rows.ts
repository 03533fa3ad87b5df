import { add, divide, isZero, multiply } from '@orderplane/domain';
import type { DecimalString } from '@orderplane/domain';
import type { ExposureSum } from '@orderplane/store';

export interface ExposureRowModel {
  readonly symbol: string;
  readonly buySize: DecimalString;
  readonly buyNotional: DecimalString;
  readonly sellSize: DecimalString;
  readonly sellNotional: DecimalString;
  readonly openOrders: number;
  readonly complete: boolean;
}

/** Markets that some sum needs the last price of. */
export const symbolsToPrice = (sums: readonly ExposureSum[]): readonly string[] => [
  ...new Set(sums.filter(needsPrice).map(({ symbol }) => symbol)),
];

const needsPrice = ({ unpricedSize, quoteSize }: ExposureSum): boolean => !isZero(unpricedSize) || !isZero(quoteSize);

/** One row a market, of its two sides. What names no price is valued at the last one, where that is known. */
export function exposureRows(
  sums: readonly ExposureSum[],
  lastPrice: (symbol: string) => DecimalString | null,
): readonly ExposureRowModel[] {
  const rows = new Map<string, ExposureRowModel>();
  for (const sum of sums) {
    const { symbol, side, orders } = sum;
    const before = rows.get(symbol) ?? none(symbol);
    const last = lastPrice(symbol);
    const size = last === null || isZero(sum.quoteSize) ? sum.size : add(sum.size, divide(sum.quoteSize, last));
    const known = add(sum.notional, sum.quoteSize);
    const notional = last === null ? known : add(known, multiply(sum.unpricedSize, last));
    rows.set(symbol, {
      ...before,
      ...(side === 'BUY' ? { buySize: size, buyNotional: notional } : { sellSize: size, sellNotional: notional }),
      openOrders: before.openOrders + orders,
      complete: before.complete && (last !== null || !needsPrice(sum)),
    });
  }
  return [...rows.values()];
}

const none = (symbol: string): ExposureRowModel => ({
  ...{ symbol, buySize: '0', buyNotional: '0', sellSize: '0', sellNotional: '0' },
  ...{ openOrders: 0, complete: true },
});
