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

export interface AlertUpdate {
  readonly alert: Alert;
  /** Where to go on after this update. */
  readonly cursor: string | null;
}

export interface AlertUpdatesOptions extends SubscribeOptions {
  /** The cursor of the last update that was dealt with, or of `alerts`. */
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

/**
 * Alerts as they change: with a cursor, or once one has been told, every change is told once, over all interruptions.
 * Without one the first that is told is the first after the connection.
 */
export function followAlerts(
  settings: FeedSettings,
  accountIds: readonly string[],
  options: AlertUpdatesOptions,
): Feed<AlertUpdatesSubscription, AlertUpdatesSubscriptionVariables, AlertUpdate> {
  let after = options.after ?? null;
  const accept = ({ alertUpdates: alert }: AlertUpdatesSubscription): AlertUpdate => {
    after = alert.cursor ?? after;
    return { alert, cursor: after };
  };
  const variables = (): AlertUpdatesSubscriptionVariables => ({ accountIds, after });
  const kind = { document: AlertUpdatesDocument, variables, accept, capacity: CAPACITY };
  // Nothing takes the place of changes that can't be told any more: the reader has to know.
  const isFinal = ({ code }: OrderplaneError): boolean => code === 'CURSOR_EXPIRED';
  return new Feed({ ...kind, interrupted: () => undefined, overflow: 'resume', isFinal }, settings, options);
}
