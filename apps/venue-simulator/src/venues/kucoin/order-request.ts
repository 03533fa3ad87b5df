import { fixed, times, ZERO } from '../../engine/fixed.ts';
import type { Fixed } from '../../engine/fixed.ts';
import type { Engine, NewOrder, PlaceRefusal, SimMarket } from '../../engine/model.ts';
import { invalidParameter, KucoinError, noSuchSymbol } from './errors.ts';
import { quoteIncrementOf } from './markets.ts';
import type { Params } from './params.ts';

const SIDES = ['buy', 'sell'] as const;
const TYPES = ['limit', 'market'] as const;
const TIMES = ['GTC', 'GTT', 'IOC', 'FOK'] as const;
const STOPS = ['loss', 'entry'] as const;
const CLIENT_ID = /^[A-Za-z0-9_-]{1,40}$/;

/** Reads and checks a new order as far as the venue does before its matching engine sees it. Throws KucoinError. */
export function readOrder(engine: Engine, params: Params, account: string, now: number, isStop: boolean): NewOrder {
  const side = params.oneOf('side', SIDES);
  const type = params.oneOf('type', TYPES) ?? 'limit';
  if (side === null) throw invalidParameter('validation.createOrder.sideIsRequired');
  const clientId = params.text('clientOid');
  if (clientId !== null && !CLIENT_ID.test(clientId)) throw invalidParameter('validation.createOrder.clientOidInvalid');
  const market = params.market(engine);
  const amounts = amountsOf(params, type);
  const stopPrice = isStop ? params.amount('stopPrice') : null;
  if (isStop && stopPrice === null) throw invalidParameter('validation.createOrder.stopPriceIsRequired');
  checkSteps(market, { ...amounts, stopPrice });
  checkFunds(engine, market, { ...amounts, stopPrice }, now);
  const isLimit = type === 'limit';
  const time = timeOf(params, isLimit, now);
  return {
    account,
    clientId,
    symbol: market.symbol,
    side: side === 'buy' ? 'BUY' : 'SELL',
    type: isStop ? (isLimit ? 'STOP_LIMIT' : 'STOP_MARKET') : isLimit ? 'LIMIT' : 'MARKET',
    size: amounts.size,
    quoteSize: amounts.funds,
    price: amounts.price,
    stopPrice,
    triggerWhen: stopPrice === null ? null : (params.oneOf('stop', STOPS) ?? 'loss') === 'loss' ? 'below' : 'above',
    ...time,
    // Disabled on orders that do not rest (documentation): the flag is dropped, not refused.
    postOnly: isLimit && params.flag('postOnly') && time.timeInForce !== 'IOC' && time.timeInForce !== 'FOK',
    source: 'api',
    onImmediateTrigger: 'trigger',
  };
}

interface Amounts {
  readonly size: Fixed | null;
  readonly funds: Fixed | null;
  readonly price: Fixed | null;
}

/** A price on a market order is ignored. */
function amountsOf(params: Params, type: (typeof TYPES)[number]): Amounts {
  const size = params.amount('size');
  const funds = type === 'market' ? params.amount('funds') : null;
  const price = type === 'limit' ? params.amount('price') : null;
  if (type === 'limit' && price === null) throw invalidParameter('validation.createOrder.priceIsRequired');
  if (size === null && funds === null) throw invalidParameter('validation.createOrder.sizeIsRequired');
  if (size !== null && funds !== null) throw invalidParameter('size and funds can not be set at the same time');
  return { size, funds, price };
}

function timeOf(params: Params, isLimit: boolean, now: number): Pick<NewOrder, 'timeInForce' | 'expiresAt' | 'tags'> {
  const remark = params.text('remark');
  const tags = remark === null ? {} : { remark };
  const word = params.oneOf('timeInForce', TIMES) ?? 'GTC';
  if (!isLimit) return { timeInForce: 'GTC', expiresAt: null, tags };
  if (word !== 'GTT') return { timeInForce: word, expiresAt: null, tags };
  const seconds = params.whole('cancelAfter');
  if (seconds === null || seconds === 0) throw invalidParameter('validation.createOrder.cancelAfterIsRequired');
  return {
    timeInForce: 'GTD',
    expiresAt: now + seconds * 1000,
    tags: { ...tags, cancelAfter: String(seconds) },
  };
}

function checkSteps(market: SimMarket, { size, funds, price, stopPrice }: Amounts & { stopPrice: Fixed | null }): void {
  if (size !== null) {
    if (size % market.sizeStep !== ZERO) throw invalidParameter('Order size increment invalid.');
    if (size < market.minSize) throw invalidParameter('Order size below the minimum requirement.');
    if (size > market.maxSize) throw invalidParameter('Order size above the maximum requirement.');
  }
  if (funds !== null && funds % fixed(quoteIncrementOf(market)) !== ZERO) {
    throw invalidParameter('Funds increment invalid.');
  }
  for (const value of [price, stopPrice]) {
    if (value !== null && value % market.priceStep !== ZERO) throw invalidParameter('Price increment invalid.');
  }
}

function checkFunds(
  engine: Engine,
  market: SimMarket,
  amounts: Amounts & { stopPrice: Fixed | null },
  now: number,
): void {
  const reference = amounts.price ?? amounts.stopPrice ?? engine.ticker(market.symbol, now).last;
  const funds = amounts.funds ?? times(amounts.size ?? ZERO, reference);
  if (funds >= market.minNotional) return;
  throw new KucoinError('600101', `The order funds should more then 0.1 ${market.quote}.`);
}

/** The engine's refusal in the venue's words. */
export function placeRefused(refusal: PlaceRefusal): KucoinError {
  switch (refusal) {
    case 'unknownSymbol':
      return noSuchSymbol();
    case 'insufficientFunds':
      return new KucoinError('200004', 'Balance insufficient!');
    case 'duplicateClientId':
      return invalidParameter('validation.createOrder.clientOidDuplicated');
    case 'wouldTake':
      return new KucoinError('300000', 'The post-only order would be filled as taker.');
    case 'wouldTrigger':
    case 'invalid':
      return invalidParameter('validation.createOrder.paramInvalid');
  }
}
