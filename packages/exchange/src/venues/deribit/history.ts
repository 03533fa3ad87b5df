import type { Market } from '@orderplane/domain';
import type { NormalizedFill } from '@orderplane/normalization';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { readPages } from '../../pages.ts';
import type { Paged } from '../../pages.ts';
import type { Ask, Link } from '../../venue.ts';

/** Largest page of orders and of trades (documentation). */
const PAGE = 1_000;
/** The exchange's clock may differ from ours. */
const MARGIN_MS = 5_000;

/**
 * Recent records are kept for 30 minutes (orders) and 24 hours (trades); older ones are only in the historical records,
 * which lag a little (documentation). Both are asked well before that.
 */
const RECENT_ORDERS_MS = 25 * 60_000;
const RECENT_TRADES_MS = 23 * 3_600_000;

type Native = Readonly<Record<string, unknown>>;
const RECENT = { historical: 'false' } as const;
const HISTORICAL = { historical: 'true' } as const;

/** Where records since `fromMs` are to be found. */
const partsSince = (fromMs: number, nowMs: number, recentMs: number): readonly Native[] =>
  nowMs - fromMs <= recentMs ? [RECENT] : [RECENT, HISTORICAL];

async function everyPart<Item>(
  parts: readonly Native[],
  read: (part: Native) => Promise<Paged<Item>>,
): Promise<Paged<Item>> {
  const all: Paged<Item>[] = [];
  for (const part of parts) all.push(await read(part));
  const errors = all.flatMap(({ error }) => (error === null ? [] : [error]));
  const limits = all.flatMap(({ rateLimitedMs }) => (rateLimitedMs === null ? [] : [rateLimitedMs]));
  return {
    items: all.flatMap(({ items }) => items),
    pages: all.reduce((pages, one) => pages + one.pages, 0),
    error: errors.length === 0 ? null : errors.join('; '),
    rateLimitedMs: limits.length === 0 ? null : Math.max(...limits),
  };
}

const timeOf = (native: Native, name: string): number => Number(native[name] ?? Number.NaN);

/** Ended orders of one market since `fromMs`, unfilled ones too, as native objects. Pages by offset. */
export function endedSince(link: Link, ask: Ask, market: Market, fromMs: number): Promise<Paged<Native>> {
  const call = endpoint(link.instance, 'privateGetGetOrderHistoryByInstrument');
  const since = fromMs - MARGIN_MS;
  const common = {
    instrument_name: market.nativeId,
    count: String(PAGE),
    include_old: 'true',
    include_unfilled: 'true',
  };
  const updated = (native: Native | undefined): number => timeOf(native ?? {}, 'last_update_timestamp');
  // A page of nothing but older orders, newest first: what follows is older still. The order of the list is not
  // documented, so that it is looked at.
  const isPast = (page: readonly Native[]): boolean =>
    page.every((native) => updated(native) < since) && updated(page[0]) >= updated(page.at(-1));
  return everyPart(partsSince(fromMs, link.clock.now(), RECENT_ORDERS_MS), (part) =>
    readPages<Native, number>(
      0,
      (offset) => ask(() => call({ ...common, ...part, offset: String(offset) })),
      (payload, offset) => {
        if (!Array.isArray(payload)) return { items: [], next: null, error: 'the history is not a list' };
        const items = payload.filter(isRecord);
        const isLast = payload.length < PAGE || isPast(items);
        const next = isLast ? null : offset + payload.length;
        return { items, next, error: items.length === payload.length ? null : 'an entry that is no order' };
      },
    ),
  );
}

/**
 * Executions of one market since `fromMs`. Pages by time, oldest first: each begins at the instant of the last trade
 * seen, whose repetition is left out.
 */
export async function tradesSince(
  link: Link,
  ask: Ask,
  market: Market,
  fromMs: number,
): Promise<Paged<NormalizedFill>> {
  const call = endpoint(link.instance, 'privateGetGetUserTradesByInstrumentAndTime');
  const nowMs = link.clock.now();
  const end = String(nowMs + 60_000);
  const common = { instrument_name: market.nativeId, count: String(PAGE), sorting: 'asc', end_timestamp: end };
  const paged = await everyPart(partsSince(fromMs, nowMs, RECENT_TRADES_MS), (part) =>
    readPages<NormalizedFill, number>(
      Math.max(0, fromMs - MARGIN_MS),
      (start) => ask(() => call({ ...common, ...part, start_timestamp: String(start) })),
      (payload, start) => {
        const trades = isRecord(payload) ? payload['trades'] : undefined;
        if (!Array.isArray(trades)) return { items: [], next: null, error: 'no trades in the answer' };
        const read = trades.length === 0 ? { fills: [], error: null } : link.read.rest('fetchMyTrades', { trades });
        if (isRecord(payload) && payload['has_more'] !== true)
          return { items: read.fills, next: null, error: read.error };
        const last: unknown = trades.at(-1);
        const next = isRecord(last) ? timeOf(last, 'timestamp') : Number.NaN;
        if (next > start) return { items: read.fills, next, error: read.error };
        return { items: read.fills, next: null, error: `more than ${PAGE} trades at ${start}` };
      },
    ),
  );
  return { ...paged, items: uniqueFills(paged.items) };
}

/** Executions of one order. */
export async function tradesOfOrder(
  link: Link,
  ask: Ask,
  orderId: string,
  createdMs: number,
): Promise<Paged<NormalizedFill>> {
  const call = endpoint(link.instance, 'privateGetGetUserTradesByOrder');
  const paged = await everyPart(partsSince(createdMs, link.clock.now(), RECENT_TRADES_MS), (part) =>
    readPages<NormalizedFill, null>(
      null,
      () => ask(() => call({ order_id: orderId, sorting: 'asc', ...part })),
      (payload) => {
        // A list; newer versions of the call wrap it.
        const trades = isRecord(payload) ? payload['trades'] : payload;
        if (!Array.isArray(trades)) return { items: [], next: null, error: 'no trades in the answer' };
        if (trades.length === 0) return { items: [], next: null, error: null };
        const read = link.read.rest('fetchOrderTrades', trades);
        return { items: read.fills, next: null, error: read.error };
      },
    ),
  );
  return { ...paged, items: uniqueFills(paged.items) };
}

export const uniqueFills = (fills: readonly NormalizedFill[]): readonly NormalizedFill[] => [
  ...new Map(fills.map((fill) => [fill.tradeId, fill])).values(),
];
