import { fixed } from '../engine/fixed.ts';
import type { SimMarket } from '../engine/model.ts';

/** One row of a venue's market table, in decimal text. */
export interface MarketRow {
  readonly base: string;
  readonly quote: string;
  readonly nativeId: string;
  readonly priceStep: string;
  readonly sizeStep: string;
  readonly minSize: string;
  readonly maxSize: string;
  readonly minNotional: string;
  readonly startPrice: string;
}

export const marketOf = (row: MarketRow): SimMarket => ({
  symbol: `${row.base}-${row.quote}`,
  base: row.base,
  quote: row.quote,
  nativeId: row.nativeId,
  priceStep: fixed(row.priceStep),
  sizeStep: fixed(row.sizeStep),
  minSize: fixed(row.minSize),
  maxSize: fixed(row.maxSize),
  minNotional: fixed(row.minNotional),
  startPrice: fixed(row.startPrice),
});
