import type { EagerSource } from '../server/delivery.ts';
import { requestError } from '../server/errors.ts';
import { JournalHub } from './journal-hub.ts';
import { JournalGapError, type Journal, type JournalLine, type JournalPage, type JournalPorts } from './journal.ts';
import { Joined } from './joined.ts';
import { cancellable, Mailbox, MailboxOverflowError } from './mailbox.ts';

/** Live updates that may wait for one slow client. */
const MAX_WAITING = 5_000;

/** Of the last update that was given to the client, in each account of its subscription. */
export type Progress = Map<string, bigint>;

interface FeedOptions<Line, Update> {
  readonly journal: Journal<Line>;
  readonly ports: JournalPorts;
  /** What the client is told of a line; `progress` includes it. */
  readonly toUpdate: (line: Line, progress: Progress) => Update;
  readonly toCursor: (progress: Progress) => string;
  /** A line that has just come is handed to a subscriber; called for each of them. */
  readonly onLive?: (line: Line) => void;
}

/** Where one stream is. */
interface Place {
  readonly progress: Progress;
  /** It has caught up: everything from now on comes through the mailbox. */
  isLive: boolean;
}

/**
 * Streams of a journal. Each first reads by itself, at the pace of its client, and joins the shared reader of each account
 * when it has caught up; from then on it gets every line once: what the reader tells again is recognized by its position,
 * and what it told before is read first.
 */
export class Feed<Line extends JournalLine, Update> {
  readonly #options: FeedOptions<Line, Update>;
  readonly #hub: JournalHub<Line>;
  readonly #pages = new Joined<JournalPage<Line>>();

  constructor(options: FeedOptions<Line, Update>) {
    this.#options = options;
    this.#hub = new JournalHub(options.journal, options.ports);
  }

  /** `begin` comes first: it sets where each account begins, and may give updates of its own. */
  subscribe(
    accountIds: readonly string[],
    begin: (progress: Progress) => Promise<readonly Update[]>,
    onEnd: () => void = () => undefined,
  ): EagerSource<Update> {
    const mailbox = new Mailbox<Line>(MAX_WAITING, 'fail');
    const place: Place = { progress: new Map(), isLive: false };
    return cancellable(
      this.#updates(accountIds, { begin, place, mailbox, onEnd }),
      () => mailbox.close(),
      (limit) => (place.isLive ? mailbox.take(limit).flatMap((line) => this.#live(line, place.progress)) : []),
    );
  }

  async *#updates(
    accountIds: readonly string[],
    {
      begin,
      place,
      mailbox,
      onEnd,
    }: {
      readonly begin: (progress: Progress) => Promise<readonly Update[]>;
      readonly place: Place;
      readonly mailbox: Mailbox<Line>;
      readonly onEnd: () => void;
    },
  ): AsyncGenerator<Update, void> {
    const { progress } = place;
    const attached: (() => void)[] = [];
    try {
      yield* await begin(progress);
      for (const accountId of accountIds) {
        yield* this.#read(accountId, progress, null);
        const { position, detach } = this.#hub.attach(accountId, progress.get(accountId) ?? 0n, mailbox);
        attached.push(detach);
        yield* this.#read(accountId, progress, position);
      }
      place.isLive = true;
      for (let line = await mailbox.next(); line !== null; line = await mailbox.next())
        yield* this.#live(line, progress);
    } catch (cause) {
      throw this.#refusal(cause, progress);
    } finally {
      for (const detach of attached) detach();
      onEnd();
    }
  }

  /** Reads on to `upTo`, or to the end of the journal where that is null. */
  async *#read(accountId: string, progress: Progress, upTo: bigint | null): AsyncGenerator<Update, void> {
    for (let more = true; more;) {
      const from = progress.get(accountId) ?? 0n;
      if (upTo !== null && from >= upTo) return;
      const page = await this.#pages.read(`${accountId} ${from}`, () => this.#options.journal.read(accountId, from));
      for (const line of page.lines) yield* this.#told(line, progress);
      progress.set(accountId, page.position);
      more = !page.atEnd;
    }
  }

  #live(line: Line, progress: Progress): readonly Update[] {
    const updates = this.#told(line, progress);
    if (updates.length > 0) this.#options.onLive?.(line);
    return updates;
  }

  /** Nothing for a line that was told before. */
  #told(line: Line, progress: Progress): readonly Update[] {
    if (line.position <= (progress.get(line.accountId) ?? 0n)) return [];
    progress.set(line.accountId, line.position);
    return [this.#options.toUpdate(line, progress)];
  }

  /** What the client is told instead of the cause. */
  #refusal(cause: unknown, progress: Progress): unknown {
    if (cause instanceof MailboxOverflowError)
      return requestError(
        'SLOW_CONSUMER',
        'too many updates were waiting for this client: subscribe again, after the last cursor received',
        undefined,
        { cursor: this.#options.toCursor(progress) },
      );
    if (cause instanceof JournalGapError)
      return requestError(
        'CURSOR_EXPIRED',
        'what followed the last update has been purged: subscribe without after for a snapshot',
        ['after'],
      );
    return cause;
  }
}

/** One object for all who are told the same, as long as the line or order that it speaks of is in memory. */
export class SharedUpdates<Update> {
  readonly #known = new WeakMap<object, Map<string, Update>>();

  of(subject: object, cursor: string, make: () => Update): Update {
    let updates = this.#known.get(subject);
    if (updates === undefined) this.#known.set(subject, (updates = new Map<string, Update>()));
    const known = updates.get(cursor) ?? make();
    updates.set(cursor, known);
    return known;
  }
}
