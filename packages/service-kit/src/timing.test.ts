import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DeadlineError, backoffMs, sleep, withDeadline } from './timing.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('withDeadline', () => {
  test('gives the result of what is in time', async () => {
    await expect(withDeadline(Promise.resolve(7), 10, 'seven')).resolves.toBe(7);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('names what was late, and swallows its later failure', async () => {
    let fail: (cause: Error) => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const outcome = withDeadline(late, 50, 'createOrder').catch((cause: unknown) => cause);
    await vi.advanceTimersByTimeAsync(50);
    const error = await outcome;
    expect(error).toBeInstanceOf(DeadlineError);
    expect(error).toMatchObject({ label: 'createOrder', deadlineMs: 50 });
    fail(new Error('nobody listens'));
  });
});

describe('sleep', () => {
  test('ends early, without an error, when the signal aborts', async () => {
    const stop = new AbortController();
    const slept = sleep(60_000, stop.signal);
    stop.abort();
    await slept;
    expect(vi.getTimerCount()).toBe(0);
    await sleep(60_000, stop.signal);
  });
});

describe('backoffMs', () => {
  test.each([
    [0, 250],
    [1, 500],
    [4, 4_000],
    [8, 60_000],
    [1_000, 60_000],
  ])('try %i waits at most %i ms and at least half of it', (attempt, full) => {
    expect(backoffMs(attempt, undefined, () => 0)).toBe(full / 2);
    expect(backoffMs(attempt, undefined, () => 1)).toBe(full);
  });
});
