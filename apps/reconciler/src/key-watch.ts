import type { ObservationStore } from '@orderplane/store';

/** Refused submissions, cancels and changes in a row, of one account, after which nothing more is submitted. */
const REFUSED_IN_A_ROW = 3;
/** What is known of the keys is read again after this time, ms. */
const FRESH_MS = 500;

/** Which accounts' keys the exchanges take, as seen by those who trade with them. */
export interface KeyWatch {
  /** Why nothing may be submitted for the account now; null: nothing is against it. */
  stopped(accountId: string): Promise<string | null>;
  refused(accountId: string, reason: string): void;
  taken(accountId: string): void;
}

export interface KeyWatchOptions {
  readonly observations: Pick<ObservationStore, 'accountsInTrouble' | 'setKeyRefused'>;
  readonly clock: { now(): Date; iso(): string };
  readonly onError: (error: unknown) => void;
}

/**
 * After some refusals in a row the account's submissions stop, for all processes, until the sync-worker has proof that the
 * key is taken (key-standing.ts there). An order after that proof which is refused all the same stops them again at once.
 */
export function createKeyWatch({ observations, clock, onError }: KeyWatchOptions): KeyWatch {
  const inARow = new Map<string, number>();
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<ReadonlyMap<string, string>> = Promise.resolve(new Map());
  const read = async (): Promise<ReadonlyMap<string, string>> => {
    const rows = await observations.accountsInTrouble();
    return new Map(
      rows.flatMap(({ accountId, keyRefused }) =>
        keyRefused === null ? [] : [[accountId, `since ${keyRefused.since}: ${keyRefused.reason}`] as const],
      ),
    );
  };
  return {
    stopped: async (accountId) => {
      const nowMs = clock.now().getTime();
      if (Math.abs(nowMs - readAtMs) > FRESH_MS) {
        readAtMs = nowMs;
        reading = read();
      }
      return (await reading).get(accountId) ?? null;
    },
    refused: (accountId, reason) => {
      const refusals = (inARow.get(accountId) ?? 0) + 1;
      inARow.set(accountId, refusals);
      if (refusals < REFUSED_IN_A_ROW) return;
      readAtMs = Number.NEGATIVE_INFINITY;
      observations.setKeyRefused(accountId, reason.slice(0, 200), clock.iso()).catch(onError);
    },
    taken: (accountId) => void inARow.delete(accountId),
  };
}
