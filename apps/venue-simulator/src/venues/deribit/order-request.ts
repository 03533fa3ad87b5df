import type { OrderSide, OrderType } from '@orderplane/domain';
import type { Fixed } from '../../engine/fixed.ts';
import { fixedText, most, ZERO } from '../../engine/fixed.ts';
import type { Engine, NewOrder, SimTimeInForce } from '../../engine/model.ts';
import type { Instrument } from './markets.ts';
import type { Params } from './params.ts';
import { decimal, flag, instrumentIn, integer, labelIn, oneOf } from './params.ts';
import { badParameter, refuse } from './refusal.ts';

/** private/buy and private/sell: from parameters to an order for the engine. Refusals are thrown. */

const TYPES = [
  'limit',
  'market',
  'stop_limit',
  'stop_market',
  'take_limit',
  'take_market',
  'market_limit',
  'trailing_stop',
] as const;
type NativeType = (typeof TYPES)[number];

const OWN_TYPES: Readonly<Record<NativeType, OrderType | null>> = {
  limit: 'LIMIT',
  market: 'MARKET',
  stop_limit: 'STOP_LIMIT',
  stop_market: 'STOP_MARKET',
  take_limit: 'STOP_LIMIT',
  take_market: 'STOP_MARKET',
  // Not simulated.
  market_limit: null,
  trailing_stop: null,
};

const TIMES = ['good_til_cancelled', 'good_til_day', 'immediate_or_cancel', 'fill_or_kill'] as const;
const OWN_TIMES: Readonly<Record<(typeof TIMES)[number], SimTimeInForce>> = {
  good_til_cancelled: 'GTC',
  good_til_day: 'GTD',
  immediate_or_cancel: 'IOC',
  fill_or_kill: 'FOK',
};

const DAY_MS = 86_400_000;
const DAY_ENDS_MS = 8 * 3_600_000;
/** What is good for the day ends at 08:00 UTC. */
export const endOfDay = (now: number): number =>
  Math.floor((now - DAY_ENDS_MS) / DAY_MS) * DAY_MS + DAY_MS + DAY_ENDS_MS;

/** "Server will start processing the request in the matching engine only before the given timestamp" (documentation). */
export function checkValidUntil(params: Params, now: number): void {
  if (!params.has('valid_until')) return;
  if (integer(params, 'valid_until', 0, 0, Number.MAX_SAFE_INTEGER) < now) refuse(13888, { reason: 'valid_until' });
}

export function readAmount(params: Params, one: Instrument): Fixed {
  const amount = decimal(params, 'amount');
  if (amount === null) return badParameter('amount', 'value required');
  if (amount <= ZERO) return refuse(10021);
  if (amount < one.engine.minSize) return refuse(10002);
  if (amount % one.engine.sizeStep !== ZERO) {
    return badParameter('amount', `must be a multiple of ${fixedText(one.engine.sizeStep)}`);
  }
  return amount;
}

/** A price on the tick; the code of the refusal tells which price is meant. */
export function readPrice(
  params: Params,
  name: 'price' | 'trigger_price',
  one: Instrument,
  needed: boolean,
): Fixed | null {
  const price = decimal(params, name);
  if (price === null) return needed ? badParameter(name, 'value required') : null;
  if (price <= ZERO) return badParameter(name, 'must be positive');
  if (price % one.engine.priceStep !== ZERO) return refuse(name === 'price' ? 10043 : 10044);
  return price;
}

/** The worst price at which an order still rests: one step off the other side of the book. */
export function restingPrice(engine: Engine, one: Instrument, side: OrderSide, wish: Fixed, now: number): Fixed {
  const { bid, bidSize, ask, askSize } = engine.ticker(one.engine.symbol, now);
  const step = one.engine.priceStep;
  if (side === 'BUY') return askSize === ZERO || wish < ask ? wish : most(step, ask - step);
  return bidSize === ZERO || wish > bid ? wish : bid + step;
}

