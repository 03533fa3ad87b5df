import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createClient } from './client.ts';
import type { OrderUpdatesOptions } from './updates.ts';
import { Journal } from './testing/journal.ts';
import type { Accident } from './testing/journal.ts';

const ending: (() => void)[] = [];
afterEach(() => ending.splice(0).forEach((end) => end()));

function clientOf(journal: Journal) {
  const client = createClient({
    urls: ['http://one', 'http://two'],
    token: 'op_secret',
    WebSocket: journal.WebSocket,
    pauses: { firstMs: 0, lastMs: 0 },
  });
  ending.push(() => client.close());
  return client;
}
const open = (journal: Journal, options: OrderUpdatesOptions = {}) => clientOf(journal).orderUpdates(['a1'], options);

/** Reads until the change with the last number: kinds and cursors as they came. */
async function readAll(journal: Journal, length: number, options: OrderUpdatesOptions = {}): Promise<string[]> {
  const seen: string[] = [];
  for await (const update of open(journal, options)) {
    seen.push(update.kind === 'SNAPSHOT' ? `${update.reason} ${update.orders.length}` : update.cursor);
    if (update.cursor === String(length)) break;
  }
  return seen;
}
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, n) => String(from + n));

describe('following orders', () => {
  test('the snapshot whole, then every change', async () => {
    expect(await readAll(new Journal(3, 2, []), 3)).toEqual(['BEGIN 2', '1', '2', '3']);
  });

  test('with a cursor: what follows it, and no snapshot', async () => {
    const journal = new Journal(9, 2, []);
    expect(await readAll(journal, 9, { after: '6' })).toEqual(['7', '8', '9']);
    expect(journal.asked).toEqual(['6']);
  });

  test('half a snapshot is thrown away and asked for again', async () => {
    const journal = new Journal(1, 3, [{ afterMessages: 2, how: 'break' }]);
    expect(await readAll(journal, 1)).toEqual(['BEGIN 3', '1']);
    expect(journal.asked).toEqual([null, null]);
  });

  test('a cursor that has expired leads to a snapshot that says so', async () => {
    const journal = new Journal(5, 1, [{ afterMessages: 0, how: 'CURSOR_EXPIRED' }]);
    expect(await readAll(journal, 5, { after: '4' })).toEqual(['CURSOR_EXPIRED 1', ...numbers(1, 5)]);
  });

  test('a refusal is thrown, and not tried again', async () => {
    const journal = new Journal(5, 1, [{ afterMessages: 3, how: 'refuse' }]);
    await expect(readAll(journal, 5)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(journal.asked).toHaveLength(1);
  });

  const accident = fc.record({
    afterMessages: fc.nat({ max: 12 }),
    how: fc.constantFrom<Accident['how']>('break', 'close1000', 'complete', 'SLOW_CONSUMER', 'SERVICE_UNAVAILABLE'),
  });
  test('nothing is skipped and nothing repeated, however the connections end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.nat({ max: 4 }),
        fc.array(accident, { maxLength: 8 }),
        async (length, openOrders, accidents) => {
          const journal = new Journal(length, openOrders, accidents);
          expect(await readAll(journal, length)).toEqual([`BEGIN ${openOrders}`, ...numbers(1, length)]);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('a reader that stands still holds a bounded number of updates, and misses none of the rest', async () => {
    const journal = new Journal(2_500, 0, []);
    const interruptions: string[] = [];
    const updates = open(journal, { onInterruption: ({ code }) => interruptions.push(code) });
    const seen = [(await updates.next()).value];
    await expect.poll(() => interruptions).toEqual(['SLOW_CONSUMER']);
    expect(journal.sent).toBeLessThan(1_100);
    while (seen.length < 2_501) seen.push((await updates.next()).value);
    expect(seen.slice(1).map((update) => update?.cursor)).toEqual(numbers(1, 2_500));
  });

  test('leaving ends it, also while it waits: by return, by the signal, by closing the client', async () => {
    const left = open(new Journal(0, 0, []));
    await left.next();
    const waiting = left.next();
    await left.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });

    const signalling = new AbortController();
    const aborted = open(new Journal(0, 0, []), { signal: signalling.signal });
    await aborted.next();
    const second = aborted.next();
    signalling.abort();
    expect(await second).toEqual({ done: true, value: undefined });

    const closed = open(new Journal(0, 0, []));
    await closed.next();
    const third = closed.next();
    ending.at(-1)?.();
    expect(await third).toEqual({ done: true, value: undefined });
  });
});

describe('following alerts', () => {
  const ids = async (journal: Journal, after: string | null, length: number): Promise<string[]> => {
    const seen: string[] = [];
    for await (const { alert, cursor } of clientOf(journal).alertUpdates(['a1'], { after })) {
      expect(cursor).toBe(alert.id.slice('alert-'.length));
      if (seen.push(alert.id) === length) break;
    }
    return seen;
  };

  test('every change since the cursor, once, over interruptions', async () => {
    const journal = new Journal(6, 0, [
      { afterMessages: 2, how: 'break' },
      { afterMessages: 0, how: 'SERVICE_UNAVAILABLE' },
      { afterMessages: 1, how: 'close1000' },
    ]);
    expect(await ids(journal, '1', 5)).toEqual(['alert-2', 'alert-3', 'alert-4', 'alert-5', 'alert-6']);
    expect(journal.asked).toEqual(['1', '3', '3', '4']);
  });

  test('changes that can not be told any more are an error, for nothing takes their place', async () => {
    const journal = new Journal(6, 0, [{ afterMessages: 0, how: 'CURSOR_EXPIRED' }]);
    await expect(ids(journal, '1', 5)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  });
});
