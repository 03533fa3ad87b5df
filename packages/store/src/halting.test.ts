import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AccountHaltedError } from './contracts.ts';
import type { Intent, Store } from './contracts.ts';
import { haltAfter } from './halt-terms.ts';
import { BACKENDS } from './testing/backends.ts';
import {
  accountOf,
  at,
  changeOf,
  created,
  intentOf,
  play,
  recordOf,
  submitSent,
  validated,
} from './testing/fixtures.ts';

describe.each(BACKENDS)('halting an account ($name)', ({ open }) => {
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
  const placed = async (orderId: string, accountId: string, over: Partial<Intent> = {}) => {
    const played = play([created(), validated]);
    const record = recordOf(intentOf(orderId, { accountId, ...over }), played);
    await store.ledger.place(record, played.journal);
    return record;
  };
  const halt = (accountId: string, cancelOpen = true, second = 20) =>
    store.accounts.halt('user-1', accountId, { cancelOpen, at: at(second) });

  test('is seen in the account and with each of its orders, until it is resumed', async () => {
    const id = await link('a');
    const record = await placed('order-a', id);
    const kept = { since: at(20), cancelOpenBefore: at(20) };
    expect(await halt(id)).toMatchObject({ kind: 'halted', again: false, account: { id, halted: true, halt: kept } });
    expect(await store.access.account(id)).toMatchObject({ halted: true, halt: kept });
    expect(await store.ledger.find('order-a')).toEqual({ ...record, halt: kept });
    expect(await store.accounts.resume('user-1', id)).toMatchObject({ kind: 'resumed', again: false });
    expect(await store.access.account(id)).toEqual(accountOf(id));
    expect(await store.ledger.find('order-a')).toEqual(record);
    expect(await store.accounts.resume('user-1', id)).toMatchObject({ kind: 'resumed', again: true });
  });

  test('nothing is placed, but what was found at the exchange is taken in', async () => {
    const id = await link('b');
    await halt(id);
    await expect(placed('order-b1', id)).rejects.toThrow(AccountHaltedError);
    expect(await store.ledger.find('order-b1')).toBeNull();
    await placed('order-b2', id, { origin: 'EXTERNAL' });
    const others = await Promise.allSettled([placed('order-b3', 'account-1'), placed('order-b4', id)]);
    expect(others.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await store.accounts.resume('user-1', id);
    await placed('order-b1', id);
  });

  test('a write that names `unlessHalted` is refused, any other is taken', async () => {
    const id = await link('c');
    const record = await placed('order-c', id);
    await halt(id);
    const sending = { ...changeOf(record, [submitSent('venue-c')]), unlessHalted: true };
    expect(await store.ledger.commit(sending)).toEqual({ kind: 'halted' });
    expect(await store.ledger.find('order-c')).toMatchObject({ actual: { version: 1 } });
    await store.accounts.resume('user-1', id);
    expect(await store.ledger.commit(sending)).toMatchObject({ kind: 'committed' });
    await halt(id);
    const sent = await store.ledger.find('order-c');
    if (sent === null) throw new Error('no order');
    const answered = changeOf(sent, [{ type: 'Acknowledged', venueOrderId: 'x-c' }]);
    expect(await store.ledger.commit(answered)).toMatchObject({ kind: 'committed' });
  });

  test('of a halt and a submission at once one comes first, and the submission knows', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await link(`race-${round}`);
      const record = await placed(`order-race-${round}`, id);
      const sending = { ...changeOf(record, [submitSent(`venue-race-${round}`)]), unlessHalted: true };
      const [commit, place] = await Promise.all([
        store.ledger.commit(sending),
        placed(`late-${round}`, id).then(
          () => 'placed',
          (error: unknown) => (error instanceof AccountHaltedError ? 'halted' : 'failed'),
        ),
        halt(id),
      ]);
      const found = await store.ledger.find(`order-race-${round}`);
      expect(found?.actual.version).toBe(commit.kind === 'committed' ? 2 : 1);
      expect((await store.ledger.find(`late-${round}`)) !== null).toBe(place === 'placed');
      expect(['placed', 'halted']).toContain(place);
      // Whatever came first: nothing comes after it.
      expect(await store.ledger.commit({ ...sending, expectedVersion: found?.actual.version ?? 0 })).toEqual({
        kind: 'halted',
      });
    }
  });

  test('it is dated after every order that was there, however wrong the clocks of those that made them', async () => {
    const id = await link('d');
    await placed('order-d', id, { createdAt: at(30) });
    const after = new Date(Date.parse(at(30)) + 1).toISOString();
    expect(await halt(id)).toMatchObject({ account: { halt: { since: after, cancelOpenBefore: after } } });
  });

  test('a repeat changes nothing, or widens it to what has become known since', async () => {
    const id = await link('e');
    expect(await halt(id, false)).toMatchObject({ account: { halt: { since: at(20), cancelOpenBefore: null } } });
    expect(await halt(id, false, 21)).toMatchObject({ again: true, account: { halt: { since: at(20) } } });
    const widened = { since: at(20), cancelOpenBefore: at(22) };
    expect(await halt(id, true, 22)).toMatchObject({ again: false, account: { halt: widened } });
    expect(await halt(id, false, 23)).toMatchObject({ again: true, account: { halt: widened } });
    expect(await halt(id, true, 24)).toMatchObject({ account: { halt: { ...widened, cancelOpenBefore: at(24) } } });
  });

  test('another’s account, none, and an unlinked one are not found', async () => {
    const id = await link('f');
    await store.accounts.unlink('user-1', id, at(9));
    for (const one of ['account-3', 'nobody', id]) {
      expect(await halt(one)).toEqual({ kind: 'notFound' });
      expect(await store.accounts.resume('user-1', one)).toEqual({ kind: 'notFound' });
    }
  });

  test('an account may be halted from its birth', async () => {
    await store.access.createAccount(accountOf('g', { halted: true }), 'sealed');
    expect(await store.access.account('g')).toMatchObject({ halt: { since: at(0), cancelOpenBefore: null } });
    await expect(placed('order-g', 'g')).rejects.toThrow(AccountHaltedError);
  });
});

test('a halt that says nothing new is the same one', () => {
  const before = { since: at(1), cancelOpenBefore: null };
  expect(haltAfter(before, { cancelOpen: false, at: at(2), newestOrderAt: null })).toBe(before);
});
