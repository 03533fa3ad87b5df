import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';

export interface ProgressWatchOptions {
  readonly name: string;
  /** Longest silence while work is pending. */
  readonly stallAfterMs: number;
  /** True for a loop that must beat also when it has nothing to do. Default false. */
  readonly alwaysBeats?: boolean;
  readonly clock?: Clock;
}

/**
 * Watches that a component moves, not merely that it answers: a worker whose connection is alive can still be stuck.
 * Stalled means: something is pending (begun and not ended, or reported as backlog), and for `stallAfterMs` nothing
 * began, ended or beat.
 */
export class ProgressWatch {
  readonly name: string;
  readonly #stallAfterMs: number;
  readonly #alwaysBeats: boolean;
  readonly #clock: Clock;
  #running = 0;
  #backlog = 0;
  #lastProgressAt: number;

  constructor(options: ProgressWatchOptions) {
    this.name = options.name;
    this.#stallAfterMs = options.stallAfterMs;
    this.#alwaysBeats = options.alwaysBeats ?? false;
    this.#clock = options.clock ?? systemClock;
    this.#lastProgressAt = this.#now();
  }

  /** One piece of work starts. Call the returned function at its end, whatever the outcome; calling twice counts once. */
  begin(): () => void {
    this.#running += 1;
    this.beat();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#running -= 1;
      this.beat();
    };
  }

  async track<T>(work: () => Promise<T>): Promise<T> {
    const end = this.begin();
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** The component is alive and getting on. */
  beat(): void {
    this.#lastProgressAt = this.#now();
  }

  /** Work that waits outside (jobs in a queue). From none to some is not a stall: the count of the silence starts then. */
  backlog(count: number): void {
    if (this.#backlog === 0 && count > 0 && this.#running === 0) this.beat();
    this.#backlog = count;
  }

  get pending(): number {
    return this.#running + this.#backlog;
  }

  get silentMs(): number {
    return this.#now() - this.#lastProgressAt;
  }

  get stalled(): boolean {
    return (this.#alwaysBeats || this.pending > 0) && this.silentMs > this.#stallAfterMs;
  }

  /** A readiness check: throws when stalled. */
  readonly check = (): void => {
    if (this.stalled) throw new Error(`${this.name} made no progress for ${this.silentMs} ms, ${this.pending} pending`);
  };

  #now(): number {
    return this.#clock.now().getTime();
  }
}
