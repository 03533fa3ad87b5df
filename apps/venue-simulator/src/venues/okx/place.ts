import type { OrderSide } from '@orderplane/domain';
import type { Fixed } from '../../engine/fixed.ts';
import { times, ZERO } from '../../engine/fixed.ts';
import type { Engine, NewOrder, PlaceRefusal, SimMarket } from '../../engine/model.ts';
import { amountOf, clientIdOf, oneOf } from './fields.ts';
import type { Fields } from './fields.ts';
import { badParameter, refuseEntry } from './refusal.ts';

/** New orders: from the entry of a body to an order for the engine. Every refusal is an EntryRefusal with OKX's code. */

const PLAIN_TYPES = ['market', 'limit', 'post_only', 'ioc', 'fok'] as const;
const ALGO_TYPES = ['conditional', 'trigger'] as const;
const TARGETS = ['base_ccy', 'quote_ccy'] as const;
const AT_MARKET = '-1';

export function marketOf(engine: Engine, fields: Fields): SimMarket {
  const id = fields.get('instId') ?? badParameter('instId');
  return (
    engine.marketByNativeId(id) ?? refuseEntry('51001', "Instrument ID, Instrument ID code or Spread ID doesn't exist.")
  );
}

function sideOf(fields: Fields): OrderSide {
  const side = oneOf(fields, 'side', ['buy', 'sell'] as const) ?? badParameter('side');
  return side === 'buy' ? 'BUY' : 'SELL';
}

/** A spot account trades without margin. */
function checkMode(fields: Fields): void {
  const mode = oneOf(fields, 'tdMode', ['cash', 'cross', 'isolated', 'spot_isolated'] as const);
  if (mode === null) badParameter('tdMode');
  if (mode !== 'cash') {
    refuseEntry('51010', "You can't complete this request under your current account mode.");
  }
  if (fields.get('reduceOnly') === 'true') refuseEntry('51205', 'Reduce Only is not available.');
}

export function readPrice(fields: Fields, name: string, market: SimMarket): Fixed {
  const price = amountOf(fields, name) ?? refuseEntry('51204', 'The price for the limit order cannot be empty.');
  return checkTick(price, market);
}

function checkTick(price: Fixed, market: SimMarket): Fixed {
  if (price % market.priceStep === ZERO) return price;
  return refuseEntry('51150', 'The precision of the number of trades or the price exceeds the limit.');
}

export function readSize(fields: Fields, name: string, market: SimMarket): Fixed {
  const size = amountOf(fields, name) ?? badParameter(name);
  if (size % market.sizeStep !== ZERO) refuseEntry('51121', 'Order quantity must be a multiple of the lot size.');
  if (size < market.minSize) refuseEntry('51020', 'Your order should meet or exceed the minimum order amount.');
  if (size > market.maxSize) refuseEntry('51005', 'Your order amount exceeds the max order amount.');
  return size;
}

/** An amount of the quote currency, worth at least the minimum size at the last price. */
function readCost(fields: Fields, market: SimMarket, last: Fixed): Fixed {
  const cost = amountOf(fields, 'sz') ?? badParameter('sz');
  if (cost < times(market.minSize, last)) {
    refuseEntry('51020', 'Your order should meet or exceed the minimum order amount.');
  }
  return cost;
}

/** POST order, or one entry of batch-orders. */
export function readPlainOrder(engine: Engine, fields: Fields, account: string, now: number): NewOrder {
  const market = marketOf(engine, fields);
  checkMode(fields);
  const side = sideOf(fields);
  const ordType = oneOf(fields, 'ordType', PLAIN_TYPES) ?? badParameter('ordType');
  const target = oneOf(fields, 'tgtCcy', TARGETS);
  const isMarket = ordType === 'market';
  const byQuote = isMarket && (target ?? (side === 'BUY' ? 'quote_ccy' : 'base_ccy')) === 'quote_ccy';
  const price = isMarket ? null : readPrice(fields, 'px', market);
  return {
    account,
    clientId: clientIdOf(fields, 'clOrdId'),
    symbol: market.symbol,
    side,
    type: isMarket ? 'MARKET' : 'LIMIT',
    size: byQuote ? null : readSize(fields, 'sz', market),
    quoteSize: byQuote ? readCost(fields, market, engine.ticker(market.symbol, now).last) : null,
    price,
    stopPrice: null,
    timeInForce: ordType === 'ioc' ? 'IOC' : ordType === 'fok' ? 'FOK' : 'GTC',
    expiresAt: null,
    postOnly: ordType === 'post_only',
    source: 'api',
    // Taken, then cancelled with source 31: the answer does not know yet that it would take.
    onPostOnlyCross: 'cancel',
    tags: { ordType, tag: fields.get('tag') ?? '' },
  };
}

