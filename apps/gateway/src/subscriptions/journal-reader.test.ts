import { createLogger } from '@orderplane/service-kit';
import type { AccountJournalPage, StoredOrderEvent } from '@orderplane/store';
import { setImmediate } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { Ports } from '../ports.ts';
import { JOURNAL_PAGE, JournalGapError, orderJournal, type OrderLine } from './journal.ts';
import { JournalReader, type Follower } from './journal-reader.ts';

/** Takes at once, unless it is told to wait. */
class TestFollower implements Follower<OrderLine> {
  waiting = 0;
  error: Error | null = null;
  isSlow = false;
  readonly #heard: bigint[];
  constructor(heard: bigint[]) {
    this.#heard = heard;
  }
  get closed(): boolean {
    return this.error !== null;
  }
  put({ position }: OrderLine): void {
    this.#heard.push(position);
    if (this.isSlow) this.waiting += 1;
  }
  fail(error: Error): void {
    this.error ??= error;
  }
}

/** A journal whose reads end when the test says so. */
class SlowJournal {
  #lines = 0n;
  readonly #reads: (() => void)[] = [];
  reads = 0;
  purgedUpTo = 0n;
  readonly heard: bigint[] = [];
  readonly follower = new TestFollower(this.heard);
  load = 1;
  loadChecks = 0;
  readonly #ports: Pick<Ports, 'ledger'> = {
    ledger: {
      accountJournal: (_account, after, limit) => {
        this.reads += 1;
        const upTo = this.#lines;
        const lines: StoredOrderEvent[] = [];
        const from = after < this.purgedUpTo ? this.purgedUpTo : after;
        for (let cursor = from + 1n; cursor <= upTo && lines.length < limit; cursor += 1n) lines.push(line(cursor));
        return new Promise<AccountJournalPage>((resolve) =>
          this.#reads.push(() => resolve({ lines, orders: new Map() })),
        );
      },
      accountSnapshot: () => Promise.reject(new Error('not asked')),
      journalBounds: (ids) =>
        Promise.resolve(new Map(ids.map((id) => [id, { oldest: this.purgedUpTo, newest: this.#lines }]))),
      openOrders: () => Promise.reject(new Error('not asked')),
    },
  };
  readonly #log = createLogger({ service: 'test', level: 'silent' });
  readonly reader = new JournalReader('acc', orderJournal(this.#ports), this.#log, {
    loadMeter: () => () => {
      this.loadChecks += 1;
      return this.load;
    },
  });

  /** The position of the new line. */
  write(): bigint {
    this.#lines += 1n;
    return this.#lines;
  }

  /** Lets the running read answer; what it was asked before is all it shows. */
  async answer(): Promise<void> {
    this.#reads.shift()?.();
    await setImmediate();
  }
}

const line = (cursor: bigint): StoredOrderEvent => ({
  accountId: 'acc',
  cursor,
  orderId: 'o',
  sequence: Number(cursor),
  entry: { type: 'ORDER_CREATED', fromState: null, toState: 'CREATED', reason: null },
  event: null,
  source: 'client',
  at: '2026-01-01T00:00:00.000Z',
  version: 1,
});

test('all wake-ups during a read lead to one more read; a wake-up for what was read leads to none', async () => {
  const journal = new SlowJournal();
  journal.reader.attach(0n, journal.follower);
  await journal.answer();
  expect(journal.reads).toBe(1);

  journal.reader.wake(journal.write());
  const during = [journal.write(), journal.write(), journal.write()];
  for (const news of during) journal.reader.wake(news);
  await journal.answer();
  expect([journal.reads, journal.heard]).toEqual([3, [1n]]);
  await journal.answer();
  expect([journal.reads, journal.heard]).toEqual([3, [1n, 2n, 3n, 4n]]);
  for (const news of during) journal.reader.wake(news);
  expect(journal.reads).toBe(3);
});

test('a read that already brought what the wake-ups spoke of is not repeated', async () => {
  const journal = new SlowJournal();
  journal.reader.attach(0n, journal.follower);
  await journal.answer();
  const [first, second] = [journal.write(), journal.write()];
  journal.reader.wake(first);
  journal.reader.wake(second);
  await journal.answer();
  await journal.answer();
  expect([journal.reads, journal.heard]).toEqual([2, [1n, 2n]]);
});

test('a poll during a read is one more read; news that never come true are not read for ever', async () => {
  const journal = new SlowJournal();
  journal.reader.attach(0n, journal.follower);
  journal.reader.wake();
  journal.reader.wake(999_999n);
  for (let n = 0; n < 5; n += 1) await journal.answer();
  expect(journal.reads).toBe(2);
});

test('while the process is busy: no faster than the quickest takes', async () => {
  const journal = new SlowJournal();
  const slow = new TestFollower([]);
  [slow.isSlow, journal.follower.isSlow] = [true, true];
  for (let n = 0; n < 4 * JOURNAL_PAGE; n += 1) journal.write();
  journal.reader.attach(0n, journal.follower);
  journal.reader.attach(0n, slow);
  await journal.answer();
  for (const checks = journal.loadChecks; journal.loadChecks < checks + 30;) await setImmediate();
  expect([journal.reads, journal.follower.waiting, journal.reader.kept]).toEqual([1, JOURNAL_PAGE, JOURNAL_PAGE]);
  journal.follower.waiting = 0;
  await vi.waitFor(() => expect(journal.reads).toBe(2));
  await journal.answer();
  expect([journal.follower.waiting, slow.waiting]).toEqual([JOURNAL_PAGE, 2 * JOURNAL_PAGE]);
  // Nothing else to do, and nobody takes anything: the next page comes, for those who do not are to be cut off.
  journal.load = 0;
  await vi.waitFor(() => expect(journal.reads).toBe(3), { timeout: 10_000 });
  await journal.answer();
  journal.reader.cutOff(2 * JOURNAL_PAGE, new Error('slow'));
  expect([journal.follower.closed, slow.closed]).toEqual([false, true]);
});

test('lines that are gone are never passed over', async () => {
  const journal = new SlowJournal();
  journal.write();
  journal.reader.attach(0n, journal.follower);
  await journal.answer();
  for (let n = 0; n < 3; n += 1) journal.write();
  journal.purgedUpTo = 3n;
  journal.reader.wake();
  await journal.answer();
  expect(journal.heard).toEqual([1n]);
  expect(journal.follower.error).toBeInstanceOf(JournalGapError);
  const late = new TestFollower([]);
  expect(journal.reader.attach(4n, late)).toBe(4n);
  await journal.answer();
  expect(late.error).toBeNull();
  // Also the last ones, after which nothing has come.
  journal.write();
  journal.purgedUpTo = 5n;
  journal.reader.wake(5n);
  await journal.answer();
  expect(late.error).toBeInstanceOf(JournalGapError);
});
