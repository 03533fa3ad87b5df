import { metersOf, rankOf, SLICES } from './meter.ts';
import type { Meter } from './meter.ts';
import type { BudgetAnswer, BudgetQuestion, PauseNotice } from './model.ts';

/** Nobody is sent away for longer: who comes back is told anew, and keeps its place, ms. */
export const LONGEST_WAIT_MS = 30_000;
export const SHORTEST_WAIT_MS = 5;
/** Who has not come back this long after its turn has lost its place, ms. */
export const GRACE_MS = 5_000;
/** Places in one line; who finds it full asks again later, without a place. */
export const LONGEST_LINE = 5_000;
/**
 * A counter that only counts (`always`) rises no higher than this many capacities. Whether an exchange's own counter ends
 * somewhere is not established; one that ends at twice its capacity is still below this, headroom counted.
 */
export const HIGHEST_DEBT = 2.2;
/** Counters and lines kept; beyond it those at rest are forgotten. */
const MOST_COUNTERS = 2_000;

interface Counter {
  /** window: points by slice. */
  readonly slices: Map<number, number>;
  /** decay: the value at `at`. */
  value: number;
  at: number;
}

interface Waiter {
  readonly rank: number;
  readonly since: number;
  dueAt: number;
}

interface Pause {
  readonly untilMs: number;
  readonly reason: string;
}

const before = (a: readonly [string, Waiter], b: readonly [string, Waiter]): number =>
  a[1].rank - b[1].rank || a[1].since - b[1].since || (a[0] < b[0] ? -1 : 1);

/**
 * The budget in memory: the whole arithmetic, without clock and I/O. It serves a process that has lost Redis, and it is
 * the specification of the script that runs inside Redis; a test holds the two together. Invariants: what is counted of a
 * window's last `windowMs` never exceeds its capacity; who waits is served in the order of class, then of arrival.
 */
export class RateBook {
  readonly #counters = new Map<string, Counter>();
  readonly #lines = new Map<string, Map<string, Waiter>>();
  readonly #pauses = new Map<string, Pause>();

