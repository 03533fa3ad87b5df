import type { AuditEntry } from '@orderplane/store';
import type { Ports } from '../ports.ts';

/** Lines that may wait for a database that does not answer; what comes beyond is counted and said in the log. */
const MAX_WAITING = 10_000;
const BATCH = 500;
const RETRY_MS = 1_000;
/** A caller waits for its line at most this long: what was done is done, and the line goes on being tried. */
const PATIENCE_MS = 2_000;

interface Waiting {
  readonly entry: AuditEntry;
  readonly written: () => void;
}

/**
 * Writes the audit in the order in which things happened: at once while the database is quick, together with what came
 * meanwhile when it is not, again and again while it is away.
 */
export class AuditTrail {
  readonly #ports: Pick<Ports, 'users' | 'log' | 'metrics'>;
  readonly #waiting: Waiting[] = [];
  readonly #lost: { inc(): void };
  /** Null: nothing is being written. */
  #writing: Promise<void> | null = null;
  #isClosed = false;

  constructor(ports: Pick<Ports, 'users' | 'log' | 'metrics'>) {
    this.#ports = ports;
    this.#lost = ports.metrics.counter('gateway_audit_lost_total', 'Lines of the audit that could not be kept');
  }

  /** Without waiting: for what the order's own journal tells too. */
  note(entry: AuditEntry): void {
    void this.#add(entry);
  }

  /** Resolves when the line is in the database, or can't be for now. Never rejects. */
  async written(entry: AuditEntry): Promise<void> {
    let impatience: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => (impatience = setTimeout(resolve, PATIENCE_MS)));
    await Promise.race([this.#add(entry), tooLong]);
    clearTimeout(impatience);
  }

  /** Writes what waits, if the database takes it; what it does not is said in the log. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    await this.#drain();
    for (const { entry } of this.#waiting)
      this.#ports.log.error({ audit: entry }, 'a line of the audit was not written');
  }

  #add(entry: AuditEntry): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost.inc();
      this.#ports.log.error({ audit: entry }, 'the audit is full: this line is kept here only');
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ entry, written: resolve });
    this.#writing ??= this.#drain().finally(() => (this.#writing = null));
    return promise;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, BATCH);
      try {
        await this.#ports.users.writeAudit(batch.map(({ entry }) => entry));
        this.#waiting.splice(0, batch.length);
        for (const { written } of batch) written();
      } catch (cause) {
        this.#ports.log.warn({ err: cause, lines: this.#waiting.length }, 'the audit could not be written: trying on');
        if (this.#isClosed) break;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
  }
}
