import type { SharedClock } from '@orderplane/service-kit';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import { iso, START_MS } from './timeline.ts';

/** How long a boundary call is on its way, ms, there and back. */
export interface Latency {
  readonly thereMs: number;
  readonly backMs: number;
}

/** A call that its caller waits for. */
export interface Outstanding {
  readonly label: string;
  hasArrived: boolean;
}

/** What is on its way when a process dies arrives all the same, or never left, by this chance. */
const SURVIVES = 0.5;

/**
 * A process as its surroundings see it: it calls, waits for answers, dies, stops and goes on. A call takes effect at one
 * instant and is answered at a later one. Killed, it gets no answer any more: its promises never settle, and a new life
 * begins with empty memory. Stopped, it gets them all when it goes on.
 */
export class SimProcess {
  readonly name: string;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #boot: (process: SimProcess) => void;
  readonly #onDeath: (process: SimProcess, outstanding: readonly Outstanding[]) => void;
  /** Rises with every death. */
  life = 0;
  isAlive = false;
  stoppedUntilMs = 0;
  /** How far its clock is off, ms. */
  skewMs = 0;
  /** Calls without an answer yet. */
  readonly #outstanding = new Set<Outstanding>();
  /** Answers until it dies; null: it lives on. */
  #dyingIn: { answers: number; downMs: number } | null = null;

  constructor(
    name: string,
    timeline: Timeline,
    random: Random,
    hooks: {
      readonly boot: (process: SimProcess) => void;
      readonly onDeath: (process: SimProcess, outstanding: readonly Outstanding[]) => void;
    },
  ) {
    this.name = name;
    this.#timeline = timeline;
    this.#random = random;
    this.#boot = hooks.boot;
    this.#onDeath = hooks.onDeath;
  }

  /** The time that its services go by (shared-clock.ts), made of these two. */
  clock: Pick<SharedClock, 'iso'> = { iso: () => iso(this.wallMs) };

  useClock(clock: Pick<SharedClock, 'iso'>): void {
    this.clock = clock;
  }

  get wallMs(): number {
    return this.#timeline.nowMs + this.skewMs;
  }

  get monotonicMs(): number {
    return this.#timeline.nowMs - START_MS;
  }

  get isStopped(): boolean {
    return this.stoppedUntilMs > this.#timeline.nowMs;
  }

  start(): void {
    if (this.isAlive) return;
    this.isAlive = true;
    this.stoppedUntilMs = 0;
    this.#boot(this);
  }

  kill(downMs: number): void {
    if (!this.isAlive) return;
    this.#timeline.note(`${this.name} dies`);
    this.isAlive = false;
    this.life += 1;
    this.#dyingIn = null;
    this.#onDeath(this, [...this.#outstanding]);
    this.#outstanding.clear();
    this.#timeline.after(downMs, `${this.name} starts`, () => this.start());
  }

  /** Dies instead of receiving the answer after `answers` more of them. */
  dieSoon(answers: number, downMs: number): void {
    if (this.isAlive) this.#dyingIn = { answers, downMs };
  }

  stop(forMs: number): void {
    if (this.isAlive) this.stoppedUntilMs = Math.max(this.stoppedUntilMs, this.#timeline.nowMs + forMs);
  }

  /** A call over a boundary: `effect` happens there, its result comes back. */
  call<Result>(label: string, latency: Latency, effect: () => Promise<Result>): Promise<Result> {
    const { life } = this;
    const waiting = this.#await(label);
    return new Promise<Result>((resolve, reject) => {
      this.#timeline.after(latency.thereMs, `${this.name} > ${label}`, () => {
        if (!this.#arrives(life)) return;
        waiting.hasArrived = true;
        const back = (deliver: () => void): void =>
          this.#back(life, label, latency.backMs, () => {
            this.#outstanding.delete(waiting);
            deliver();
          });
        effect().then(
          (result) => back(() => resolve(result)),
          (error: unknown) => back(() => reject(error instanceof Error ? error : new Error(String(error)))),
        );
      });
    });
  }

  /** A request whose effect and whose answer are told apart: either may be missing. Null: it never comes. */
  request<Result>(
    label: string,
    parts: {
      readonly arriveMs: number | null;
      readonly effect: () => Result;
      readonly answerMs: number;
      /** Instead of the effect's own result. */
      readonly answer?: Result;
    },
  ): Promise<Result> {
    const { life } = this;
    const waiting = this.#await(label);
    return new Promise<Result>((resolve) => {
      let result: Result | undefined = parts.answer;
      if (parts.arriveMs !== null) {
        this.#timeline.after(parts.arriveMs, `${this.name} > ${label}`, () => {
          if (!this.#arrives(life)) return;
          waiting.hasArrived = true;
          const effect = parts.effect();
          result ??= effect;
        });
      }
      this.#back(life, label, parts.answerMs, () => {
        this.#outstanding.delete(waiting);
        if (result !== undefined) resolve(result);
      });
    });
  }

  /** Something that this process does later, if it still lives. */
  later(delayMs: number, label: string, run: () => void): void {
    this.#back(this.life, label, delayMs, run);
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.later(ms, 'pause', resolve));
  }

  #await(label: string): Outstanding {
    const waiting = { label, hasArrived: false };
    this.#outstanding.add(waiting);
    return waiting;
  }

  #arrives(life: number): boolean {
    return this.life === life || this.#random.chance(SURVIVES);
  }

  #back(life: number, label: string, delayMs: number, deliver: () => void): void {
    this.#timeline.after(delayMs, `${this.name} < ${label}`, () => this.#deliver(life, label, deliver));
  }

  #deliver(life: number, label: string, deliver: () => void): void {
    if (this.life !== life) return;
    if (this.isStopped) {
      this.#timeline.at(this.stoppedUntilMs, `${this.name} < ${label}`, () => this.#deliver(life, label, deliver));
      return;
    }
    if (this.#dyingIn !== null) {
      if (this.#dyingIn.answers <= 0) {
        this.kill(this.#dyingIn.downMs);
        return;
      }
      this.#dyingIn.answers -= 1;
    }
    deliver();
  }
}
