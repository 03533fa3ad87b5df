import { fixedText } from '../../engine/fixed.ts';
import type { SimMarket } from '../../engine/model.ts';
import type { VenueContext } from '../protocol.ts';
import { invalidSymbol } from './errors.ts';
import { MAX_QUOTE_AMOUNT, WITHOUT_MARKET_ORDERS } from './markets.ts';
import { marketOf } from './order-request.ts';
import type { Params } from './params.ts';
import { aggTradeView, bookTickerView, plain, publicTradeView, tickerView } from './views.ts';

/** "0.001" has three decimals. */
const decimals = (step: string): number => step.split('.')[1]?.length ?? 0;

export function symbolInfo(context: VenueContext, market: SimMarket): object {
  const { makerFee, takerFee } = context.engine.settings;
  const baseDecimals = decimals(fixedText(market.sizeStep));
  const quoteDecimals = decimals(fixedText(market.priceStep));
  const most = MAX_QUOTE_AMOUNT[market.quote] ?? '2000000';
  const limitTypes = ['LIMIT', 'LIMIT_MAKER'];
  return {
    symbol: market.nativeId,
    status: '1',
    baseAsset: market.base,
    baseAssetPrecision: baseDecimals,
    quoteAsset: market.quote,
    quotePrecision: quoteDecimals,
    quoteAssetPrecision: quoteDecimals,
    baseCommissionPrecision: baseDecimals,
    quoteCommissionPrecision: quoteDecimals,
    orderTypes: WITHOUT_MARKET_ORDERS.has(market.nativeId) ? limitTypes : ['LIMIT', 'MARKET', 'LIMIT_MAKER'],
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    quoteAmountPrecision: fixedText(market.minNotional),
    baseSizePrecision: fixedText(market.minSize),
    permissions: ['SPOT'],
    filters: [],
    maxQuoteAmount: most,
    makerCommission: plain(makerFee),
    takerCommission: plain(takerFee),
    quoteAmountPrecisionMarket: fixedText(market.minNotional),
    maxQuoteAmountMarket: most,
    fullName: market.base,
    tradeSideType: 1,
  };
}

/** Parameter `symbol`, or `symbols` (a list with commas); none: all. */
function chosen({ engine }: VenueContext, params: Params): readonly SimMarket[] {
  const names = params.text('symbol') ?? params.text('symbols');
  if (names === null) return engine.settings.markets;
  return names
    .replace(/[[\]"\s]/g, '')
    .split(',')
    .map((nativeId) => marketOf(engine, nativeId));
}

export const exchangeInfo = (context: VenueContext, params: Params): object => ({
  timezone: 'CST',
  serverTime: context.now(),
  rateLimits: [],
  exchangeFilters: [],
  symbols: chosen(context, params).map((market) => symbolInfo(context, market)),
});

/** One object for a named symbol, else a list. */
function perSymbol(
  context: VenueContext,
  params: Params,
  view: (market: SimMarket, context: VenueContext) => object,
): object {
  const views = chosen(context, params).map((market) => view(market, context));
  if (params.text('symbol') === null) return views;
  const [only] = views;
  if (only === undefined) throw invalidSymbol();
  return only;
}

const tickerOf = (market: SimMarket, { engine, now }: VenueContext) => engine.ticker(market.symbol, now());

export const ticker24h = (context: VenueContext, params: Params): object =>
  perSymbol(context, params, (market) => tickerView(tickerOf(market, context), market));
export const bookTicker = (context: VenueContext, params: Params): object =>
  perSymbol(context, params, (market) => bookTickerView(tickerOf(market, context), market));
export const priceTicker = (context: VenueContext, params: Params): object =>
  perSymbol(context, params, (market) => ({
    symbol: market.nativeId,
    price: plain(tickerOf(market, context).last),
  }));

const pageSize = (params: Params): number => Math.max(1, Math.min(params.whole('limit') ?? 500, 1_000));

/** The latest, or those of a window; oldest first. */
export function aggTrades({ engine }: VenueContext, params: Params): object[] {
  const market = marketOf(engine, params.required('symbol'));
  const [start, end] = [params.whole('startTime'), params.whole('endTime')];
  const tape = engine.publicTrades(market.symbol);
  if (start === null && end === null) return tape.slice(-pageSize(params)).map(aggTradeView);
  const found = tape.filter(({ at }) => at >= (start ?? 0) && at <= (end ?? Infinity));
  return found.slice(0, pageSize(params)).map(aggTradeView);
}

/** Newest first. */
export function recentTrades({ engine }: VenueContext, params: Params): object[] {
  const market = marketOf(engine, params.required('symbol'));
  return engine.publicTrades(market.symbol).slice(-pageSize(params)).map(publicTradeView).reverse();
}

/** The best level of each side. */
export function depth({ engine, now }: VenueContext, params: Params): object {
  const market = marketOf(engine, params.required('symbol'));
  const ticker = engine.ticker(market.symbol, now());
  return {
    lastUpdateId: ticker.at,
    bids: [[plain(ticker.bid), plain(ticker.bidSize)]],
    asks: [[plain(ticker.ask), plain(ticker.askSize)]],
    timestamp: ticker.at,
  };
}
