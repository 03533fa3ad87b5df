import { JOURNAL_PAGE, type Journal, type JournalLine, type JournalPorts } from './journal.ts';
import { JournalReader, type Follower } from './journal-reader.ts';
import { MailboxOverflowError } from './mailbox.ts';

/** A lost wake-up delays an update by this at most, ms. */
const POLL_MS = 1_000;
/** Accounts in one question of the poll. */
const POLLED = 1_000;
/** Updates kept for slow clients, all accounts together: a few kilobytes each. */
const MAX_KEPT = 50_000;

interface Entry<Line extends JournalLine> {
  readonly reader: JournalReader<Line>;
  readonly unlisten: () => void;
}

/** One reader for each account that somebody follows, woken by Redis and by a poll of all that heals lost wake-ups. */
export class JournalHub<Line extends JournalLine> {
  readonly #journal: Journal<Line>;
  readonly #ports: JournalPorts;
  readonly #entries = new Map<string, Entry<Line>>();
  #timer: NodeJS.Timeout | null = null;
  #polling = false;

  constructor(journal: Journal<Line>, ports: JournalPorts) {
    this.#journal = journal;
    this.#ports = ports;
  }

  /** See JournalReader.attach; `detach` must be called in the end. */
  attach(accountId: string, readUpTo: bigint, follower: Follower<Line>): { position: bigint; detach: () => void } {
    const entry = this.#entries.get(accountId) ?? this.#open(accountId);
    const position = entry.reader.attach(readUpTo, follower);
    return {
      position,
      detach: () => {
        entry.reader.detach(follower);
        if (!entry.reader.idle || this.#entries.get(accountId) !== entry) return;
        this.#entries.delete(accountId);
        entry.unlisten();
        if (this.#entries.size === 0 && this.#timer !== null) clearInterval(this.#timer);
        if (this.#entries.size === 0) this.#timer = null;
      },
    };
  }

  #open(accountId: string): Entry<Line> {
    const reader = new JournalReader<Line>(accountId, this.#journal, this.#ports.log, {
      onTold: (kept) => this.#bound(reader, kept),
    });
    const unlisten = this.#ports.channels.listen(this.#journal.channel(accountId), (message) =>
      reader.wake(this.#journal.newsOf(message)),
    );
    const entry: Entry<Line> = { reader, unlisten };
    this.#entries.set(accountId, entry);
    this.#timer ??= setInterval(() => void this.#poll(), POLL_MS);
    return entry;
  }

  /** Where each journal ends: one question for all accounts, and a read only of those that went on. */
  async #poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    try {
      const accountIds = [...this.#entries.keys()];
      for (let at = 0; at < accountIds.length; at += POLLED) {
        const ends = await this.#journal.ends(accountIds.slice(at, at + POLLED));
        for (const [accountId, end] of ends) this.#entries.get(accountId)?.reader.wake(end);
      }
    } catch (cause) {
      this.#ports.log.warn({ err: cause }, 'the ends of journals could not be read');
    } finally {
      this.#polling = false;
    }
  }

  /** Called after lines were told: what is kept for slow clients of all accounts has a limit. */
  #bound(reader: JournalReader<Line>, keptHere: number): void {
    if (keptHere <= JOURNAL_PAGE) return;
    let kept = 0;
    for (const entry of this.#entries.values()) kept += entry.reader.kept;
    if (kept > MAX_KEPT) reader.cutOff(JOURNAL_PAGE, new MailboxOverflowError(JOURNAL_PAGE));
  }
}
