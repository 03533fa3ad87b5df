import type { SimMarket } from '../../engine/model.ts';
import type { VenueContext } from '../protocol.ts';
import { BinanceError, invalidSymbol } from './errors.ts';
import type { RateLimits } from './limits.ts';
import { marketOf, NATIVE_TYPES } from './order-request.ts';
import type { Params } from './params.ts';
import { pageSize } from './queries.ts';
import { aggTradeView, eight, stepText, tickerView } from './views.ts';

const symbolInfo = (market: SimMarket) => ({
  symbol: market.nativeId,
  status: 'TRADING',
  baseAsset: market.base,
  baseAssetPrecision: 8,
  quoteAsset: market.quote,
  quotePrecision: 8,
  quoteAssetPrecision: 8,
  baseCommissionPrecision: 8,
  quoteCommissionPrecision: 8,
  orderTypes: NATIVE_TYPES,
  icebergAllowed: false,
  ocoAllowed: false,
  otoAllowed: false,
  quoteOrderQtyMarketAllowed: true,
  allowTrailingStop: false,
  cancelReplaceAllowed: true,
  amendAllowed: true,
  isSpotTradingAllowed: true,
  isMarginTradingAllowed: false,
  filters: [
    {
      filterType: 'PRICE_FILTER',
      minPrice: stepText(market.priceStep),
      maxPrice: '1000000.00000000',
      tickSize: stepText(market.priceStep),
    },
    {
      filterType: 'LOT_SIZE',
      minQty: eight(market.minSize),
      maxQty: eight(market.maxSize),
      stepSize: stepText(market.sizeStep),
    },
    {
      filterType: 'NOTIONAL',
      minNotional: eight(market.minNotional),
      applyMinToMarket: true,
      maxNotional: '100000000.00000000',
      applyMaxToMarket: false,
      avgPriceMins: 0,
    },
  ],
  permissions: [],
  permissionSets: [['SPOT']],
  defaultSelfTradePreventionMode: 'NONE',
  allowedSelfTradePreventionModes: ['NONE'],
});

export function exchangeInfo({ engine, now }: VenueContext, limits: RateLimits, params: Params): object {
  const chosen = symbolsOf(params);
  const markets = engine.settings.markets.filter((one) => chosen === null || chosen.has(one.nativeId));
  if (chosen !== null && markets.length < chosen.size) throw invalidSymbol();
  return {
    timezone: 'UTC',
    serverTime: now(),
    rateLimits: limits.announced(),
    exchangeFilters: [],
    symbols: markets.map(symbolInfo),
  };
}

/** Parameter `symbol`, or `symbols` as a JSON list; null: all. */
function symbolsOf(params: Params): Set<string> | null {
  const one = params.text('symbol');
  if (one !== null) return new Set([one]);
  const list = params.text('symbols');
  if (list === null) return null;
  return new Set(list.replace(/[[\]"\s]/g, '').split(','));
}

export function ticker24h({ engine, now }: VenueContext, params: Params): object {
  const chosen = symbolsOf(params);
  const markets = engine.settings.markets.filter((one) => chosen === null || chosen.has(one.nativeId));
  if (chosen !== null && markets.length < chosen.size) throw invalidSymbol();
  const views = markets.map((market) => tickerView(engine.ticker(market.symbol, now()), market));
  return params.has('symbol') ? (views[0] ?? {}) : views;
}

const HOUR_MS = 3_600_000;

/** The latest, or from an id or a time on; oldest first. */
export function aggTrades({ engine }: VenueContext, params: Params): object[] {
  const market = marketOf(engine, params);
  const fromId = params.whole('fromId');
  const start = params.whole('startTime');
  const end = params.whole('endTime');
  if (start !== null && end !== null && end - start > HOUR_MS)
    throw new BinanceError(-1127, 'More than 1 hours between startTime and endTime.');
  const tape = engine.publicTrades(market.symbol);
  const limit = pageSize(params);
  if (fromId === null && start === null && end === null) return tape.slice(-limit).map(aggTradeView);
  const found = tape.filter(
    (trade) => trade.number >= (fromId ?? 0) && trade.at >= (start ?? 0) && trade.at <= (end ?? Infinity),
  );
  return found.slice(0, limit).map(aggTradeView);
}
