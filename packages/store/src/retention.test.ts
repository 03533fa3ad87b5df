import type { EventBody } from '@orderplane/state-machine';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { NewOrder, Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import { at, cancelled, created, filled, play, recordOf, validated } from './testing/fixtures.ts';
import { DAY, openHistory } from './testing/history.ts';

const denied: EventBody = { type: 'Denied', code: 'INVALID_INPUT', reason: 'no' };

describe.each(BACKENDS)('RetentionStore ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;
  let next = 0;
  let id = '';
  let history: Awaited<ReturnType<typeof openHistory>>;

  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());
  beforeEach(async () => {
    next += 1;
    id = `acc-${next}`;
    history = await openHistory(store, id, 0);
  });

  test('an ended order goes with all that hangs on it, and the audit says how much', async () => {
    const { purge, openOrder, ended } = history;
    const order = await ended('a');
    await openOrder('b');
    expect(await purge()).toEqual(['a']);
    const { orderId } = order.intent;
    expect(await store.ledger.find(orderId)).toBeNull();
    expect(await store.ledger.journalOf(orderId)).toEqual([]);
    expect((await store.queries.fills(orderId, { limit: 10 })).items).toEqual([]);
    expect(
      await store.ledger.findByVenueIds(id, { venueClientIds: [`venue-${id}-a`], venueOrderIds: ['v-a'] }),
    ).toEqual([]);
    expect(await store.ledger.find(`${id}-b`)).not.toBeNull();
    const audit = await store.users.auditLog({ action: 'account.purge' }, { limit: 10 });
    expect(audit.items.find(({ target }) => target === id)).toMatchObject({
      at: at(600),
      userId: 'user-1',
      remote: null,
      outcome: `ok: 1 orders, 6 events, 1 fills, ended from ${at(12)} to ${at(12)}`,
    });
    expect(await purge()).toEqual([]);
    const again = await store.users.auditLog({ action: 'account.purge' }, { limit: 100 });
    expect(again.items.filter(({ target }) => target === id)).toHaveLength(1);
  });

  test('what is not over, in doubt, asked about, or fresh stays', async () => {
    const { purge, change, openOrder, ended, intent } = history;
    await openOrder('open');
    await store.ledger.place(recordOf(intent('dark'), play([created(), validated])), []);
    await change(await openOrder('doubt'), [{ type: 'Vanished', reason: 'missing' }]);
    await ended('asked', { attempts: 1, lastError: 'asked' });
    expect(await purge()).toEqual([]);
    await ended('fresh');
    expect(await purge({ now: at(71) })).toEqual([]);
    expect(await purge({ now: at(72) })).toEqual(['fresh']);
  });

  test('history is kept for its days, for ever without a number, and longer where a person should look', async () => {
    const { purge, ended } = history;
    await ended('a');
    await ended('raised', { status: 'NEEDS_ATTENTION', alert: 'look' });
    expect(await purge()).toEqual(['a']);
    expect(await purge({ now: at(30 * DAY + 71) })).toEqual([]);
    expect(await purge({ now: at(30 * DAY + 72) })).toEqual(['raised']);
    for (const [days, due] of [
      [null, []],
      [2, ['late']],
    ] as const) {
      const other = await openHistory(store, `${id}-${String(days)}`, days);
      await other.ended('late');
      expect(await other.purge({ now: at(2 * DAY + 71) })).toEqual([]);
      expect(await other.purge({ now: at(2 * DAY + 72) })).toEqual(due);
    }
  });

  test('an order that was at the exchange stays until its executions were read whole after its end', async () => {
    const { change, ended, intent } = history;
    await ended('a');
    const terms = { accountId: id, now: at(600), graceMs: 0, visibilityMs: 2_000, limit: 10 };
    const purged = async (): Promise<number> => (await store.retention.purge(terms)).orderIds.length;
    const never = recordOf(intent('never-sent'), play([created(), validated]));
    await store.ledger.place(never, []);
    await change(never, [denied]);
    expect(await purged()).toBe(1);
    expect(await purged()).toBe(0);
    await store.observations.setFillsWatermark(id, at(13));
    expect(await purged()).toBe(0);
    await store.observations.setFillsWatermark(id, at(14));
    expect(await purged()).toBe(1);
  });

  test('a fee that is not known is waited for, a day long', async () => {
    const { purge, change, openOrder } = history;
    const fill = filled('t-a', '0.4', 'v-a');
    if (fill.type !== 'PartialFill') throw new Error(fill.type);
    await change(await openOrder('a'), [{ ...fill, execution: { ...fill.execution, fee: null } }, cancelled]);
    expect(await purge()).toEqual([]);
    expect(await purge({ now: at(DAY + 72) })).toEqual(['a']);
  });

  test('an execution that waits for its order keeps it, by either name; one that was booked goes with it', async () => {
    const { purge, ended, fillOf } = history;
    await ended('a');
    await ended('b');
    await store.unattributed.add([
      fillOf(),
      fillOf({ exchangeOrderId: 'x', clientOrderId: `venue-${id}-b`, exchangeTradeId: 't-2' }),
    ]);
    expect(await purge()).toEqual([]);
    await store.unattributed.attribute(fillOf(), `${id}-a`, at(500));
    expect(await purge()).toEqual(['a']);
    expect((await store.unattributed.list(id, { limit: 10, pendingOnly: false })).items).toHaveLength(1);
  });

  test('orders of a group go together, when each has told and is due, and their group with them', async () => {
    const { purge, change, intent } = history;
    const member = (name: string): NewOrder => {
      const one = intent(name, { groupId: id });
      const played = play([created(one.spec), validated]);
      return { record: recordOf(one, played), journal: played.journal };
    };
    const [a, b] = [member('a'), member('b')];
    await store.ledger.groups.place(
      {
        ...{ groupId: id, userId: 'user-1', accountId: id, kind: 'OCO', onPartialFill: 'CANCEL', requestHash: 'hash' },
        ...{ createdAt: at(1), conflict: null },
      },
      [a, b],
    );
    const sent: EventBody[] = [
      { type: 'SubmitSent', venueClientId: 'c', deadlineAt: at(100) },
      { type: 'Acknowledged', venueOrderId: 'v' },
      filled('t', '1', 'v'),
    ];
    const full = await change(a.record, sent);
    expect(await purge()).toEqual([]);
    await change(b.record, [denied]);
    expect(await purge()).toEqual([]);
    await change(full, [], { toldFilled: '1' });
    expect(await purge({ limit: 1 })).toEqual(['a', 'b']);
    expect(await store.ledger.groups.find(id)).toBeNull();
  });

  test('cursors from before the newest purged line have expired; those after it go on without gaps', async () => {
    const { purge, change, openOrder, ended } = history;
    await ended('a');
    await openOrder('b');
    expect((await store.ledger.journalBounds([id])).get(id)?.oldest).toBe(0n);
    await purge();
    const bounds = (await store.ledger.journalBounds([id])).get(id);
    // Created, validated, sent, acknowledged; filled, cancelled.
    expect(bounds).toEqual({ oldest: 6n, newest: 10n });
    const { lines } = await store.ledger.accountJournal(id, 6n, 100);
    expect(lines.map(({ cursor }) => cursor)).toEqual([7n, 8n, 9n, 10n]);
    const b = await store.ledger.find(`${id}-b`);
    if (b === null) throw new Error('no order');
    await change(b, [cancelled]);
    expect((await store.ledger.accountJournal(id, 10n, 100)).lines.map(({ cursor }) => cursor)).toEqual([11n]);
  });

  test('readers who page over a purge get what is left, without error or repeat', async () => {
    const { purge, change, openOrder } = history;
    for (let n = 0; n < 6; n += 1) {
      const placed = await openOrder(`p${n}`, { createdAt: at(n) });
      if (n !== 0) await change(placed, [cancelled]);
    }
    const filter = { userId: 'user-1', accountIds: [id] };
    const first = await store.queries.page(filter, { limit: 2 });
    const cursor = first.records.at(-1)?.cursor ?? '';
    expect(await purge({ limit: 4 })).toHaveLength(4);
    const rest = await store.queries.page(filter, { limit: 10, after: cursor });
    expect(rest.records.map(({ record }) => record.intent.orderId)).toEqual([`${id}-p0`]);
    expect(await store.queries.events(`${id}-p3`, { limit: 10, after: '2' })).toEqual({ items: [], hasNext: false });
    expect((await store.queries.fills(`${id}-p3`, { limit: 10, after: `${id}-p3:t` })).items).toEqual([]);
  });

  test('accounts with something due are told, with the age of the oldest; a batch is bounded', async () => {
    const { purge, ended } = history;
    for (const name of ['a', 'b', 'c']) await ended(name);
    const mine = async (now: string) =>
      (await store.retention.due(now, 60_000)).find(({ accountId }) => accountId === id);
    expect(await mine(at(71))).toBeUndefined();
    expect(await mine(at(72))).toEqual({ accountId: id, exchange: 'binance', oldestDueAt: at(12) });
    expect(await purge({ limit: 2 })).toHaveLength(2);
    expect(await purge({ limit: 2 })).toHaveLength(1);
    expect(await mine(at(72))).toBeUndefined();
  });
});
