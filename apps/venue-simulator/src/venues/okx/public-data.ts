import type { SimMarket } from '../../engine/model.ts';
import { fixedText } from '../../engine/fixed.ts';
import type { VenueContext } from '../protocol.ts';
import type { Fields } from './fields.ts';
import { limitOf, timeOf } from './fields.ts';
import { instrumentOf } from './queries.ts';
import { refuse } from './refusal.ts';
import { instrumentView, publicTradeView, tickerView } from './views.ts';

const LATEST_TRADES = 500;

/** Public REST. There are spot markets only: other instrument types have none. */

const isSpot = (fields: Fields): boolean =>
  (fields.get('instType') ?? refuse('50014', 'Parameter instType can not be empty.', 400)) === 'SPOT';

const required = (context: VenueContext, fields: Fields): SimMarket =>
  instrumentOf(context.engine, fields) ?? refuse('50014', 'Parameter instId can not be empty.', 400);

export function instruments(context: VenueContext, fields: Fields): readonly object[] {
  if (!isSpot(fields)) return [];
  const one = instrumentOf(context.engine, fields);
  return (one === null ? context.engine.settings.markets : [one]).map(instrumentView);
}

export function ticker(context: VenueContext, fields: Fields): readonly object[] {
  const market = required(context, fields);
  return [tickerView(context.engine.ticker(market.symbol, context.now()), market)];
}

export function tickers(context: VenueContext, fields: Fields): readonly object[] {
  if (!isSpot(fields)) return [];
  const { engine, now } = context;
  return engine.settings.markets.map((market) => tickerView(engine.ticker(market.symbol, now()), market));
}

/** Newest first. */
export function trades(context: VenueContext, fields: Fields): readonly object[] {
  const market = required(context, fields);
  const latest = context.engine.publicTrades(market.symbol).slice(-limitOf(fields, LATEST_TRADES));
  return latest.map((trade) => publicTradeView(trade, market)).reverse();
}

/** Newest first: those before the id `after`. Paging by time (`type=2`) is not served. */
export function historyTrades(context: VenueContext, fields: Fields): readonly object[] {
  const market = required(context, fields);
  const after = timeOf(fields, 'after');
  const older = context.engine.publicTrades(market.symbol).filter(({ number }) => after === null || number < after);
  return older
    .slice(-limitOf(fields))
    .map((trade) => publicTradeView(trade, market))
    .reverse();
}

/** The best level of each side. */
export function book(context: VenueContext, fields: Fields): readonly object[] {
  const market = required(context, fields);
  const { ask, askSize, bid, bidSize, at } = context.engine.ticker(market.symbol, context.now());
  const level = (price: bigint, size: bigint): string[][] =>
    size === 0n ? [] : [[fixedText(price), fixedText(size), '0', '1']];
  return [{ asks: level(ask, askSize), bids: level(bid, bidSize), ts: String(at) }];
}
