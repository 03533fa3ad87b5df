import { ORDER_SIDES } from '@orderplane/domain';
import type { Fixed } from '../../engine/fixed.ts';
import { times, ZERO } from '../../engine/fixed.ts';
import type { Engine, NewOrder, PlaceRefusal, SimMarket } from '../../engine/model.ts';
import { BinanceError, filterFailure, invalidSymbol, missing, newOrderRejected, notRequired } from './errors.ts';
import type { Params } from './params.ts';

export const ORDER_PARAMS = [
  'symbol',
  'side',
  'type',
  'timeInForce',
  'quantity',
  'quoteOrderQty',
  'price',
  'newClientOrderId',
  'strategyId',
  'strategyType',
  'stopPrice',
  'newOrderRespType',
  'selfTradePreventionMode',
] as const;

const TYPES = [
  'LIMIT',
  'LIMIT_MAKER',
  'MARKET',
  'STOP_LOSS',
  'STOP_LOSS_LIMIT',
  'TAKE_PROFIT',
  'TAKE_PROFIT_LIMIT',
] as const;
type NativeType = (typeof TYPES)[number];
export const NATIVE_TYPES: readonly string[] = TYPES;

type Need = 'timeInForce' | 'quantity' | 'price' | 'stopPrice';
/** What each type requires; of the four, what it does not require may not be sent. */
const NEEDS: Readonly<Record<NativeType, readonly Need[]>> = {
  LIMIT: ['timeInForce', 'quantity', 'price'],
  LIMIT_MAKER: ['quantity', 'price'],
  MARKET: [],
  STOP_LOSS: ['quantity', 'stopPrice'],
  STOP_LOSS_LIMIT: ['timeInForce', 'quantity', 'price', 'stopPrice'],
  TAKE_PROFIT: ['quantity', 'stopPrice'],
  TAKE_PROFIT_LIMIT: ['timeInForce', 'quantity', 'price', 'stopPrice'],
};
const ENGINE_TYPE = {
  LIMIT: 'LIMIT',
  LIMIT_MAKER: 'LIMIT',
  MARKET: 'MARKET',
  STOP_LOSS: 'STOP_MARKET',
  STOP_LOSS_LIMIT: 'STOP_LIMIT',
  TAKE_PROFIT: 'STOP_MARKET',
  TAKE_PROFIT_LIMIT: 'STOP_LIMIT',
} as const;

const PLACES_8 = 10n ** 10n;
const MAX_PRICE = 1_000_000n * 10n ** 18n;

export type Detail = 'ACK' | 'RESULT' | 'FULL';
export interface OrderRequest {
  readonly order: NewOrder;
  readonly market: SimMarket;
  readonly detail: Detail;
}

export function marketOf(engine: Engine, params: Params): SimMarket {
  const market = engine.marketByNativeId(params.required('symbol'));
  if (market === undefined) throw invalidSymbol();
  return market;
}

/** Reads and checks a new order as far as the venue does before its matching engine sees it. Throws BinanceError. */
export function readOrder(
  engine: Engine,
  params: Params,
  account: string,
  makeId: () => string,
  now: number,
): OrderRequest {
  const market = marketOf(engine, params);
  const side = params.oneOf('side', ORDER_SIDES, () => new BinanceError(-1117, 'Invalid side.'));
  const type = params.oneOf('type', TYPES, () => new BinanceError(-1116, 'Invalid orderType.'));
  if (side === null) throw missing('side');
  if (type === null) throw missing('type');
  checkShape(type, params);
  const amounts = {
    quantity: params.amount('quantity'),
    quoteOrderQty: params.amount('quoteOrderQty'),
    price: params.amount('price'),
    stopPrice: params.amount('stopPrice'),
  };
  checkFilters(engine, market, amounts, now);
  const isTakeProfit = type === 'TAKE_PROFIT' || type === 'TAKE_PROFIT_LIMIT';
  const triggersAbove = (side === 'BUY') !== isTakeProfit;
  const detail = params.oneOf('newOrderRespType', ['ACK', 'RESULT', 'FULL'] as const, () =>
    missing('newOrderRespType'),
  );
  const order: NewOrder = {
    account,
    clientId: params.clientId('newClientOrderId') ?? makeId(),
    symbol: market.symbol,
    side,
    type: ENGINE_TYPE[type],
    size: amounts.quantity,
    quoteSize: amounts.quoteOrderQty,
    price: amounts.price,
    stopPrice: amounts.stopPrice,
    triggerWhen: amounts.stopPrice === null ? null : triggersAbove ? 'above' : 'below',
    timeInForce: timeInForceOf(params),
    expiresAt: null,
    postOnly: type === 'LIMIT_MAKER',
    source: 'api',
    tags: { type },
  };
  return { order, market, detail: detail ?? (type === 'LIMIT' || type === 'MARKET' ? 'FULL' : 'ACK') };
}

