import { MatchingEngine } from './engine.ts';
import { fixed } from './fixed.ts';
import type { EngineEvent, EngineSettings, NewOrder, PlaceResult, SimMarket, SimOrder } from './model.ts';

/** For tests: one market around 100 with a step of 0.01 and a size step of 0.001, two accounts, a clock that stands still. */

export const MARKET: SimMarket = {
  symbol: 'AAA-QQQ',
  base: 'AAA',
  quote: 'QQQ',
  nativeId: 'AAAQQQ',
  priceStep: fixed('0.01'),
  sizeStep: fixed('0.001'),
  minSize: fixed('0.001'),
  maxSize: fixed('1000000'),
  minNotional: fixed('1'),
  startPrice: fixed('100'),
};
export const NOW = 1_790_000_000_000;
export const ACCOUNTS = ['alice', 'bob'] as const;

export const settingsOf = (change: Partial<EngineSettings> = {}): EngineSettings => ({
  exchange: 'test',
  markets: [MARKET],
  makerFee: fixed('0.001'),
  takerFee: fixed('0.002'),
  feeIn: 'quote',
  feePlaces: 8,
  syntheticLevels: 0,
  orderId: (number) => `O${number}`,
  tradeId: (number) => `T${number}`,
  ...change,
});

export interface Bench {
  readonly engine: MatchingEngine;
  readonly events: EngineEvent[];
  readonly place: (terms: Terms) => PlaceResult;
  /** Places and insists on acceptance. */
  readonly accept: (terms: Terms) => SimOrder;
}
export interface Terms {
  readonly account?: string;
  readonly side: 'BUY' | 'SELL';
  readonly size?: string;
  readonly quoteSize?: string;
  readonly price?: string;
  readonly stopPrice?: string;
  readonly timeInForce?: NewOrder['timeInForce'];
  readonly expiresAt?: number;
  readonly postOnly?: boolean;
  readonly clientId?: string;
  readonly options?: Partial<NewOrder>;
}

export function orderOf(terms: Terms): NewOrder {
  const isStop = terms.stopPrice !== undefined;
  const plain = terms.price === undefined ? ('MARKET' as const) : ('LIMIT' as const);
  const stop = terms.price === undefined ? ('STOP_MARKET' as const) : ('STOP_LIMIT' as const);
  return {
    account: terms.account ?? 'alice',
    clientId: terms.clientId ?? null,
    symbol: MARKET.symbol,
    side: terms.side,
    type: isStop ? stop : plain,
    size: terms.size === undefined ? null : fixed(terms.size),
    quoteSize: terms.quoteSize === undefined ? null : fixed(terms.quoteSize),
    price: terms.price === undefined ? null : fixed(terms.price),
    stopPrice: terms.stopPrice === undefined ? null : fixed(terms.stopPrice),
    timeInForce: terms.timeInForce ?? 'GTC',
    expiresAt: terms.expiresAt ?? null,
    postOnly: terms.postOnly ?? false,
    source: 'api',
    ...terms.options,
  };
}

export function bench(change: Partial<EngineSettings> = {}): Bench {
  const events: EngineEvent[] = [];
  const engine = new MatchingEngine(settingsOf(change), 7, (event) => events.push(event));
  for (const account of ACCOUNTS) {
    engine.setBalance(account, 'AAA', fixed('1000'));
    engine.setBalance(account, 'QQQ', fixed('100000'));
  }
  events.length = 0;
  const place = (terms: Terms): PlaceResult => engine.place(orderOf(terms), NOW);
  return {
    engine,
    events,
    place,
    accept: (terms) => {
      const result = place(terms);
      if (!result.ok) throw new Error(`refused: ${result.refusal}`);
      return result.order;
    },
  };
}
