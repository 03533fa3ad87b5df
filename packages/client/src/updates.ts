import type { OrderplaneError } from './errors.ts';
import { Feed } from './feed.ts';
import type { FeedSettings, SubscribeOptions } from './feed.ts';
import { AlertUpdatesDocument, OrderUpdatesDocument, TickerDocument } from './operations.generated.ts';
import type {
  AlertFieldsFragment,
  AlertUpdatesSubscription,
  AlertUpdatesSubscriptionVariables,
  OrderEventFieldsFragment,
  OrderUpdatesSubscription,
  OrderUpdatesSubscriptionVariables,
  TickerSubscription,
  TickerSubscriptionVariables,
} from './operations.generated.ts';
import type { Order } from './orders.ts';

export type OrderEvent = OrderEventFieldsFragment;
export type Alert = AlertFieldsFragment;
export type Ticker = TickerSubscription['ticker'];

export type OrderUpdate =
  | {
      /** All orders that have not ended, at one moment: takes the place of what was known. */
      readonly kind: 'SNAPSHOT';
      /** CURSOR_EXPIRED: what followed the cursor was purged, so some changes can't be told any more. */
      readonly reason: 'BEGIN' | 'CURSOR_EXPIRED';
      readonly cursor: string;
      readonly orders: readonly Order[];
    }
  | {
      /** One change; `order` is the order as it was read with it, never older than the change. */
      readonly kind: 'EVENT';
      readonly cursor: string;
      readonly order: Order;
      readonly event: OrderEvent;
    };

export interface OrderUpdatesOptions extends SubscribeOptions {
  /** The cursor of the last update that was dealt with, of the same accounts: goes on after it, without a snapshot. */
  readonly after?: string | null;
}

/** Updates that may wait for a slow reader. */
const CAPACITY = 1_000;

/**
 * The snapshot whole, then every change once, in the order of each account, over all broken connections and gateways. A
 * snapshot that breaks in the middle is asked for again and never handed out by halves.
 */
export function followOrders(
  settings: FeedSettings,
  accountIds: readonly string[],
  options: OrderUpdatesOptions,
): Feed<OrderUpdatesSubscription, OrderUpdatesSubscriptionVariables, OrderUpdate> {
  let after = options.after ?? null;
  let reason: 'BEGIN' | 'CURSOR_EXPIRED' = 'BEGIN';
  let snapshot: Order[] = [];
  const accept = ({ orderUpdates: update }: OrderUpdatesSubscription): OrderUpdate | null => {
    const { kind, cursor, order, event } = update;
    switch (kind) {
      case 'SNAPSHOT':
        if (order !== null) snapshot.push(order);
        return null;
      case 'SNAPSHOT_END': {
        const orders = snapshot;
        snapshot = [];
        after = cursor;
        return { kind: 'SNAPSHOT', reason, cursor, orders };
      }
      case 'EVENT':
        after = cursor;
        return order === null || event === null ? null : { kind: 'EVENT', cursor, order, event };
    }
  };
  const interrupted = (error: OrderplaneError | null): void => {
    snapshot = [];
    if (error?.code !== 'CURSOR_EXPIRED') return;
    after = null;
    reason = 'CURSOR_EXPIRED';
  };
  const variables = (): OrderUpdatesSubscriptionVariables => ({ accountIds, after });
  const kind = { document: OrderUpdatesDocument, variables, accept, interrupted, capacity: CAPACITY };
  return new Feed({ ...kind, overflow: 'resume' }, settings, options);
}

/** Prices as they change; only the newest matter, so what a slow reader leaves is forgotten. */
export const followTicker = (
  settings: FeedSettings,
  variables: TickerSubscriptionVariables,
  options: SubscribeOptions,
): Feed<TickerSubscription, TickerSubscriptionVariables, Ticker> =>
  new Feed(
    {
      document: TickerDocument,
      variables: () => variables,
      accept: ({ ticker }) => ticker,
      interrupted: () => undefined,
      capacity: 100,
      overflow: 'forgetOldest',
    },
    settings,
    options,
  );

/** Alerts as they change while connected. There is no cursor: after an interruption read `alerts` too. */
export const followAlerts = (
  settings: FeedSettings,
  variables: AlertUpdatesSubscriptionVariables,
  options: SubscribeOptions,
): Feed<AlertUpdatesSubscription, AlertUpdatesSubscriptionVariables, Alert> =>
  new Feed(
    {
      document: AlertUpdatesDocument,
      variables: () => variables,
      accept: ({ alertUpdates }) => alertUpdates,
      interrupted: () => undefined,
      capacity: CAPACITY,
      overflow: 'fail',
    },
    settings,
    options,
  );
