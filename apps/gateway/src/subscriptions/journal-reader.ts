import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@orderplane/service-kit';
import { JOURNAL_PAGE, JournalGapError, type Journal, type JournalLine } from './journal.ts';

/** Who follows an account; a mailbox is one. */
export interface Follower<Line> {
  /** Must not throw and must not wait. */
  put(line: Line): void;
  /** The follower gets nothing more. */
  fail(error: Error): void;
  /** Lines that it has not taken yet. */
  readonly waiting: number;
  /** It has failed or left. */
  readonly closed: boolean;
}

/** The next page is read when the quickest follower has no more than this left. */
const LOW_WATER = JOURNAL_PAGE / 2;
/** While this process has nothing else to do, a quickest follower is not waited for any longer than this, ms. */
const PATIENCE_MS = 250;
const LOOK_EVERY_MS = 10;
/** Above this share of its time the process is busy, and may itself be what is slow. */
const BUSY = 0.7;

/** The share of its time that the event loop was busy since the last call. */
function loadMeter(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}

interface Options {
  /** Called after lines were told, with `kept`. */
  readonly onTold?: (kept: number) => void;
  /** Makes a meter of this process's load, 0 to 1, since the meter's last reading. */
  readonly loadMeter?: () => () => number;
}

/**
 * Reads the journal of one account once for all who follow it. A wake-up only says "look": what is told comes from the
 * journal, in its order, without gaps. All wake-ups during a read lead to one more read at most, and to none when that
 * read already brought what they spoke of.
 *
 * While the process is busy it reads no faster than its quickest follower takes: nobody falls behind, and is cut off,
 * because this process is what is slow.
 */
export class JournalReader<Line extends JournalLine> {
  readonly #accountId: string;
  readonly #journal: Pick<Journal<Line>, 'read'>;
  readonly #log: Logger;
  readonly #onTold: (kept: number) => void;
  readonly #loadMeter: () => () => number;
  readonly #followers = new Set<Follower<Line>>();
  /** Everything up to here was told to those who were there. Null: nobody has followed yet. */
  #position: bigint | null = null;
  #reading = false;
  /** Somebody asked during the read to look again, whatever it brings. */
  #again = false;
  /** Newest cursor that wake-ups during the read spoke of. Only a hint: forgotten at the next read, for it may be false. */
  #promised = 0n;

  constructor(accountId: string, journal: Pick<Journal<Line>, 'read'>, log: Logger, options: Options = {}) {
    this.#accountId = accountId;
    this.#journal = journal;
    this.#log = log;
    this.#onTold = options.onTold ?? (() => undefined);
    this.#loadMeter = options.loadMeter ?? loadMeter;
  }

  /**
   * From now on `follower` gets every line after the returned position, and perhaps older ones. A follower that has
   * read up to less than that reads the lines between by itself.
   */
  attach(readUpTo: bigint, follower: Follower<Line>): bigint {
    this.#followers.add(follower);
    this.#position ??= readUpTo;
    this.wake();
    return this.#position;
  }

  detach(follower: Follower<Line>): void {
    this.#followers.delete(follower);
  }

  get idle(): boolean {
    return this.#followers.size === 0;
  }

  /** Lines that are kept for followers: what waits for the slowest one, for all share them. */
  get kept(): number {
    let most = 0;
    for (const { waiting } of this.#followers) most = Math.max(most, waiting);
    return most;
  }

  /** Fails those who have more than `most` lines left. */
  cutOff(most: number, error: Error): void {
    for (const follower of this.#followers) if (follower.waiting > most) follower.fail(error);
  }

  /** `news`: how far the journal is said to go. It saves a read when it is true, and does no harm when it is not. */
  wake(news: bigint | null = null): void {
    if (news !== null && this.#position !== null && news <= this.#position) return;
    if (!this.#reading) void this.#read();
    else if (news === null) this.#again = true;
    else if (news > this.#promised) this.#promised = news;
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      for (let more = true; more && !this.idle;) {
        if (this.#left() > LOW_WATER) await this.#untilTaken();
        this.#again = false;
        this.#promised = 0n;
        const page = await this.#journal.read(this.#accountId, this.#position ?? 0n);
        this.#position = page.position;
        this.#tell(page.lines);
        more = !page.atEnd || this.#again || this.#promised > page.position;
      }
    } catch (cause) {
      if (cause instanceof JournalGapError) this.#skip(cause);
      // Else the next poll reads on from the same position.
      else this.#log.warn({ err: cause, accountId: this.#accountId }, 'the journal could not be read');
    } finally {
      this.#reading = false;
    }
  }

  #tell(lines: readonly Line[]): void {
    for (const follower of this.#followers) {
      for (const line of lines) follower.put(line);
    }
    this.#onTold(this.kept);
    for (const follower of this.#followers) if (follower.closed) this.#followers.delete(follower);
  }

  /** Whoever was told up to here can't be told what follows; who comes now begins after it. */
  #skip(gap: JournalGapError): void {
    for (const follower of this.#followers) follower.fail(gap);
    this.#followers.clear();
    this.#position = null;
  }

  async #untilTaken(): Promise<void> {
    const load = this.#loadMeter();
    for (let idleMs = 0; this.#left() > LOW_WATER && idleMs < PATIENCE_MS;) {
      await sleep(LOOK_EVERY_MS);
      if (load() < BUSY) idleMs += LOOK_EVERY_MS;
    }
  }

  /** What the quickest follower has not taken yet. */
  #left(): number {
    let least = Infinity;
    for (const { waiting } of this.#followers) {
      if (waiting <= LOW_WATER) return waiting;
      least = Math.min(least, waiting);
    }
    return least === Infinity ? 0 : least;
  }
}
