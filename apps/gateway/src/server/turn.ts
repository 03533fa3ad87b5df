/** Of one turn of the event loop, ms: what comes in meanwhile (requests, pings, probes) waits for so long. */
const LONGEST_MS = 10;

/**
 * Work that never waits for anything outside, like telling a thousand subscribers of five hundred events, would keep the
 * event loop to itself for seconds. Between two pieces of it: `if (turn.isOver) await turn.next()`. Those that wait go on
 * in the order in which they came.
 */
export class Turn {
  #beganAt: number | null = null;
  #next: Promise<void> | null = null;

  get isOver(): boolean {
    if (this.#next !== null) return performance.now() - (this.#beganAt ?? 0) > LONGEST_MS;
    this.#beganAt = performance.now();
    this.#next = new Promise((resolve) =>
      setImmediate(() => {
        this.#next = null;
        resolve();
      }),
    );
    return false;
  }

  /** The next turn. */
  next(): Promise<void> {
    return this.#next ?? Promise.resolve();
  }
}
