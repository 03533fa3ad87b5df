import type { ExchangeAdapter } from '@orderplane/exchange';
import { keepSwitches, type SwitchKeeper } from '@orderplane/recorder';
import { sleep } from '@orderplane/service-kit';
import type { Account } from '@orderplane/store';
import type { SyncContext } from './context.ts';
import { openOrderStream, type OrderStream } from './order-stream.ts';
import type { SyncDesk } from './sync-desk.ts';

export interface AccountOwner {
  /** Looks at the accounts now instead of at the next round. */
  nudge(): void;
  close(): Promise<void>;
}

interface Owned {
  readonly adapter: ExchangeAdapter;
  readonly stream: OrderStream;
  nextSyncAtMs: number;
  nextFundsAtMs: number;
}

const ROUND_MS = 1_000;
const leaseName = (accountId: string): string => `account:${accountId}`;

/**
 * One worker owns each account: it streams its orders and schedules its syncs. The lease lives in PostgreSQL and is
 * renewed several times within its life; when its owner dies another takes over after at most one life and starts
 * with a full sync, and with a word to the account's dead man's switch. An owner that ends leaves that armed.
 */
export function ownAccounts(
  context: SyncContext,
  desk: SyncDesk,
  ownerId: string,
  stopping: AbortSignal,
  onRound: (owned: number) => void,
): AccountOwner {
  const owned = new Map<string, Owned>();
  const switches = switchesOf(context);
  let wakeRound: () => void = () => undefined;

  const release = async (accountId: string, why: string): Promise<void> => {
    const held = owned.get(accountId);
    owned.delete(accountId);
    switches.forget(accountId);
    letGo(context, accountId, why);
    await held?.stream.close();
  };
  const visit = async (account: Account): Promise<void> => {
    const has = await context.observations.acquireLease(leaseName(account.id), ownerId, context.env.LEASE_MS);
    let held = owned.get(account.id);
    if (!has) {
      if (held !== undefined) await release(account.id, 'the lease is lost');
      return;
    }
    const adapter = await context.adapters.get(account.id);
    if (held !== undefined && held.adapter !== adapter) {
      await release(account.id, 'its credentials were replaced');
      held = undefined;
    }
    const current = held ?? take(context, desk, account, adapter);
    owned.set(account.id, current);
    switches.tend(account.id, adapter);
    scheduleSync(context, desk, account, current, held === undefined);
    scheduleFunds(context, desk, account, current);
  };
  const round = async (): Promise<void> => {
    const accounts = await context.access.linkedAccounts();
    await switches.read();
    const known = new Set(accounts.map((account) => account.id));
    for (const id of owned.keys()) {
      if (known.has(id)) continue;
      await release(id, 'the account is gone');
      void forget(context, id);
    }
    sayFailures(context, await Promise.allSettled(accounts.map(visit)));
  };
  const rounds = async (): Promise<void> => {
    while (!stopping.aborted) {
      const nudged = new Promise<void>((resolve) => {
        wakeRound = resolve;
      });
      await round().catch((error: unknown) => context.log.warn({ err: error }, 'a round over the accounts failed'));
      onRound(owned.size);
      await Promise.race([sleep(Math.min(ROUND_MS, Math.floor(context.env.LEASE_MS / 4)), stopping), nudged]);
    }
  };
  const running = rounds();
  return {
    nudge: () => wakeRound(),
    close: async () => {
      await running;
      await switches.quiet();
      for (const id of [...owned.keys()]) {
        await release(id, 'shutting down');
        await context.observations.releaseLease(leaseName(id), ownerId).catch(() => undefined);
      }
    },
  };
}

/** Timers at the exchanges: those of the accounts that this process owns. */
const switchesOf = (context: SyncContext): SwitchKeeper => {
  const { deadMansSwitches: switches, env } = context;
  return keepSwitches({ ...context, switches, bound: 'account', callTimeoutMs: env.CALL_TIMEOUT_MS });
};

