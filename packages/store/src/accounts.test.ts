import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NotFoundError } from './contracts.ts';
import type { AccountCandidate, ProvedCredentials, Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import { at, cancelled, changeOf, created, intentOf, play, recordOf, validated } from './testing/fixtures.ts';

const candidate = (id: string, over: Partial<AccountCandidate> = {}): AccountCandidate => ({
  id,
  kind: 'link',
  accountId: `account-of-${id}`,
  userId: 'user-1',
  exchange: 'kraken',
  label: `label of ${id}`,
  mode: 'PAPER',
  sealedCredentials: 'for the intake',
  createdAt: at(0),
  expiresAt: at(30),
  ...over,
});
const newOrder = (orderId: string, accountId: string) => {
  const intent = intentOf(orderId, { accountId, exchange: 'kraken' });
  const played = play([created(), validated]);
  return { record: recordOf(intent, played), journal: played.journal };
};
const proved = (keyFingerprint: string, over: Partial<ProvedCredentials> = {}): ProvedCredentials => ({
  sealedCredentials: `sealed ${keyFingerprint}`,
  keyFingerprint,
  venueOwner: null,
  at: at(5),
  ...over,
});

describe.each(BACKENDS)('AccountStore ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  const link = async (id: string, over: Partial<ProvedCredentials> = {}): Promise<string> => {
    await store.accounts.addCandidate(candidate(id));
    const result = await store.accounts.activate(id, proved(`key-${id}`, over));
    expect(result.kind).toBe('activated');
    return `account-of-${id}`;
  };
  const rotate = async (id: string, accountId: string, over: Partial<ProvedCredentials> = {}) => {
    await store.accounts.addCandidate(candidate(id, { kind: 'rotate', accountId }));
    return store.accounts.activate(id, proved(`key-${id}`, over));
  };

  test('a candidate becomes an account, once', async () => {
    const given = candidate('c1');
    await store.accounts.addCandidate(given);
    expect(await store.accounts.candidate('c1')).toEqual(given);
    const result = await store.accounts.activate('c1', proved('key-c1'));
    const account = await store.access.account('account-of-c1');
    expect(result).toEqual({ kind: 'activated', account, entered: null });
    expect(account).toMatchObject({ userId: 'user-1', label: 'label of c1', createdAt: at(5), unlinkedAt: null });
    expect(await store.accounts.credentials('account-of-c1')).toMatchObject({ id: 'c1', sealed: 'sealed key-c1' });
    expect(await store.accounts.activate('c1', proved('key-c1'))).toEqual({ kind: 'gone' });
    expect(await store.accounts.accountOfCandidate('account-of-c1', 'c1')).toEqual(account);
    expect(await store.accounts.accountOfCandidate('account-of-c1', 'other')).toBeNull();
    expect(await store.accounts.withdrawCandidate('c1')).toBe(false);
    // It can be traded on: its journal is there.
    await expect(store.ledger.accountSnapshot('account-of-c1')).resolves.toEqual({ cursor: 0n, orders: [] });
  });

  test('a candidate that was withdrawn or has expired becomes nothing', async () => {
    await store.accounts.addCandidate(candidate('c2'));
    expect(await store.accounts.withdrawCandidate('c2')).toBe(true);
    expect(await store.accounts.activate('c2', proved('key-c2'))).toEqual({ kind: 'gone' });
    await store.accounts.addCandidate(candidate('c3'));
    expect(await store.accounts.activate('c3', proved('key-c3', { at: at(30) }))).toEqual({ kind: 'gone' });
    expect(await store.access.account('account-of-c3')).toBeNull();
    expect(await store.accounts.sweepCandidates(at(29))).toBe(0);
    expect(await store.accounts.sweepCandidates(at(30))).toBe(1);
    expect(await store.accounts.candidate('c3')).toBeNull();
  });

  test('of a withdrawal and an activation at once exactly one happens', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = `race-${round}`;
      await store.accounts.addCandidate(candidate(id));
      const [activated, withdrawn] = await Promise.all([
        store.accounts.activate(id, proved(`key-${id}`)),
        store.accounts.withdrawCandidate(id),
      ]);
      expect(activated.kind).toBe(withdrawn ? 'gone' : 'activated');
      expect((await store.access.account(`account-of-${id}`)) === null).toBe(withdrawn);
    }
  });

  test('an API key serves one account, until that is unlinked', async () => {
    const first = await link('d1');
    await store.accounts.addCandidate(candidate('d2'));
    const taken = { kind: 'keyTaken', accountId: first, userId: 'user-1' };
    expect(await store.accounts.activate('d2', proved('key-d1'))).toEqual(taken);
    expect(await store.access.account('account-of-d2')).toBeNull();
    const other = await link('d3');
    expect(await rotate('d4', other, { keyFingerprint: 'key-d1' })).toEqual(taken);
    expect(await store.accounts.credentials(other)).toMatchObject({ id: 'd3' });
    await store.accounts.unlink('user-1', first, at(9));
    expect(await store.accounts.activate('d2', proved('key-d1'))).toMatchObject({ kind: 'activated' });
  });

  test('new credentials replace the old ones, but not by those of another account at the exchange', async () => {
    const id = await link('e1', { venueOwner: 'owner-1' });
    expect(await rotate('e2', id, { venueOwner: 'owner-2' })).toEqual({ kind: 'otherOwner' });
    expect(await store.accounts.candidate('e2')).toBeNull();
    expect(await rotate('e3', id, { venueOwner: null })).toMatchObject({ kind: 'activated' });
    expect(await rotate('e4', id, { venueOwner: 'owner-2' })).toEqual({ kind: 'otherOwner' });
    expect(await store.accounts.credentials(id)).toMatchObject({ id: 'e3', sealed: 'sealed key-e3' });
    expect(await store.accounts.credentialIds([id, 'nobody'])).toEqual(new Map([[id, 'e3']]));
    // The same key again (another secret or passphrase) is no other account's.
    expect(await rotate('e5', id, { keyFingerprint: 'key-e3' })).toMatchObject({ kind: 'activated' });
    await store.accounts.addCandidate(candidate('e6', { kind: 'rotate', accountId: id, userId: 'user-2' }));
    expect(await store.accounts.activate('e6', proved('key-e6'))).toEqual({ kind: 'gone' });
  });

  test('unlinking destroys the credentials, keeps the history, and only its owner can', async () => {
    const id = await link('f1');
    const { record, journal } = newOrder('order-f1', id);
    await store.ledger.place(record, journal);
    expect(await store.accounts.unlink('user-2', id, at(9))).toEqual({ kind: 'notFound' });
    expect(await store.accounts.unlink('user-1', 'nobody', at(9))).toEqual({ kind: 'notFound' });
    expect(await store.accounts.unlink('user-1', id, at(9))).toEqual({ kind: 'unsettled', orders: 1 });
    await store.ledger.commit(changeOf(record, [cancelled]));

    await store.accounts.addCandidate(candidate('f2', { kind: 'rotate', accountId: id }));
    const unlinked = await store.accounts.unlink('user-1', id, at(9));
    expect(unlinked).toMatchObject({ kind: 'unlinked', again: false, account: { id, unlinkedAt: at(9) } });
    expect(await store.accounts.unlink('user-1', id, at(10))).toEqual({ ...unlinked, again: true });
    await expect(store.accounts.credentials(id)).rejects.toThrow(NotFoundError);
    expect(await store.accounts.candidate('f2')).toBeNull();
    expect(await store.accounts.credentialIds([id])).toEqual(new Map());
    expect((await store.access.linkedAccounts()).map((account) => account.id)).not.toContain(id);
    expect((await store.access.accountsOfUser('user-1')).map((account) => account.id)).toContain(id);
    expect(await rotate('f3', id)).toEqual({ kind: 'gone' });
    expect(await store.queries.byId('user-1', 'order-f1')).not.toBeNull();
  });

  test('no order is placed on an unlinked account, also not by those that share a statement with others', async () => {
    const [gone, alive] = [await link('g1'), await link('g2')];
    await store.accounts.unlink('user-1', gone, at(9));
    const place = (id: string, accountId: string) => {
      const { record, journal } = newOrder(id, accountId);
      return store.ledger.place(record, journal);
    };
    await expect(place('order-g1', gone)).rejects.toThrow(NotFoundError);
    expect(await store.ledger.find('order-g1')).toBeNull();
    const results = await Promise.allSettled([
      place('order-g2', alive),
      place('order-g3', gone),
      place('order-g4', alive),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.ledger.accountSnapshot(gone)).cursor).toBe(0n);
  });

  test('orders placed while an account is being unlinked are all refused, or keep it linked', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await link(`h${round}`);
      const { record, journal } = newOrder(`order-h${round}`, id);
      const [placed, unlinked] = await Promise.all([
        store.ledger.place(record, journal).then(
          () => true,
          () => false,
        ),
        store.accounts.unlink('user-1', id, at(9)),
      ]);
      expect(unlinked.kind).toBe(placed ? 'unsettled' : 'unlinked');
    }
  });

  test('envelopes are walked in pages and replaced by compare-and-swap', async () => {
    await store.accounts.addServiceKey('one', { publicKey: 'p', sealedPrivateKey: 's' }, at(0));
    expect(await store.accounts.addServiceKey('one', { publicKey: 'x', sealedPrivateKey: 'y' }, at(1))).toEqual({
      publicKey: 'p',
      sealedPrivateKey: 's',
    });
    const all = await store.accounts.envelopes({ limit: 1_000 });
    const walked: unknown[] = [];
    for (let after: string | undefined; ;) {
      const page = await store.accounts.envelopes({ limit: 2, ...(after === undefined ? {} : { after }) });
      if (page.length === 0) break;
      walked.push(...page);
      after = page.at(-1)?.boundTo;
    }
    expect(walked).toEqual(all);
    expect(all).toContainEqual({ boundTo: 'service-key:one', sealed: 's' });
    expect(all).toContainEqual({ boundTo: 'account-1', sealed: 'sealed-1' });
    for (const envelope of [
      { boundTo: 'account-1', sealed: 'sealed-1' },
      { boundTo: 'service-key:one', sealed: 's' },
    ]) {
      expect(await store.accounts.replaceEnvelope(envelope, 'anew')).toBe(true);
      expect(await store.accounts.replaceEnvelope(envelope, 'once more')).toBe(false);
      expect(await store.accounts.envelopes({ limit: 1_000 })).toContainEqual({ ...envelope, sealed: 'anew' });
    }
    // The credentials are the same ones.
    expect(await store.accounts.credentials('account-1')).toMatchObject({ id: 'initial', sealed: 'anew' });
  });
});
