import type { JournalWakeUp } from '@orderplane/store';
import type { Ports } from '../ports.ts';
import { readJournal, type JournalUpdate } from './journal.ts';

/** Must not throw and must not wait. */
export type Follower = (update: JournalUpdate) => void;

/**
 * Reads the journal of one account once for all who follow it. A wake-up only says "look": what is told comes from the
 * journal, in its order, without gaps. All wake-ups during a read lead to one more read at most, and to none when that
 * read already brought what they spoke of.
 */
export class JournalReader {
  readonly #accountId: string;
  readonly #ports: Pick<Ports, 'ledger' | 'log'>;
  readonly #followers = new Set<Follower>();
  /** Everything up to here was told to those who were there. Null: nobody has followed yet. */
  #position: bigint | null = null;
  #reading = false;
  /** Somebody asked during the read to look again, whatever it brings. */
  #again = false;
  /** Newest cursor that wake-ups during the read spoke of. Only a hint: forgotten at the next read, for it may be false. */
  #promised = 0n;

  constructor(accountId: string, ports: Pick<Ports, 'ledger' | 'log'>) {
    this.#accountId = accountId;
    this.#ports = ports;
  }

  /**
   * From now on `follower` gets every line after the returned position, and perhaps older ones. A follower that has
   * read up to less than that reads the lines between by itself.
   */
  attach(readUpTo: bigint, follower: Follower): bigint {
    this.#followers.add(follower);
    this.#position ??= readUpTo;
    this.wake();
    return this.#position;
  }

  detach(follower: Follower): void {
    this.#followers.delete(follower);
  }

  get idle(): boolean {
    return this.#followers.size === 0;
  }

  /** `news`: what a message said has changed. It saves a read when it is true, and does no harm when it is not. */
  wake(news: JournalWakeUp | null = null): void {
    const cursor = news === null ? null : BigInt(news.lastCursor);
    if (cursor !== null && this.#position !== null && cursor <= this.#position) return;
    if (!this.#reading) void this.#read();
    else if (cursor === null) this.#again = true;
    else if (cursor > this.#promised) this.#promised = cursor;
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      for (let more = true; more && !this.idle;) {
        this.#again = false;
        this.#promised = 0n;
        const page = await readJournal(this.#ports, this.#accountId, this.#position ?? 0n);
        this.#position = page.position;
        for (const update of page.updates) for (const follower of this.#followers) follower(update);
        more = !page.atEnd || this.#again || this.#promised > page.position;
      }
    } catch (cause) {
      // The next poll reads on from the same position.
      this.#ports.log.warn({ err: cause, accountId: this.#accountId }, 'the journal could not be read');
    } finally {
      this.#reading = false;
    }
  }
}
