/** Nobody is sent away for longer: who comes back is told anew, and keeps its place, ms. */
export const LONGEST_WAIT_MS = 30_000;
/** Who has not come back this long after its turn has lost its place, ms. */
export const GRACE_MS = 5_000;
/** Places in one line; who finds it full asks again later, without a place. */
export const LONGEST_LINE = 5_000;

/** Where somebody stands, in every line alike: by class, then by arrival. */
export interface Standing {
  readonly rank: number;
  readonly since: number;
}

interface Waiter extends Standing {
  readonly dueAt: number;
  /** What it needs; the newest question counts. */
  readonly points: number;
}

/**
 * Those who wait for room in one counter. Room is kept for each of them until it comes back: a smaller request behind a
 * large one must leave it what it waits for, or the large one never goes. A place is given up by taking the room, by
 * leaving, or by not coming back when it is due.
 */
export class Line {
  readonly #waiters = new Map<string, Waiter>();

  get isEmpty(): boolean {
    return this.#waiters.size === 0;
  }

  standing(id: string): Standing | null {
    return this.#waiters.get(id) ?? null;
  }

  /** Strikes out whoever has not come back. */
  purge(nowMs: number): void {
    for (const [id, { dueAt }] of this.#waiters) if (dueAt + GRACE_MS <= nowMs) this.#waiters.delete(id);
  }

  /** Points of all who are served before this one. `own`: where it stands already, in this or another line. */
  ahead(id: string, rank: number, own: Standing | null): number {
    const here = this.#waiters.get(id);
    const stands = here !== undefined && here.since === own?.since && here.rank === own.rank;
    let points = 0;
    for (const [who, other] of this.#waiters) {
      if (who === id) continue;
      const order = own === null ? 0 : other.rank - own.rank || other.since - own.since;
      const isAhead = own === null ? other.rank <= rank : order < 0 || (order === 0 && stands && who < id);
      if (isAhead) points += other.points;
    }
    return points;
  }

  /** Gives a place, or keeps the one that it has. */
  enrol(id: string, { rank, since }: Standing, points: number, dueAt: number): void {
    if (this.#waiters.has(id) || this.#waiters.size < LONGEST_LINE)
      this.#waiters.set(id, { rank, since, points, dueAt });
  }

  strike(id: string): void {
    this.#waiters.delete(id);
  }
}
