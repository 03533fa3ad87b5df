import type { OrderSide, OrderType } from '@orderplane/domain';
import type { Fixed } from './fixed.ts';

/** One market, as the engine trades it. All amounts are `Fixed`; `symbol` is canonical ("BTC-USD"). */
export interface SimMarket {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  /** The venue's own id, e.g. "BTCUSDT", "XXBTZUSD". */
  readonly nativeId: string;
  readonly priceStep: Fixed;
  readonly sizeStep: Fixed;
  readonly minSize: Fixed;
  readonly maxSize: Fixed;
  readonly minNotional: Fixed;
  /** Where the seeded random walk begins. */
  readonly startPrice: Fixed;
  /**
   * A contract on the pair, settled in the quote asset: the base asset is neither needed nor moved, both sides are
   * covered and pay their fees in quote, and what an account holds of it is the sum of its executions.
   */
  readonly contract?: boolean;
}

export type SimTimeInForce = 'GTC' | 'IOC' | 'FOK' | 'GTD';
export type SimStatus = 'OPEN' | 'FILLED' | 'CANCELLED' | 'EXPIRED' | 'FAILED';
export type OrderSource = 'api' | 'outside';

/**
 * Why an order ended without being filled.
 * user: its owner cancelled it · venue: the operator did · ioc / fok: the rest of that time in force · expired: its GTD time ·
 * deadMan: its owner's dead man's switch did · noLiquidity: the rest of a market order · postOnly: it would have taken · noFunds: a triggered or amended order was not covered.
 */
export type EndReason =
  'user' | 'venue' | 'deadMan' | 'ioc' | 'fok' | 'expired' | 'noLiquidity' | 'postOnly' | 'noFunds';

/** What a venue asks the engine to place; format, steps, minima and notional have been checked by the venue. Exactly one of `size` and `quoteSize` is set. */
export interface NewOrder {
  readonly account: string;
  readonly clientId: string | null;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly size: Fixed | null;
  /** Market orders only: spend (BUY) or receive (SELL) at most this much of the quote asset. */
  readonly quoteSize: Fixed | null;
  readonly price: Fixed | null;
  readonly stopPrice: Fixed | null;
  /** Stops: triggers when the last price is ≥ (above) or ≤ (below) the stop price. Default: BUY above, SELL below. */
  readonly triggerWhen?: 'above' | 'below' | null;
  readonly timeInForce: SimTimeInForce;
  /** GTD only, ms since the epoch. */
  readonly expiresAt: number | null;
  readonly postOnly: boolean;
  readonly source: OrderSource;
  /** A crossing post-only order: `refuse` (nothing is booked) or `cancel` (accepted, then cancelled at once). Default refuse. */
  readonly onPostOnlyCross?: 'refuse' | 'cancel';
  /** A stop whose condition is already true: `refuse` or `trigger` at once. Default refuse. */
  readonly onImmediateTrigger?: 'refuse' | 'trigger';
  /** Refuse when an OPEN order of the account has this client id. Default true. */
  readonly uniqueOpenClientId?: boolean;
  /** The venue's own fields, kept with the order and given back with it (native type, user reference, flags). */
  readonly tags?: Readonly<Record<string, string>>;
}

/** An order as the exchange holds it. The engine alone changes it; everyone else reads. `size = filledSize + remaining` always. */
export interface SimOrder {
  readonly id: string;
  /** Counts 1, 2, 3 … in order of acceptance over the whole exchange. */
  readonly number: number;
  /** apiKey of the owner. */
  readonly account: string;
  readonly clientId: string | null;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly type: OrderType;
  /** Total ordered; for an order by quote amount the filled size so far (and at its end). */
  readonly size: Fixed;
  readonly quoteSize: Fixed | null;
  readonly price: Fixed | null;
  readonly stopPrice: Fixed | null;
  readonly triggerWhen: 'above' | 'below' | null;
  readonly timeInForce: SimTimeInForce;
  readonly expiresAt: number | null;
  readonly postOnly: boolean;
  readonly source: OrderSource;
  readonly tags: Readonly<Record<string, string>>;
  readonly status: SimStatus;
  /** False for a stop until it is triggered. */
  readonly working: boolean;
  readonly filledSize: Fixed;
  /** Sum of price × size of the executions. */
  readonly filledValue: Fixed;
  /** Sum of the fees, in the asset they were charged in. */
  readonly feeCost: Fixed;
  readonly feeCurrency: string;
  readonly endReason: EndReason | null;
  /** All times: ms since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly workingAt: number | null;
  readonly triggeredAt: number | null;
  readonly endedAt: number | null;
  /** Counts the ends of orders: sorts a history by end. */
  readonly endNumber: number | null;
  /** Place in the queue of its price: smaller goes first. A new one is given whenever the order joins the book. */
  readonly priority: number;
  /** How much of `heldAsset` is set aside for what is still open. */
  readonly held: Fixed;
  readonly heldAsset: string;
}

/** One side of one trade. Each side of a trade has its own id. */
export interface SimExecution {
  readonly id: string;
  readonly number: number;
  readonly orderId: string;
  readonly account: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly size: Fixed;
  readonly price: Fixed;
  readonly feeCost: Fixed;
  readonly feeCurrency: string;
  readonly maker: boolean;
  readonly at: number;
}

