import type { DecimalString, ExchangeId, OrderSide, OrderStatus, OrderType, TimeInForce } from '@orderplane/domain';

/**
 * One order as an exchange describes it, in the words of this system. What the exchange does not say is null, never
 * guessed. Decimals are canonical plain strings, times RFC 3339 UTC with milliseconds, symbols canonical ("BTC-USD").
 */
export interface NormalizedOrder {
  readonly exchange: ExchangeId;
  /** The exchange's order id. */
  readonly orderId: string;
  /** Our venue client id, or whatever another client chose. */
  readonly clientOrderId: string | null;
  readonly symbol: string | null;
  readonly side: OrderSide | null;
  readonly type: OrderType | null;
  readonly status: OrderStatus;
  readonly size: DecimalString | null;
  readonly filledSize: DecimalString | null;
  readonly remainingSize: DecimalString | null;
  readonly price: DecimalString | null;
  readonly stopPrice: DecimalString | null;
  readonly averageFilledPrice: DecimalString | null;
  readonly quoteSize: DecimalString | null;
  readonly filledValue: DecimalString | null;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  readonly expiresAt: string | null;
  readonly timeInForce: TimeInForce | null;
  readonly postOnly: boolean | null;
  readonly reduceOnly: boolean | null;
  /** Why it ended, in the exchange's words; "tif" where the time in force ended it. */
  readonly reason: string | null;
  /** False while a native stop waits for its trigger; null where the exchange does not say. */
  readonly working: boolean | null;
}

/** One execution. `tradeId` is unique per exchange, symbol and order. */
export interface NormalizedFill {
  readonly exchange: ExchangeId;
  readonly tradeId: string;
  readonly orderId: string;
  readonly clientOrderId: string | null;
  readonly symbol: string | null;
  readonly side: OrderSide | null;
  readonly size: DecimalString;
  readonly price: DecimalString;
  readonly fee: { readonly currency: string; readonly cost: DecimalString } | null;
  readonly liquidity: 'MAKER' | 'TAKER' | null;
  readonly executedAt: string;
}

export interface NormalizedTicker {
  readonly exchange: ExchangeId;
  readonly symbol: string;
  readonly last: DecimalString | null;
  readonly bid: DecimalString | null;
  readonly ask: DecimalString | null;
  /** Of exchanges that have one, where it was told. */
  readonly mark?: DecimalString;
  readonly at: string;
}

/** What an account owns of one asset, as the exchange tells it. An asset that a complete list leaves out is owned by nobody. */
export interface NormalizedBalance {
  readonly exchange: ExchangeId;
  /** In the currency codes of everyday use, as in symbols. */
  readonly asset: string;
  /** What a new order may use: not held by open orders, nor locked otherwise. */
  readonly free: DecimalString;
  /** Held by open orders, or locked otherwise. */
  readonly held: DecimalString;
}

/** What an account holds of one contract: above 0 bought, below 0 sold. */
export interface NormalizedPosition {
  readonly exchange: ExchangeId;
  readonly symbol: string;
  readonly size: DecimalString;
}

/** What one native payload says about what an account owns. */
export interface NormalizedFunds {
  readonly balances: readonly NormalizedBalance[];
  readonly positions: readonly NormalizedPosition[];
}

/** What one native payload says: several orders and fills, each possibly none. */
export interface NormalizedPayload {
  readonly orders: readonly NormalizedOrder[];
  readonly fills: readonly NormalizedFill[];
}

/**
 * One observation of one order, from any source. `askedAt` is when the question was sent (or, for a stream, when the
 * message came): the observation is at least as new as that instant.
 */
export interface OrderReport {
  readonly source: 'submit' | 'amend' | 'cancel' | 'lookup' | 'open-list' | 'history' | 'fills' | 'stream';
  readonly order: NormalizedOrder | null;
  readonly fills: readonly NormalizedFill[];
  /** True when `fills` is known to hold every execution of the order up to `askedAt`. */
  readonly fillsComplete: boolean;
  readonly askedAt: string;
}
