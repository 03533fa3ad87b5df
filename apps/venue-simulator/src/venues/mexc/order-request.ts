import { ORDER_SIDES } from '@orderplane/domain';
import type { OrderSide } from '@orderplane/domain';
import { fixed, fixedText, times, ZERO } from '../../engine/fixed.ts';
import type { Fixed } from '../../engine/fixed.ts';
import type { Engine, NewOrder, PlaceRefusal, SimMarket } from '../../engine/model.ts';
import { badScale, invalidSymbol, mandatory, MexcError } from './errors.ts';
import { MAX_QUOTE_AMOUNT, WITHOUT_MARKET_ORDERS } from './markets.ts';
import type { Params } from './params.ts';

const TYPES = ['LIMIT', 'MARKET', 'LIMIT_MAKER', 'IMMEDIATE_OR_CANCEL', 'FILL_OR_KILL'] as const;
type NativeType = (typeof TYPES)[number];
const TIME_IN_FORCE: Readonly<Record<NativeType, 'GTC' | 'IOC' | 'FOK'>> = {
  LIMIT: 'GTC',
  MARKET: 'GTC',
  LIMIT_MAKER: 'GTC',
  IMMEDIATE_OR_CANCEL: 'IOC',
  FILL_OR_KILL: 'FOK',
};
/** Decimals of amounts in the quote currency. */
const QUOTE_AMOUNT_STEP = fixed('0.00000001');

export function marketOf(engine: Engine, nativeId: string): SimMarket {
  const market = engine.marketByNativeId(nativeId);
  if (market === undefined) throw invalidSymbol();
  return market;
}

interface Amounts {
  readonly quantity: Fixed | null;
  readonly quoteOrderQty: Fixed | null;
  readonly price: Fixed | null;
}

/**
 * Reads and checks a new order as far as the venue does before its matching engine sees it. Parameters that it does not
 * know (a stop price, a time in force) change nothing: a plain order goes out. Throws MexcError.
 */
export function readOrder(engine: Engine, params: Params, account: string, now: number): NewOrder {
  const market = marketOf(engine, params.required('symbol'));
  const side = params.oneOf('side', ORDER_SIDES);
  const type = params.oneOf('type', TYPES);
  if (type === 'MARKET' && WITHOUT_MARKET_ORDERS.has(market.nativeId)) {
    throw new MexcError(30019, 'api market order is disabled');
  }
  const amounts = amountsOf(type, params);
  checkSteps(market, amounts);
  checkValue({ engine, market, account, side, now }, amounts);
  return {
    account,
    clientId: params.clientId('newClientOrderId'),
    symbol: market.symbol,
    side,
    type: type === 'MARKET' ? 'MARKET' : 'LIMIT',
    size: amounts.quantity,
    quoteSize: amounts.quoteOrderQty,
    price: amounts.price,
    stopPrice: null,
    timeInForce: TIME_IN_FORCE[type],
    expiresAt: null,
    postOnly: type === 'LIMIT_MAKER',
    source: 'api',
    // Nothing is published about repeated client ids: the venue lets a client do itself the harm.
    uniqueOpenClientId: false,
    tags: { type },
  };
}

function amountsOf(type: NativeType, params: Params): Amounts {
  const quantity = params.amount('quantity', () => badScale('quantity'));
  if (type === 'MARKET') {
    const quoteOrderQty = params.amount('quoteOrderQty', () => badScale('amount'));
    if ((quantity === null) === (quoteOrderQty === null)) {
      throw new MexcError(-1128, 'Combination of optional parameters invalid.');
    }
    return { quantity, quoteOrderQty, price: null };
  }
  const price = params.amount('price', () => badScale('price'));
  if (quantity === null) throw mandatory('quantity');
  if (price === null) throw mandatory('price');
  return { quantity, quoteOrderQty: null, price };
}

function checkSteps(market: SimMarket, { quantity, quoteOrderQty, price }: Amounts): void {
  if (quantity !== null && quantity % market.sizeStep !== ZERO) throw badScale('quantity');
  if (price !== null && price % market.priceStep !== ZERO) throw badScale('price');
  if (quoteOrderQty !== null && quoteOrderQty % QUOTE_AMOUNT_STEP !== ZERO) throw badScale('amount');
}

interface Setting {
  readonly engine: Engine;
  readonly market: SimMarket;
  readonly account: string;
  readonly side: OrderSide;
  readonly now: number;
}

/** Funds come before the maximum: an account that could not pay hears of that. */
function checkValue({ engine, market, account, side, now }: Setting, amounts: Amounts): void {
  const reference = amounts.price ?? engine.ticker(market.symbol, now).last;
  const value = amounts.quoteOrderQty ?? times(amounts.quantity ?? ZERO, reference);
  const isSmall = value < market.minNotional || (amounts.quantity !== null && amounts.quantity < market.minSize);
  if (isSmall) {
    const least = `${fixedText(market.minNotional)}${market.quote}`;
    throw new MexcError(30002, `The minimum transaction volume cannot be less than：${least}`);
  }
  const most = MAX_QUOTE_AMOUNT[market.quote];
  if (most === undefined || value <= fixed(most)) return;
  const needed = side === 'BUY' ? value : (amounts.quantity ?? ZERO);
  const balance = engine.balances(account).get(side === 'BUY' ? market.quote : market.base);
  if (balance === undefined || balance.total - balance.held < needed) throw insufficient(side);
  throw new MexcError(30003, `The maximum transaction volume cannot be greater than：${most}${market.quote}`);
}

const insufficient = (side: OrderSide): MexcError =>
  side === 'BUY' ? new MexcError(30004, 'Insufficient position') : new MexcError(30005, 'Oversold');

/** The engine's refusal in the venue's words. */
export function placeRefused(refusal: PlaceRefusal, side: OrderSide): MexcError {
  switch (refusal) {
    case 'unknownSymbol':
      return invalidSymbol();
    case 'insufficientFunds':
      return insufficient(side);
    case 'wouldTake':
      return new MexcError(30041, 'current order type can not place order');
    case 'duplicateClientId':
    case 'wouldTrigger':
    case 'invalid':
      return new MexcError(33333, 'param is error');
  }
}
