import type { ExchangeAdapter, StreamEvent, Subscription } from '@orderplane/exchange';
import type { OrderReport } from '@orderplane/normalization';
import { observe, RecordMemory, type AccountKey } from '@orderplane/recorder';
import type { Account } from '@orderplane/store';
import type { SyncContext } from './context.ts';
import type { SyncDesk } from './sync-desk.ts';

/** Reports held while the database is slow. Beyond it they are dropped: a full sync tells all of it again. */
const MAX_PENDING = 5_000;

export interface OrderStream {
  /** Up, and everything that it did not tell or that was not booked has been read by a complete sync since. */
  readonly isTrusted: () => boolean;
  /** A complete sync was begun at `askedAt`. */
  synced(askedAt: string): void;
  close(): Promise<void>;
}

/** Books what the order stream of one account says, in the order it says it; asks for a full sync after every gap. */
export function openOrderStream(
  context: SyncContext,
  desk: SyncDesk,
  account: Account,
  adapter: ExchangeAdapter,
): OrderStream {
  const key: AccountKey = { accountId: account.id, userId: account.userId, exchange: account.exchange };
  const memory = new RecordMemory();
  let connected = false;
  let pending: OrderReport[] = [];
  let pumping: Promise<void> | null = null;

  const gap = openGap(context, desk, account.id);
  const fullSync = gap.tear;
  const pump = async (): Promise<void> => {
    while (pending.length > 0) {
      const batch = pending;
      pending = [];
      try {
        context.crashPoint('stream:before-booking', account.exchange);
        const observed = await observe(context.recorder, key, batch, memory);
        context.crashPoint('stream:after-booking', account.exchange);
        const ids = new Set(observed.questions.map((question) => question.orderId));
        if (ids.size > 0) await context.waker.wakeMany(account.exchange, [...ids], 'read');
        // An ended order or an execution of a stranger: the full sync asks for the order and adopts it.
        if (observed.orphans.some((orphan) => orphan.fills.length > 0)) fullSync();
      } catch (error) {
        context.log.error({ err: error, accountId: account.id }, 'stream reports were not booked; a full sync follows');
        fullSync();
      }
    }
    // Here, and not when the promise is settled: what comes in between would be held until the next report.
    pumping = null;
  };
  const onEvent = (event: StreamEvent): void => {
    switch (event.type) {
      case 'reports':
        if (pending.length + event.reports.length > MAX_PENDING) {
          pending = [];
          fullSync();
          return;
        }
        pending.push(...event.reports);
        pumping ??= pump();
        return;
      case 'connected':
        connected = true;
        void context.health.report(account.exchange, { streamConnected: true });
        fullSync();
        return;
      case 'disconnected':
        connected = false;
        context.log.warn({ accountId: account.id, error: event.error }, 'the order stream is down');
        void context.health.report(account.exchange, { streamConnected: false, lastError: event.error.slice(0, 200) });
        fullSync();
        return;
      case 'unreadable':
        context.log.error({ accountId: account.id, error: event.error }, 'a stream message could not be read');
        fullSync();
        return;
    }
  };
  const subscription: Subscription = adapter.watchOrders(onEvent);
  return {
    isTrusted: () => connected && !gap.isOpen(),
    synced: gap.synced,
    close: async () => {
      await subscription.close();
      await pumping;
    },
  };
}

/** The last time that something may have been missed, until a complete sync begun later has read it. */
function openGap(context: SyncContext, desk: SyncDesk, accountId: string) {
  let since: string | null = null;
  const synced = (askedAt: string): void => {
    if (since !== null && askedAt >= since) since = null;
  };
  const tear = (): void => {
    const requestedAt = context.clock.iso();
    since = requestedAt;
    // One that fails (the database may be away, as it was for the booking) is repeated by the account's owner.
    void desk.request({ accountId, reason: 'stream-connected', requestedAt, maxAgeMs: 0 }).then(
      (outcome) => {
        if (outcome.complete && outcome.syncedAt !== null) synced(outcome.syncedAt);
      },
      (error: unknown) => context.log.warn({ err: error, accountId }, 'a full sync failed'),
    );
  };
  return { isOpen: (): boolean => since !== null, tear, synced };
}
