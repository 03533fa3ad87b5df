import { describe, expect, test } from 'vitest';
import { openHarness } from './testing/harness.ts';

const standing = async (harness: Awaited<ReturnType<typeof openHarness>>) => {
  const [health] = await harness.world.store.observations.accountHealth(['account-1']);
  return health?.keyRefused?.reason ?? null;
};

describe('a key that the exchange refuses', () => {
  test('stops submissions after three refusals in a row, not before, and any order that is taken begins anew', async () => {
    const harness = await openHarness();
    const { keys } = harness;
    keys.refused('account-1', '-2015');
    keys.refused('account-1', '-2015');
    keys.refused('account-3', '-2015');
    keys.taken('account-1');
    keys.refused('account-1', '-2015');
    keys.refused('account-1', '-2015');
    expect([await standing(harness), await keys.stopped('account-1')]).toEqual([null, null]);
    keys.refused('account-1', '-2015: Invalid API-key');
    expect(await standing(harness)).toBe('-2015: Invalid API-key');
    expect(await keys.stopped('account-1')).toContain('-2015: Invalid API-key');
    expect(await keys.stopped('account-3')).toBeNull();
  });

  test('leaves an accepted order waiting, with the reason, and it goes by itself when the key is taken again', async () => {
    const harness = await openHarness();
    const { world, adapter } = harness;
    await world.store.observations.setKeyRefused('account-1', '-2015: Invalid API-key', world.clock.iso());
    for (let jobs = 0; jobs < 3; jobs += 1) {
      expect((await harness.job())?.kind).toBe('Recheck');
      world.clock.advance(8_000);
    }
    const waiting = await harness.order();
    expect(adapter.calls).toEqual([]);
    expect(waiting.actual.machine.life).toBe('VALIDATED');
    expect(waiting.actual.reconciliation).toMatchObject({ status: 'PROGRESSING', attempts: 0 });
    expect(waiting.actual.reconciliation.lastError).toContain('-2015: Invalid API-key');
    // Written once: waiting makes no noise.
    const { version } = waiting.actual;
    await harness.job();
    expect((await harness.order()).actual.version).toBe(version);

    await world.store.observations.setKeyRefused('account-1', null, world.clock.iso());
    world.clock.advance(1_000);
    await harness.converge();
    expect(await harness.order()).toMatchObject({
      actual: { machine: { life: 'ACKNOWLEDGED' }, reconciliation: { lastError: null } },
    });
  });

  test('is told by refused submissions; a cancelled order does not wait for it', async () => {
    const harness = await openHarness({ faults: { submit: ['keyRefused'] } });
    harness.keys.refused('account-1', '1');
    harness.keys.refused('account-1', '2');
    await harness.converge();
    expect((await harness.machine()).life).toBe('REJECTED');
    expect(await standing(harness)).toBe('-1: the fault of this test');

    const other = await openHarness();
    await other.world.store.observations.setKeyRefused('account-1', 'refused', other.world.clock.iso());
    await other.job();
    await other.cancel();
    await other.converge();
    expect((await other.machine()).life).toBe('CANCELLED');
  });

  test('that is refused again right after it was taken again stops submissions at once', async () => {
    const harness = await openHarness();
    const { keys, world } = harness;
    for (let n = 0; n < 3; n += 1) keys.refused('account-1', '-2015');
    await world.store.observations.setKeyRefused('account-1', null, world.clock.iso());
    world.clock.advance(1_000);
    expect(await keys.stopped('account-1')).toBeNull();
    keys.refused('account-1', '-2015');
    expect(await keys.stopped('account-1')).toContain('-2015');
  });
});
