import { describe, expect, test } from 'vitest';
import { createSharedClock } from './shared-clock.ts';

/** A machine whose wall clock is off, and the shared clock far away: `tripMs` there and back. */
function machine(offMs: number, tripMs = 0) {
  const state = { trueMs: 1_000_000, asleepMs: 0, offMs, isAway: false };
  const pass = (ms: number): void => {
    state.trueMs += ms;
  };
  const clock = createSharedClock({
    read: async () => {
      if (state.isAway) throw new Error('away');
      pass(tripMs / 2);
      const read = state.trueMs;
      pass(tripMs / 2);
      return read;
    },
    wallMs: () => state.trueMs + state.offMs,
    monotonicMs: () => state.trueMs - state.asleepMs,
  });
  return { state, clock, pass };
}

describe('the shared clock', () => {
  test.each([-10_000, 0, 10_000])('is told right by a machine that is off by %d ms', async (offMs) => {
    const { state, clock, pass } = machine(offMs, 40);
    expect(clock.isSteady()).toBe(false);
    await clock.measure();
    pass(30_000);
    expect([clock.nowMs(), clock.isSteady()]).toEqual([state.trueMs, true]);
    expect(clock.iso()).toBe(new Date(state.trueMs).toISOString());
  });

  test.each([
    [0, 2],
    [-10_000, 40],
    [7, 40],
    [10_000, 1_500],
  ])('says before which instant it surely is not: off by %d ms, asked in %d ms', async (offMs, tripMs) => {
    const { state, clock, pass } = machine(offMs, tripMs);
    expect(clock.earliestMs()).toBeNull();
    await clock.measure();
    for (const passedMs of [0, 5_000, 60_000]) {
      pass(passedMs);
      const earliestMs = clock.earliestMs() ?? Number.NaN;
      expect(earliestMs).toBeLessThanOrEqual(state.trueMs);
      expect(earliestMs).toBeGreaterThan(state.trueMs - 2 * tripMs - 20);
    }
    // Too little to be noticed as a jump, in either direction.
    for (const movedMs of [200, -200]) {
      state.offMs = offMs + movedMs;
      expect(clock.earliestMs()).toBeLessThanOrEqual(state.trueMs);
    }
    state.offMs = offMs + 10_000;
    expect(clock.earliestMs()).toBeNull();
  });

  test('does not follow the machine when its clock is set back', async () => {
    const { state, clock, pass } = machine(0);
    await clock.measure();
    pass(1_000);
    state.offMs = -10_000;
    expect([clock.nowMs(), clock.isSteady()]).toEqual([state.trueMs, false]);
    await clock.measure();
    expect([clock.nowMs(), clock.isSteady()]).toEqual([state.trueMs, true]);
  });

  test('is not relied upon when the machine was set forward, until it has been measured again', async () => {
    const { state, clock } = machine(0);
    await clock.measure();
    state.offMs = 10_000;
    expect(clock.isSteady()).toBe(false);
    // Late rather than early: nothing is sent that might be too late.
    expect(clock.nowMs()).toBeGreaterThanOrEqual(state.trueMs);
    await clock.measure();
    expect([clock.nowMs(), clock.isSteady()]).toEqual([state.trueMs, true]);
  });

  test('knows that time has passed while the machine slept, and is measured again before it is relied upon', async () => {
    const { state, clock, pass } = machine(0);
    await clock.measure();
    pass(300_000);
    state.asleepMs += 300_000;
    expect([clock.nowMs(), clock.isSteady()]).toEqual([state.trueMs, false]);
  });

  test('is not relied upon when nobody has confirmed it for ten minutes', async () => {
    const { state, clock, pass } = machine(5_000);
    await clock.measure();
    state.isAway = true;
    pass(599_999);
    await clock.measure();
    expect(clock.isSteady()).toBe(true);
    pass(1);
    expect([clock.nowMs(), clock.isSteady()]).toEqual([state.trueMs, false]);
  });

  test('of the same machine is its clock to the millisecond, however slow the answers are', async () => {
    const { state, clock, pass } = machine(0, 30);
    for (let tries = 0; tries < 5; tries += 1) {
      await clock.measure();
      expect(clock.nowMs()).toBe(state.trueMs);
      pass(7_001);
    }
  });

  test('keeps a good measurement until a worse one contradicts it', async () => {
    const { state, clock, pass } = machine(5_000, 2);
    await clock.measure();
    const trip = { ms: 600 };
    const slow = createSharedClock({
      read: async () => {
        // All of the way is the way there: the worst guess.
        pass(trip.ms);
        return state.trueMs;
      },
      wallMs: () => state.trueMs + state.offMs,
      monotonicMs: () => state.trueMs,
    });
    trip.ms = 2;
    await slow.measure();
    trip.ms = 600;
    pass(1_000);
    await slow.measure();
    expect(Math.abs(slow.nowMs() - state.trueMs)).toBeLessThanOrEqual(2);
    expect(Math.abs(clock.nowMs() - state.trueMs)).toBeLessThanOrEqual(2);
  });

  test('does not believe an answer that took too long', async () => {
    const { clock } = machine(0, 5_000);
    await clock.measure();
    expect(clock.isSteady()).toBe(false);
  });

  test('goes without it when it does not come in time, and takes it up when it comes', async () => {
    const stopping = new AbortController();
    let isAway = true;
    const clock = createSharedClock({
      read: () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(42_000)),
    });
    await clock.start(stopping.signal, 10);
    expect(clock.isSteady()).toBe(false);
    isAway = false;
    await expect.poll(() => clock.isSteady(), { timeout: 10_000 }).toBe(true);
    stopping.abort();
  });
});
