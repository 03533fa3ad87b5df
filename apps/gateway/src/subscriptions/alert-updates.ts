import { alertChannel } from '@orderplane/queues';
import type { Alert } from '@orderplane/store';
import type { Ports } from '../ports.ts';
import { requestError } from '../server/errors.ts';
import type { EagerSource } from '../server/delivery.ts';
import { cancellable, Mailbox, MailboxOverflowError } from './mailbox.ts';

/** A lost wake-up delays an update by this at most, ms. */
const POLL_MS = 1_000;
const PAGE = 500;
/** Updates that may wait for one slow client. */
const MAX_WAITING = 2_000;

type Needs = Pick<Ports, 'alerts' | 'channels' | 'log'>;

/** Reads the changes of one account's alerts from PostgreSQL, in their order, for all who follow it here. */
class AccountReader {
  readonly followers = new Set<Mailbox<Alert>>();
  readonly #accountId: string;
  readonly #ports: Needs;
  readonly #stop: () => void;
  /** Null until it is known where the changes to come begin. */
  #position: bigint | null = null;
  #beginning: Promise<void> | null = null;
  #isReading = false;
  #again = false;

  constructor(accountId: string, ports: Needs) {
    this.#accountId = accountId;
    this.#ports = ports;
    const poll = setInterval(() => this.#wake(), POLL_MS);
    const unlisten = ports.channels.listen(alertChannel(accountId), () => this.#wake());
    this.#stop = () => {
      clearInterval(poll);
      unlisten();
    };
  }

  /** Resolves when every later change will be told to the follower. */
  follow(follower: Mailbox<Alert>): Promise<void> {
    this.followers.add(follower);
    return (this.#beginning ??= this.#begin());
  }

  async #begin(): Promise<void> {
    this.#position = await this.#ports.alerts.position(this.#accountId);
  }

  close(): void {
    this.#stop();
  }

  /** One read at a time; a wake-up during one leads to one more. */
  #wake(): void {
    this.#again = true;
    if (this.#isReading) return;
    this.#isReading = true;
    void this.#read()
      .catch((error: unknown) =>
        this.#ports.log.warn({ err: error, accountId: this.#accountId }, 'alerts could not be read'),
      )
      .finally(() => (this.#isReading = false));
  }

  async #read(): Promise<void> {
    while (this.#again && this.#position !== null) {
      this.#again = false;
      const changes = await this.#ports.alerts.changes(this.#accountId, this.#position, PAGE);
      for (const { alert, position } of changes) {
        this.#position = position;
        for (const follower of this.followers) follower.put(alert);
      }
      if (changes.length === PAGE) this.#again = true;
    }
  }
}

/** Alerts as they change, from the moment of the subscription on: what was before is in the query `alerts`. */
export class AlertUpdates {
  readonly #ports: Needs;
  readonly #readers = new Map<string, AccountReader>();

  constructor(ports: Needs) {
    this.#ports = ports;
  }

  subscribe(accountIds: readonly string[]): EagerSource<Alert> {
    const mailbox = new Mailbox<Alert>(MAX_WAITING, 'fail');
    // From here on, and not only when the first update is asked for.
    const following = Promise.all(accountIds.map((accountId) => this.#reader(accountId).follow(mailbox)));
    following.catch((error: unknown) => mailbox.fail(error instanceof Error ? error : new Error(String(error))));
    const leave = (): void => {
      mailbox.close();
      for (const accountId of accountIds) this.#leave(accountId, mailbox);
    };
    return cancellable(this.#updates(mailbox, leave), leave, (limit) => mailbox.take(limit));
  }

  async *#updates(mailbox: Mailbox<Alert>, leave: () => void): AsyncGenerator<Alert, void> {
    try {
      for (let alert = await mailbox.next(); alert !== null; alert = await mailbox.next()) yield alert;
    } catch (cause) {
      throw cause instanceof MailboxOverflowError ? slowConsumer() : cause;
    } finally {
      leave();
    }
  }

  #reader(accountId: string): AccountReader {
    const known = this.#readers.get(accountId) ?? new AccountReader(accountId, this.#ports);
    this.#readers.set(accountId, known);
    return known;
  }

  #leave(accountId: string, mailbox: Mailbox<Alert>): void {
    const reader = this.#readers.get(accountId);
    reader?.followers.delete(mailbox);
    if (reader === undefined || reader.followers.size > 0) return;
    this.#readers.delete(accountId);
    reader.close();
  }
}

const slowConsumer = (): Error =>
  requestError(
    'SLOW_CONSUMER',
    `more than ${MAX_WAITING} updates were waiting for this client: subscribe again, and read \`alerts\``,
  );
