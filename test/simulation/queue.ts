import type { ExchangeId } from '@orderplane/domain';
import { RECONCILE_PRIORITY, type CommandResult, type OrderCommand, type ReconcileUrgency } from '@orderplane/queues';
import type { SimProcess } from './process.ts';
import type { Random } from './random.ts';
import type { Happening, Sightings } from './sightings.ts';
import type { Timeline } from './timeline.ts';

/** A job's lock (contracts.ts), and how late its expiry may be noticed (worker.ts: a third of it). */
export const LOCK_MS = 5_000;
const NOTICED_MS = 1_667;
/** Jobs of one exchange that one worker runs at once. */
const SLOTS = 4;
/** Commands that the command process runs at once. */
const COMMAND_SLOTS = 6;

interface Job {
  readonly orderId: string;
  readonly exchange: ExchangeId;
  priority: number;
  readonly sequence: number;
  /** Who holds it; null: it waits. */
  holder: Holding | null;
  /** A wake-up came while it ran. */
  again: boolean;
}

interface Holding {
  readonly process: SimProcess;
  /** The life of it that holds the job. */
  readonly life: number;
  /** Null while its holder renews it. */
  lostAtMs: number | null;
}

export interface CommandJob {
  readonly command: OrderCommand;
  readonly answered: (result: CommandResult) => void;
  /** Who runs it: an object of its own for each run. */
  holder: { readonly process: SimProcess } | null;
}

/** Runs one job in a process; `done` is called from within the process. */
export type JobRunner = (
  job: { readonly exchange: ExchangeId; readonly orderId: string },
  lockLost: () => boolean,
) => Promise<void>;
export type CommandRunner = (command: OrderCommand) => Promise<CommandResult>;

/**
 * The queues of Redis as the services use them (packages/queues): one job per order at most waits or runs, a wake-up
 * while it runs gives one more run, cancels go first, a dead worker's job is given out again when its lock has run out.
 * At least once; and all of it may be lost at any time.
 */
export class SimQueue {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #jobs = new Map<string, Job>();
  readonly #delayed = new Map<string, { readonly token: number; readonly atMs: number }>();
  readonly #workers: { readonly process: SimProcess; readonly run: () => JobRunner }[] = [];
  #commands: CommandJob[] = [];
  #commander: { readonly process: SimProcess; readonly run: () => CommandRunner } | null = null;
  /** Runs of each order that go on in processes that live. */
  readonly #runs = new Map<string, Set<Holding>>();
  readonly #sightings: Sightings;
  #sequence = 0;
  #handingOut = false;

  constructor(timeline: Timeline, random: Random, sightings: Sightings) {
    this.#timeline = timeline;
    this.#random = random;
    this.#sightings = sightings;
  }

  addWorker(process: SimProcess, run: () => JobRunner): void {
    this.#workers.push({ process, run });
  }

  setCommander(process: SimProcess, run: () => CommandRunner): void {
    this.#commander = { process, run };
  }

  wake(exchange: ExchangeId, orderId: string, urgency: ReconcileUrgency): void {
    const priority = RECONCILE_PRIORITY[urgency];
    const known = this.#jobs.get(orderId);
    if (known === undefined) {
      this.#sequence += 1;
      this.#jobs.set(orderId, { orderId, exchange, priority, sequence: this.#sequence, holder: null, again: false });
    } else if (known.holder === null) known.priority = Math.min(known.priority, priority);
    else known.again = true;
    this.handOut();
  }