function sayFailures(context: SyncContext, results: readonly PromiseSettledResult<void>[]): void {
  for (const result of results)
    if (result.status === 'rejected')
      context.log.warn({ err: result.reason as unknown }, 'an account could not be served; the next round tries again');
}

function letGo(context: SyncContext, accountId: string, why: string): void {
  context.log.info({ accountId, why }, 'lets go of the account');
  context.health.forget(accountId);
}

function take(context: SyncContext, desk: SyncDesk, account: Account, adapter: ExchangeAdapter): Owned {
  context.log.info({ accountId: account.id, exchange: account.exchange }, 'owns the account');
  return { adapter, stream: openOrderStream(context, desk, account, adapter), nextSyncAtMs: 0, nextFundsAtMs: 0 };
}

/** What Redis holds of an unlinked account's orders. A loss of Redis does the same, so a failure costs nothing. */
async function forget(context: SyncContext, accountId: string): Promise<void> {
  try {
    const account = await context.access.account(accountId);
    if (account === null) return;
    const { userId, exchange } = account;
    for (const several of [true, false]) {
      // The plain key may be that of the account which the user has left there.
      const others = several ? [] : await context.access.accountsOfUser(userId);
      if (others.some((other) => other.exchange === exchange && other.unlinkedAt === null)) continue;
      await context.cache.clear({ userId, exchange, accountId, several, enabled: account.privacy.cacheOpenOrders });
    }
  } catch (error) {
    context.log.debug({ err: error, accountId }, 'the open-order cache was not cleared');
  }
}

/** Also asks whether the stream is mute. Every 30 s while the stream can be trusted, every 5 s while it can't; at once after a takeover. */
function scheduleSync(context: SyncContext, desk: SyncDesk, account: Account, owned: Owned, takenOver: boolean): void {
  void owned.stream.look();
  const nowMs = context.clock.now().getTime();
  const { SYNC_INTERVAL_STREAMING_MS, SYNC_INTERVAL_BLIND_MS } = context.env;
  const intervalMs = owned.stream.isTrusted() ? SYNC_INTERVAL_STREAMING_MS : SYNC_INTERVAL_BLIND_MS;
  // A stream that has gone down since the last look shortens the wait that was set while it was up.
  owned.nextSyncAtMs = Math.min(owned.nextSyncAtMs, nowMs + intervalMs);
  if (nowMs < owned.nextSyncAtMs) return;
  owned.nextSyncAtMs = nowMs + intervalMs;
  const job = {
    accountId: account.id,
    reason: takenOver ? ('takeover' as const) : ('scheduled' as const),
    requestedAt: context.clock.iso(),
    maxAgeMs: takenOver ? 0 : Math.floor(intervalMs / 2),
  };
  void desk.request(job).then(
    (outcome) => {
      if (outcome.complete && outcome.syncedAt !== null) owned.stream.synced(outcome.syncedAt);
    },
    (error: unknown) => context.log.warn({ err: error, accountId: account.id }, 'a scheduled sync failed'),
  );
}

/** What the account owns: orders that hang on it have it read when they need it, so that this is for the eye. */
function scheduleFunds({ clock, env, log }: SyncContext, desk: SyncDesk, account: Account, owned: Owned): void {
  const { showsBalances, showsPositions } = owned.adapter.capabilities;
  const nowMs = clock.now().getTime();
  if (nowMs < owned.nextFundsAtMs || (!showsBalances && !showsPositions)) return;
  owned.nextFundsAtMs = nowMs + env.FUNDS_INTERVAL_MS;
  const maxAgeMs = Math.floor(env.FUNDS_INTERVAL_MS / 2);
  const job = { accountId: account.id, parts: ['funds'] as const, reason: 'scheduled' as const, maxAgeMs };
  desk.request({ ...job, requestedAt: clock.iso() }).catch((error: unknown) => {
    log.warn({ err: error, accountId: account.id }, 'a scheduled reading of balances failed');
  });
}
