import { traceparent } from '@orderplane/service-kit';
import { CommitNotifier, cacheScope, type AccessStore, type CacheScope, type PayloadVault } from '@orderplane/store';
import type { Redis } from 'ioredis';
import type { CommitListener } from './record.ts';

/** How long a changed privacy setting may take to be seen by every writer, ms. */
export const SCOPE_FRESH_MS = 2_000;

/**
 * Where the open orders of an account are cached, known for two seconds at most. Null: there is no such account. While
 * commits go on it is read again in the background after the first of them, so that none has to wait.
 */
export type CacheScopes = (accountId: string) => Promise<CacheScope | null>;

export function cacheScopes(access: AccessStore, now: () => number): CacheScopes {
  const known = new Map<
    string,
    { readonly readAtMs: number; readonly scope: Promise<CacheScope | null>; isRenewed: boolean }
  >();
  const read = async (accountId: string): Promise<CacheScope | null> => {
    const account = await access.account(accountId);
    return account === null ? null : cacheScope(account, await access.accountsOfUser(account.userId));
  };
  const refresh = (accountId: string): Promise<CacheScope | null> => {
    const readAtMs = now();
    const scope = read(accountId);
    const keep = (): void => {
      known.set(accountId, { readAtMs, scope, isRenewed: false });
    };
    if (known.has(accountId)) scope.then(keep, () => undefined);
    else keep();
    scope.catch(() => known.delete(accountId));
    return scope;
  };
  return (accountId) => {
    const entry = known.get(accountId);
    const ageMs = entry === undefined ? Infinity : now() - entry.readAtMs;
    if (entry === undefined || ageMs >= SCOPE_FRESH_MS) {
      known.delete(accountId);
      return refresh(accountId);
    }
    if (ageMs >= SCOPE_FRESH_MS / 2 && !entry.isRenewed) {
      entry.isRenewed = true;
      refresh(accountId).catch(() => undefined);
    }
    return entry.scope;
  };
}

/** Tells Redis of every commit, after it: the journal wake-up and the cached open order. Never throws, never waits. */
export function createCommitListener(options: {
  readonly redis: Redis;
  readonly scopes: CacheScopes;
  readonly onError: (error: unknown) => void;
  /** Seals what Redis holds of encrypted accounts. Left out: of those it holds nothing. */
  readonly vault?: PayloadVault | null;
}): CommitListener {
  const notifier = new CommitNotifier(options.redis, options.onError, options.vault);
  return {
    committed: (record, firstCursor, lastCursor) => {
      const trace = traceparent();
      options
        .scopes(record.intent.accountId)
        .catch(() => null)
        .then((scope) => notifier.committed({ kind: 'committed', record, firstCursor, lastCursor }, scope, trace))
        .catch(options.onError);
    },
  };
}
