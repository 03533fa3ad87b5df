import { journalChannel, parseJournalWakeUp } from '@orderplane/store';
import type { Ports } from '../ports.ts';
import { JournalReader, type Follower } from './journal-reader.ts';

/** A lost wake-up delays an update by this at most, ms. */
const POLL_MS = 1_000;

interface Entry {
  readonly reader: JournalReader;
  readonly stop: () => void;
}

/** One reader for each account that somebody follows, woken by Redis and by a poll that heals lost wake-ups. */
export class JournalHub {
  readonly #ports: Pick<Ports, 'ledger' | 'log' | 'channels'>;
  readonly #entries = new Map<string, Entry>();

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
        entry.stop();
      },
    };
  }

  get accounts(): number {
    return this.#entries.size;
  }

  #open(accountId: string): Entry {
    const reader = new JournalReader(accountId, this.#ports);
    const poll = setInterval(() => reader.wake(), POLL_MS);
    const unlisten = this.#ports.channels.listen(journalChannel(accountId), (message) =>
      reader.wake(parseJournalWakeUp(message)),
    );
    const entry: Entry = {
      reader,
      stop: () => {
        clearInterval(poll);
        unlisten();
      },
    };
    this.#entries.set(accountId, entry);
    return entry;
  }
}
