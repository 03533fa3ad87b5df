import type { OrderSide } from '@orderplane/domain';
import { ZERO } from '../../engine/fixed.ts';
import type { AmendTerms, ChangeRefusal, Engine, PlaceRefusal, SimExecution, SimOrder } from '../../engine/model.ts';
import type { Face } from './faces.ts';
import { faceById, isOpenFace, isStopType, liveFace, orderJson, tradeJson } from './faces.ts';
import {
  checkTrigger,
  checkValidUntil,
  readAmount,
  readOrderRequest,
  readPrice,
  restingPrice,
} from './order-request.ts';
import type { Instrument } from './markets.ts';
import { currencyOf, instrumentOf } from './markets.ts';
import type { Params } from './params.ts';
import { currencyIn, flag, instrumentIn, isOfKind, KINDS, labelIn, oneOf, required } from './params.ts';
import { badParameter, refuse } from './refusal.ts';

function refusePlace(refusal: PlaceRefusal): never {
  switch (refusal) {
    case 'insufficientFunds':
      return refuse(10009);
    case 'wouldTake':
      return refuse(11054);
    case 'wouldTrigger':
      return refuse(10035);
    case 'unknownSymbol':
      return badParameter('instrument_name', 'wrong format');
    case 'duplicateClientId':
    case 'invalid':
      return refuse(-32602);
  }
}

function refuseChange(refusal: ChangeRefusal): never {
  switch (refusal) {
    case 'insufficientFunds':
      return refuse(10009);
    case 'wouldTake':
      return refuse(11054);
    case 'wouldTrigger':
      return refuse(10035);
    case 'unknownOrder':
      return refuse(10004);
    case 'notOpen':
      return refuse(11044);
    case 'invalid':
      return refuse(10021);
  }
}

/** Which open orders a cancel of many is about. */
export type OrderFilter = (order: SimOrder, one: Instrument) => boolean;

const isOfType = (order: SimOrder, type: string): boolean =>
  type === 'all' || (type === 'limit' ? !isStopType(order.type) : isStopType(order.type));

export function typeFilter(params: Params): OrderFilter {
  const type = params.get('type') ?? 'all';
  return (order) => isOfType(order, type);
}

export function kindFilter(params: Params): OrderFilter {
  const kind = oneOf(params, 'kind', KINDS, 'any');
  return (_order, one) => isOfKind(one, kind);
}

/** buy, sell, edit and the cancels. Deribit takes any of them only for orders of the caller. */
export class Trading {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  place(params: Params, side: OrderSide, account: string, now: number): Record<string, unknown> {
    const placed = this.#engine.place(readOrderRequest(params, side, account, this.#engine, now), now);
    if (!placed.ok) return refusePlace(placed.refusal);
    return this.#outcome(liveFace(placed.order), placed.executions);
  }

  edit(params: Params, account: string, now: number): Record<string, unknown> {
    return this.#edit(this.#openFace(required(params, 'order_id'), account), params, now);
  }

  /** "Exactly one open order" must carry the label (documentation). */
  editByLabel(params: Params, account: string, now: number): Record<string, unknown> {
    const label = labelIn(params);
    const { symbol } = instrumentIn(params).engine;
    const found = this.#engine.openOrders(account, symbol).filter((order) => order.clientId === label);
    const [order] = found;
    if (order === undefined) return refuse(10004);
    if (found.length > 1) return badParameter('label', 'more than one open order with this label');
    return this.#edit(liveFace(order), params, now);
  }

  cancel(params: Params, account: string, now: number): Record<string, unknown> {
    const face = this.#openFace(required(params, 'order_id'), account);
    const cancelled = this.#engine.cancel(face.order.id, now);
    if (!cancelled.ok) return refuseChange(cancelled.refusal);
    return orderJson(liveFace(cancelled.order));
  }

  cancelByLabel(params: Params, account: string, now: number): number {
    const label = labelIn(params);
    const currency = params.has('currency') ? currencyIn(params) : null;
    return this.cancelMany(
      account,
      (order, one) => order.clientId === label && (currency === null || currencyOf(one) === currency),
      now,
    );
  }

  /** How many orders were cancelled. */
  cancelMany(account: string, isMeant: OrderFilter, now: number): number {
    const meant = this.#engine.openOrders(account).filter((order) => isMeant(order, instrumentOf(order.symbol)));
    return meant.filter((order) => this.#engine.cancel(order.id, now).ok).length;
  }

  #openFace(id: string, account: string): Face {
    const face = faceById(this.#engine, id);
    if (face === undefined || face.order.account !== account) return refuse(10004);
    return isOpenFace(face) ? face : refuse(11044);
  }

  #outcome(face: Face, executions: readonly SimExecution[]): Record<string, unknown> {
    return { order: orderJson(face), trades: executions.map((execution) => tradeJson(execution, this.#engine)) };
  }

  /** Keeps the order's id. A post-only order that would take is cancelled where it rejects that, else it is repriced. */
  #edit(face: Face, params: Params, now: number): Record<string, unknown> {
    const { order } = face;
    const one = instrumentOf(order.symbol);
    const terms = this.#editTerms(face, one, params, now);
    checkValidUntil(params, now);
    if (terms.postOnly === true && terms.price !== undefined && order.working) {
      const resting = restingPrice(this.#engine, one, order.side, terms.price, now);
      if (resting !== terms.price) {
        const rejects = flag(params, 'reject_post_only') || order.tags['rejectPostOnly'] === 'true';
        if (!rejects) return this.#amend(order, { ...terms, price: resting }, now);
        this.#engine.cancel(order.id, now, 'postOnly');
        return this.#outcome(face, []);
      }
    }
    return this.#amend(order, terms, now);
  }

  #amend(order: SimOrder, terms: AmendTerms, now: number): Record<string, unknown> {
    const amended = this.#engine.amend(order.id, terms, now);
    if (!amended.ok) return refuseChange(amended.refusal);
    return this.#outcome(liveFace(amended.order), amended.executions);
  }

  #editTerms(face: Face, one: Instrument, params: Params, now: number): AmendTerms {
    const { order } = face;
    const size = readAmount(params, one);
    const price = order.price === null ? null : readPrice(params, 'price', one, false);
    const stopPrice = face.kind === 'stop' ? readPrice(params, 'trigger_price', one, false) : null;
    if (stopPrice !== null && order.triggerWhen !== null) {
      checkTrigger(stopPrice, order.triggerWhen, this.#engine.ticker(order.symbol, now).last);
    }
    if (size <= order.filledSize && order.filledSize > ZERO) return refuse(10021);
    return {
      size,
      ...(price === null ? {} : { price }),
      ...(stopPrice === null ? {} : { stopPrice }),
      postOnly: order.postOnly || flag(params, 'post_only'),
      tags: { replaced: 'true' },
    };
  }
}
