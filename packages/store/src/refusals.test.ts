import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AlreadyExistsError, CommandOverError } from './contracts.ts';
import type { CommandTime, Intent, Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import { at, created, intentOf, play, recordOf, validated } from './testing/fixtures.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

/** A refusal that was told is final for every try that was made before it. */
describe.each(BACKENDS)('refused requests ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  /** A command that is given now, and has a minute. */
  const now = async (): Promise<CommandTime> => {
    const ms = Math.floor(await store.nowMs());
    return { issuedAt: iso(ms), expiresAt: iso(ms + 60_000) };
  };
  /** One that is surely given after everything that has happened. */
  const later = async (): Promise<CommandTime> => {
    const { expiresAt } = await now();
    return { issuedAt: iso((await store.nowMs()) + 2), expiresAt };
  };
  const place = (orderId: string, time?: CommandTime, over: Partial<Intent> = {}) => {
    const intent = intentOf(orderId, { clientOrderId: 'c', ...over });
    const played = play([created(intent.spec), validated]);
    return store.ledger.place(recordOf(intent, played), played.journal, time && { time });
  };
  const placeGroup = (groupId: string, clientOrderIds: readonly string[], time: CommandTime) => {
    const orders = clientOrderIds.map((clientOrderId, index) => {
      const intent = intentOf(`${groupId}-${index}`, { clientOrderId, groupId });
      const played = play([created(intent.spec), validated]);
      return { record: recordOf(intent, played), journal: played.journal };
    });
    const group = { groupId, userId: 'user-1', accountId: 'account-1', requestHash: 'hash', createdAt: at(0) };
    return store.ledger.groups.place({ ...group, kind: 'OCO', onPartialFill: 'CANCEL', conflict: null }, orders, time);
  };
  const refuse = (clientOrderId: string, requestHash = 'hash', accountId = 'account-1') =>
    store.ledger.refuse(accountId, [{ clientOrderId, requestHash }]);

  test('an earlier try of a refused request places nothing, however often it runs', async () => {
    const first = await now();
    expect(await refuse('a')).toBe(true);
    for (const orderId of ['a1', 'a2']) {
      await expect(place(orderId, first, { clientOrderId: 'a' })).rejects.toThrow(CommandOverError);
      expect(await store.ledger.find(orderId)).toBeNull();
    }
    await expect(place('a3', first, { clientOrderId: 'a' })).rejects.toMatchObject({ reason: 'refused' });
  });

  test('a later try of it is judged anew, also after several refusals', async () => {
    await refuse('b');
    const second = await later();
    expect(await place('b1', second, { clientOrderId: 'b' })).toMatchObject({ kind: 'committed' });
    await refuse('b-again');
    await refuse('b-again');
    expect(await place('b2', await later(), { clientOrderId: 'b-again' })).toMatchObject({ kind: 'committed' });
  });

  test('the refusal is of this request only: not of another one under its id, nor of another id or account', async () => {
    const first = await now();
    await refuse('d');
    await refuse('e', 'hash', 'account-2');
    expect(await place('d1', first, { clientOrderId: 'd', requestHash: 'other' })).toMatchObject({ kind: 'committed' });
    expect(await place('d2', first, { clientOrderId: 'd-other' })).toMatchObject({ kind: 'committed' });
    expect(await place('e1', first, { clientOrderId: 'e' })).toMatchObject({ kind: 'committed' });
  });

  test('what is placed can not be refused, and says so', async () => {
    const first = await now();
    await place('f1', first, { clientOrderId: 'f' });
    expect(await refuse('f')).toBe(false);
    expect(await refuse('f', 'other')).toBe(false);
    // A second run of the command finds the order, as ever.
    await expect(place('f2', first, { clientOrderId: 'f' })).rejects.toThrow(AlreadyExistsError);
  });

  test('a command whose time is over places nothing; one without a time is not judged', async () => {
    const ms = await store.nowMs();
    const over = { issuedAt: iso(ms - 60_000), expiresAt: iso(ms - 1_000) };
    await expect(place('g1', over, { clientOrderId: 'g' })).rejects.toMatchObject({ reason: 'expired' });
    await refuse('g');
    expect(await place('g2', undefined, { clientOrderId: 'g' })).toMatchObject({ kind: 'committed' });
  });

  test('a group is placed whole or not at all: one refused order of it is enough', async () => {
    const first = await now();
    await refuse('h2');
    await expect(placeGroup('h', ['h1', 'h2', 'h3'], first)).rejects.toThrow(CommandOverError);
    expect(await store.ledger.groups.find('h')).toBeNull();
    expect(await store.ledger.findByClientOrderId('account-1', 'h1')).toBeNull();
    expect(await placeGroup('hh', ['h1', 'h2', 'h3'], await later())).toHaveLength(3);
    const requests = ['i1', 'h3'].map((clientOrderId) => ({ clientOrderId, requestHash: 'hash' }));
    expect(await store.ledger.refuse('account-1', requests)).toBe(false);
    expect(await place('i1', first, { clientOrderId: 'i1' })).toMatchObject({ kind: 'committed' });
  });

  test('of a try and the refusal of its repeat at once exactly one stands, among other orders of the account', async () => {
    const rounds = Array.from({ length: 60 }, (_, round) => `race-${round}`);
    const time = await now();
    const outcomes = await Promise.all(
      rounds.map(async (clientOrderId, round) => {
        const placing = place(`${clientOrderId}-order`, time, { clientOrderId }).then(
          () => true,
          (error: unknown) => {
            if (error instanceof CommandOverError) return false;
            throw error;
          },
        );
        // Each second refusal a little later, so that both orders occur.
        if (round % 2 === 1) await store.nowMs();
        return { clientOrderId, refused: await refuse(clientOrderId), placed: await placing };
      }),
    );
    for (const { clientOrderId, placed, refused } of outcomes) {
      expect({ clientOrderId, either: placed !== refused }).toEqual({ clientOrderId, either: true });
      expect((await store.ledger.findByClientOrderId('account-1', clientOrderId)) !== null).toBe(placed);
    }
  });

  test('nothing is refused for an account that does not exist', async () => {
    expect(await refuse('k', 'hash', 'nobody')).toBe(true);
  });
});