  ask(question: BudgetQuestion, nowMs: number, share = 1): BudgetAnswer {
    const paused = this.#paused(question, nowMs);
    if (paused !== null) return paused;
    const rank = rankOf(question.class);
    const meters = metersOf(question, share);
    let waitMs = 0;
    let lacking: Meter | null = null;
    for (const meter of meters) {
      if (meter.always) continue;
      const ahead = this.#ahead(nameOf(question, meter), question.id, rank, nowMs);
      const wait = waitFor(meter, this.#counters.get(nameOf(question, meter)), meter.points * (1 + ahead), nowMs);
      if (wait > 0) lacking ??= meter;
      waitMs = Math.max(waitMs, wait);
    }
    if (lacking !== null) {
      waitMs = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, waitMs));
      this.#enrol(nameOf(question, lacking), question.id, rank, nowMs, waitMs);
      return { granted: false, why: 'full', waitMs, detail: lacking.id };
    }
    for (const meter of meters) this.#count(question, meter, nowMs);
    return { granted: true };
  }

  pause({ place, key, classes, forMs, reason }: PauseNotice, nowMs: number): void {
    for (const one of classes) {
      const name = `${place}|${key ?? '*'}|${rankOf(one)}`;
      const untilMs = nowMs + forMs;
      if ((this.#pauses.get(name)?.untilMs ?? 0) < untilMs) this.#pauses.set(name, { untilMs, reason });
    }
    for (const [name, pause] of this.#pauses) if (pause.untilMs <= nowMs) this.#pauses.delete(name);
  }

  #paused({ place, key, class: requestClass }: BudgetQuestion, nowMs: number): BudgetAnswer | null {
    const until = (who: string, rank: number): Pause | null => {
      const pause = this.#pauses.get(`${place}|${who}|${rank}`);
      return pause !== undefined && pause.untilMs > nowMs ? pause : null;
    };
    const rank = rankOf(requestClass);
    const all = until('*', rank);
    const own = until(key, rank);
    const longest = all === null || (own !== null && own.untilMs > all.untilMs) ? own : all;
    if (longest === null) return null;
    const everything = until('*', rankOf('cancel')) !== null;
    return {
      granted: false,
      why: 'paused',
      waitMs: Math.ceil(longest.untilMs - nowMs),
      detail: longest.reason,
      everything,
    };
  }

  /** How many are to be served before this one. */
  #ahead(name: string, id: string, rank: number, nowMs: number): number {
    const line = this.#lines.get(name);
    if (line === undefined) return 0;
    for (const [who, waiter] of line) if (waiter.dueAt + GRACE_MS <= nowMs) line.delete(who);
    if (line.size === 0) this.#lines.delete(name);
    const own = line.get(id);
    const others = [...line].filter(([who]) => who !== id);
    if (own === undefined) return others.filter(([, waiter]) => waiter.rank <= rank).length;
    return others.filter((other) => before(other, [id, own]) < 0).length;
  }

  #enrol(name: string, id: string, rank: number, nowMs: number, waitMs: number): void {
    if (id === '') return;
    const line = this.#lines.get(name) ?? new Map<string, Waiter>();
    this.#lines.set(name, line);
    const own = line.get(id);
    if (own === undefined && line.size >= LONGEST_LINE) return;
    if (own === undefined) line.set(id, { rank, since: nowMs, dueAt: nowMs + waitMs });
    else own.dueAt = nowMs + waitMs;
  }

  #count(question: BudgetQuestion, meter: Meter, nowMs: number): void {
    const name = nameOf(question, meter);
    const line = this.#lines.get(name);
    if (line?.delete(question.id) === true && line.size === 0) this.#lines.delete(name);
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      if (this.#counters.size >= MOST_COUNTERS) this.#forget();
      counter = { slices: new Map(), value: 0, at: nowMs };
      this.#counters.set(name, counter);
    }
    if (meter.kind === 'window') {
      const now = Math.floor(nowMs / meter.sliceMs);
      for (const slice of counter.slices.keys()) if (slice < now - SLICES) counter.slices.delete(slice);
      counter.slices.set(now, (counter.slices.get(now) ?? 0) + meter.points);
    } else {
      counter.value = Math.min(fallen(meter, counter, nowMs) + meter.points, meter.capacity * HIGHEST_DEBT);
    }
    counter.at = Math.max(counter.at, nowMs);
  }

  /** The half that has rested longest: what they counted has most likely lapsed. */
  #forget(): void {
    const oldest = [...this.#counters].sort(([, a], [, b]) => a.at - b.at).slice(0, MOST_COUNTERS / 2);
    for (const [name] of oldest) this.#counters.delete(name);
  }
}

const nameOf = (question: BudgetQuestion, meter: Meter): string => `${question.place}/${meter.id}`;

const fallen = (meter: Meter, counter: Counter, nowMs: number): number =>
  Math.max(0, counter.value - Math.max(0, nowMs - counter.at) * meter.perMs);

/** How long until `points` more fit under the ceiling, ms; 0: they fit now. */
function waitFor(meter: Meter, counter: Counter | undefined, points: number, nowMs: number): number {
  if (meter.kind === 'decay') {
    const used = counter === undefined ? 0 : fallen(meter, counter, nowMs);
    const over = used + points - meter.ceiling;
    return over <= 0 ? 0 : Math.max(1, Math.ceil(over / meter.perMs));
  }
  const now = Math.floor(nowMs / meter.sliceMs);
  const slices = [...(counter?.slices ?? [])].filter(([slice]) => slice >= now - SLICES).sort(([a], [b]) => a - b);
  let over = slices.reduce((sum, [, used]) => sum + used, 0) + points - meter.ceiling;
  if (over <= 0) return 0;
  for (const [slice, used] of slices) {
    over -= used;
    if (over <= 0) return Math.max(1, (slice + SLICES + 1) * meter.sliceMs - nowMs);
  }
  // Those ahead alone need more than one window.
  return (SLICES + 1) * meter.sliceMs * (1 + Math.ceil(over / meter.ceiling));
}
