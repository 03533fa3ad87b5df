import { createLogger } from '@orderplane/service-kit';
import type { AccountJournalPage, JournalWakeUp, StoredOrderEvent } from '@orderplane/store';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { JournalReader } from './journal-reader.ts';

/** A journal whose reads end when the test says so. */
class SlowJournal {
  #lines = 0n;
  readonly #reads: (() => void)[] = [];
  reads = 0;
  readonly heard: bigint[] = [];
  readonly reader = new JournalReader('acc', {
    ledger: {
      accountJournal: (_account, after) => {
        this.reads += 1;
        const upTo = this.#lines;
        const lines: StoredOrderEvent[] = [];
        for (let cursor = after + 1n; cursor <= upTo; cursor += 1n) lines.push(line(cursor));
        return new Promise<AccountJournalPage>((resolve) =>
          this.#reads.push(() => resolve({ lines, orders: new Map() })),
        );
      },
      accountSnapshot: () => Promise.reject(new Error('not asked')),
      journalBounds: () => Promise.reject(new Error('not asked')),
      openOrders: () => Promise.reject(new Error('not asked')),
    },
    log: createLogger({ service: 'test', level: 'silent' }),
  });

  write(): JournalWakeUp {
    this.#lines += 1n;
    const cursor = String(this.#lines);
    return { accountId: 'acc', orderId: 'o', firstCursor: cursor, lastCursor: cursor };
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
  journal.reader.attach(0n, ({ event }) => journal.heard.push(event.cursor));
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
  journal.reader.attach(0n, ({ event }) => journal.heard.push(event.cursor));
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
  journal.reader.attach(0n, ({ event }) => journal.heard.push(event.cursor));
  journal.reader.wake();
  journal.reader.wake({ accountId: 'acc', orderId: 'o', firstCursor: '1', lastCursor: '999999' });
  for (let n = 0; n < 5; n += 1) await journal.answer();
  expect(journal.reads).toBe(2);
});
