import { journalChannel, parseJournalWakeUp } from '@orderplane/store';
import type { Ports } from '../ports.ts';
import { JOURNAL_PAGE } from './journal.ts';
import { JournalReader, type Follower } from './journal-reader.ts';
import { MailboxOverflowError } from './mailbox.ts';

/** A lost wake-up delays an update by this at most, ms. */
const POLL_MS = 1_000;
/** Accounts in one question of the poll. */
const POLLED = 1_000;
/** Updates kept for slow clients, all accounts together: a few kilobytes each. */
const MAX_KEPT = 50_000;

interface Entry {
  readonly reader: JournalReader;
  readonly unlisten: () => void;
}

/** One reader for each account that somebody follows, woken by Redis and by a poll of all that heals lost wake-ups. */
export class JournalHub {
  readonly #ports: Pick<Ports, 'ledger' | 'log' | 'channels'>;
  readonly #entries = new Map<string, Entry>();
  #timer: NodeJS.Timeout | null = null;
  #polling = false;

  constructor(ports: Pick<Ports, 'ledger' | 'log' | 'channels'>) {
    this.#ports = ports;
  }

  /** See JournalReader.attach; `detach` must be called in the end. */
  attach(accountId: string, readUpTo: bigint, follower: Follower): { position: bigint; detach: () => void } {
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

  #open(accountId: string): Entry {
    const reader = new JournalReader(accountId, this.#ports, { onTold: (kept) => this.#bound(reader, kept) });
    const unlisten = this.#ports.channels.listen(journalChannel(accountId), (message) =>
      reader.wake(parseJournalWakeUp(message)),
    );
    const entry: Entry = { reader, unlisten };
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
        const bounds = await this.#ports.ledger.journalBounds(accountIds.slice(at, at + POLLED));
        for (const [accountId, { newest }] of bounds)
          this.#entries.get(accountId)?.reader.wake({ lastCursor: String(newest) });
      }
    } catch (cause) {
      this.#ports.log.warn({ err: cause }, 'the ends of journals could not be read');
    } finally {
      this.#polling = false;
    }
  }

  /** Called after lines were told: what is kept for slow clients of all accounts has a limit. */
  #bound(reader: JournalReader, keptHere: number): void {
    if (keptHere <= JOURNAL_PAGE) return;
    let kept = 0;
    for (const entry of this.#entries.values()) kept += entry.reader.kept;
    if (kept > MAX_KEPT) reader.cutOff(JOURNAL_PAGE, new MailboxOverflowError(JOURNAL_PAGE));
  }
}
