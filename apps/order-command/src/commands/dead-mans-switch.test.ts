import { beforeEach, describe, expect, test } from 'vitest';
import { openDesk, type Desk } from '../testing/desk.ts';
import { handle } from './handle.ts';

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});

const setting = (timeoutSeconds: number | null, accountId = 'account-2', userId = 'user-1') =>
  ({ kind: 'setDeadMansSwitch', commandId: 'switch-1', userId, accountId, timeoutSeconds }) as const;
const unlinking = (accountId: string) =>
  ({ kind: 'unlink', commandId: 'unlink-1', userId: 'user-1', accountId }) as const;
const known = async () => (await desk.context.deadMansSwitches.of(['account-2']))[0];
const done = { orderIds: [], userErrors: [] };
/** The owner of the account, as far as it has to do with this: at the n-th pause it has carried out what is wished. */
const withOwner = (afterPauses: number, keeps: (seconds: number | null) => Promise<void>) => {
  let pauses = 0;
  return {
    ...desk.context,
    pause: async () => {
      pauses += 1;
      if (pauses === afterPauses) await keeps((await known())?.timeoutSeconds ?? null);
    },
  };
};
const armedWith = async (timeoutSeconds: number | null): Promise<void> => {
  const store = desk.world.store.deadMansSwitches;
  const [refreshedAt, until] = [desk.world.clock.iso(), new Date(desk.world.clock.nowMs + 60_000).toISOString()];
  if (timeoutSeconds === null) return store.confirmed('account-2', null, (await known())?.mayFireUntil ?? null);
  await store.mayFire('account-2', until);
  await store.confirmed('account-2', { timeoutSeconds, refreshedAt, until }, null);
};

describe("setting the dead man's switch", () => {
  test('the wish is written, and waited for until the exchange has confirmed it', async () => {
    expect((await desk.world.store.access.account('account-2'))?.exchange).toBe('kraken');
    expect(await handle(withOwner(3, armedWith), setting(60))).toEqual(done);
    expect(await known()).toMatchObject({ timeoutSeconds: 60, armed: { timeoutSeconds: 60 } });
    // Nobody answers: the wish stands all the same.
    expect(await desk.run(setting(30))).toEqual(done);
    expect(await known()).toMatchObject({ timeoutSeconds: 30, armed: { timeoutSeconds: 60 } });
  });

  test.each([
    ['an exchange that has none', setting(60, 'account-1'), 'UNSUPPORTED_BY_EXCHANGE', 'accountId'],
    ['too short', setting(9), 'INVALID_INPUT', 'timeoutSeconds'],
    ['nothing', setting(0), 'INVALID_INPUT', 'timeoutSeconds'],
    ['too long', setting(86_401), 'INVALID_INPUT', 'timeoutSeconds'],
    ['somebody else’s account', setting(60, 'account-3'), 'NOT_FOUND', 'accountId'],
    ['nobody’s account', setting(60, 'nobody'), 'NOT_FOUND', 'accountId'],
  ])('%s is refused', async (_what, command, code, field) => {
    expect(await desk.refusal(command)).toMatchObject({ code, field: [field] });
    expect(await desk.world.store.deadMansSwitches.standing()).toEqual([]);
  });

  test('off is what it is where there is none', async () => {
    expect(await desk.run(setting(null, 'account-1'))).toEqual(done);
    expect(await desk.run(setting(null))).toEqual(done);
    expect(await desk.world.store.deadMansSwitches.standing()).toEqual([]);
  });

  test('a halted account keeps it, and takes it', async () => {
    await desk.run(setting(60));
    await desk.run({ kind: 'halt', commandId: 'halt', userId: 'user-1', accountId: 'account-2', cancelOpen: true });
    expect((await known())?.timeoutSeconds).toBe(60);
    expect(await desk.run(setting(30))).toEqual(done);
  });
});

describe('an account that goes', () => {
  test('is called off at the exchange first', async () => {
    await handle(withOwner(1, armedWith), setting(60));
    expect(await handle(withOwner(2, armedWith), unlinking('account-2'))).toEqual(done);
    expect(await known()).toMatchObject({ timeoutSeconds: null, armed: null, mayFireUntil: null });
  });

  test('stays until the exchange has confirmed that, and says so', async () => {
    await handle(withOwner(1, armedWith), setting(60));
    const { userErrors } = await desk.run(unlinking('account-2'));
    expect(userErrors[0]).toMatchObject({ code: 'EXCHANGE_UNAVAILABLE', field: ['accountId'] });
    expect((await desk.context.access.account('account-2'))?.unlinkedAt).toBeNull();
    // It has run out by then.
    desk.world.clock.advance(60_000);
    expect(await desk.run(unlinking('account-2'))).toEqual(done);
  });
});
