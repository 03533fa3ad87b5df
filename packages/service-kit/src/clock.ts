/** The one source of time of a service: passed in, so that tests hold it still. */
export interface Clock {
  now(): Date;
  /** RFC 3339 UTC with milliseconds. */
  iso(): string;
}

/** A clock that knows how far it may be wrong about the time that all processes share. */
export interface BoundedClock extends Clock {
  /** The shared time is surely not before this, ms since the epoch; null: nothing is known of it now. */
  earliestMs(): number | null;
}

export const systemClock: Clock = { now: () => new Date(), iso: () => new Date().toISOString() };

export interface ManualClock extends BoundedClock {
  /** Moves the clock forward by whole milliseconds. */
  advance(ms: number): void;
}

/** A clock for tests: stands still until told otherwise. */
export function manualClock(start = '2026-01-01T00:00:00.000Z'): ManualClock {
  let at = Date.parse(start);
  return {
    now: () => new Date(at),
    iso: () => new Date(at).toISOString(),
    earliestMs: () => at,
    advance: (ms) => {
      at += ms;
    },
  };
}