export interface SimBalance {
  /** Free and held together. */
  readonly total: Fixed;
  readonly held: Fixed;
}

export interface SimTicker {
  readonly symbol: string;
  readonly last: Fixed;
  readonly bid: Fixed;
  readonly bidSize: Fixed;
  readonly ask: Fixed;
  readonly askSize: Fixed;
  readonly open: Fixed;
  readonly high: Fixed;
  readonly low: Fixed;
  readonly volume: Fixed;
  readonly quoteVolume: Fixed;
  readonly at: number;
}

export interface PublicTrade {
  readonly number: number;
  readonly symbol: string;
  readonly price: Fixed;
  readonly size: Fixed;
  /** Side of the taker. */
  readonly takerSide: OrderSide;
  readonly at: number;
}

export type PlaceRefusal =
  'unknownSymbol' | 'insufficientFunds' | 'duplicateClientId' | 'wouldTake' | 'wouldTrigger' | 'invalid';
export type PlaceResult =
  | { readonly ok: true; readonly order: SimOrder; readonly executions: readonly SimExecution[] }
  | { readonly ok: false; readonly refusal: PlaceRefusal };

export type ChangeRefusal = 'unknownOrder' | 'notOpen' | 'insufficientFunds' | 'wouldTake' | 'wouldTrigger' | 'invalid';
export type ChangeResult =
  | { readonly ok: true; readonly order: SimOrder; readonly executions: readonly SimExecution[] }
  | { readonly ok: false; readonly refusal: ChangeRefusal };

/** New terms; what is absent stays. `size` is the total, fills included. At or below what is filled: refused as `invalid`. */
export interface AmendTerms {
  readonly size?: Fixed;
  readonly price?: Fixed;
  readonly stopPrice?: Fixed;
  readonly postOnly?: boolean;
  /** A new client id for the order, where an amend of the venue gives one. */
  readonly clientId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Told synchronously, in the order of things, right after each change: `order` is the live record, so read what you
 * need before you return. An order filled by a trade is told by that `trade` alone (`order.status` FILLED).
 * A listener may read, but not change, what the engine holds.
 */
export type EngineEvent =
  | { readonly type: 'accepted'; readonly order: SimOrder }
  | { readonly type: 'triggered'; readonly order: SimOrder }
  | { readonly type: 'trade'; readonly order: SimOrder; readonly execution: SimExecution }
  /** Ended without being wholly filled; also FILLED for an order by quote amount whose last trade left less than one step. */
  | { readonly type: 'ended'; readonly order: SimOrder; readonly cancelRequestId: string | null }
  | { readonly type: 'amended'; readonly order: SimOrder }
  | { readonly type: 'balance'; readonly account: string; readonly assets: readonly string[] }
  | { readonly type: 'publicTrade'; readonly trade: PublicTrade }
  | { readonly type: 'price'; readonly symbol: string };

export interface EngineSettings {
  readonly exchange: string;
  readonly markets: readonly SimMarket[];
  /** Fractions of the value (quote) or of what is received. */
  readonly makerFee: Fixed;
  readonly takerFee: Fixed;
  /** quote: always in the quote asset · received: BUY pays in base, SELL in quote. Fees are cut to `feePlaces` decimals. */
  readonly feeIn: 'quote' | 'received';
  readonly feePlaces: number;
  /** Synthetic price levels on each side of a market. Default 10; 0: only real orders trade. */
  readonly syntheticLevels?: number;
  /** The venue's ids for its n-th order and n-th execution (n = 1, 2, 3 …): pure and injective in the number. */
  orderId(number: number, type: OrderType): string;
  tradeId(number: number): string;
  /** Where a stop that triggers goes on under another id: that id, as above. The first one still finds the order. */
  triggeredOrderId?(number: number): string;
}

/** What a venue may ask of the engine. No I/O, no clock: `now` is ms since the epoch. */
export interface Engine {
  readonly settings: EngineSettings;
  market(symbol: string): SimMarket | undefined;
  marketByNativeId(nativeId: string): SimMarket | undefined;

  place(order: NewOrder, now: number): PlaceResult;
  /** `cancelRequestId` is the venue's id for the cancel itself, handed through to the event. */
  cancel(orderId: string, now: number, reason?: EndReason, cancelRequestId?: string | null): ChangeResult;
  amend(orderId: string, terms: AmendTerms, now: number): ChangeResult;

  order(orderId: string): SimOrder | undefined;
  /** The open order with this client id, else the latest one that had it. */
  orderByClientId(account: string, clientId: string): SimOrder | undefined;
  /** Oldest first. */
  openOrders(account: string, symbol?: string): SimOrder[];
  /** Every order of the account, all states, oldest first. Not a copy: do not keep. */
  orders(account: string, symbol?: string): readonly SimOrder[];
  /** Ended orders, in the order in which they ended. Not a copy: do not keep. */
  endedOrders(account: string): readonly SimOrder[];
  /** Oldest first. Not a copy: do not keep. */
  executions(account: string, symbol?: string): readonly SimExecution[];
  executionsOf(orderId: string): readonly SimExecution[];
  balances(account: string): ReadonlyMap<string, SimBalance>;

  ticker(symbol: string, now: number): SimTicker;
  /** Latest last, at most 500 kept. */
  publicTrades(symbol: string): readonly PublicTrade[];
}
