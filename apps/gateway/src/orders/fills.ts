import { effectiveExecutions } from '@orderplane/state-machine';
import { InvalidCursorError, type OrderRecord } from '@orderplane/store';
import type { FillConnectionResolvers } from '../schema/types.generated.ts';
import type { FillPage } from './model.ts';
import { pageInfo } from './paging.ts';

/** An exchange's trade id is unique only within the order. */
const fillId = (orderId: string, tradeId: string): string => `${orderId}:${tradeId}`;

/**
 * Fills that count, in order of booking. They are part of the record, so they cost no read and always add up to
 * `filledSize`; what was busted or replaced by a correction is left out.
 */
export function fillPage({ intent, actual }: OrderRecord, limit: number, after: string | null): FillPage {
  const fills = effectiveExecutions(actual.machine);
  const orderId = intent.orderId;
  let from = 0;
  if (after !== null) {
    from = fills.findIndex((fill) => fillId(orderId, fill.id) === after) + 1;
    if (from === 0) throw new InvalidCursorError(after);
  }
  const items = fills.slice(from, from + limit);
  return { orderId, items, hasNext: from + items.length < fills.length, hasPrevious: from > 0 };
}

export const fillConnection: Required<FillConnectionResolvers> = {
  nodes: ({ orderId, items }) =>
    items.map(({ id, size, price, fee, liquidity, at }) => ({
      id: fillId(orderId, id),
      exchangeTradeId: id,
      size,
      price,
      fee,
      liquidity,
      executedAt: at,
    })),
  pageInfo: (page) =>
    pageInfo(
      page.items.map(({ id }) => fillId(page.orderId, id)),
      page,
    ),
};
