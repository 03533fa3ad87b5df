import type { OrderType } from '@orderplane/domain';
import type { Fixed } from '../../engine/fixed.ts';
import { fixedText, fixedTextAt, over, ZERO } from '../../engine/fixed.ts';
import type { EndReason, Engine, SimExecution, SimOrder, SimTimeInForce } from '../../engine/model.ts';
import { createdIdOf, orderIdOf } from './ids.ts';
import { instrumentOf } from './markets.ts';

/**
 * How Deribit shows an order of the engine. A stop has two faces: the trigger order, and from its trigger on the order
 * that it has created, which has an id of its own and names the stop.
 */
export type FaceKind = 'plain' | 'stop' | 'created';
export interface Face {
  readonly id: string;
  readonly kind: FaceKind;
  readonly order: SimOrder;
}

export const isStopType = (type: OrderType): boolean => type === 'STOP_LIMIT' || type === 'STOP_MARKET';

/** The engine gives a stop the id of what it creates when it triggers. */
const stopIdOf = (order: SimOrder): string => orderIdOf(order.number, order.type);

export function facesOf(order: SimOrder): readonly Face[] {
  if (!isStopType(order.type)) return [{ id: order.id, kind: 'plain', order }];
  const stop: Face = { id: stopIdOf(order), kind: 'stop', order };
  return order.triggeredAt === null ? [stop] : [stop, { id: createdIdOf(order.number), kind: 'created', order }];
}

/** The face under which the order lives or has ended: never a stop that was triggered. */
export function liveFace(order: SimOrder): Face {
  const faces = facesOf(order);
  return faces[faces.length - 1] ?? { id: order.id, kind: 'plain', order };
}

export const isOpenFace = (face: Face): boolean => stateOf(face) === 'open' || stateOf(face) === 'untriggered';

export function faceById(engine: Engine, id: string): Face | undefined {
  const order = engine.order(id);
  return order === undefined ? undefined : facesOf(order).find((face) => face.id === id);
}

export type NativeState = 'open' | 'filled' | 'rejected' | 'cancelled' | 'untriggered' | 'triggered';

export function stateOf({ kind, order }: Face): NativeState {
  if (kind === 'stop' && order.triggeredAt !== null) return 'triggered';
  switch (order.status) {
    case 'OPEN':
      return kind === 'stop' ? 'untriggered' : 'open';
    case 'FILLED':
      return 'filled';
    case 'CANCELLED':
    case 'EXPIRED':
      return 'cancelled';
    case 'FAILED':
      return 'rejected';
  }
}

/** Only what somebody did has a reason; what a time in force ends has none. */
const CANCEL_REASONS: Readonly<Record<EndReason, string | null>> = {
  user: 'user_request',
  venue: 'risk_mitigation',
  deadMan: 'cancel_on_disconnect',
  postOnly: 'edit_post_only_reject',
  noFunds: 'risk_mitigation',
  ioc: null,
  fok: null,
  expired: null,
  noLiquidity: null,
};

const TIMES: Readonly<Record<SimTimeInForce, string>> = {
  GTC: 'good_til_cancelled',
  GTD: 'good_til_day',
  IOC: 'immediate_or_cancel',
  FOK: 'fill_or_kill',
};

const TYPES: Readonly<Record<OrderType, { readonly stop: string; readonly plain: string }>> = {
  MARKET: { stop: 'market', plain: 'market' },
  LIMIT: { stop: 'limit', plain: 'limit' },
  STOP_LIMIT: { stop: 'stop_limit', plain: 'limit' },
  STOP_MARKET: { stop: 'stop_market', plain: 'market' },
};

/** JSON numbers are doubles: beyond 15 digits they round, on the real venue as here. */
export const number = (value: Fixed): number => Number(fixedText(value));
const AVERAGE_PLACES = 8;
const averageOf = (order: SimOrder): number =>
  order.filledSize === ZERO ? 0 : Number(fixedTextAt(over(order.filledValue, order.filledSize), AVERAGE_PLACES));

