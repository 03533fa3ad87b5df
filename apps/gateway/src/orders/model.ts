import type { OrderFilter, OrderRecord, StoredOrderEvent } from '@orderplane/store';
import type { Execution } from '@orderplane/state-machine';

/** What the resolvers of the connection types are given. */
export interface OrderPage {
  /** Null: a filter that can't match anything. */
  readonly filter: OrderFilter | null;
  readonly entries: readonly { readonly cursor: string; readonly record: OrderRecord }[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}

export interface OrderEventPage {
  readonly items: readonly StoredOrderEvent[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}

export interface FillPage {
  readonly orderId: string;
  readonly items: readonly Execution[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}
