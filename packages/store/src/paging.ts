import { z } from 'zod';
import {
  InvalidCursorError,
  type EventPage,
  type PageRequest,
  type StoredOrderEvent,
  type UnattributedFill,
} from './contracts.ts';

/** Largest page of the lists that the public API shows. */
export const PAGE_LIMIT = 200;
/** Largest page of the lists that only services walk (keys, journal lines, stale orders). */
export const WALK_LIMIT = 10_000;

/** Throws RangeError outside 1…maximum: a silently shortened page would look like the end of the list. */
export function checkedLimit(limit: number, maximum: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > maximum) {
    throw new RangeError(`page limit must be a whole number from 1 to ${maximum}, got ${limit}`);
  }
  return limit;
}

export interface OrderPosition {
  readonly createdAt: string;
  readonly orderId: string;
}

export const orderCursor = (position: OrderPosition): string =>
  Buffer.from(`${position.createdAt}|${position.orderId}`).toString('base64url');

/** Throws InvalidCursorError. */
export function parseOrderCursor(cursor: string): OrderPosition {
  const text = Buffer.from(cursor, 'base64url').toString();
  const cut = text.indexOf('|');
  const createdAt = text.slice(0, Math.max(cut, 0));
  const orderId = text.slice(cut + 1);
  if (cut < 0 || orderId === '' || orderId.includes('\u0000') || Number.isNaN(Date.parse(createdAt)))
    throw new InvalidCursorError(cursor);
  return { createdAt: new Date(createdAt).toISOString(), orderId };
}

/** Where an alert, a user or a token stands in its list. */
export const datedCursor = ({ createdAt, id }: { readonly createdAt: string; readonly id: string }): string =>
  orderCursor({ createdAt, orderId: id });
/** Its name in the lists of alerts. */
export const alertCursor = datedCursor;

/** A line of the audit from its public form. Throws InvalidCursorError. */
export const parseAuditCursor = (cursor: string): bigint => parseJournalCursor(cursor);

/** A journal position from its public form. Throws InvalidCursorError. */
export function parseJournalCursor(cursor: string): bigint {
  if (!/^\d{1,18}$/.test(cursor)) throw new InvalidCursorError(cursor);
  return BigInt(cursor);
}

export const fillId = (orderId: string, tradeId: string): string => `${orderId}:${tradeId}`;

/** The trade id of a fill id of this order. Throws InvalidCursorError. */
export function tradeIdOf(orderId: string, id: string): string {
  if (!id.startsWith(`${orderId}:`)) throw new InvalidCursorError(id);
  return id.slice(orderId.length + 1);
}

/** Opaque for callers: where a fill without an order stands in the list of its account. */
export const unattributedFillId = (fill: UnattributedFill): string =>
  Buffer.from(JSON.stringify([fill.executedAt, fill.symbol, fill.exchangeOrderId, fill.exchangeTradeId])).toString(
    'base64url',
  );

const FillPosition = z.tuple([z.iso.datetime(), z.string(), z.string(), z.string()]);

/** Throws InvalidCursorError. */
export function parseUnattributedFillId(id: string): z.infer<typeof FillPosition> {
  try {
    return FillPosition.parse(JSON.parse(Buffer.from(id, 'base64url').toString()));
  } catch {
    throw new InvalidCursorError(id);
  }
}

export const pageLimit = (page: PageRequest): number => checkedLimit(page.limit, PAGE_LIMIT);

/** Each id once. Throws RangeError for more than one page of them: one read stays one bounded read. */
export function checkedIds(ids: readonly string[]): string[] {
  const once = [...new Set(ids)];
  if (once.length > PAGE_LIMIT) throw new RangeError(`at most ${PAGE_LIMIT} ids in one read, got ${once.length}`);
  return once;
}

export const NO_EVENTS: EventPage = { items: [], hasNext: false };

/** `lines`: of each order in their order, at least one more than the page holds where there are more. */
export function eventPages(
  orderIds: readonly string[],
  lines: readonly StoredOrderEvent[],
  limit: number,
): ReadonlyMap<string, EventPage> {
  const found = new Map(orderIds.map((id): [string, StoredOrderEvent[]] => [id, []]));
  for (const line of lines) found.get(line.orderId)?.push(line);
  return new Map(
    [...found].map(([id, items]) => [id, { items: items.slice(0, limit), hasNext: items.length > limit }]),
  );
}
