import type {
  DecimalString,
  ExecutionMode,
  OrderSide,
  OrderState,
  OrderStatus,
  ReconciliationStatus,
} from '@orderplane/domain';
import type { OrderRecord, StoredOrderEvent } from './orders.ts';
import type { PageRequest } from './paging.ts';

export interface OrderFilter {
  readonly userId: string;
  readonly accountIds?: readonly string[];
  readonly exchanges?: readonly string[];
  readonly symbols?: readonly string[];
  readonly statuses?: readonly OrderStatus[];
  readonly states?: readonly OrderState[];
  readonly reconciliation?: readonly ReconciliationStatus[];
  readonly groupId?: string;
  readonly sessionId?: string;
  readonly clientOrderId?: string;
  readonly exchangeOrderId?: string;
  readonly side?: OrderSide;
  readonly mode?: ExecutionMode;
  readonly createdAfter?: string;
  readonly createdBefore?: string;
}

export interface EventPage {
  readonly items: readonly StoredOrderEvent[];
  readonly hasNext: boolean;
}

/** Reads for the public API: newest first, keyset pagination, no N+1. */
export interface OrderQueries {
  byId(userId: string, orderId: string): Promise<OrderRecord | null>;
  byIds(userId: string, orderIds: readonly string[]): Promise<readonly OrderRecord[]>;
  page(
    filter: OrderFilter,
    page: PageRequest,
  ): Promise<{
    readonly records: readonly { readonly cursor: string; readonly record: OrderRecord }[];
    readonly hasNext: boolean;
  }>;
  count(filter: OrderFilter): Promise<number>;
  /** Public events (entry not null) of one order, oldest first. `after` is a cursor of this list. */
  events(orderId: string, page: PageRequest): Promise<EventPage>;
  /**
   * The page of `events` of each of these orders, in one read; an order without events there has an empty page. At most
   * 200 ids, limit at most 200. Throws RangeError beyond.
   */
  firstEvents(orderIds: readonly string[], limit: number, after?: string): Promise<ReadonlyMap<string, EventPage>>;
  fills(
    orderId: string,
    page: PageRequest,
  ): Promise<{ readonly items: readonly StoredFill[]; readonly hasNext: boolean }>;
  /** What the account's orders that have not ended may still buy and sell, dark ones included; by symbol, then side. */
  exposure(accountId: string): Promise<readonly ExposureSum[]>;
  /** Counts and ages for `Query.reconciler`, over the orders of all users. */
  reconcilerMetrics(now: string): Promise<{
    readonly pending: number;
    readonly ambiguous: number;
    readonly needsAttention: number;
    readonly oldestPendingAt: string | null;
    readonly retries: number;
    readonly errors: number;
  }>;
}

/** Sums over the open orders of one side of a market. Sizes in base, values in quote currency. */
export interface ExposureSum {
  readonly symbol: string;
  readonly side: OrderSide;
  readonly orders: number;
  /** Unfilled, of orders by size. */
  readonly size: DecimalString;
  /** Unfilled × price of those that name one: the limit, else the stop, else the trigger on the order's own market. */
  readonly notional: DecimalString;
  /** The part of `size` that names no price: market orders. */
  readonly unpricedSize: DecimalString;
  /** Unspent, of market orders by quote size. */
  readonly quoteSize: DecimalString;
}

export interface StoredFill {
  readonly id: string;
  readonly orderId: string;
  readonly exchangeTradeId: string;
  readonly size: DecimalString;
  readonly price: DecimalString;
  readonly fee: { readonly currency: string; readonly cost: DecimalString } | null;
  readonly liquidity: 'MAKER' | 'TAKER' | null;
  readonly executedAt: string;
}
