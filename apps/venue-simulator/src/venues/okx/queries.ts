import { fixedText, ZERO } from '../../engine/fixed.ts';
import type { Engine, SimExecution, SimMarket, SimOrder } from '../../engine/model.ts';
import type { SimAccount, VenueContext } from '../protocol.ts';
import type { Fields } from './fields.ts';
import { limitOf, timeOf } from './fields.ts';
import { numberOf } from './ids.ts';
import { refuse } from './refusal.ts';
import {
  algoIdOf,
  algoStateOf,
  algoView,
  balanceView,
  fillView,
  isAlgo,
  isPlain,
  orderView,
  stateOf,
} from './views.ts';

/** Private reads. Lists come newest first, at most 100 to a page; `after` an id goes on with older entries. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Cancelled orders of which nothing was filled are forgotten after this. */
export const UNFILLED_KEPT_MS = 2 * HOUR_MS;
const HISTORY_MS = 7 * DAY_MS;
const ARCHIVE_MS = 90 * DAY_MS;
const FILLS_MS = 3 * DAY_MS;

const noSuchOrder = (): never => refuse('51603', 'Order does not exist');

export function instrumentOf(engine: Engine, fields: Fields): SimMarket | null {
  const id = fields.get('instId');
  if (id === undefined) return null;
  return (
    engine.marketByNativeId(id) ?? refuse('51001', "Instrument ID, Instrument ID code or Spread ID doesn't exist.")
  );
}

function checkInstrumentType(fields: Fields): boolean {
  const type = fields.get('instType');
  if (type === undefined) return true;
  if (!['SPOT', 'MARGIN', 'SWAP', 'FUTURES', 'OPTION'].includes(type)) refuse('51000', 'Parameter instType error', 400);
  return type === 'SPOT';
}

/** True once the venue has forgotten the order. */
const isForgotten = (order: SimOrder, now: number): boolean =>
  order.endedAt !== null && order.filledSize === ZERO && now - order.endedAt > UNFILLED_KEPT_MS;

/** The plain order with that id; an algo order's id does not name one. */
export function plainById(engine: Engine, id: string, account: string): SimOrder | undefined {
  const order = engine.order(id);
  return order?.account === account && order.id === id && isPlain(order) ? order : undefined;
}

/** The latest plain order with that client id. Orders that a trigger placed have none. */
export function plainByClientId(engine: Engine, clientId: string, account: string): SimOrder | undefined {
  const order = engine.orderByClientId(account, clientId);
  return order !== undefined && !isAlgo(order) ? order : undefined;
}

export function algoById(engine: Engine, id: string, account: string): SimOrder | undefined {
  const order = engine.order(id);
  return order?.account === account && isAlgo(order) && algoIdOf(order) === id ? order : undefined;
}

export function algoByClientId(engine: Engine, clientId: string, account: string): SimOrder | undefined {
  const order = engine.orderByClientId(account, clientId);
  return order !== undefined && isAlgo(order) ? order : undefined;
}

export class Queries {
  readonly #context: VenueContext;

  constructor(context: VenueContext) {
    this.#context = context;
  }

