import {
  compare,
  isPositive,
  minimum,
  multiply,
  subtract,
  sum,
  type OrderSpec,
  type OrderStatus,
} from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder, OrderReport } from '@orderplane/normalization';

/** One order as the model exchange holds it. */
export interface VenueOrder {
  readonly orderId: string;
  readonly clientId: string | null;
  readonly spec: OrderSpec;
  size: string;
  price: string | null;
  status: Extract<OrderStatus, 'OPEN' | 'FILLED' | 'CANCELLED' | 'EXPIRED'>;
  reason: string | null;
  readonly fills: NormalizedFill[];
  readonly createdAt: string;
  updatedAt: string;
}

/**
 * The smallest exchange that keeps a true ledger: it places, fills, amends, cancels and expires limit orders, and says
 * of each what an exchange would say. Time is an argument. Nothing ever leaves the ledger.
 */
export class ModelVenue {
  readonly orders: VenueOrder[] = [];
  #trades = 0;

  place(clientId: string | null, spec: OrderSpec, at: string): VenueOrder {
    const order: VenueOrder = {
      orderId: `v${this.orders.length + 1}`,
      clientId,
      spec,
      size: spec.size ?? '0',
      price: spec.price,
      status: 'OPEN',
      reason: null,
      fills: [],
      createdAt: at,
      updatedAt: at,
    };
    this.orders.push(order);
    return order;
  }

  /** At most what is left is executed. Gives the execution, or null when nothing can be. */
  fill(order: VenueOrder, size: string, at: string): NormalizedFill | null {
    const executed = minimum(size, remaining(order));
    if (order.status !== 'OPEN' || !isPositive(executed)) return null;
    this.#trades += 1;
    const fill: NormalizedFill = {
      exchange: 'kraken',
      tradeId: `t${this.#trades}`,
      orderId: order.orderId,
      clientOrderId: order.clientId,
      symbol: order.spec.symbol,
      side: order.spec.side,
      size: executed,
      price: order.price ?? '100',
      fee: { currency: 'USD', cost: multiply(executed, '0.1') },
      liquidity: 'MAKER',
      executedAt: at,
    };
    order.fills.push(fill);
    order.updatedAt = at;
    if (!isPositive(remaining(order))) order.status = 'FILLED';
    return fill;
  }

  /** False when there is nothing to end any more. */
  end(order: VenueOrder, status: 'CANCELLED' | 'EXPIRED', at: string, reason: string | null = null): boolean {
    if (order.status !== 'OPEN') return false;
    order.status = status;
    order.reason = reason;
    order.updatedAt = at;
    return true;
  }

  /** New totals. A size at or below what is filled is refused, as an exchange does. */
  amend(order: VenueOrder, terms: { readonly size?: string; readonly price?: string }, at: string): boolean {
    const size = terms.size ?? order.size;
    if (order.status !== 'OPEN' || compare(size, filled(order)) <= 0) return false;
    order.size = size;
    order.price = terms.price ?? order.price;
    order.updatedAt = at;
    return true;
  }

  byClientId(clientId: string): VenueOrder | undefined {
    return this.orders.findLast((order) => order.clientId === clientId);
  }
  byId(orderId: string): VenueOrder | undefined {
    return this.orders.find((order) => order.orderId === orderId);
  }
  open(): VenueOrder[] {
    return this.orders.filter((order) => order.status === 'OPEN');
  }
}

export const filled = (order: VenueOrder): string => sum(order.fills.map((fill) => fill.size));
export const remaining = (order: VenueOrder): string => subtract(order.size, filled(order));

/** What the exchange says of the order now. */
export const shown = (order: VenueOrder): NormalizedOrder => ({
  exchange: 'kraken',
  orderId: order.orderId,
  clientOrderId: order.clientId,
  symbol: order.spec.symbol,
  side: order.spec.side,
  type: order.spec.type,
  status: order.status,
  // Of an order for an amount of money many exchanges never tell a size.
  size: order.spec.size === null ? null : order.size,
  filledSize: filled(order),
  remainingSize: order.status === 'OPEN' ? remaining(order) : '0',
  price: order.price,
  stopPrice: null,
  averageFilledPrice: null,
  quoteSize: null,
  filledValue: null,
  createdAt: order.createdAt,
  updatedAt: order.updatedAt,
  expiresAt: order.spec.expiresAt,
  timeInForce: order.spec.timeInForce,
  postOnly: order.spec.postOnly,
  reduceOnly: order.spec.reduceOnly,
  reason: order.reason,
  working: true,
});

/** A report of the order as it is now: with all its executions, with those given, or with none. */
export const reportOf = (
  order: VenueOrder,
  source: OrderReport['source'],
  askedAt: string,
  fills: 'all' | readonly NormalizedFill[] = [],
): OrderReport => ({
  source,
  order: shown(order),
  fills: fills === 'all' ? [...order.fills] : fills,
  fillsComplete: fills === 'all',
  askedAt,
});
