import { between, pick } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { watchOrders } from '../support/watch.ts';
import type { Update } from '../support/watch.ts';
import type { Endpoint } from '../support/client.ts';
import { pause } from './requests.ts';

export type Positions = ReadonlyMap<string, bigint>;

/** A cursor is {account: position} in base64url. */
export function positionsOf(cursor: string): Positions {
  const plain = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Record<string, string>;
  return new Map(Object.entries(plain).map(([accountId, position]) => [accountId, BigInt(position)]));
}

/** What one connection was told. */
export interface Chapter {
  /** The cursor it began after; null: it began with a snapshot. */
  readonly after: string | null;
  readonly updates: readonly Update[];
}

/** All that one subscriber was told, over all its connections. */
export interface Story {
  readonly name: string;
  readonly accountIds: readonly string[];
  readonly chapters: readonly Chapter[];
}

export interface Subscriber {
  readonly story: Story;
  /** Position in each account that it has reached; null before its first snapshot ended. */
  reached(): Positions | null;
  stop(): Promise<void>;
}

interface Habits {
  readonly name: string;
  readonly accountIds: readonly string[];
  /** Longest time on one connection, ms; null: until it breaks. */
  readonly patienceMs: number | null;
  /** Whether it goes on from its last cursor, or begins with a snapshot each time. */
  readonly resumes: boolean;
}

/** Where a client that saw these updates may go on. An interrupted snapshot is begun again. */
export function resumeAfter({ after, updates }: Chapter): string | null {
  const last = updates.findLast(({ kind }) => kind !== 'SNAPSHOT');
  return last?.cursor ?? after;
}

/** Follows all changes of its accounts; a connection that ends, for whatever reason, is followed by the next one. */
export function subscribe(endpoint: Endpoint, habits: Habits, random: Random): Subscriber {
  const chapters: { after: string | null; updates: readonly Update[] }[] = [];
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const last = chapters.at(-1);
      const after = habits.resumes && last !== undefined ? resumeAfter(last) : null;
      const watch = watchOrders(endpoint, habits.accountIds, after);
      chapters.push({ after, updates: watch.items });
      const leaveAt = habits.patienceMs === null ? Infinity : Date.now() + between(random, 500, habits.patienceMs);
      while (watch.end === null && !stopping.signal.aborted && Date.now() < leaveAt) await pause(50);
      // A connection that was never made can't be closed in good order.
      await watch.close().catch(() => undefined);
      await pause(pick(random, [0, 50, 200]));
    }
  };
  const running = run();
  const { name, accountIds } = habits;
  return {
    story: { name, accountIds, chapters },
    reached: () => {
      const last = chapters.at(-1);
      const cursor = last === undefined ? null : resumeAfter(last);
      return cursor === null ? null : positionsOf(cursor);
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** Faithful ones, ones that come and go, and ones that begin anew each time; of all accounts and of some. */
export function subscribeAll(endpoint: Endpoint, accountIds: readonly string[], random: Random): readonly Subscriber[] {
  const some = accountIds.filter((_, index) => index % 2 === 0);
  const habits: readonly Habits[] = [
    { name: 'faithful', accountIds, patienceMs: null, resumes: true },
    { name: 'restless', accountIds, patienceMs: 6_000, resumes: true },
    { name: 'nervous', accountIds: some, patienceMs: 1_500, resumes: true },
    { name: 'forgetful', accountIds, patienceMs: 15_000, resumes: false },
    { name: 'single', accountIds: accountIds.slice(0, 1), patienceMs: 10_000, resumes: true },
  ];
  return habits.map((one) => subscribe(endpoint, one, random));
}
