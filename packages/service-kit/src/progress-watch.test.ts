import { describe, expect, test } from 'vitest';
import { manualClock } from './clock.ts';
import { ProgressWatch } from './progress-watch.ts';

const setUp = (alwaysBeats = false) => {
  const clock = manualClock();
  return { clock, watch: new ProgressWatch({ name: 'worker', stallAfterMs: 1_000, alwaysBeats, clock }) };
};

describe('ProgressWatch', () => {
  test('idle is never stalled', () => {
    const { clock, watch } = setUp();
    clock.advance(3_600_000);
    expect(watch.stalled).toBe(false);
  });

  test('work that begins and never ends stalls', () => {
    const { clock, watch } = setUp();
    const end = watch.begin();
    clock.advance(1_001);
    expect(() => watch.check()).toThrow('worker made no progress for 1001 ms, 1 pending');
    end();
    end();
    expect(watch.pending).toBe(0);
    expect(() => watch.check()).not.toThrow();
  });

  test('a backlog that nobody takes stalls, counted from its arrival', () => {
    const { clock, watch } = setUp();
    clock.advance(60_000);
    watch.backlog(3);
    expect(watch.stalled).toBe(false);
    clock.advance(1_001);
    watch.backlog(4);
    expect(watch.stalled).toBe(true);
    watch.begin()();
    expect(watch.stalled).toBe(false);
  });

  test('a loop that must beat stalls when it is silent', () => {
    const { clock, watch } = setUp(true);
    clock.advance(1_001);
    expect(watch.stalled).toBe(true);
    watch.beat();
    expect(watch.stalled).toBe(false);
  });

  test('track ends the work also when it throws', async () => {
    const { watch } = setUp();
    await expect(watch.track(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(watch.pending).toBe(0);
  });
});
