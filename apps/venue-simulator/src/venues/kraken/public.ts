import { fixedTextAt, over, ZERO } from '../../engine/fixed.ts';
import type { Engine } from '../../engine/model.ts';
import type { Fields } from './auth.ts';
import type { KrakenMarket } from './markets.ts';
import { ASSETS, assetJson, marketByName, MARKETS, pairJson } from './markets.ts';
import { badArgument, refuse } from './refusal.ts';

/** Public REST: no key, nothing that changes. */

const DEFAULT_TRADES = 1000;

function pairsOf(fields: Fields): readonly KrakenMarket[] {
  const names = (fields.get('pair') ?? '').split(',').filter((name) => name !== '');
  return names.map((name) => marketByName(name) ?? refuse('EQuery:Unknown asset pair'));
}

function onePair(fields: Fields): KrakenMarket {
  const [market] = pairsOf(fields);
  return market ?? badArgument('pair');
}

function assets(fields: Fields): Record<string, unknown> {
  const names = (fields.get('asset') ?? '').split(',').filter((name) => name !== '');
  const all = [...ASSETS.values()];
  const wanted =
    names.length === 0
      ? all
      : names.map(
          (name) =>
            all.find((entry) => entry.id === name || entry.altname === name || entry.code === name) ??
            refuse('EQuery:Unknown asset'),
        );
  return Object.fromEntries(wanted.map((entry) => [entry.id, assetJson(entry)]));
}

function assetPairs(fields: Fields): Record<string, unknown> {
  const wanted = fields.has('pair') ? pairsOf(fields) : MARKETS;
  return Object.fromEntries(wanted.map((entry) => [entry.id, pairJson(entry)]));
}

function tickerJson(market: KrakenMarket, engine: Engine, now: number): Record<string, unknown> {
  const ticker = engine.ticker(market.symbol, now);
  const price = (value: bigint) => fixedTextAt(value, Math.max(5, market.priceDecimals));
  const volume = fixedTextAt(ticker.volume, 8);
  const average = ticker.volume === ZERO ? ticker.last : over(ticker.quoteVolume, ticker.volume);
  const trades = engine.publicTrades(market.symbol);
  const level = (value: bigint, size: bigint) => [price(value), fixedTextAt(size, 0), fixedTextAt(size, 3)];
  return {
    a: level(ticker.ask, ticker.askSize),
    b: level(ticker.bid, ticker.bidSize),
    c: [price(ticker.last), fixedTextAt(trades.at(-1)?.size ?? ZERO, 8)],
    v: [volume, volume],
    p: [price(average), price(average)],
    t: [trades.length, trades.length],
    l: [price(ticker.low), price(ticker.low)],
    h: [price(ticker.high), price(ticker.high)],
    o: price(ticker.open),
  };
}

function tickers(fields: Fields, engine: Engine, now: number): Record<string, unknown> {
  const wanted = fields.has('pair') ? pairsOf(fields) : MARKETS;
  return Object.fromEntries(wanted.map((market) => [market.id, tickerJson(market, engine, now)]));
}

/** `since` is Unix seconds or, as `last` is, nanoseconds. */
function trades(fields: Fields, engine: Engine, now: number): Record<string, unknown> {
  const market = onePair(fields);
  const sinceText = fields.get('since') ?? '0';
  if (!/^\d{1,20}(\.\d{1,9})?$/.test(sinceText)) badArgument('since');
  const sinceMs = sinceText.length > 14 ? Number(sinceText) / 1e6 : Number(sinceText) * 1000;
  const countText = fields.get('count') ?? String(DEFAULT_TRADES);
  const count = /^\d{1,4}$/.test(countText) ? Math.min(Number(countText), DEFAULT_TRADES) : badArgument('count');
  const found = engine.publicTrades(market.symbol).filter((trade) => trade.at > sinceMs || sinceMs === 0);
  const shown = sinceMs === 0 ? found.slice(-count) : found.slice(0, count);
  const last = shown.at(-1)?.at ?? now;
  return {
    [market.id]: shown.map((trade) => [
      fixedTextAt(trade.price, Math.max(5, market.priceDecimals)),
      fixedTextAt(trade.size, 8),
      trade.at / 1000,
      trade.takerSide === 'BUY' ? 'b' : 's',
      'l',
      '',
      trade.number,
    ]),
    last: `${last}000000`,
  };
}

/** The best level of each side: the engine publishes no more. */
function depth(fields: Fields, engine: Engine, now: number): Record<string, unknown> {
  const market = onePair(fields);
  const ticker = engine.ticker(market.symbol, now);
  const level = (price: bigint, size: bigint) => [
    fixedTextAt(price, Math.max(5, market.priceDecimals)),
    fixedTextAt(size, 3),
    Math.floor(now / 1000),
  ];
  return {
    [market.id]: { asks: [level(ticker.ask, ticker.askSize)], bids: [level(ticker.bid, ticker.bidSize)] },
  };
}

/** The result of a public call, or null for a name that is not one. Throws KrakenRefusal. */
export function publicCall(name: string, fields: Fields, engine: Engine, now: number): Record<string, unknown> | null {
  switch (name) {
    case 'Time':
      return { unixtime: Math.floor(now / 1000), rfc1123: new Date(now).toUTCString() };
    case 'SystemStatus':
      return { status: 'online', timestamp: `${new Date(now).toISOString().slice(0, 19)}Z` };
    case 'Assets':
      return assets(fields);
    case 'AssetPairs':
      return assetPairs(fields);
    case 'Ticker':
      return tickers(fields, engine, now);
    case 'Trades':
      return trades(fields, engine, now);
    case 'Depth':
      return depth(fields, engine, now);
    default:
      return null;
  }
}