interface Trigger {
  readonly stopPrice: Fixed | null;
  readonly triggerWhen: 'above' | 'below' | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** A trigger that is reached already is refused, by the side on which it lies. */
export function checkTrigger(stopPrice: Fixed, when: 'above' | 'below', last: Fixed): void {
  if (when === 'above' && stopPrice <= last) refuse(10035);
  if (when === 'below' && stopPrice >= last) refuse(10034);
}

/** Plain orders ignore a trigger price: it is an unknown key to them. */
function readTrigger(params: Params, type: NativeType, side: OrderSide, one: Instrument, last: Fixed): Trigger {
  if (!type.startsWith('stop_') && !type.startsWith('take_')) return { stopPrice: null, triggerWhen: null, tags: {} };
  const trigger = oneOf(params, 'trigger', ['last_price', 'mark_price', 'index_price'], null);
  const stopPrice = readPrice(params, 'trigger_price', one, true) ?? ZERO;
  const isAbove = (side === 'BUY') !== type.startsWith('take_');
  const triggerWhen = isAbove ? 'above' : 'below';
  checkTrigger(stopPrice, triggerWhen, last);
  return { stopPrice, triggerWhen, tags: { trigger, type } };
}

function checkCombination(type: OrderType, time: SimTimeInForce, postOnly: boolean): void {
  const isStop = type === 'STOP_LIMIT' || type === 'STOP_MARKET';
  const isMarket = type === 'MARKET' || type === 'STOP_MARKET';
  if (postOnly && (isMarket || time !== 'GTC')) refuse(11047, { reason: 'post_only' });
  // What Deribit does with the others on stops is not documented.
  if (isStop && (time !== 'GTC' || postOnly)) refuse(11047, { reason: 'time_in_force' });
}

/** Sum of the account's executions: bought above 0, sold below. */
export function positionOf(engine: Engine, account: string, symbol: string): Fixed {
  let position = ZERO;
  for (const { side, size } of engine.executions(account, symbol)) position += side === 'BUY' ? size : -size;
  return position;
}

/** A reduce-only order must lie against the position and within it. (The venue cuts larger ones; here they are refused.) */
function checkReduceOnly(engine: Engine, account: string, one: Instrument, side: OrderSide, size: Fixed): void {
  if (one.kind === 'spot') refuse(11047, { reason: 'reduce_only' });
  const position = positionOf(engine, account, one.engine.symbol);
  const closable = side === 'SELL' ? position : -position;
  if (closable < size) refuse(11030, { reason: 'reduce_direction' });
}

/** Unknown keys are ignored, as the venue does: a misspelt trigger price leaves a plain order. */
export function readOrderRequest(
  params: Params,
  side: OrderSide,
  account: string,
  engine: Engine,
  now: number,
): NewOrder {
  const one = instrumentIn(params);
  const native = oneOf(params, 'type', TYPES, 'limit');
  const type = OWN_TYPES[native] ?? refuse(10033, { reason: native });
  const size = readAmount(params, one);
  const isLimit = type === 'LIMIT' || type === 'STOP_LIMIT';
  const wish = isLimit ? readPrice(params, 'price', one, true) : null;
  const trigger = readTrigger(params, native, side, one, engine.ticker(one.engine.symbol, now).last);
  const isMarket = type === 'MARKET' || type === 'STOP_MARKET';
  const named = OWN_TIMES[oneOf(params, 'time_in_force', TIMES, 'good_til_cancelled')];
  const timeInForce = isMarket ? 'GTC' : named;
  const postOnly = flag(params, 'post_only');
  const rejectPostOnly = flag(params, 'reject_post_only');
  checkCombination(type, timeInForce, postOnly);
  const reduceOnly = flag(params, 'reduce_only');
  if (reduceOnly) checkReduceOnly(engine, account, one, side, size);
  const label = params.has('label') && params.get('label') !== '' ? labelIn(params) : null;
  checkValidUntil(params, now);
  const reprices = postOnly && !rejectPostOnly && wish !== null;
  return {
    account,
    clientId: label,
    symbol: one.engine.symbol,
    side,
    type,
    size,
    quoteSize: null,
    price: reprices ? restingPrice(engine, one, side, wish, now) : wish,
    stopPrice: trigger.stopPrice,
    triggerWhen: trigger.triggerWhen,
    timeInForce,
    expiresAt: timeInForce === 'GTD' ? endOfDay(now) : null,
    postOnly,
    source: 'api',
    onPostOnlyCross: 'refuse',
    onImmediateTrigger: 'refuse',
    uniqueOpenClientId: false,
    tags: {
      ...trigger.tags,
      ...(reduceOnly ? { reduceOnly: 'true' } : {}),
      ...(rejectPostOnly ? { rejectPostOnly: 'true' } : {}),
    },
  };
}