interface AlgoTerms {
  readonly stopPrice: Fixed;
  readonly price: Fixed | null;
  readonly triggerWhen: 'above' | 'below';
  /** Code and text where the price is beyond it already. */
  readonly beyond: readonly [string, string];
}

function orderPrice(fields: Fields, name: string, market: SimMarket): Fixed | null {
  const text = fields.get(name) ?? badParameter(name);
  return text === AT_MARKET ? null : readPrice(fields, name, market);
}

/** A stop loss sells when the price falls and buys when it rises; a take profit does the opposite. */
function conditional(fields: Fields, market: SimMarket, side: OrderSide): AlgoTerms {
  const isStopLoss = fields.has('slTriggerPx');
  const name = isStopLoss ? 'sl' : 'tp';
  const stopPrice = readPrice(fields, `${name}TriggerPx`, market);
  const price = orderPrice(fields, `${name}OrdPx`, market);
  const isAbove = (side === 'BUY') === isStopLoss;
  const kind = isStopLoss ? 'SL' : 'TP';
  const beyond = isAbove
    ? ([isStopLoss ? '51278' : '51279', `${kind} trigger price cannot be lower than the last price`] as const)
    : ([isStopLoss ? '51280' : '51277', `${kind} trigger price cannot be higher than the last price`] as const);
  return { stopPrice, price, triggerWhen: isAbove ? 'above' : 'below', beyond };
}

/** Fires whichever way the price comes to it. */
function crossing(fields: Fields, market: SimMarket, last: Fixed): AlgoTerms {
  const stopPrice = readPrice(fields, 'triggerPx', market);
  const price = orderPrice(fields, 'orderPx', market);
  const beyond = ['51000', 'Parameter triggerPx error'] as const;
  return { stopPrice, price, triggerWhen: stopPrice > last ? 'above' : 'below', beyond };
}

export interface AlgoOrder {
  readonly order: NewOrder;
  readonly beyond: readonly [string, string];
}

/** POST order-algo: stop loss, take profit and trigger orders; strategies are not simulated. */
export function readAlgoOrder(engine: Engine, fields: Fields, account: string, now: number): AlgoOrder {
  const market = marketOf(engine, fields);
  checkMode(fields);
  const side = sideOf(fields);
  const ordType = oneOf(fields, 'ordType', ALGO_TYPES) ?? badParameter('ordType');
  const last = engine.ticker(market.symbol, now).last;
  const terms = ordType === 'trigger' ? crossing(fields, market, last) : conditional(fields, market, side);
  const size = readSize(fields, 'sz', market);
  if (fields.get('tgtCcy') === 'quote_ccy') badParameter('tgtCcy');
  const order: NewOrder = {
    account,
    clientId: clientIdOf(fields, 'algoClOrdId'),
    symbol: market.symbol,
    side,
    type: terms.price === null ? 'STOP_MARKET' : 'STOP_LIMIT',
    size,
    quoteSize: null,
    price: terms.price,
    stopPrice: terms.stopPrice,
    triggerWhen: terms.triggerWhen,
    timeInForce: 'GTC',
    expiresAt: null,
    postOnly: false,
    source: 'api',
    onImmediateTrigger: 'refuse',
    tags: { ordType, kind: fields.has('slTriggerPx') ? 'sl' : 'tp', tag: fields.get('tag') ?? '' },
  };
  return { order, beyond: terms.beyond };
}

/** The engine's refusal in OKX's words. */
export function placeRefused(
  refusal: PlaceRefusal,
  order: NewOrder,
  market: SimMarket,
  beyond: readonly [string, string],
): never {
  switch (refusal) {
    case 'unknownSymbol':
      return refuseEntry('51001', "Instrument ID, Instrument ID code or Spread ID doesn't exist.");
    case 'insufficientFunds': {
      const asset = order.side === 'BUY' ? market.quote : market.base;
      return refuseEntry('51008', `Order failed. Insufficient ${asset} balance in account.`);
    }
    case 'duplicateClientId':
      return order.stopPrice === null
        ? refuseEntry('51016', 'Client order ID already exists.')
        : refuseEntry('51065', 'algoClOrdId already exists.');
    case 'wouldTrigger':
      return refuseEntry(...beyond);
    case 'wouldTake':
    case 'invalid':
      return badParameter('sz');
  }
}
