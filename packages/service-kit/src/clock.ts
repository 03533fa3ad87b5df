/** The one source of time of a service: passed in, so that tests hold it still. */
export interface Clock {
  now(): Date;
  /** RFC 3339 UTC with milliseconds. */
  iso(): string;
}

export const systemClock: Clock = { now: () => new Date(), iso: () => new Date().toISOString() };

export interface ManualClock extends Clock {
  /** Moves the clock forward by whole milliseconds. */
  advance(ms: number): void;
}

/** A clock for tests: stands still until told otherwise. */
export function manualClock(start = '2026-01-01T00:00:00.000Z'): ManualClock {
  let at = Date.parse(start);
  return {
    now: () => new Date(at),
    iso: () => new Date(at).toISOString(),
    advance: (ms) => {
      at += ms;
    },
  };
}
