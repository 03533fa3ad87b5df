import type { ObservationStore } from '@orderplane/store';

const FRESH_MS = 1_000;

/** The newest complete listing of each account, read at most once a second for all its orders. */
export function lastCompleteSyncReader(
  observations: ObservationStore,
  now: () => number,
): (accountId: string) => Promise<string | null> {
  const known = new Map<string, { readonly readAtMs: number; readonly at: Promise<string | null> }>();
  return (accountId) => {
    const entry = known.get(accountId);
    if (entry !== undefined && now() - entry.readAtMs < FRESH_MS) return entry.at;
    const at = observations
      .lastSyncRun(accountId, true)
      .then((run) => run?.coverage.find((part) => part.part === 'open-orders')?.askedAt ?? null);
    at.catch(() => known.delete(accountId));
    known.set(accountId, { readAtMs: now(), at });
    return at;
  };
}
