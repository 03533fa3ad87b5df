import type { DecimalString, OrderSide } from '@orderplane/domain';
import type { PageRequest } from './paging.ts';

/** Names one execution at the exchange. `symbol` is empty where the exchange does not say. */
export interface FillKey {
  readonly accountId: string;
  readonly symbol: string;
  readonly exchangeOrderId: string;
  readonly exchangeTradeId: string;
}

/** An execution that the exchange lists and that belonged to no order here when it was seen. */
export interface UnattributedFill extends FillKey {
  /** The client id that the exchange shows with it. */
  readonly clientOrderId: string | null;
  readonly side: OrderSide | null;
  readonly size: DecimalString;
  readonly price: DecimalString;
  readonly fee: { readonly currency: string; readonly cost: DecimalString } | null;
  readonly liquidity: 'MAKER' | 'TAKER' | null;
  readonly executedAt: string;
  readonly firstSeenAt: string;
  /** How often its order was looked for, and what came of it the last time. */
  readonly tries: number;
  readonly lastTriedAt: string | null;
  readonly lastError: string | null;
  /** Set when an order was found that has booked it. */
  readonly attributedAt: string | null;
  readonly orderId: string | null;
}

/** Executions without an order: written once, never dropped, and looked for until an order is found. */
export interface UnattributedFillStore {
  /** Known ones stay as they are. Gives how many are new. */
  add(fills: readonly UnattributedFill[]): Promise<number>;
  /** Those without an order, the longest untried first. */
  pending(accountId: string, limit: number): Promise<readonly UnattributedFill[]>;
  pendingCount(accountId: string): Promise<number>;
  /** One more try that found nothing. */
  tried(key: FillKey, at: string, error: string): Promise<void>;
  /** The first attribution stays. */
  attribute(key: FillKey, orderId: string, at: string): Promise<void>;
  /** Newest first; `after` is the id of one (`unattributedFillId`). Throws InvalidCursorError. */
  list(
    accountId: string,
    page: PageRequest & { readonly pendingOnly: boolean },
  ): Promise<{ readonly items: readonly UnattributedFill[]; readonly hasNext: boolean }>;
}
