import type { BoundedClock } from './clock.ts';
import { sleep, withDeadline } from './timing.ts';

/** Measured again this often, ms. */
const MEASURE_EVERY_MS = 5_000;
/** After a failure, or when the machine's clock has been moved, ms. */
const RETRY_MS = 250;
/** A measurement may be off by half of what it took: one that took longer is not believed, ms. */
const LONGEST_TRIP_MS = 2_000;
/** The two clocks of this machine may drift apart by this between two measurements; more is a jump, ms. */
const JUMP_MS = 250;
/** What nobody has confirmed for this long is not relied upon, ms. Clocks of machines drift by less than 0.1 s in it. */
const STEADY_FOR_MS = 600_000;

/**
 * The time of all processes: the database's clock, kept on this machine. Instants that different processes write are
 * compared with each other (a submission's deadline with the time of a look-up, an expiry with now), so they have to come
 * from one clock; machines' own clocks differ, and are moved.
 */
export interface SharedClock extends BoundedClock {
  /** ms since the epoch. */
  readonly nowMs: () => number;
  /** False while nothing is known of the shared time: nothing may be concluded from `now` then. */
  isSteady(): boolean;
  /** Measures now. Never throws. */
  measure(): Promise<void>;
  /** Measures until it has succeeded, or `withinMs` have passed, then goes on in the background until `signal` aborts. */
  start(signal: AbortSignal, withinMs: number): Promise<void>;
}

export interface SharedClockOptions {
  /** Asks for the shared time, ms since the epoch. */
  readonly read: () => Promise<number>;
  readonly onError?: (error: unknown) => void;
  /** This machine's clocks. For tests. */
  readonly wallMs?: () => number;
  readonly monotonicMs?: () => number;
}

interface Measured {
  readonly sharedMs: number;
  readonly wallMs: number;
  readonly monotonicMs: number;
  /** It is wrong by this at most. */
  readonly errorMs: number;
}

/** How far clocks of machines drift apart, ms in a ms. */
const DRIFT = 0.0001;

function earliestSince(last: Measured, wallMs: number, monotonicMs: number): number {
  const passedMs = monotonicMs - last.monotonicMs;
  // Twice: a wall clock that is taken for the shared one may be off by the measurement's error, and so may the measurement.
  const errorMs = 2 * last.errorMs + passedMs * DRIFT;
  return Math.floor(last.sharedMs + Math.min(wallMs - last.wallMs, passedMs) - errorMs);
}

/**
 * Between two measurements the wall clock and the monotonic clock are read together. When they disagree one of two things
 * has happened: the wall clock was moved (the monotonic one is right), or the machine slept (the wall clock is right). The
 * later of both is told, because what is too late is never sent; and the clock is not steady until it has been measured
 * again, because what is too early may prove nothing.
 *
 * A measurement that can't tell the wall clock from the shared one takes them for one: processes of one machine then agree
 * to the millisecond. A worse measurement does not replace a better one that it does not contradict.
 */
export function createSharedClock(options: SharedClockOptions): SharedClock {
  const wallMs = options.wallMs ?? ((): number => Date.now());
  const monotonicMs = options.monotonicMs ?? ((): number => performance.now());
  let last: Measured | null = null;
  let confirmedAtMs = Number.NEGATIVE_INFINITY;

  const nowMs = (): number => {
    if (last === null) return wallMs();
    const byWall = last.sharedMs + (wallMs() - last.wallMs);
    const byMonotonic = last.sharedMs + (monotonicMs() - last.monotonicMs);
    return Math.round(Math.abs(byWall - byMonotonic) < JUMP_MS ? byWall : Math.max(byWall, byMonotonic));
  };
  const isSteady = (): boolean => {
    if (last === null) return false;
    const jumpMs = wallMs() - last.wallMs - (monotonicMs() - last.monotonicMs);
    return Math.abs(jumpMs) < JUMP_MS && monotonicMs() - confirmedAtMs < STEADY_FOR_MS;
  };
  const earliestMs = (): number | null =>
    last === null || !isSteady() ? null : earliestSince(last, wallMs(), monotonicMs());
  const isBetter = (next: Measured): boolean => {
    if (last === null || !isSteady()) return true;
    const ageMs = next.monotonicMs - last.monotonicMs;
    const expectedMs = last.sharedMs + (next.wallMs - last.wallMs);
    const lastErrorMs = last.errorMs + ageMs * DRIFT;
    return next.errorMs <= lastErrorMs || Math.abs(next.sharedMs - expectedMs) > next.errorMs + lastErrorMs;
  };
  const measure = async (): Promise<void> => {
    try {
      const begun = { wallMs: wallMs(), monotonicMs: monotonicMs() };
      const readMs = await options.read();
      const tripMs = monotonicMs() - begun.monotonicMs;
      if (tripMs > LONGEST_TRIP_MS) return;
      // It was read somewhere in between: half the way is the best guess. Clocks tell whole milliseconds.
      const errorMs = tripMs / 2 + 1;
      const wall = begun.wallMs + tripMs / 2;
      const sharedMs = Math.abs(readMs - wall) <= errorMs ? wall : readMs;
      const next = { sharedMs, wallMs: wall, monotonicMs: begun.monotonicMs + tripMs / 2, errorMs };
      if (isBetter(next)) last = next;
      confirmedAtMs = monotonicMs();
    } catch (error) {
      options.onError?.(error);
    }
  };
  const keep = async (signal: AbortSignal): Promise<void> => {
    let measuredAtMs = monotonicMs();
    while (!signal.aborted) {
      await sleep(RETRY_MS, signal);
      if (isSteady() && monotonicMs() - measuredAtMs < MEASURE_EVERY_MS) continue;
      await measure();
      measuredAtMs = monotonicMs();
    }
  };
  return {
    now: () => new Date(nowMs()),
    iso: () => new Date(nowMs()).toISOString(),
    nowMs,
    earliestMs,
    isSteady,
    measure,
    start: async (signal, withinMs) => {
      const first = async (): Promise<void> => {
        await measure();
        while (!isSteady() && !signal.aborted) {
          await sleep(RETRY_MS, signal);
          await measure();
        }
      };
      await withDeadline(first(), withinMs, 'the first look at the shared clock').catch(() => undefined);
      void keep(signal);
    },
  };
}
