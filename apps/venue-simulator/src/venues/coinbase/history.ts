import type { SimExecution, SimOrder } from '../../engine/model.ts';
import type { VenueAnswer, VenueContext } from '../protocol.ts';
import { fillJson, orderJson, statusOf } from './orders.ts';
import { badArgument, json, orderNotFound } from './refusal.ts';

/** "Get Order", "List Orders" and "List Fills": newest first, pages by cursor. Nothing is ever forgotten. */

const DEFAULT_PAGE = 100;
const LARGEST_ORDERS_PAGE = 1_000;
const LARGEST_FILLS_PAGE = 250;
const STATUSES: ReadonlySet<string> = new Set([
  'PENDING',
  'OPEN',
  'FILLED',
  'CANCELLED',
  'EXPIRED',
  'FAILED',
  'QUEUED',
  'CANCEL_QUEUED',
  'EDIT_QUEUED',
]);

/** Lists come repeated (`order_ids=a&order_ids=b`); the single form is the older one. */
const listOf = (query: URLSearchParams, ...names: readonly string[]): ReadonlySet<string> =>
  new Set(names.flatMap((name) => query.getAll(name)).filter((value) => value !== ''));

function limitOf(query: URLSearchParams, largest: number): number {
  const text = query.get('limit') ?? String(DEFAULT_PAGE);
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  return limit === 0 ? badArgument('limit') : Math.min(limit, largest);
}

function instant(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name);
  if (text === null || text === '') return otherwise;
  const at = Date.parse(text);
  return Number.isNaN(at) ? badArgument(name) : at;
}

/** The cursor is the number of the last entry shown; what comes after it is older. */
function cursorOf(query: URLSearchParams): number {
  const text = query.get('cursor');
  if (text === null || text === '') return Number.POSITIVE_INFINITY;
  return /^\d{1,15}$/.test(text) ? Number(text) : badArgument('cursor');
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly hasNext: boolean;
  readonly cursor: string;
}

/** `list` is sorted by number. */
function pageOf<Item extends { readonly number: number }>(
  list: readonly Item[],
  query: URLSearchParams,
  limit: number,
  matches: (item: Item) => boolean,
): Page<Item> {
  const before = cursorOf(query);
  const items: Item[] = [];
  for (let at = list.length - 1; at >= 0; at -= 1) {
    const item = list[at];
    if (item === undefined || item.number >= before || !matches(item)) continue;
    if (items.length === limit) return { items, hasNext: true, cursor: String(items.at(-1)?.number ?? '') };
    items.push(item);
  }
  return { items, hasNext: false, cursor: '' };
}

export function getOrder(orderId: string, account: string, context: VenueContext): VenueAnswer {
  const order = context.engine.order(orderId);
  if (order?.account !== account) return orderNotFound();
  return json({ order: orderJson(order, context.engine) });
}

export function listOrders(query: URLSearchParams, account: string, context: VenueContext): VenueAnswer {
  const { engine } = context;
  const statuses = listOf(query, 'order_status');
  for (const status of statuses) if (!STATUSES.has(status)) badArgument('order_status');
  // Orders that live can't be asked for together with others.
  if (statuses.size > 1 && statuses.has('OPEN')) badArgument('order_status: OPEN stands alone');
  const isOpenList = statuses.has('OPEN');
  const products = listOf(query, 'product_ids', 'product_id');
  const ids = listOf(query, 'order_ids');
  const from = instant(query, 'start_date', 0);
  const until = instant(query, 'end_date', Number.POSITIVE_INFINITY);
  const isHidden = isOpenList ? context.hideOpenOrder(products.values().next().value ?? null) : null;
  const matches = (order: SimOrder): boolean =>
    (statuses.size === 0 || statuses.has(statusOf(order))) &&
    (products.size === 0 || products.has(order.symbol)) &&
    (ids.size === 0 || ids.has(order.id)) &&
    order.createdAt >= from &&
    order.createdAt < until &&
    isHidden?.(order) !== true;
  const list = isOpenList ? engine.openOrders(account) : engine.orders(account);
  const page = pageOf(list, query, limitOf(query, LARGEST_ORDERS_PAGE), matches);
  return json({
    orders: page.items.map((order) => orderJson(order, engine)),
    sequence: '0',
    has_next: page.hasNext,
    cursor: page.cursor,
  });
}

export function listFills(query: URLSearchParams, account: string, context: VenueContext): VenueAnswer {
  const { engine } = context;
  const products = listOf(query, 'product_ids', 'product_id');
  const ids = listOf(query, 'order_ids', 'order_id');
  const trades = listOf(query, 'trade_ids');
  const from = instant(query, 'start_sequence_timestamp', 0);
  const until = instant(query, 'end_sequence_timestamp', Number.POSITIVE_INFINITY);
  const matches = (execution: SimExecution): boolean =>
    (products.size === 0 || products.has(execution.symbol)) &&
    (ids.size === 0 || ids.has(execution.orderId)) &&
    (trades.size === 0 || trades.has(execution.id)) &&
    execution.at >= from &&
    execution.at < until;
  const [onlyId, ...others] = ids;
  const isOwn = onlyId !== undefined && others.length === 0 && engine.order(onlyId)?.account === account;
  const list = isOwn ? engine.executionsOf(onlyId) : engine.executions(account);
  const page = pageOf(list, query, limitOf(query, LARGEST_FILLS_PAGE), matches);
  return json({ fills: page.items.map((execution) => fillJson(execution, engine)), cursor: page.cursor });
}
