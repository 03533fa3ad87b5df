import type { VenueContext } from '../protocol.ts';
import { noSuchSymbol } from './errors.ts';
import { nativeSymbols } from './markets.ts';
import type { Params } from './params.ts';
import { bestView, publicTradeView, statsView } from './views.ts';

const TRADES = 100;

export function symbols(params: Params): readonly object[] {
  const market = params.text('market');
  return market === null ? nativeSymbols() : nativeSymbols().filter((one) => 'market' in one && one.market === market);
}

export function symbol(nativeId: string): object {
  const found = nativeSymbols().find((one) => 'symbol' in one && one.symbol === nativeId);
  if (found === undefined) throw noSuchSymbol();
  return found;
}

export function stats({ engine, now }: VenueContext, params: Params): object {
  const market = params.market(engine);
  return { time: now(), ...statsView(engine.ticker(market.symbol, now())) };
}

export const allTickers = ({ engine, now }: VenueContext): object => ({
  time: now(),
  ticker: engine.settings.markets.map((market) => statsView(engine.ticker(market.symbol, now()))),
});

export function best({ engine, now }: VenueContext, params: Params): object {
  const market = params.market(engine);
  return bestView(engine.ticker(market.symbol, now()), now());
}

export function histories({ engine }: VenueContext, params: Params): object[] {
  const market = params.market(engine);
  return engine.publicTrades(market.symbol).slice(-TRADES).reverse().map(publicTradeView);
}
