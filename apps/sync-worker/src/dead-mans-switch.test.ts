import type { SwitchOutcome } from '@orderplane/exchange';
import { keepSwitches, type SwitchKeeper } from '@orderplane/recorder';
import { beforeEach, describe, expect, test } from 'vitest';
import { deferred, openFloor, type Floor } from './testing/floor.ts';

const ID = 'account-1';
const MARGIN_MS = 5_000 + 10_000;
const unset =
  (message: string, retryAfterMs: number | null = null) =>
  (): Promise<SwitchOutcome> =>
    Promise.resolve({ kind: 'unset', nativeCode: null, message, retryAfterMs });

let floor: Floor;
let keeper: SwitchKeeper;
beforeEach(async () => {
  floor = await openFloor();
  keeper = opened();
});
const opened = (): SwitchKeeper => {
  const { context } = floor;
  const { deadMansSwitches: switches, env } = context;
  return keepSwitches({ ...context, switches, bound: 'account', callTimeoutMs: env.CALL_TIMEOUT_MS });
};
const wish = (seconds: number | null) =>
  floor.context.deadMansSwitches.set('user-1', ID, seconds, floor.world.clock.iso());
const round = async (who = keeper): Promise<void> => {
  await who.read();
  who.tend(ID, floor.adapter);
  await who.quiet();
};
const known = async () => (await floor.context.deadMansSwitches.of([ID]))[0];
const isoIn = (ms: number): string => new Date(floor.world.clock.nowMs + ms).toISOString();

describe("keeping an account's dead man's switch", () => {
  test('nothing is said of one that nobody wants', async () => {
    await round();
    await wish(null);
    await round();
    expect(floor.adapter.switchCalls).toEqual([]);
  });

  test('it is armed at once, refreshed when it is due, and no sooner', async () => {
    await wish(60);
    await round();
    const first = floor.world.clock.iso();
    expect(await known()).toEqual({
      accountId: ID,
      timeoutSeconds: 60,
      armed: { timeoutSeconds: 60, refreshedAt: first, until: isoIn(60_000) },
      mayFireUntil: isoIn(60_000 + MARGIN_MS),
      lastError: null,
    });
    floor.world.clock.advance(14_999);
    await round();
    expect(floor.adapter.switchCalls).toEqual([60]);
    floor.world.clock.advance(1);
    await round();
    expect(floor.adapter.switchCalls).toEqual([60, 60]);
    expect((await known())?.armed?.refreshedAt).toBe(floor.world.clock.iso());
  });

  test('a new owner says it at once, whenever the last one did; one that has lost the account says no more', async () => {
    await wish(60);
    await round();
    const next = opened();
    await round(next);
    expect(floor.adapter.switchCalls).toEqual([60, 60]);
    keeper.forget(ID);
    await round(next);
    expect(floor.adapter.switchCalls).toEqual([60, 60]);
  });

  test('what may be armed is known before it is said, and after a crash in between', async () => {
    await wish(60);
    floor.adapter.switchAnswers.push(() => Promise.reject(new Error('killed')));
    await round();
    expect(await known()).toMatchObject({ armed: null, mayFireUntil: isoIn(60_000 + MARGIN_MS) });
    await wish(null);
    await round(opened());
    expect(floor.adapter.switchCalls).toEqual([60, null]);
    expect(await known()).toMatchObject({ armed: null, mayFireUntil: null });
  });

  test('one that is refused shows why, is tried again at growing distances, and goes on by itself', async () => {
    await wish(60);
    floor.adapter.switchAnswers.push(unset('no permission'), unset('no permission'), unset('wait', 3_000));
    const counts: number[] = [];
    for (let second = 0; second < 8; second += 1) {
      await round();
      counts.push(floor.adapter.switchCalls.length);
      if (second === 0) expect((await known())?.lastError).toBe('no permission');
      floor.world.clock.advance(1_000);
    }
    expect(counts).toEqual([1, 2, 2, 3, 3, 3, 3, 4]);
    expect(await known()).toMatchObject({ armed: { timeoutSeconds: 60 }, lastError: null });
  });

  test('off is said until the exchange has confirmed it, and then no more', async () => {
    await wish(60);
    await round();
    await wish(null);
    floor.adapter.switchAnswers.push(unset('away'));
    await round();
    expect(await known()).toMatchObject({ timeoutSeconds: null, lastError: 'away' });
    floor.world.clock.advance(1_000);
    await round();
    await round();
    expect(floor.adapter.switchCalls).toEqual([60, null, null]);
    expect(await known()).toMatchObject({ armed: null, mayFireUntil: null, lastError: null });
  });

  test('one word at a time; a wish that comes meanwhile is said next', async () => {
    await wish(60);
    const gate = deferred();
    floor.adapter.switchAnswers.push(() => gate.promise.then(() => ({ kind: 'set' })));
    await keeper.read();
    keeper.tend(ID, floor.adapter);
    await wish(30);
    await keeper.read();
    keeper.tend(ID, floor.adapter);
    gate.resolve();
    await keeper.quiet();
    expect(floor.adapter.switchCalls).toEqual([60]);
    await round();
    expect(floor.adapter.switchCalls).toEqual([60, 30]);
    expect((await known())?.armed?.timeoutSeconds).toBe(30);
  });

  test('what an owner armed after it had been switched off is switched off again', async () => {
    await wish(60);
    const gate = deferred();
    floor.adapter.switchAnswers.push(() => gate.promise.then(() => ({ kind: 'set' })));
    await keeper.read();
    keeper.tend(ID, floor.adapter);
    // The account has another owner meanwhile, and is switched off.
    await wish(null);
    const next = opened();
    await round(next);
    expect((await known())?.mayFireUntil).toBeNull();
    gate.resolve();
    await keeper.quiet();
    floor.world.clock.advance(1_000);
    await round(next);
    expect(await known()).toMatchObject({ timeoutSeconds: null });
  });
});
