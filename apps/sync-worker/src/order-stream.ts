import type { ExchangeAdapter, StreamEvent, Subscription } from '@orderplane/exchange';
import type { OrderReport } from '@orderplane/normalization';
import { observe, RecordMemory, type AccountKey } from '@orderplane/recorder';
import type { Account } from '@orderplane/store';
import type { SyncContext } from './context.ts';
import { SilenceClock } from './silence-clock.ts';
import type { Proof } from './silence.ts';
import type { SyncDesk } from './sync-desk.ts';

/** Reports held while the database is slow. Beyond it they are dropped: a full sync tells all of it again. */
const MAX_PENDING = 5_000;

/** Some streams begin with a snapshot: what comes this soon after the connection says nothing about what follows, ms. */
const BEGINNING_MS = 2_000;

export interface OrderStream {
  /**
   * Up, not found mute since it told something, and everything that it did not tell or that was not booked has been read
   * by a complete sync since.
   */
  readonly isTrusted: () => boolean;
  /** A complete sync was begun at `askedAt`. */
  synced(askedAt: string): void;
  /** Asks whether it should have told something, and dials anew when it is mute. Never throws. */
  look(): Promise<void>;
  close(): Promise<void>;
}

/** Books what the order stream of one account says, in the order it says it; asks for a full sync after every gap. */
export function openOrderStream(
  context: SyncContext,
  desk: SyncDesk,
  account: Account,
  adapter: ExchangeAdapter,
): OrderStream {
  let connected = false;
  let connectedAtMs = 0;
  /** It was found mute, and has told nothing since. */
  let mute = false;
  let closed = false;
  const gap = openGap(context, desk, account.id);
  const bookings = openBookings(context, account, gap.tear);
  const silence = new SilenceClock(context, account.id);
  const onEvent = (event: StreamEvent): void => {
    silence.hear(event);
    switch (event.type) {
      case 'reports':
        if (context.clock.now().getTime() >= connectedAtMs + BEGINNING_MS) mute = false;
        bookings.add(event.reports);
        return;
      case 'connected':
        connected = true;
        connectedAtMs = context.clock.now().getTime();
        void context.health.report(account.exchange, { streamConnected: true });
        break;
      case 'disconnected':
        connected = false;
        context.log.warn({ accountId: account.id, error: event.error }, 'the order stream is down');
        void context.health.report(account.exchange, { streamConnected: false, lastError: event.error.slice(0, 200) });
        break;
      case 'unreadable':
        context.log.error({ accountId: account.id, error: event.error }, 'a stream message could not be read');
        break;
    }
    gap.tear();
  };
  let subscription: Subscription = adapter.watchOrders(onEvent);
  const look = async (): Promise<void> => {
    try {
      const proof = await silence.look();
      if (proof === null || closed) return;
      mute = true;
      context.count('muteStream', 1);
      onEvent({ type: 'disconnected', error: textOf(proof) });
      await subscription.close();
      if (!closed) subscription = adapter.watchOrders(onEvent);
    } catch (error) {
      context.log.debug({ err: error, accountId: account.id }, 'the silence of a stream could not be judged');
    } finally {
      looking = null;
    }
  };
  let looking: Promise<void> | null = null;
  return {
    isTrusted: () => connected && !mute && !gap.isOpen(),
    synced: gap.synced,
    look: () => (looking ??= look()),
    close: async () => {
      closed = true;
      await looking;
      await subscription.close();
      await bookings.done();
    },
  };
}

const textOf = ({ venueOrderId, tradeId, at }: Proof): string =>
  `connected and mute: order ${venueOrderId} was ${tradeId === null ? 'acknowledged' : 'executed'} by ${at}, and the stream has not told it`;

/** Books reports one batch after the other. What can't be booked, or held, is told again by the full sync asked for. */
function openBookings(context: SyncContext, account: Account, fullSync: () => void) {
  const key: AccountKey = { accountId: account.id, userId: account.userId, exchange: account.exchange };
  const memory = new RecordMemory();
  let pending: OrderReport[] = [];
  let pumping: Promise<void> | null = null;
  const pump = async (): Promise<void> => {
    while (pending.length > 0) {
      const batch = pending;
      pending = [];
      try {
        context.crashPoint('stream:before-booking', account.exchange);
        const observed = await observe(context.recorder, key, batch, memory);
        context.crashPoint('stream:after-booking', account.exchange);
        if (observed.late > 0) context.count('lateFill', observed.late);
        if (observed.untold.size > 0) await context.waker.wakeMany(account.exchange, [...observed.untold], 'cancel');
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
  return {
    add: (reports: readonly OrderReport[]): void => {
      if (pending.length + reports.length > MAX_PENDING) {
        pending = [];
        fullSync();
        return;
      }
      pending.push(...reports);
      pumping ??= pump();
    },
    done: async (): Promise<void> => void (await pumping),
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
