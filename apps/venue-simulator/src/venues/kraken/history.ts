import type { Engine, SimExecution, SimOrder } from '../../engine/model.ts';
import type { Fields } from './auth.ts';
import { orderJson, tagsOf, tradeJson } from './orders.ts';
import { badArgument } from './refusal.ts';

/** ClosedOrders and TradesHistory: newest first, 50 to a page, `ofs` counted from the newest of the window. */
export const PAGE = 50;

interface Window {
  /** ms; exclusive. */
  readonly after: number;
  /** ms; inclusive. */
  readonly until: number;
}

/** A bound is an instant in Unix seconds, or the id of an order or a trade, which stands for its time. */
function bound(fields: Fields, name: string, fallback: number, timeOfId: (id: string) => number | undefined): number {
  const text = fields.get(name);
  if (text === undefined || text === '') return fallback;
  if (/^\d{1,12}(\.\d{1,9})?$/.test(text)) return Number(text) * 1000;
  return timeOfId(text) ?? badArgument(name);
}

function offsetOf(fields: Fields): number {
  const text = fields.get('ofs') ?? '0';
  return /^\d{1,9}$/.test(text) ? Number(text) : badArgument('ofs');
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly count: number;
}

function pageOf<Item>(newestFirst: Iterable<Item>, matches: (item: Item) => boolean, offset: number): Page<Item> {
  const items: Item[] = [];
  let count = 0;
  for (const item of newestFirst) {
    if (!matches(item)) continue;
    if (count >= offset && items.length < PAGE) items.push(item);
    count += 1;
  }
  return { items, count };
}

function* backwards<Item>(list: readonly Item[]): Generator<Item> {
  for (let index = list.length - 1; index >= 0; index -= 1) {
    const item = list[index];
    if (item !== undefined) yield item;
  }
}

const counted = (fields: Fields, count: number): Record<string, number> =>
  fields.get('without_count') === 'true' ? {} : { count };

export function closedOrders(fields: Fields, account: string, engine: Engine): Record<string, unknown> {
  const timeOfId = (id: string): number | undefined => {
    const order = engine.order(id);
    return order?.account === account ? (order.endedAt ?? order.createdAt) : undefined;
  };
  const window: Window = {
    after: bound(fields, 'start', -1, timeOfId),
    until: bound(fields, 'end', Infinity, timeOfId),
  };
  const closetime = fields.get('closetime') ?? 'both';
  if (closetime !== 'both' && closetime !== 'open' && closetime !== 'close') return badArgument('closetime');
  const clientId = fields.get('cl_ord_id');
  const userref = fields.get('userref');
  const within = (at: number | null) => at !== null && at > window.after && at <= window.until;
  const matches = (order: SimOrder): boolean =>
    (clientId === undefined || order.clientId === clientId) &&
    (userref === undefined || String(tagsOf(order).userref) === userref) &&
    ((closetime !== 'close' && within(order.createdAt)) || (closetime !== 'open' && within(order.endedAt)));
  const { items, count } = pageOf(backwards(engine.endedOrders(account)), matches, offsetOf(fields));
  const withTrades = fields.get('trades') === 'true';
  return {
    closed: Object.fromEntries(items.map((order) => [order.id, orderJson(order, engine, withTrades)])),
    ...counted(fields, count),
  };
}

export function tradesHistory(fields: Fields, account: string, engine: Engine): Record<string, unknown> {
  const executions = engine.executions(account);
  const timeOfId = (id: string): number | undefined => executions.find((execution) => execution.id === id)?.at;
  const window: Window = {
    after: bound(fields, 'start', -1, timeOfId),
    until: bound(fields, 'end', Infinity, timeOfId),
  };
  const matches = (execution: SimExecution) => execution.at > window.after && execution.at <= window.until;
  const { items, count } = pageOf(backwards(executions), matches, offsetOf(fields));
  return {
    trades: Object.fromEntries(items.map((execution) => [execution.id, tradeJson(execution, engine)])),
    ...counted(fields, count),
  };
}

const MOST_IDS = 50;

export function idsOf(fields: Fields): readonly string[] {
  const ids = (fields.get('txid') ?? '').split(',').filter((id) => id !== '');
  if (ids.length === 0 || ids.length > MOST_IDS) badArgument('txid');
  return ids;
}

/** Executions by id; ids that are not the account's are left out. */
export function queryTrades(fields: Fields, account: string, engine: Engine): Record<string, unknown> {
  const wanted = new Set(idsOf(fields));
  const found = engine.executions(account).filter((execution) => wanted.has(execution.id));
  return Object.fromEntries(found.map((execution) => [execution.id, tradeJson(execution, engine)]));
}

/** Orders by id, open or ended; ids that are not the account's are left out. */
export function queryOrders(fields: Fields, account: string, engine: Engine): Record<string, unknown> {
  const withTrades = fields.get('trades') === 'true';
  const userref = fields.get('userref');
  const found = idsOf(fields).flatMap((id) => {
    const order = engine.order(id);
    if (order === undefined || order.account !== account) return [];
    return userref === undefined || String(tagsOf(order).userref) === userref ? [order] : [];
  });
  return Object.fromEntries(found.map((order) => [order.id, orderJson(order, engine, withTrades)]));
}
