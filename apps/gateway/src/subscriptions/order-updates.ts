import type { OrderRecord, StoredOrderEvent } from '@orderplane/store';
import type { OrderUpdateKind } from '../schema/types.generated.ts';
import type { Ports } from '../ports.ts';
import type { EagerSource } from '../server/delivery.ts';
import { requestError } from '../server/errors.ts';
import { encodeCursor, type Positions } from './cursor.ts';
import { JournalHub } from './journal-hub.ts';
import { JournalGapError, readJournal, type JournalPage, type JournalUpdate } from './journal.ts';
import { Joined } from './joined.ts';
import { cancellable, Mailbox, MailboxOverflowError } from './mailbox.ts';

export interface OrderUpdateModel {
  readonly kind: OrderUpdateKind;
  readonly cursor: string;
  readonly order: OrderRecord | null;
  readonly event: StoredOrderEvent | null;
}

/** Live updates that may wait for one slow client. */
const MAX_WAITING = 5_000;

type Needs = Pick<Ports, 'ledger' | 'log' | 'channels' | 'metrics'>;

/**
 * The update streams of this process. A stream first reads by itself, at the pace of its client (the snapshot, or the
 * journal from a cursor on), and joins the shared reader of each account when it has caught up; from then on it gets
 * every line once: what the reader tells again is recognized by its position, and what it told before is read first.
 */
export class OrderUpdates {
  readonly #ports: Needs;
  readonly #hub: JournalHub;
  readonly #pages = new Joined<JournalPage>();
  readonly #snapshots = new Joined<Snapshot>();
  readonly #models = new SharedModels();
  #subscribers = 0;

  constructor(ports: Needs) {
    this.#ports = ports;
    this.#hub = new JournalHub(ports);
    const gauge = ports.metrics.gauge('gateway_order_update_subscribers', 'Open orderUpdates subscriptions');
    gauge.set(0);
    this.#onSubscribers = (count) => gauge.set(count);
  }
  readonly #onSubscribers: (count: number) => void;

  /** `after`: the position in each of these accounts, or null for a snapshot first. */
  subscribe(accountIds: readonly string[], after: Positions | null): EagerSource<OrderUpdateModel> {
    const mailbox = new Mailbox<JournalUpdate>(MAX_WAITING, 'fail');
    const place: Place = { positions: new Map(after ?? []), isLive: false };
    const close = (): void => mailbox.close();
    return cancellable(this.#updates(accountIds, after === null, place, mailbox), close, (limit) =>
      place.isLive ? mailbox.take(limit).flatMap((update) => this.#live(update, place.positions)) : [],
    );
  }

  async *#updates(
    accountIds: readonly string[],
    withSnapshot: boolean,
    place: Place,
    mailbox: Mailbox<JournalUpdate>,
  ): AsyncGenerator<OrderUpdateModel, void> {
    const { positions } = place;
    const attached: (() => void)[] = [];
    this.#onSubscribers((this.#subscribers += 1));
    try {
      if (withSnapshot) yield* this.#snapshot(accountIds, positions);
      for (const accountId of accountIds) {
        yield* this.#read(accountId, positions, null);
        const { position, detach } = this.#hub.attach(accountId, positions.get(accountId) ?? 0n, mailbox);
        attached.push(detach);
        yield* this.#read(accountId, positions, position);
      }
      place.isLive = true;
      for (let update = await mailbox.next(); update !== null; update = await mailbox.next())
        yield* this.#live(update, positions);
    } catch (cause) {
      throw refusalOf(cause, positions);
    } finally {
      this.#onSubscribers((this.#subscribers -= 1));
      for (const detach of attached) detach();
    }
  }

  /** All snapshots are taken before the first line goes out, so that every line can carry the position of all accounts. */
  async *#snapshot(
    accountIds: readonly string[],
    positions: Map<string, bigint>,
  ): AsyncGenerator<OrderUpdateModel, void> {
    const snapshots = await Promise.all(
      accountIds.map((accountId) =>
        this.#snapshots.read(accountId, () => this.#ports.ledger.accountSnapshot(accountId)),
      ),
    );
    accountIds.forEach((accountId, index) => positions.set(accountId, snapshots[index]?.cursor ?? 0n));
    const cursor = encodeCursor(positions);
    for (const { orders } of snapshots)
      for (const order of orders)
        yield this.#models.of(order, cursor, () => ({ kind: 'SNAPSHOT', cursor, order, event: null }));
    yield { kind: 'SNAPSHOT_END', cursor, order: null, event: null };
  }

  /** Reads on to `upTo`, or to the end of the journal where that is null. */
  async *#read(
    accountId: string,
    positions: Map<string, bigint>,
    upTo: bigint | null,
  ): AsyncGenerator<OrderUpdateModel, void> {
    for (let more = true; more;) {
      const from = positions.get(accountId) ?? 0n;
      if (upTo !== null && from >= upTo) return;
      const page = await this.#pages.read(`${accountId} ${from}`, () => readJournal(this.#ports, accountId, from));
      for (const update of page.updates) yield this.#event(update, positions);
      positions.set(accountId, page.position);
      more = !page.atEnd;
    }
  }

  /** Nothing for a line that was told before. */
  #live(update: JournalUpdate, positions: Map<string, bigint>): readonly OrderUpdateModel[] {
    return update.event.cursor > (positions.get(update.accountId) ?? 0n) ? [this.#event(update, positions)] : [];
  }

  #event({ accountId, event, order }: JournalUpdate, positions: Map<string, bigint>): OrderUpdateModel {
    positions.set(accountId, event.cursor);
    const make = (): OrderUpdateModel => ({ kind: 'EVENT', cursor: encodeCursor(positions), order, event });
    // Of one account every subscriber gets the same cursor with a line.
    return this.#models.of(event, positions.size === 1 ? '' : encodeCursor(positions), make);
  }
}

/** Where one stream is. */
interface Place {
  /** Of the last update that was given to the client, in each account. */
  readonly positions: Map<string, bigint>;
  /** It has caught up: everything from now on comes through the mailbox. */
  isLive: boolean;
}

type Snapshot = Awaited<ReturnType<Ports['ledger']['accountSnapshot']>>;

/** One object for all who are told the same, as long as the line or order that it speaks of is in memory. */
class SharedModels {
  readonly #known = new WeakMap<object, Map<string, OrderUpdateModel>>();

  of(subject: object, cursor: string, make: () => OrderUpdateModel): OrderUpdateModel {
    let models = this.#known.get(subject);
    if (models === undefined) this.#known.set(subject, (models = new Map()));
    const known = models.get(cursor) ?? make();
    models.set(cursor, known);
    return known;
  }
}

/** What the client is told instead of the cause. `positions` are those of the last update that it was given. */
function refusalOf(cause: unknown, positions: Positions): unknown {
  if (cause instanceof MailboxOverflowError)
    return requestError(
      'SLOW_CONSUMER',
      'too many updates were waiting for this client: subscribe again, after the last cursor received',
      undefined,
      { cursor: encodeCursor(positions) },
    );
  if (cause instanceof JournalGapError)
    return requestError(
      'CURSOR_EXPIRED',
      'what followed the last update has been purged: subscribe without after for a snapshot',
      ['after'],
    );
  return cause;
}
