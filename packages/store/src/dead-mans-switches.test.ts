import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isStanding } from './contracts.ts';
import type { DeadMansSwitch, Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import { at } from './testing/fixtures.ts';

const ID = 'account-1';
const OFF = { timeoutSeconds: null, armed: null, mayFireUntil: null, lastError: null };

describe.each(BACKENDS)('DeadMansSwitchStore ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());
  const known = async (accountId = ID): Promise<DeadMansSwitch | undefined> =>
    (await store.deadMansSwitches.of([accountId]))[0];
  const armed = { timeoutSeconds: 60, refreshedAt: at(10), until: at(70) };

  test('off by default, and off stays off without a trace', async () => {
    expect(await store.deadMansSwitches.of([ID, 'nobody'])).toEqual([]);
    const set = await store.deadMansSwitches.set('user-1', ID, null, at(1));
    expect(set).toEqual({ kind: 'set', again: true, deadMansSwitch: { accountId: ID, ...OFF } });
    expect(await known()).toBeUndefined();
    expect(await store.deadMansSwitches.standing()).toEqual([]);
  });

  test('the wish is its owner’s alone', async () => {
    expect(await store.deadMansSwitches.set('user-2', ID, 60, at(1))).toEqual({ kind: 'notFound' });
    expect(await store.deadMansSwitches.set('user-1', 'nobody', 60, at(1))).toEqual({ kind: 'notFound' });
    const wished = { accountId: ID, ...OFF, timeoutSeconds: 60 };
    expect(await store.deadMansSwitches.set('user-1', ID, 60, at(1))).toMatchObject({
      again: false,
      deadMansSwitch: wished,
    });
    expect(await store.deadMansSwitches.set('user-1', ID, 60, at(2))).toMatchObject({
      again: true,
      deadMansSwitch: wished,
    });
    expect(await store.deadMansSwitches.standing()).toEqual([wished]);
    // Another wish leaves what is known of the exchange as it is.
    await store.deadMansSwitches.confirmed(ID, armed, null);
    await store.deadMansSwitches.set('user-1', ID, 30, at(3));
    expect(await known()).toMatchObject({ timeoutSeconds: 30, armed });
  });

  test('what may fire is written before it is said, and never lowered', async () => {
    await store.deadMansSwitches.mayFire(ID, at(90));
    await store.deadMansSwitches.mayFire(ID, at(80));
    expect((await known())?.mayFireUntil).toBe(at(90));
    await store.deadMansSwitches.unconfirmed(ID, 'no answer \u0000 at all');
    expect(await known()).toMatchObject({ armed, mayFireUntil: at(90) });
    expect((await known())?.lastError).toContain('no answer');
    await store.deadMansSwitches.confirmed(ID, { ...armed, refreshedAt: at(20), until: at(80) }, null);
    expect(await known()).toMatchObject({ armed: { until: at(80) }, mayFireUntil: at(90), lastError: null });
  });

  test('off is off when the exchange says so, unless somebody has armed it meanwhile', async () => {
    await store.deadMansSwitches.set('user-1', ID, null, at(30));
    expect(await store.accounts.unlink('user-1', ID, at(31))).toEqual({ kind: 'armed' });
    expect(await store.deadMansSwitches.standing()).toHaveLength(1);
    await store.deadMansSwitches.mayFire(ID, at(100));
    await store.deadMansSwitches.confirmed(ID, null, at(90));
    expect(await known()).toMatchObject({ armed: null, mayFireUntil: at(100) });
    await store.deadMansSwitches.confirmed(ID, null, at(100));
    expect(await known()).toEqual({ accountId: ID, ...OFF });
    expect(await store.deadMansSwitches.standing()).toEqual([]);
  });

  test('an account can go when it is off, or has run out; not before', async () => {
    await store.deadMansSwitches.set('user-1', ID, 60, at(1));
    expect(await store.accounts.unlink('user-1', ID, at(1_000))).toEqual({ kind: 'armed' });
    await store.deadMansSwitches.mayFire(ID, at(200));
    await store.deadMansSwitches.set('user-1', ID, null, at(2));
    expect(await store.accounts.unlink('user-1', ID, at(199))).toEqual({ kind: 'armed' });
    expect(await store.accounts.unlink('user-1', ID, at(200))).toMatchObject({ kind: 'unlinked' });
    expect(await store.deadMansSwitches.set('user-1', ID, 60, at(201))).toEqual({ kind: 'notFound' });
    expect(await store.deadMansSwitches.standing()).toEqual([]);
  });

  test('what stands', () => {
    const one: DeadMansSwitch = { accountId: ID, ...OFF };
    expect([
      isStanding(one, at(1)),
      isStanding({ ...one, timeoutSeconds: 10 }, at(1)),
      isStanding({ ...one, mayFireUntil: at(2) }, at(1)),
      isStanding({ ...one, mayFireUntil: at(2) }, at(2)),
    ]).toEqual([false, true, true, false]);
  });
});
