import type { NormalizedFill, OrderReport } from '@orderplane/normalization';
import type { LateFill, PurgedOrder, UnattributedFill, VenueName } from '@orderplane/store';

/** What a report's order is called at the exchange; null: the report speaks of none. */
export function nameOf(report: OrderReport): VenueName | null {
  const item = report.order ?? report.fills[0];
  if (item === undefined) return null;
  return { venueOrderId: item.orderId, symbol: item.symbol, venueClientId: item.clientOrderId };
}

/**
 * Whether an order that was purged lives at the exchange all the same: it stands in a list, or in the answer to a question,
 * that was asked for later than the purge and what such a list may lag. Anything else that calls it alive is old news.
 */
export function livesOn(report: OrderReport, purged: PurgedOrder, visibilityDelayMs: number): boolean {
  const status = report.order?.status;
  if (status !== 'OPEN' && status !== 'PENDING') return false;
  if (report.source !== 'open-list' && report.source !== 'lookup') return false;
  return Date.parse(report.askedAt) > Date.parse(purged.purgedAt) + visibilityDelayMs;
}

/** An execution as it is kept while no order of ours owns it. */
export const keptAs = (accountId: string, fill: NormalizedFill, firstSeenAt: string): UnattributedFill => ({
  accountId,
  symbol: fill.symbol ?? '',
  exchangeOrderId: fill.orderId,
  exchangeTradeId: fill.tradeId,
  clientOrderId: fill.clientOrderId,
  side: fill.side,
  size: fill.size,
  price: fill.price,
  fee: fill.fee,
  liquidity: fill.liquidity,
  executedAt: fill.executedAt,
  firstSeenAt,
  tries: 0,
  lastTriedAt: null,
  lastError: null,
  attributedAt: null,
  orderId: null,
});

/** The executions of a report about a purged order. */
export const lateFills = (purged: PurgedOrder, report: OrderReport, at: string): readonly LateFill[] =>
  report.fills.map((fill) => ({ orderId: purged.orderId, fill: keptAs(purged.accountId, fill, at) }));