function timeInForceOf(params: Params): 'GTC' | 'IOC' | 'FOK' {
  const words = ['GTC', 'IOC', 'FOK'] as const;
  return params.oneOf('timeInForce', words, () => new BinanceError(-1115, 'Invalid timeInForce.')) ?? 'GTC';
}

function checkShape(type: NativeType, params: Params): void {
  const needs = NEEDS[type];
  for (const name of needs) if (params.text(name) === null) throw missing(name);
  const isMarket = type === 'MARKET';
  for (const name of ['timeInForce', 'price', 'stopPrice'] as const) {
    if (!needs.includes(name) && params.has(name)) throw notRequired(name);
  }
  if (!isMarket && params.has('quoteOrderQty')) throw notRequired('quoteOrderQty');
  if (!isMarket) return;
  const given = Number(params.has('quantity')) + Number(params.has('quoteOrderQty'));
  if (given === 2) throw new BinanceError(-1128, 'Combination of optional parameters invalid.');
  if (given === 0) {
    throw new BinanceError(-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!");
  }
}

type Amounts = Readonly<Record<'quantity' | 'quoteOrderQty' | 'price' | 'stopPrice', Fixed | null>>;

function checkFilters(engine: Engine, market: SimMarket, amounts: Amounts, now: number): void {
  for (const [name, value] of Object.entries(amounts)) {
    if (value !== null && value % PLACES_8 !== ZERO) {
      throw new BinanceError(-1111, `Parameter '${name}' has too much precision.`);
    }
  }
  const { quantity, quoteOrderQty, price, stopPrice } = amounts;
  for (const value of [price, stopPrice]) {
    if (value !== null && (value % market.priceStep !== ZERO || value > MAX_PRICE)) throw filterFailure('PRICE_FILTER');
  }
  if (quantity !== null) checkLot(market, quantity);
  const reference = price ?? stopPrice ?? engine.ticker(market.symbol, now).last;
  const notional = quoteOrderQty ?? times(quantity ?? ZERO, reference);
  if (notional < market.minNotional) throw filterFailure('NOTIONAL');
}

export function checkLot(market: SimMarket, quantity: Fixed): void {
  const isOff = quantity % market.sizeStep !== ZERO || quantity < market.minSize || quantity > market.maxSize;
  if (isOff) throw filterFailure('LOT_SIZE');
}

/** The engine's refusal in the venue's words. */
export function placeRefused(refusal: PlaceRefusal): BinanceError {
  switch (refusal) {
    case 'unknownSymbol':
      return invalidSymbol();
    case 'insufficientFunds':
      return newOrderRejected('Account has insufficient balance for requested action.');
    case 'duplicateClientId':
      return newOrderRejected('Duplicate order sent.');
    case 'wouldTake':
      return newOrderRejected('Order would immediately match and take.');
    case 'wouldTrigger':
      return newOrderRejected('Order would trigger immediately.');
    case 'invalid':
      return new BinanceError(-1013, 'Invalid quantity.');
  }
}
