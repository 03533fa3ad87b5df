import { fixed, fixedText, fixedTextAt, over, ZERO } from '../../engine/fixed.ts';
import type { Engine, PublicTrade } from '../../engine/model.ts';
import type { VenueAnswer } from '../protocol.ts';
import { derivedId } from './ids.ts';
import { CURRENCIES, FIAT, PRODUCTS, productById, productOf } from './markets.ts';
import type { Product } from './markets.ts';
import { isoMicros, isoSeconds } from './orders.ts';
import { badArgument, json, notFound } from './refusal.ts';

/** Public data of Advanced Trade (/api/v3/brokerage) and of the API before it (/v2). */

function productJson(product: Product, engine: Engine, now: number): Record<string, unknown> {
  const { engine: market } = product;
  const ticker = engine.ticker(market.symbol, now);
  return {
    product_id: market.nativeId,
    price: fixedText(ticker.last),
    price_percentage_change_24h: changeOf(ticker.last, ticker.open),
    volume_24h: fixedText(ticker.volume),
    volume_percentage_change_24h: '0',
    base_increment: product.baseIncrement,
    quote_increment: product.quoteIncrement,
    quote_min_size: fixedText(market.minNotional),
    quote_max_size: product.quoteMaxSize,
    base_min_size: fixedText(market.minSize),
    base_max_size: product.baseMaxSize,
    base_name: market.base,
    quote_name: FIAT.get(market.quote) ?? market.quote,
    watched: false,
    is_disabled: false,
    new: false,
    status: 'online',
    cancel_only: false,
    limit_only: false,
    post_only: false,
    trading_disabled: false,
    auction_mode: false,
    product_type: 'SPOT',
    quote_currency_id: market.quote,
    base_currency_id: market.base,
    fcm_trading_session_details: null,
    mid_market_price: '',
    alias: '',
    alias_to: [],
    base_display_symbol: market.base,
    quote_display_symbol: market.quote,
    view_only: false,
    price_increment: product.priceIncrement,
    display_name: market.nativeId,
    product_venue: 'CBE',
    approximate_quote_24h_volume: fixedText(ticker.quoteVolume),
  };
}

export const changeOf = (last: bigint, open: bigint): string =>
  open === ZERO ? '0' : fixedTextAt(over((last - open) * 100n, open), 8);

export const tradeJson = (trade: PublicTrade): Record<string, unknown> => ({
  trade_id: String(trade.number),
  product_id: trade.symbol,
  price: fixedText(trade.price),
  size: fixedText(trade.size),
  time: isoMicros(trade.at),
  side: trade.takerSide,
});

const FIRST_TRADE_SIZE = fixed('0.1');
const MOST_TRADES = 1_000;

function secondsOf(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  return /^\d{1,12}$/.test(text) ? Number(text) : badArgument(name);
}

/** The last trades, or those of a window, newest first. A market in which nobody has traded yet shows the trade that made its first price. */
function marketTrades(product: Product, query: URLSearchParams, engine: Engine, now: number): VenueAnswer {
  const text = query.get('limit') ?? '100';
  const limit = /^\d{1,4}$/.test(text) ? Math.min(Number(text), MOST_TRADES) : badArgument('limit');
  const { symbol } = product.engine;
  const ticker = engine.ticker(symbol, now);
  const tape = engine.publicTrades(symbol);
  const first: PublicTrade = {
    number: 0,
    symbol,
    price: ticker.last,
    size: FIRST_TRADE_SIZE,
    takerSide: 'BUY',
    at: now,
  };
  const [start, end] = [secondsOf(query, 'start'), secondsOf(query, 'end')];
  const found = tape.filter(({ at }) => at >= (start ?? 0) * 1_000 && at <= (end ?? Infinity) * 1_000);
  const shown = tape.length === 0 ? [first] : found.slice(-Math.max(1, limit)).reverse();
  return json({ trades: shown.map(tradeJson), best_bid: fixedText(ticker.bid), best_ask: fixedText(ticker.ask) });
}

