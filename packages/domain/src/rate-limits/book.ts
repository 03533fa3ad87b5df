import { Line, LONGEST_WAIT_MS } from './line.ts';
import type { Standing } from './line.ts';
import { metersOf, rankOf, SLICES } from './meter.ts';
import type { Meter } from './meter.ts';
import type { BudgetAnswer, BudgetQuestion, PauseNotice } from './model.ts';

export const SHORTEST_WAIT_MS = 5;
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

interface Pause {
  readonly untilMs: number;
  readonly reason: string;
}

/**
 * The budget in memory: the whole arithmetic, without clock and I/O. It serves a process that has lost Redis, and it is
 * the specification of the script that runs inside Redis; a test holds the two together. Invariants: what is counted of a
 * window's last `windowMs` never exceeds its capacity; who waits is served in the order of class, then of arrival; only who
 * is patient enough for what it is told has a place, so that nobody waits for those who have left.
 */
export class RateBook {
  readonly #counters = new Map<string, Counter>();
  readonly #lines = new Map<string, Line>();
  readonly #pauses = new Map<string, Pause>();

  ask(question: BudgetQuestion, nowMs: number, share = 1): BudgetAnswer {
    const paused = this.#paused(question, nowMs);
    if (paused !== null) return paused;
    const rank = rankOf(question.class);
    const meters = metersOf(question, share);
    const own = this.#standing(question, meters, nowMs);
    const lacking = new Set<Meter>();
    let longest = 0;
    for (const meter of meters) {
      if (meter.always) continue;
      const name = nameOf(question, meter);
      const ahead = this.#lines.get(name)?.ahead(question.id, rank, own) ?? 0;
      const wait = waitFor(meter, this.#counters.get(name), meter.points + ahead, nowMs);
      if (wait > 0) lacking.add(meter);
      longest = Math.max(longest, wait);
    }
    const [first] = lacking;
    if (first !== undefined) {
      const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, longest));
      if (waitMs > question.patienceMs) this.#strike(question, meters);
      else this.#enrol(question, meters, lacking, own ?? { rank, since: nowMs }, nowMs + waitMs);
      return { granted: false, why: 'full', waitMs, detail: first.id };
    }
    for (const meter of meters) this.#count(question, meter, nowMs);
    this.#strike(question, meters);
    return { granted: true };
  }

  /** Who asked this does not come back. */
  leave(question: BudgetQuestion): void {
    this.#strike(question, metersOf(question));
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

  /** Where this one stands. Whoever lacked one counter and then lacks another keeps the place that it had. */
  #standing(question: BudgetQuestion, meters: readonly Meter[], nowMs: number): Standing | null {
    let own: Standing | null = null;
    for (const meter of meters) {
      const name = nameOf(question, meter);
      const line = this.#lines.get(name);
      line?.purge(nowMs);
      if (line?.isEmpty === true) this.#lines.delete(name);
      const here = line?.standing(question.id) ?? null;
      if (here !== null && (own === null || isEarlier(here, own))) own = here;
    }
    return own;
  }

  /** In the line of each counter that it lacks, and where it stands already: it needs room in all of them at once. */
  #enrol(
    question: BudgetQuestion,
    meters: readonly Meter[],
    lacking: ReadonlySet<Meter>,
    standing: Standing,
    dueAt: number,
  ): void {
    if (question.id === '') return;
    for (const meter of meters) {
      const name = nameOf(question, meter);
      let line = this.#lines.get(name);
      if (!lacking.has(meter) && (line?.standing(question.id) ?? null) === null) continue;
      if (line === undefined) this.#lines.set(name, (line = new Line()));
      line.enrol(question.id, standing, meter.points, dueAt);
    }
  }

  #strike(question: BudgetQuestion, meters: readonly Meter[]): void {
    for (const meter of meters) {
      const name = nameOf(question, meter);
      const line = this.#lines.get(name);
      line?.strike(question.id);
      if (line?.isEmpty === true) this.#lines.delete(name);
    }
  }

  #count(question: BudgetQuestion, meter: Meter, nowMs: number): void {
    const name = nameOf(question, meter);
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
    for (const [name] of oldest) {
      this.#counters.delete(name);
      this.#lines.delete(name);
    }
  }
}

const isEarlier = (a: Standing, b: Standing): boolean => (a.rank - b.rank || a.since - b.since) < 0;

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
