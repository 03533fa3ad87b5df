import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AlreadyExistsError, PurgedError, type NewOrder, type Store, type UnattributedFill } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import { at, cancelled, created, limitSpec, play, recordOf, validated } from './testing/fixtures.ts';
import { DAY, openHistory } from './testing/history.ts';

describe.each(BACKENDS)('PurgedOrders ($name)', ({ open }) => {
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

  test('a purged client order id is never placed again, alone or in a group, and tells what became of it', async () => {
    const { purge, ended, intent } = history;
    const { intent: first } = await ended('a', {});
    await purge();
    const played = play([created(), validated]);
    const repeat = recordOf(intent('again', { clientOrderId: first.clientOrderId }), played);
    await expect(store.ledger.place(repeat, played.journal)).rejects.toThrow(PurgedError);
    const other = recordOf(intent('other'), played);
    const group = {
      ...({ groupId: `${id}-g`, userId: 'user-1', accountId: id, kind: 'OCO', onPartialFill: 'CANCEL' } as const),
      ...{ requestHash: 'hash', createdAt: at(1), conflict: null },
    };
    const orders = [other, repeat].map((record) => ({ record, journal: played.journal }));
    await expect(store.ledger.groups.place(group, orders)).rejects.toThrow(PurgedError);
    expect(await store.ledger.find(`${id}-other`)).toBeNull();
    expect(await store.ledger.groups.find(`${id}-g`)).toBeNull();
    // One of several that are written at once is no obstacle to the others.
    const results = await Promise.allSettled(
      ['x', 'y', 'again', 'z'].map((name) => {
        const over = name === 'again' ? { clientOrderId: first.clientOrderId } : {};
        return store.ledger.place(recordOf(intent(name, over), played), played.journal);
      }),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await store.ledger.purged.byClientOrderId(id, first.clientOrderId)).toEqual({
      orderId: first.orderId,
      accountId: id,
      requestHash: 'hash',
      state: 'CANCELLED',
      endedAt: at(12),
      purgedAt: at(600),
    });
    expect(await store.ledger.purged.byClientOrderId('account-2', first.clientOrderId)).toBeNull();
    expect(await store.ledger.purged.byClientOrderId(id, 'nobody')).toBeNull();
  });

  test('it is not adopted anew either, unless that is said; the same id in another market is another order', async () => {
    const { purge, change, ended, intent } = history;
    await ended('a');
    await purge();
    const adoption = (name: string, symbol: string): NewOrder => {
      const spec = limitSpec({ symbol });
      const played = play([
        {
          type: 'Adopted',
          kind: { type: 'LIMIT', timeInForce: 'GTC' },
          terms: { size: '1', quoteSize: null, price: '50000', stopPrice: null },
          venueClientId: `ext-${symbol}-v-a`,
          venueOrderId: 'v-a',
        },
      ]);
      const one = intent(name, { origin: 'EXTERNAL', spec, clientOrderId: `ext-${symbol}-v-a` });
      return { record: recordOf(one, played), journal: played.journal };
    };
    const same = adoption('same', 'BTC-USD');
    await expect(store.ledger.place(same.record, same.journal)).rejects.toThrow(AlreadyExistsError);
    const other = adoption('other', 'ETH-USD');
    expect((await store.ledger.place(other.record, other.journal)).kind).toBe('committed');
    const revived = await store.ledger.place(same.record, same.journal, { despitePurge: true });
    expect(revived.kind).toBe('committed');
    if (revived.kind !== 'committed') return;
    // It ends again, and is purged again: its names lead to what it was then.
    await change(revived.record, [cancelled]);
    expect(await purge()).toEqual(['same']);
    const [found] = await store.ledger.purged.byVenueNames(id, [
      { venueOrderId: 'v-a', symbol: 'BTC-USD', venueClientId: null },
    ]);
    expect(found?.orderId).toBe(`${id}-same`);
  });

  test('late news is known by the exchange’s id and market, or by our client id', async () => {
    const { purge, ended } = history;
    await ended('a');
    await purge();
    const names = [
      { venueOrderId: 'v-a', symbol: 'BTC-USD', venueClientId: null },
      { venueOrderId: 'v-a', symbol: null, venueClientId: null },
      { venueOrderId: 'v-a', symbol: 'ETH-USD', venueClientId: null },
      { venueOrderId: 'triggered', symbol: 'BTC-USD', venueClientId: `venue-${id}-a` },
      { venueOrderId: 'v-b', symbol: 'BTC-USD', venueClientId: 'somebody' },
    ];
    const found = await store.ledger.purged.byVenueNames(id, names);
    expect(found.map((one) => one?.orderId ?? null)).toEqual([`${id}-a`, `${id}-a`, null, `${id}-a`, null]);
    expect(await store.ledger.purged.byVenueNames('account-1', names.slice(0, 1))).toEqual([null]);
  });

  test('a late execution is kept once, attributed to its order; one that was booked is no news', async () => {
    const { purge, ended, fillOf } = history;
    await ended('a');
    await purge();
    const orderId = `${id}-a`;
    const book = (...fills: readonly UnattributedFill[]): Promise<number> =>
      store.ledger.purged.bookLate(
        id,
        fills.map((fill) => ({ orderId, fill })),
      );
    expect(await book(fillOf({ exchangeTradeId: 't-a' }))).toBe(0);
    expect(await book(fillOf(), fillOf({ exchangeTradeId: 't-a' }))).toBe(1);
    expect(await book(fillOf())).toBe(0);
    const kept = async () => (await store.unattributed.list(id, { limit: 10, pendingOnly: false })).items;
    expect(await kept()).toEqual([fillOf({ attributedAt: at(700), orderId })]);
    expect(await store.unattributed.pendingCount(id)).toBe(0);
    // One that was kept for nobody, because its order was purged while it was looked for, finds it.
    const waiting = fillOf({ exchangeTradeId: 't-waiting' });
    await store.unattributed.add([waiting]);
    expect(await book(waiting)).toBe(1);
    expect(await store.unattributed.pendingCount(id)).toBe(0);
    expect(await book({ ...waiting, accountId: id })).toBe(0);
    expect(await kept()).toHaveLength(2);
    // They are history as well.
    expect((await store.retention.due(at(759), 60_000)).map(({ accountId }) => accountId)).not.toContain(id);
    expect((await store.retention.due(at(760), 60_000)).map(({ accountId }) => accountId)).toContain(id);
    await purge({ now: at(760) });
    expect(await kept()).toEqual([]);
    const audit = await store.users.auditLog({ action: 'account.purge' }, { limit: 100 });
    const lines = audit.items.filter(({ target }) => target === id).map(({ outcome }) => outcome);
    expect(lines[0]).toBe('ok: 0 orders, 0 events, 2 fills');
    expect(await book(fillOf())).toBe(0);
  });

  test('what is left of purged orders is forgotten in the end, not before their executions were read anew', async () => {
    const { ended } = history;
    const order = await ended('a');
    await store.observations.setFillsWatermark(id, at(590));
    await store.retention.purge({ accountId: id, now: at(600), graceMs: 0, visibilityMs: 0, limit: 10 });
    const known = async (): Promise<boolean> =>
      (await store.ledger.purged.byClientOrderId(id, order.intent.clientOrderId)) !== null;
    await store.retention.forget(at(599), 10_000);
    await store.retention.forget(at(600), 10_000);
    expect(await known()).toBe(true);
    await store.observations.setFillsWatermark(id, at(601));
    await store.retention.forget(at(600), 10_000);
    expect(await known()).toBe(false);
  });

  test('of places and purges at once each client order id is placed once', async () => {
    const { purge, ended, intent } = history;
    const names = Array.from({ length: 12 }, (_, n) => `r${n}`);
    for (const name of names) await ended(name);
    await store.observations.setFillsWatermark(id, at(DAY));
    const played = play([created(), validated]);
    const repeat = (name: string, n: number) =>
      store.ledger.place(
        recordOf(intent(`${name}-${n}`, { clientOrderId: `client-${id}-${name}` }), played),
        played.journal,
      );
    const terms = { accountId: id, now: at(600), graceMs: 0, visibilityMs: 0, limit: 1 };
    const all = await Promise.allSettled([
      ...names.flatMap((name) => [repeat(name, 1), store.retention.purge(terms), repeat(name, 2)]),
    ]);
    const failures = all.filter((one) => one.status === 'rejected').map(({ reason }) => reason as unknown);
    expect(failures).toHaveLength(24);
    expect(failures.every((reason) => reason instanceof AlreadyExistsError)).toBe(true);
    expect(await purge()).toEqual([]);
    expect(await store.queries.count({ userId: 'user-1', accountIds: [id] })).toBe(0);
  });
});
