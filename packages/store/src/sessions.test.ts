import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AccountCandidate, ExchangeSession, Intent, OrderRecord, Store, WantedTransition } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import {
  accountOf,
  at,
  cancelled,
  changeOf,
  created,
  filled,
  intentOf as fixtureOf,
  placeOpen,
  play,
  recordOf,
  submitSent,
  validated,
} from './testing/fixtures.ts';

const FORK: WantedTransition = { transition: 'FORK', name: 'second', subject: null };

/** As order-command gives it: of no session yet. */
const intentOf = (orderId: string, over: Partial<Intent>): Intent =>
  fixtureOf(orderId, { createdSessionId: null, sessionId: null, ...over });

describe.each(BACKENDS)('sessions ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  const link = async (id: string): Promise<string> => {
    await store.access.createAccount(accountOf(id), 'sealed');
    return id;
  };
  const candidate = async (
    id: string,
    accountId: string,
    session: WantedTransition | null = FORK,
    over: Partial<AccountCandidate> = {},
  ) =>
    store.accounts.addCandidate({
      ...{ id, kind: session === null ? 'rotate' : 'session', accountId, userId: 'user-1' },
      ...{ exchange: 'binance', label: 'a', mode: 'PAPER', sealedCredentials: '' },
      ...(session === null ? {} : { session }),
      ...{ createdAt: at(0), expiresAt: at(1_000) },
      ...over,
    });
  const active = async (accountId: string): Promise<ExchangeSession> => {
    const session = await store.sessions.active(accountId);
    if (session === null) throw new Error('no session');
    return session;
  };
  const go = async (id: string, accountId: string, session = FORK, second = 100) => {
    await candidate(id, accountId, session);
    const { name, subject } = session;
    const fromSessionId = (await active(accountId)).id;
    const result = await store.sessions.transition(id, { fromSessionId, name, subject, at: at(second) });
    if (result.kind !== 'entered') throw new Error(result.kind);
    return result;
  };
  const pending = async (orderId: string, accountId: string): Promise<OrderRecord> => {
    const played = play([created(), validated]);
    const result = await store.ledger.place(recordOf(intentOf(orderId, { accountId }), played), played.journal);
    if (result.kind !== 'committed') throw new Error('conflict');
    return result.record;
  };
  const find = async (orderId: string): Promise<OrderRecord> => {
    const found = await store.ledger.find(orderId);
    if (found === null) throw new Error(`no order ${orderId}`);
    return found;
  };
  const sessionsOf = async (orderId: string) => {
    const { intent } = await find(orderId);
    return [intent.createdSessionId, intent.sessionId];
  };
  const ids = (records: readonly OrderRecord[]) => records.map(({ intent }) => intent.orderId).sort();

  test('an account begins with one, which makes and tracks what is placed', async () => {
    const id = await link('a');
    const first = await active(id);
    expect(first).toEqual({
      ...{ id: 'a.1', accountId: id, number: 1, name: null, transition: 'INITIAL', subject: null },
      ...{ previousId: null, startedAt: at(0), endedAt: null, migrated: 0 },
    });
    const record = await pending('a-order', id);
    expect([record.intent.createdSessionId, record.intent.sessionId]).toEqual(['a.1', 'a.1']);
    expect(await find('a-order')).toEqual(record);
    expect(await store.sessions.activeIds([id, 'nobody'])).toEqual(new Map([[id, 'a.1']]));
    expect(await store.sessions.active('nobody')).toBeNull();
  });

  test('a transition takes every open order along, in one step that the journal tells', async () => {
    const id = await link('b');
    const resting = await placeOpen(store, intentOf('b-resting', { accountId: id }), 'v1');
    const waiting = await pending('b-waiting', id);
    const over = await placeOpen(store, intentOf('b-over', { accountId: id }), 'v2');
    await store.ledger.commit(changeOf(over, [cancelled]));
    const before = (await store.ledger.journalBounds([id])).get(id)?.newest ?? 0n;

    const result = await go('b2', id, { transition: 'EXCHANGE', name: null, subject: '17' });
    expect(result.session).toEqual({
      ...{ id: 'b2', accountId: id, number: 2, name: null, transition: 'EXCHANGE', subject: '17' },
      ...{ previousId: 'b.1', startedAt: at(100), endedAt: null, migrated: 2 },
    });
    expect([result.firstCursor, result.lastCursor]).toEqual([before + 1n, before + 2n]);
    expect(await Promise.all(['b-resting', 'b-waiting', 'b-over'].map(sessionsOf))).toEqual([
      ['b.1', 'b2'],
      ['b.1', 'b2'],
      ['b.1', 'b.1'],
    ]);
    const { lines, orders } = await store.ledger.accountJournal(id, before, 100);
    expect(lines.map(({ cursor }) => cursor)).toEqual([before + 1n, before + 2n]);
    for (const [index, record] of [resting, waiting].entries()) {
      const { orderId } = record.intent;
      const { life } = record.actual.machine;
      const version = record.actual.version + 1;
      expect(lines[index]).toMatchObject({ orderId, event: null, source: 'client', at: at(100), version });
      const entry = { type: 'SESSION_MIGRATED', fromState: life, toState: life };
      expect(lines[index]?.entry).toMatchObject({ ...entry, reason: 'EXCHANGE: from session b.1 to b2' });
      const now = await find(orderId);
      expect([now.actual.version, now.actual.machine, now.actual.reconciliation]).toEqual([
        version,
        record.actual.machine,
        record.actual.reconciliation,
      ]);
      expect(orders.get(orderId)).toEqual(now);
    }
    // The machine's own journal is what it was, and goes on.
    const journal = await store.ledger.journalOf('b-resting');
    expect(journal.flatMap(({ entries }) => entries.map(({ type }) => type))).not.toContain('SESSION_MIGRATED');
    const next = await store.ledger.commit(changeOf(await find('b-resting'), [filled('t1', '1', 'v1')], 200));
    expect(next).toMatchObject({ kind: 'committed', firstCursor: before + 3n });
    const events = await store.queries.events('b-resting', { limit: 100 });
    expect(events.items.map(({ sequence }) => sequence)).toEqual(events.items.map((_, index) => index + 1));
  });

  test('a writer that read the order before gets a conflict', async () => {
    const id = await link('c');
    const resting = await placeOpen(store, intentOf('c-resting', { accountId: id }), 'v1');
    const change = changeOf(resting, [filled('t1', '0.5', 'v1')]);
    await go('c2', id);
    expect(await store.ledger.commit(change)).toEqual({ kind: 'conflict' });
    expect(await store.ledger.commit({ ...change, expectedVersion: change.expectedVersion + 1 })).toMatchObject({
      kind: 'committed',
      record: { intent: { createdSessionId: 'c.1', sessionId: 'c2' } },
    });
  });

  test('the chain is kept; orders of a session as of now and by chain', async () => {
    const id = await link('d');
    const ended = await placeOpen(store, intentOf('d-ended', { accountId: id }), 'v0');
    await store.ledger.commit(changeOf(ended, [cancelled]));
    await placeOpen(store, intentOf('d-first', { accountId: id, createdAt: at(1) }), 'v1');
    await go('d2', id, { transition: 'REFRESH', name: null, subject: null });
    await placeOpen(store, intentOf('d-second', { accountId: id, createdAt: at(2) }), 'v2');
    const first = await find('d-first');
    await go('d3', id, FORK, 50);
    await store.ledger.commit(changeOf(await find('d-first'), [cancelled]));
    expect(first.intent.sessionId).toBe('d2');

    const chain = await store.sessions.chain(id, 10);
    expect(chain.map((one) => [one.id, one.previousId, one.transition, one.endedAt === null])).toEqual([
      ['d3', 'd2', 'FORK', true],
      ['d2', 'd.1', 'REFRESH', false],
      ['d.1', null, 'INITIAL', false],
    ]);
    // A clock that lags does not turn the chain round.
    expect(chain.map(({ startedAt }) => startedAt)).toEqual([at(100), at(100), at(0)]);
    expect((await store.sessions.chain(id, 1)).map((one) => one.id)).toEqual(['d3']);
    const of = async (number: number, activeOnly: boolean, byChain: boolean) => {
      const session = chain.find((one) => one.number === number);
      if (session === undefined) throw new Error('no such session');
      return ids(await store.sessions.orders({ userId: 'user-1', session, activeOnly, byChain, limit: 200 }));
    };
    expect([await of(1, false, false), await of(2, false, false), await of(3, false, false)]).toEqual([
      ['d-ended'],
      [],
      ['d-first', 'd-second'],
    ]);
    expect([await of(1, false, true), await of(2, false, true), await of(3, false, true)]).toEqual([
      ['d-ended', 'd-first'],
      ['d-first', 'd-second'],
      ['d-first', 'd-second'],
    ]);
    expect([await of(1, true, false), await of(2, true, true), await of(3, true, false)]).toEqual([
      [],
      ['d-second'],
      ['d-second'],
    ]);
    const filter = { userId: 'user-1', sessionId: 'd3' };
    expect((await store.queries.page(filter, { limit: 10 })).records).toHaveLength(2);
    const [newest] = chain;
    if (newest === undefined) throw new Error('no chain');
    const foreign = { userId: 'user-2', session: newest, activeOnly: false, byChain: true, limit: 10 };
    expect(await store.sessions.orders(foreign)).toEqual([]);
    expect((await store.sessions.byIds('user-1', ['d2', 'a.1', 'nobody'])).map((one) => one.id).sort()).toEqual([
      'a.1',
      'd2',
    ]);
    expect(await store.sessions.byIds('user-2', ['d2'])).toEqual([]);
  });

  test('new credentials begin a session of the same subject', async () => {
    const id = await link('e');
    await go('e2', id, { transition: 'EXCHANGE', name: null, subject: '9' });
    await placeOpen(store, intentOf('e-order', { accountId: id }), 'v1');
    await candidate('e3', id, null);
    const proved = { sealedCredentials: 'new', keyFingerprint: 'print-e', venueOwner: null, at: at(200) };
    expect(await store.accounts.activate('e3', proved)).toMatchObject({
      kind: 'activated',
      entered: { session: { id: 'e3', number: 3, transition: 'ROTATE', subject: '9', previousId: 'e2', migrated: 1 } },
    });
    expect(await sessionsOf('e-order')).toEqual(['e2', 'e3']);
    expect(await store.sessions.subjects(id)).toEqual(['9', null]);
  });

  test('what was withdrawn, expired, used, or asked of another session changes nothing', async () => {
    const id = await link('f');
    const proved = { fromSessionId: 'f.1', name: 'second', subject: null, at: at(100) };
    expect(await store.sessions.transition('nobody', proved)).toEqual({ kind: 'gone' });
    await candidate('f2', id, FORK, { expiresAt: at(100) });
    expect(await store.sessions.transition('f2', proved)).toEqual({ kind: 'gone' });
    await candidate('f3', id);
    expect(await store.sessions.transition('f3', { ...proved, fromSessionId: 'f.0' })).toEqual({ kind: 'moved' });
    expect(
      await store.accounts.activate('f3', { ...proved, sealedCredentials: 'x', keyFingerprint: 'f', venueOwner: null }),
    ).toEqual({
      kind: 'gone',
    });
    expect(await store.accounts.candidate('f3')).toMatchObject({ kind: 'session', session: FORK });
    expect(await store.sessions.chain(id, 10)).toHaveLength(1);
    expect(await store.sessions.transition('f3', proved)).toMatchObject({ kind: 'entered' });
    expect(await store.sessions.transition('f3', proved)).toEqual({ kind: 'gone' });
    await candidate('f4', id);
    await store.accounts.unlink('user-1', id, at(300));
    expect(await store.sessions.transition('f4', { ...proved, fromSessionId: 'f3' })).toEqual({ kind: 'gone' });
    expect(await store.sessions.active(id)).toBeNull();
    expect((await store.sessions.chain(id, 1))[0]?.endedAt).toBe(at(300));
  });

  test('50 orders change hands while they are filled, sent and placed: no line is lost, no session is mixed up', async () => {
    const id = await link('g');
    const records = await Promise.all(
      Array.from({ length: 50 }, (_, n) => placeOpen(store, intentOf(`g-${n}`, { accountId: id }), `g-v${n}`)),
    );
    const insist = async (orderId: string, second: number, events: Parameters<typeof changeOf>[1]): Promise<void> => {
      for (;;) {
        const result = await store.ledger.commit(changeOf(await find(orderId), events, second));
        if (result.kind === 'committed') return;
      }
    };
    const fills = async (orderId: string, venueId: string): Promise<void> => {
      for (let n = 0; n < 4; n += 1) await insist(orderId, 20 + n, [filled(`${orderId}-t${n}`, '0.2', venueId)]);
    };
    const transitions = async (): Promise<void> => {
      for (let n = 2; n < 6; n += 1) await go(`g${n}`, id, { transition: 'REFRESH', name: null, subject: null });
    };
    const placing = async (): Promise<void> => {
      for (let n = 0; n < 20; n += 1) {
        await pending(`g-new-${n}`, id);
        await insist(`g-new-${n}`, 30, [submitSent(`g-new-${n}`)]);
      }
    };
    await Promise.all([...records.map(({ intent }, n) => fills(intent.orderId, `g-v${n}`)), transitions(), placing()]);
    const { newest } = (await store.ledger.journalBounds([id])).get(id) ?? { newest: 0n };
    const { lines } = await store.ledger.accountJournal(id, 0n, 10_000);
    expect(lines.map(({ cursor }) => cursor)).toEqual(Array.from({ length: Number(newest) }, (_, n) => BigInt(n + 1)));
    const chain = await store.sessions.chain(id, 10);
    const migrated = lines.filter(({ entry }) => entry?.type === 'SESSION_MIGRATED');
    expect(migrated).toHaveLength(chain.reduce((total, one) => total + one.migrated, 0));
    const numberOf = new Map(chain.map((one) => [one.id, one.number]));
    for (const record of await store.ledger.openOrders(id)) {
      const { orderId, sessionId, createdSessionId } = record.intent;
      expect(sessionId).toBe('g5');
      // Every session between the one that made it and the present one has taken it over, once.
      const taken = migrated.filter((line) => line.orderId === orderId).length;
      expect(taken).toBe(5 - (numberOf.get(createdSessionId ?? '') ?? 0));
      const own = lines.filter((line) => line.orderId === orderId);
      expect(own.map(({ sequence }) => sequence)).toEqual(own.map((_, index) => index + 1));
      if (!orderId.startsWith('g-new')) expect(record.actual.machine.executions).toHaveLength(4);
    }
  });
});
