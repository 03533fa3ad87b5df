import { createHash } from 'node:crypto';
import type { Random } from './random.ts';

/** The instant at which every run begins. */
export const START_MS = Date.parse('2026-01-01T00:00:00.000Z');
/** Last events that a failure shows. */
const KEPT = 60;

interface Entry {
  readonly atMs: number;
  /** Drawn from the seed: which of two events at one instant comes first. */
  readonly tie: number;
  readonly sequence: number;
  readonly label: string;
  readonly run: () => void;
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.atMs !== b.atMs ? a.atMs < b.atMs : a.tie !== b.tie ? a.tie < b.tie : a.sequence < b.sequence;

/** Everything that is ready to run has run: promises that an event has settled are followed to their next wait. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * Virtual time: a heap of events, each at an instant drawn from the seed. One event is one step of a run; between two
 * steps nothing moves. Keeps a hash over all steps: two runs are the same if and only if it is.
 */
export class Timeline {
  nowMs = START_MS;
  steps = 0;
  readonly #heap: Entry[] = [];
  readonly #ties: Random;
  readonly #hash = createHash('sha256');
  readonly #last: string[] = [];
  #sequence = 0;

  constructor(ties: Random) {
    this.#ties = ties;
  }

  at(atMs: number, label: string, run: () => void): void {
    this.#sequence += 1;
    const entry = { atMs: Math.max(atMs, this.nowMs), tie: this.#ties.next(), sequence: this.#sequence, label, run };
    const heap = this.#heap;
    heap.push(entry);
    let at = heap.length - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  after(delayMs: number, label: string, run: () => void): void {
    this.at(this.nowMs + Math.max(0, Math.round(delayMs)), label, run);
  }

  /** When the next event is due; null: nothing will ever happen again. */
  get nextAtMs(): number | null {
    return this.#heap[0]?.atMs ?? null;
  }

  /** Runs the next event and all that follows from it without waiting. */
  async step(): Promise<void> {
    const entry = this.#pop();
    if (entry === undefined) return;
    this.nowMs = entry.atMs;
    this.steps += 1;
    this.note(`${entry.atMs - START_MS} ${entry.label}`);
    entry.run();
    await settled();
  }

  /** A line of the trace beside the steps themselves: part of the hash. */
  note(line: string): void {
    this.#hash.update(line);
    this.#hash.update('\n');
    this.#last.push(line);
    if (this.#last.length > 2 * KEPT) this.#last.splice(0, KEPT);
  }

  get last(): readonly string[] {
    return this.#last.slice(-KEPT);
  }

  /** Ends the trace. */
  digest(): string {
    return this.#hash.digest('hex').slice(0, 32);
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const moved = heap.pop();
    if (first === undefined || moved === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      if (child === undefined) break;
      const other = heap[below + 1];
      if (other !== undefined && isBefore(other, child)) {
        child = other;
        below += 1;
      }
      if (!isBefore(child, moved)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = moved;
    return first;
  }
}
