import type { AccountFunds, FundsStore } from '@orderplane/store';
import { MAX_ACCOUNTS, putNewest } from './bounded.ts';

export interface ReadingsOptions {
  readonly funds: Pick<FundsStore, 'of'>;
  /** Has the account read anew; when the reading was asked, or why there is none. Never throws. */
  readonly readNow: (accountId: string) => Promise<{ readonly askedAt: string | null; readonly error: string | null }>;
  readonly now: () => number;
}

/** What accounts owned when they were last read, held here for a short time. */
export interface Readings {
  /** Null: never read. */
  known(accountId: string): Promise<AccountFunds | null>;
  /** A reading that was asked at `sinceMs` or later, or why there is none. */
  since(accountId: string, sinceMs: number): Promise<AccountFunds | string>;
}

/** A reading is looked at again after this long, behind the back of the order that finds it so; */
const LOOK_AGAIN_MS = 1_000;
/** and before the order, after this long. */
const TOO_OLD_MS = 60_000;
/** An account that could not be read is not asked again for this long: the next orders do not wait for it. */
const NOT_AGAIN_MS = 10_000;
/** By how much the clocks of two processes may differ. */
export const SKEW_MS = 20;

interface Held {
  readonly lookedAtMs: number;
  readonly funds: AccountFunds | null;
}

export function openReadings({ funds, readNow, now }: ReadingsOptions): Readings {
  const held = new Map<string, Held>();
  const looking = new Map<string, Promise<AccountFunds | null>>();
  const failures = new Map<string, { readonly atMs: number; readonly error: string }>();

  const look = (accountId: string): Promise<AccountFunds | null> => {
    const running = looking.get(accountId);
    if (running !== undefined) return running;
    const lookedAtMs = now();
    const started = funds
      .of(accountId)
      .then((found) => {
        putNewest(held, accountId, { lookedAtMs, funds: found }, MAX_ACCOUNTS);
        return found;
      })
      .finally(() => looking.delete(accountId));
    looking.set(accountId, started);
    return started;
  };
  const known: Readings['known'] = async (accountId) => {
    const entry = held.get(accountId);
    const ageMs = entry === undefined ? Number.POSITIVE_INFINITY : now() - entry.lookedAtMs;
    if (entry === undefined || ageMs > TOO_OLD_MS || entry.funds === null) return look(accountId);
    if (ageMs > LOOK_AGAIN_MS) void look(accountId).catch(() => undefined);
    return entry.funds;
  };
  const since: Readings['since'] = async (accountId, sinceMs) => {
    const isLate = (one: AccountFunds | null): one is AccountFunds =>
      one !== null && Date.parse(one.askedAt) >= sinceMs - SKEW_MS;
    const before = held.get(accountId)?.funds ?? null;
    if (isLate(before)) return before;
    const failed = failures.get(accountId);
    if (failed !== undefined && now() - failed.atMs < NOT_AGAIN_MS) return failed.error;
    const { error } = await readNow(accountId);
    // What is being looked at may be older.
    await looking.get(accountId)?.catch(() => null);
    const after = await look(accountId);
    if (isLate(after)) return after;
    putNewest(failures, accountId, { atMs: now(), error: error ?? 'no answer' }, MAX_ACCOUNTS);
    return error ?? 'no answer';
  };
  return { known, since };
}