function triggerFields({ kind, order }: Face): Record<string, unknown> {
  switch (kind) {
    case 'plain':
      return {};
    case 'stop':
      return {
        trigger: order.tags['trigger'] ?? 'last_price',
        trigger_price: order.stopPrice === null ? null : number(order.stopPrice),
        triggered: order.triggeredAt !== null,
      };
    case 'created':
      return { trigger_order_id: stopIdOf(order), triggered: true };
  }
}

function endFields(face: Face): Record<string, unknown> {
  const { order } = face;
  const reason = order.endReason === null ? null : CANCEL_REASONS[order.endReason];
  return stateOf(face) === 'cancelled' && reason !== null ? { cancel_reason: reason } : {};
}

export function orderJson(face: Face): Record<string, unknown> {
  const { order, kind } = face;
  const instrument = instrumentOf(order.symbol);
  const isStop = kind === 'stop';
  const types = TYPES[order.type];
  const isContract = instrument.kind === 'future';
  return {
    order_id: face.id,
    order_state: stateOf(face),
    order_type: isStop ? (order.tags['type'] ?? types.stop) : types.plain,
    time_in_force: TIMES[order.timeInForce],
    instrument_name: instrument.name,
    direction: order.side.toLowerCase(),
    price: order.price === null ? 'market_price' : number(order.price),
    amount: number(order.size),
    contracts: number(over(order.size, instrument.engine.minSize)),
    max_show: number(order.size),
    filled_amount: isStop ? 0 : number(order.filledSize),
    average_price: isStop ? 0 : averageOf(order),
    ...(isContract ? { commission: isStop ? 0 : number(order.feeCost), profit_loss: 0 } : {}),
    label: order.clientId ?? '',
    post_only: order.postOnly,
    ...(order.postOnly ? { reject_post_only: order.tags['rejectPostOnly'] === 'true' } : {}),
    ...(isContract
      ? { reduce_only: order.tags['reduceOnly'] === 'true', is_liquidation: false }
      : { is_rebalance: false }),
    ...triggerFields(face),
    ...endFields(face),
    api: order.source === 'api',
    web: order.source !== 'api',
    mmp: false,
    risk_reducing: false,
    replaced: order.tags['replaced'] === 'true',
    creation_timestamp: kind === 'created' ? order.triggeredAt : order.createdAt,
    last_update_timestamp: isStop ? (order.triggeredAt ?? order.updatedAt) : order.updatedAt,
  };
}

/** An execution names the order that traded, never the stop that created it. */
export function tradeJson(execution: SimExecution, engine: Engine): Record<string, unknown> {
  const order = engine.order(execution.orderId);
  const instrument = instrumentOf(execution.symbol);
  const price = number(execution.price);
  const face = order === undefined ? null : liveFace(order);
  return {
    trade_id: execution.id,
    trade_seq: execution.number,
    order_id: face?.id ?? execution.orderId,
    instrument_name: instrument.name,
    direction: execution.side.toLowerCase(),
    price,
    amount: number(execution.size),
    contracts: number(over(execution.size, instrument.engine.minSize)),
    fee: number(execution.feeCost),
    fee_currency: execution.feeCurrency,
    liquidity: execution.maker ? 'M' : 'T',
    order_type: order === undefined ? 'limit' : TYPES[order.type].plain,
    state: face === null ? 'archive' : stateOf(face),
    ...(order === undefined || order.clientId === null ? {} : { label: order.clientId }),
    post_only: order?.postOnly ?? false,
    ...(instrument.kind === 'future' ? { reduce_only: order?.tags['reduceOnly'] === 'true', profit_loss: null } : {}),
    index_price: price,
    mark_price: price,
    tick_direction: 1,
    matching_id: null,
    api: order?.source === 'api',
    mmp: false,
    risk_reducing: false,
    self_trade: false,
    timestamp: execution.at,
  };
}
