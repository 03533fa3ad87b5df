import { fixedText, ZERO } from '../../engine/fixed.ts';
import type { Engine, PublicTrade } from '../../engine/model.ts';
import { number } from './faces.ts';
import type { Instrument } from './markets.ts';
import { CURRENCIES, currencyJson, currencyOf, INSTRUMENTS, instrumentJson, instrumentOf } from './markets.ts';
import type { Params } from './params.ts';
import { currencyIn, flag, instrumentIn, integer, isOfKind, KINDS, oneOf } from './params.ts';

export function tickerJson(one: Instrument, engine: Engine, now: number): Record<string, unknown> {
  const ticker = engine.ticker(one.engine.symbol, now);
  const last = number(ticker.last);
  const change = ticker.open === ZERO ? 0 : (number(ticker.last - ticker.open) * 100) / number(ticker.open);
  return {
    timestamp: now,
    state: 'open',
    instrument_name: one.name,
    last_price: last,
    mark_price: last,
    index_price: last,
    best_bid_price: ticker.bidSize === ZERO ? 0 : number(ticker.bid),
    best_bid_amount: number(ticker.bidSize),
    best_ask_price: ticker.askSize === ZERO ? 0 : number(ticker.ask),
    best_ask_amount: number(ticker.askSize),
    min_price: number(ticker.low),
    max_price: number(ticker.high),
    estimated_delivery_price: last,
    ...(one.kind === 'future' ? { open_interest: 0, current_funding: 0, funding_8h: 0 } : {}),
    stats: {
      volume: number(ticker.volume),
      volume_usd: number(ticker.quoteVolume),
      volume_notional: number(ticker.quoteVolume),
      price_change: Number(change.toFixed(4)),
      high: number(ticker.high),
      low: number(ticker.low),
    },
  };
}

export const publicTradeJson = (made: PublicTrade): Record<string, unknown> => ({
  trade_id: String(made.number),
  trade_seq: made.number,
  instrument_name: instrumentOf(made.symbol).name,
  direction: made.takerSide.toLowerCase(),
  price: number(made.price),
  amount: number(made.size),
  index_price: number(made.price),
  mark_price: number(made.price),
  tick_direction: 1,
  timestamp: made.at,
});

function lastTrades(params: Params, engine: Engine): Record<string, unknown> {
  const { symbol } = instrumentIn(params).engine;
  const count = integer(params, 'count', 10, 1, 1_000);
  const from = integer(params, 'start_timestamp', 0, 0, Number.MAX_SAFE_INTEGER);
  const until = integer(params, 'end_timestamp', Number.MAX_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER);
  const ascends = oneOf(params, 'sorting', ['asc', 'desc', 'default'], 'default') === 'asc';
  const all = engine.publicTrades(symbol).filter(({ at }) => at >= from && at <= until);
  const page = ascends ? all.slice(0, count) : all.slice(-count).reverse();
  return { trades: page.map(publicTradeJson), has_more: all.length > count };
}

/** The best level of each side. */
function orderBook(params: Params, engine: Engine, now: number): Record<string, unknown> {
  const one = instrumentIn(params);
  const { bid, bidSize, ask, askSize } = engine.ticker(one.engine.symbol, now);
  return {
    ...tickerJson(one, engine, now),
    change_id: now,
    bids: bidSize === ZERO ? [] : [[number(bid), number(bidSize)]],
    asks: askSize === ZERO ? [] : [[number(ask), number(askSize)]],
  };
}

function instruments(params: Params): unknown[] {
  const currency = params.has('currency') ? currencyIn(params) : null;
  const kind = oneOf(params, 'kind', KINDS, 'any');
  if (flag(params, 'expired')) return [];
  return INSTRUMENTS.filter((one) => isOfKind(one, kind) && (currency === null || currencyOf(one) === currency)).map(
    instrumentJson,
  );
}

function bookSummary(one: Instrument, engine: Engine, now: number): Record<string, unknown> {
  const { best_bid_price, best_ask_price, last_price, mark_price, stats, instrument_name } = tickerJson(
    one,
    engine,
    now,
  );
  const { volume, volume_usd, high, low, price_change } = stats as Record<string, unknown>;
  return {
    instrument_name,
    base_currency: one.engine.base,
    quote_currency: one.engine.quote,
    bid_price: best_bid_price,
    ask_price: best_ask_price,
    mid_price: mark_price,
    mark_price,
    last: last_price,
    high,
    low,
    volume,
    volume_usd,
    price_change,
    creation_timestamp: now,
  };
}

/** The result of a public call that needs nothing but the market, or undefined for a name that is not one. */
export function publicCall(name: string, params: Params, engine: Engine, now: number): unknown {
  switch (name) {
    case 'get_time':
      return now;
    case 'hello':
    case 'test':
      return { version: '1.2.26' };
    case 'status':
      return { locked: 'false' };
    case 'get_currencies':
      return Object.entries(CURRENCIES).map(currencyJson);
    case 'get_instruments':
      return instruments(params);
    case 'get_instrument':
      return instrumentJson(instrumentIn(params));
    case 'get_contract_size':
      return { contract_size: Number(fixedText(instrumentIn(params).engine.minSize)) };
    case 'ticker':
      return tickerJson(instrumentIn(params), engine, now);
    case 'get_order_book':
      return orderBook(params, engine, now);
    case 'get_last_trades_by_instrument':
    case 'get_last_trades_by_instrument_and_time':
      return lastTrades(params, engine);
    case 'get_book_summary_by_instrument':
      return [bookSummary(instrumentIn(params), engine, now)];
    case 'get_book_summary_by_currency': {
      const currency = currencyIn(params);
      const kind = oneOf(params, 'kind', KINDS, 'any');
      return INSTRUMENTS.filter(
        (one) => isOfKind(one, kind) && (currency === null || currencyOf(one) === currency),
      ).map((one) => bookSummary(one, engine, now));
    }
    default:
      return undefined;
  }
}