  order(fields: Fields, account: SimAccount): readonly object[] {
    const { engine, now } = this.#context;
    const market = instrumentOf(engine, fields) ?? refuse('50014', 'Parameter instId can not be empty.', 400);
    const id = fields.get('ordId');
    const clientId = fields.get('clOrdId');
    if (id === undefined && clientId === undefined) refuse('51003', 'Either client order ID or order ID is required.');
    const { apiKey } = account;
    const order = id === undefined ? plainByClientId(engine, clientId ?? '', apiKey) : plainById(engine, id, apiKey);
    if (order?.symbol !== market.symbol || isForgotten(order, now())) return noSuchOrder();
    return [this.#orderView(order)];
  }

  algo(fields: Fields, account: SimAccount): readonly object[] {
    const { engine } = this.#context;
    const id = fields.get('algoId');
    const clientId = fields.get('algoClOrdId');
    if (id === undefined && clientId === undefined) {
      refuse('50015', 'Either parameter algoId or algoClOrdId is required', 400);
    }
    const { apiKey } = account;
    const order = id === undefined ? algoByClientId(engine, clientId ?? '', apiKey) : algoById(engine, id, apiKey);
    return order === undefined ? noSuchOrder() : [algoView(order, engine.market(order.symbol))];
  }

  pending(fields: Fields, account: SimAccount): readonly object[] {
    const { engine, hideOpenOrder } = this.#context;
    const market = instrumentOf(engine, fields);
    const hides = hideOpenOrder(market?.symbol ?? null);
    const orders = engine
      .openOrders(account.apiKey, market?.symbol)
      .filter((order) => isPlain(order) && hides?.(order) !== true);
    return this.#page(fields, orders, 'ordId').map((order) => this.#orderView(order));
  }

  history(fields: Fields, account: SimAccount, isArchive: boolean): readonly object[] {
    const { engine, now } = this.#context;
    if (!fields.has('instType')) refuse('50014', 'Parameter instType can not be empty.', 400);
    const since = now() - (isArchive ? ARCHIVE_MS : HISTORY_MS);
    const begin = timeOf(fields, 'begin') ?? 0;
    const end = timeOf(fields, 'end') ?? Number.POSITIVE_INFINITY;
    const state = fields.get('state');
    const market = instrumentOf(engine, fields);
    const orders = engine.orders(account.apiKey, market?.symbol).filter((order) => {
      if (order.endedAt === null || order.endedAt < since || !isPlain(order) || isForgotten(order, now())) return false;
      const createdAt = order.triggeredAt ?? order.createdAt;
      return createdAt >= begin && createdAt <= end && (state === undefined || state === stateOf(order));
    });
    return this.#page(fields, orders, 'ordId').map((order) => this.#orderView(order));
  }

  algosPending(fields: Fields, account: SimAccount): readonly object[] {
    const { engine, hideOpenOrder } = this.#context;
    const types = this.#algoTypes(fields);
    const market = instrumentOf(engine, fields);
    const hides = hideOpenOrder(market?.symbol ?? null);
    const orders = engine
      .openOrders(account.apiKey, market?.symbol)
      .filter((order) => isAlgo(order) && !isPlain(order) && isOfType(order, types) && hides?.(order) !== true);
    return this.#page(fields, orders, 'algoId').map((order) => algoView(order, engine.market(order.symbol)));
  }

  algosHistory(fields: Fields, account: SimAccount): readonly object[] {
    const { engine } = this.#context;
    const types = this.#algoTypes(fields);
    const state = fields.get('state');
    const id = fields.get('algoId');
    if (state === undefined && id === undefined) {
      refuse('50015', 'Either parameter state or algoId is required', 400);
    }
    const market = instrumentOf(engine, fields);
    const orders = engine.orders(account.apiKey, market?.symbol).filter((order) => {
      if (!isAlgo(order) || algoStateOf(order) === 'live' || !isOfType(order, types)) return false;
      return id === undefined ? algoStateOf(order) === state : algoIdOf(order) === id;
    });
    return this.#page(fields, orders, 'algoId').map((order) => algoView(order, engine.market(order.symbol)));
  }

  fills(fields: Fields, account: SimAccount, isArchive: boolean): readonly object[] {
    const { engine, now } = this.#context;
    if (!checkInstrumentType(fields)) return [];
    if (isArchive && !fields.has('instType')) refuse('50014', 'Parameter instType can not be empty.', 400);
    const market = instrumentOf(engine, fields);
    const begin = Math.max(timeOf(fields, 'begin') ?? 0, now() - (isArchive ? ARCHIVE_MS : FILLS_MS));
    const end = timeOf(fields, 'end') ?? Number.POSITIVE_INFINITY;
    const orderId = fields.get('ordId');
    const own =
      orderId === undefined
        ? engine.executions(account.apiKey, market?.symbol)
        : engine.executionsOf(orderId).filter((one) => one.account === account.apiKey);
    const after = cursor(fields, 'after');
    const before = cursor(fields, 'before');
    const limit = limitOf(fields);
    const found: SimExecution[] = [];
    for (let at = own.length - 1; at >= 0 && found.length < limit; at -= 1) {
      const one = own[at];
      if (one === undefined || one.at < begin) break;
      if (one.at > end || (after !== null && one.number >= after)) continue;
      if (before !== null && one.number <= before) break;
      if (market === null || one.symbol === market.symbol) found.push(one);
    }
    return found.map((one) => fillView(one, engine.market(one.symbol), engine.order(one.orderId)));
  }

  balance(fields: Fields, account: SimAccount): readonly object[] {
    const { engine, now } = this.#context;
    const wanted = fields.get('ccy')?.split(',') ?? null;
    const balances = [...engine.balances(account.apiKey)].filter(
      ([ccy, { total }]) => (wanted === null || wanted.includes(ccy)) && total > ZERO,
    );
    return [balanceView(balances, now())];
  }

  /** What is paid is negative. */
  tradeFee(fields: Fields): readonly object[] {
    const { engine, now } = this.#context;
    if (!checkInstrumentType(fields)) return [];
    const { makerFee, takerFee } = engine.settings;
    const rates = { maker: fixedText(-makerFee), taker: fixedText(-takerFee) };
    return [{ category: '1', instType: 'SPOT', level: 'Lv1', ...rates, ts: String(now()) }];
  }

  #orderView(order: SimOrder): object {
    const { engine } = this.#context;
    return orderView(order, engine.market(order.symbol), engine.executionsOf(order.id).at(-1));
  }

  #algoTypes(fields: Fields): readonly string[] {
    const text = fields.get('ordType') ?? refuse('50014', 'Parameter ordType can not be empty.', 400);
    return text.split(',');
  }

  #page(fields: Fields, orders: SimOrder[], idName: 'ordId' | 'algoId'): readonly SimOrder[] {
    if (!checkInstrumentType(fields)) return [];
    const types = idName === 'ordId' ? fields.get('ordType')?.split(',') : undefined;
    const after = cursor(fields, 'after');
    const before = cursor(fields, 'before');
    const limit = limitOf(fields);
    const found: SimOrder[] = [];
    orders.sort((a, b) => a.number - b.number);
    for (let at = orders.length - 1; at >= 0 && found.length < limit; at -= 1) {
      const order = orders[at];
      if (order === undefined || (after !== null && order.number >= after)) continue;
      if (before !== null && order.number <= before) break;
      if (types === undefined || types.includes(this.#typeOf(order))) found.push(order);
    }
    return found;
  }

  #typeOf(order: SimOrder): string {
    return orderView(order, undefined, undefined).ordType;
  }
}

const isOfType = (order: SimOrder, types: readonly string[]): boolean =>
  types.includes(order.tags['ordType'] ?? 'conditional');

/** An id as a place in a list. Throws OkxRefusal. */
function cursor(fields: Fields, name: 'after' | 'before'): number | null {
  const text = fields.get(name);
  if (text === undefined) return null;
  return numberOf(text) ?? refuse('51000', `Parameter ${name} error`, 400);
}