  wakeLater(exchange: ExchangeId, orderId: string, delayMs: number): void {
    this.#sequence += 1;
    const token = this.#sequence;
    const atMs = this.#timeline.nowMs + Math.max(1, Math.round(delayMs));
    this.#delayed.set(orderId, { token, atMs });
    this.#timeline.at(atMs, `recheck ${orderId.slice(-4)}`, () => {
      if (this.#delayed.get(orderId)?.token !== token) return;
      this.#delayed.delete(orderId);
      this.wake(exchange, orderId, 'read');
    });
  }

  command(command: OrderCommand, answered: (result: CommandResult) => void): void {
    this.#commands.push({ command, answered, holder: null });
    this.handOut();
  }

  /** Redis comes back empty. Who runs a job finds out when it next renews its lock. */
  lose(): void {
    for (const job of this.#jobs.values()) {
      if (job.holder !== null) job.holder.lostAtMs ??= this.#timeline.nowMs + this.#random.whole(0, LOCK_MS / 2);
    }
    this.#jobs.clear();
    this.#delayed.clear();
    this.#commands = [];
  }

  /** The locks of a process that has died or stands still run out. */
  abandon(process: SimProcess): void {
    const renewedMs = this.#random.whole(0, LOCK_MS / 2);
    const lostAtMs = this.#timeline.nowMs - renewedMs + LOCK_MS;
    const held = [...this.#jobs.values()].filter((job) => job.holder?.process === process);
    for (const job of held) if (job.holder !== null) job.holder.lostAtMs ??= lostAtMs;
    const holders = new Set(held.map((job) => job.holder));
    const commands = this.#commands.filter((job) => job.holder?.process === process);
    if (held.length + commands.length === 0) return;
    this.#timeline.at(lostAtMs + this.#random.whole(0, NOTICED_MS), `locks of ${process.name} run out`, () => {
      for (const job of held) if (holders.has(job.holder) && job.holder?.lostAtMs !== null) job.holder = null;
      for (const job of commands) job.holder = null;
      this.handOut();
    });
  }

  /** Of a process that goes on before its locks have run out, they hold. */
  renew(process: SimProcess): void {
    for (const job of this.#jobs.values()) {
      const { holder } = job;
      if (holder?.process !== process || holder.life !== process.life || holder.lostAtMs === null) continue;
      if (holder.lostAtMs > this.#timeline.nowMs) holder.lostAtMs = null;
    }
  }

  get waiting(): number {
    return this.#jobs.size + this.#commands.length;
  }

  /** Rechecks that are due within `ms`. */
  dueWithin(ms: number): number {
    return [...this.#delayed.values()].filter(({ atMs }) => atMs <= this.#timeline.nowMs + ms).length;
  }

  get size(): number {
    return this.#jobs.size + this.#commands.length + this.#delayed.size;
  }

  /** Gives out all that can be given out, a moment later. */
  handOut(): void {
    if (this.#handingOut) return;
    this.#handingOut = true;
    this.#timeline.after(this.#random.whole(0, 2), 'hand out', () => {
      this.#handingOut = false;
      this.#handOutJobs();
      this.#handOutCommands();
    });
  }

  #handOutJobs(): void {
    const waiting = [...this.#jobs.values()].filter((job) => job.holder === null);
    waiting.sort((a, b) => a.priority - b.priority || a.sequence - b.sequence);
    for (const job of waiting) {
      const free = this.#workers.filter(
        ({ process }) => process.isAlive && !process.isStopped && this.#held(process, job.exchange) < SLOTS,
      );
      if (free.length > 0) this.#start(job, this.#random.pick(free));
    }
  }

  #held(process: SimProcess, exchange: ExchangeId): number {
    let held = 0;
    for (const job of this.#jobs.values()) if (job.exchange === exchange && job.holder?.process === process) held += 1;
    return held;
  }

  #start(job: Job, { process, run }: { readonly process: SimProcess; readonly run: () => JobRunner }): void {
    const holding: Holding = { process, life: process.life, lostAtMs: null };
    job.holder = holding;
    const runs = this.#running(job.orderId);
    runs.add(holding);
    if (runs.size > 1) this.#sightings.see('two workers hold one order' satisfies Happening);
    const lockLost = (): boolean => holding.lostAtMs !== null && this.#timeline.nowMs >= holding.lostAtMs;
    void run()(job, lockLost).then(() => {
      runs.delete(holding);
      return process.call('job done', this.latency(), async () => {
        // Lost meanwhile: another worker has it, or Redis has forgotten it.
        if (job.holder !== holding || this.#jobs.get(job.orderId) !== job) return;
        this.#jobs.delete(job.orderId);
        if (job.again) this.wake(job.exchange, job.orderId, 'read');
        this.handOut();
      });
    });
  }

  #running(orderId: string): Set<Holding> {
    const runs = this.#runs.get(orderId) ?? new Set<Holding>();
    this.#runs.set(orderId, runs);
    for (const held of runs) if (held.process.life !== held.life) runs.delete(held);
    return runs;
  }

  #handOutCommands(): void {
    const commander = this.#commander;
    if (commander === null || !commander.process.isAlive || commander.process.isStopped) return;
    for (const job of this.#commands) {
      if (job.holder !== null) continue;
      if (this.#commands.filter(({ holder }) => holder !== null).length >= COMMAND_SLOTS) return;
      void this.#runCommand(job, commander);
    }
  }

  async #runCommand(
    job: CommandJob,
    { process, run }: { readonly process: SimProcess; readonly run: () => CommandRunner },
  ): Promise<void> {
    const holder = { process };
    job.holder = holder;
    const result = await run()(job.command).catch(() => null);
    await process.call('command done', this.latency(), async () => {
      const at = this.#commands.indexOf(job);
      // Lost with all of Redis, or given out again: what this run says is heard by nobody.
      if (at === -1 || job.holder !== holder) return;
      this.#commands.splice(at, 1);
      if (result !== null) job.answered(result);
      this.handOut();
    });
  }

  latency() {
    return { thereMs: this.#random.whole(0, 2), backMs: this.#random.whole(0, 2) };
  }
}