/** The best level of each side: the engine publishes no more. */
function book(product: Product, engine: Engine, now: number): Record<string, unknown> {
  const ticker = engine.ticker(product.engine.symbol, now);
  const level = (price: bigint, size: bigint) => [{ price: fixedText(price), size: fixedText(size) }];
  return {
    product_id: product.engine.nativeId,
    bids: level(ticker.bid, ticker.bidSize),
    asks: level(ticker.ask, ticker.askSize),
    time: isoMicros(now),
  };
}

function bestBidAsk(query: URLSearchParams, engine: Engine, now: number): VenueAnswer {
  const wanted = query.getAll('product_ids');
  const products = wanted.length === 0 ? PRODUCTS : wanted.flatMap((id) => productById(id) ?? []);
  return json({ pricebooks: products.map((product) => book(product, engine, now)) });
}

function products(query: URLSearchParams, engine: Engine, now: number): VenueAnswer {
  const type = query.get('product_type') ?? 'SPOT';
  const wanted = query.getAll('product_ids');
  const shown = type === 'SPOT' ? PRODUCTS.filter(({ engine: { nativeId } }) => isWanted(wanted, nativeId)) : [];
  return json({ products: shown.map((product) => productJson(product, engine, now)), num_products: shown.length });
}

const isWanted = (wanted: readonly string[], id: string): boolean => wanted.length === 0 || wanted.includes(id);

/** What is under /products/{id}, for both the public tree and the one behind a key. */
function ofProduct(rest: string, query: URLSearchParams, engine: Engine, now: number): VenueAnswer | null {
  const [id = '', what, ...more] = rest.split('/');
  const product = productById(decodeURIComponent(id)) ?? notFound(`ProductID ${id.slice(0, 40)} could not be found`);
  if (more.length > 0) return null;
  if (what === undefined) return json(productJson(product, engine, now));
  return what === 'ticker' ? marketTrades(product, query, engine, now) : null;
}

function productBook(query: URLSearchParams, engine: Engine, now: number): VenueAnswer {
  const product = productById(query.get('product_id') ?? '') ?? badArgument('product_id');
  return json({ pricebook: book(product, engine, now) });
}

/** `path` begins after /api/v3/brokerage. Null: no such page. */
export function brokerageData(path: string, query: URLSearchParams, engine: Engine, now: number): VenueAnswer | null {
  if (path === '/time') {
    return json({ iso: isoSeconds(now), epochSeconds: String(Math.floor(now / 1000)), epochMillis: String(now) });
  }
  const tree = path.startsWith('/market/') ? path.slice('/market'.length) : path;
  if (tree === '/products') return products(query, engine, now);
  if (tree.startsWith('/products/')) return ofProduct(tree.slice('/products/'.length), query, engine, now);
  if (tree === '/product_book') return productBook(query, engine, now);
  return tree === '/best_bid_ask' ? bestBidAsk(query, engine, now) : null;
}

/** Units of each currency for one US dollar. */
function exchangeRates(engine: Engine): Record<string, string> {
  const rates = CURRENCIES.map((code) => {
    const id = `${code}-USD`;
    const price = productById(id) === undefined ? null : engine.ticker(productOf(id).engine.symbol, 0).last;
    return [code, price === null || price === ZERO ? '1' : fixedText(over(fixed('1'), price))] as const;
  });
  return Object.fromEntries(rates);
}

/** `path` begins after /v2. Null: no such page. */
export function olderData(path: string, engine: Engine, now: number): VenueAnswer | null {
  switch (path) {
    case '/time':
      return json({ data: { iso: isoSeconds(now), epoch: Math.floor(now / 1000) } });
    case '/currencies':
      return json({ data: [...FIAT].map(([id, name]) => ({ id, name, min_size: '0.01000000' })) });
    case '/currencies/crypto':
      return json({
        data: CURRENCIES.filter((code) => !FIAT.has(code)).map((code, at) => ({
          asset_id: derivedId('asset', code),
          code,
          name: code,
          color: '#0433FF',
          sort_index: 100 + at,
          exponent: 8,
          type: 'crypto',
          address_regex: '^[0-9a-zA-Z]{20,90}$',
        })),
      });
    case '/exchange-rates':
      return json({ data: { currency: 'USD', rates: exchangeRates(engine) } });
    default:
      return null;
  }
}
