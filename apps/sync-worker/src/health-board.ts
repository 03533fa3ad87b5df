import type { ExchangeId } from '@orderplane/domain';
import type { Trouble } from '@orderplane/exchange';
import type { Account, AccountLook, ExchangeHealthRecord, ObservationStore } from '@orderplane/store';
import { isReachable, type Look } from './reachability.ts';

/** A state that has not changed is written again this often, so that readers can tell it from a forgotten one. */
const RENEW_MS = 20_000;

type Facts = Pick<ExchangeHealthRecord, 'reachable' | 'streamConnected' | 'lastError'>;

/** What one look at an account gave. `isLimited`: it had to wait for a limit, and says nothing. */
export interface Looked {
  readonly trouble: Trouble | null;
  readonly isLimited: boolean;
  readonly error: string | null;
}

/** What this process knows of the health of exchanges and of accounts, which are two things; written when it changes. */
export interface HealthBoard {
  report(exchange: ExchangeId, facts: Partial<Facts>): Promise<void>;
  /** Tells what a look at the account says of its exchange, and what of the account alone. */
  looked(account: Pick<Account, 'id' | 'exchange'>, looked: Looked): Promise<void>;
  /** Another process looks at the account from now on, or nobody. */
  forget(accountId: string): void;
}

type Observations = Pick<ObservationStore, 'setExchangeHealth' | 'setAccountReachable'>;

export function createHealthBoard(
  observations: Observations,
  clock: { now(): Date; iso(): string },
  onError: (error: unknown) => void,
): HealthBoard {
  const known = new Map<ExchangeId, Facts & { readonly writtenAtMs: number }>();
  const looks = new Map<string, Look & { readonly exchange: ExchangeId }>();
  const accounts = accountBoard(observations, clock, onError);

  const report: HealthBoard['report'] = async (exchange, facts) => {
    const before = known.get(exchange);
    const next: Facts = {
      reachable: facts.reachable ?? before?.reachable ?? true,
      streamConnected: facts.streamConnected ?? before?.streamConnected ?? false,
      lastError: facts.lastError === undefined ? (before?.lastError ?? null) : facts.lastError,
    };
    const nowMs = clock.now().getTime();
    const same =
      before !== undefined &&
      before.reachable === next.reachable &&
      before.streamConnected === next.streamConnected &&
      before.lastError === next.lastError &&
      nowMs - before.writtenAtMs < RENEW_MS;
    if (same) return;
    known.set(exchange, { ...next, writtenAtMs: nowMs });
    await observations
      .setExchangeHealth({ exchange, ...next, rateLimitedUntil: null, at: clock.iso() })
      .catch((error: unknown) => {
        // What was not written is told again next time.
        known.delete(exchange);
        onError(error);
      });
  };
  return {
    report,
    looked: async (account, { trouble, isLimited, error }) => {
      const { exchange } = account;
      if (isLimited && trouble === null) return report(exchange, { lastError: error });
      looks.set(account.id, { atMs: clock.now().getTime(), trouble, exchange });
      const reachable = isReachable([...looks.values()].filter((look) => look.exchange === exchange)) ?? true;
      // One account's words stand with the account; the exchange shows its own.
      const isOwn = trouble !== null && reachable;
      await report(exchange, { reachable, lastError: isOwn ? null : error });
      // When nobody can trade there, that says nothing of this account.
      if (reachable) await accounts(account.id, !isOwn, error);
    },
    forget: (accountId) => void looks.delete(accountId),
  };
}

/** Writes what has changed of an account's health; a trouble is renewed. */
function accountBoard(
  observations: Observations,
  clock: { now(): Date; iso(): string },
  onError: (error: unknown) => void,
): (accountId: string, reachable: boolean, error: string | null) => Promise<void> {
  const written = new Map<string, AccountLook>();
  return async (accountId, reachable, lastError) => {
    const before = written.get(accountId);
    const isOld = before !== undefined && clock.now().getTime() - Date.parse(before.at) >= RENEW_MS;
    const same = before?.reachable === reachable && before.lastError === lastError && (reachable || !isOld);
    if (same) return;
    const look = { accountId, reachable, lastError, at: clock.iso() };
    written.set(accountId, look);
    await observations.setAccountReachable(look).catch((error: unknown) => {
      written.delete(accountId);
      onError(error);
    });
  };
}
