import type { OrderRecord, StoredOrderEvent } from '@orderplane/store';
import type { OrderUpdateKind } from '../schema/types.generated.ts';
import type { Ports } from '../ports.ts';
import type { EagerSource } from '../server/delivery.ts';
import { encodeCursor, type Positions } from './cursor.ts';
import { Feed, SharedUpdates, type Progress } from './feed.ts';
import { Joined } from './joined.ts';
import { orderJournal, type OrderLine } from './journal.ts';
import { Tellings } from './tellings.ts';

export interface OrderUpdateModel {
  readonly kind: OrderUpdateKind;
  readonly cursor: string;
  readonly order: OrderRecord | null;
  readonly event: StoredOrderEvent | null;
}

type Needs = Pick<Ports, 'ledger' | 'log' | 'channels' | 'metrics' | 'clock'>;
type Snapshot = Awaited<ReturnType<Ports['ledger']['accountSnapshot']>>;

/** The update streams of this process: a snapshot, or what follows a cursor, then every change. */
export class OrderUpdates {
  readonly #ports: Needs;
  readonly #feed: Feed<OrderLine, OrderUpdateModel>;
  readonly #snapshots = new Joined<Snapshot>();
  readonly #updates = new SharedUpdates<OrderUpdateModel>();
  readonly #onSubscribers: (count: number) => void;
  #subscribers = 0;

  constructor(ports: Needs) {
    this.#ports = ports;
    const tellings = new Tellings(ports);
    this.#feed = new Feed({
      ports,
      journal: orderJournal(ports, (news) => tellings.heard(news)),
      onLive: (line) => tellings.told(line),
      toUpdate: (line, progress) => this.#toUpdate(line, progress),
      toCursor: encodeCursor,
    });
    const gauge = ports.metrics.gauge('gateway_order_update_subscribers', 'Open orderUpdates subscriptions');
    gauge.set(0);
    this.#onSubscribers = (count) => gauge.set(count);
  }

  /** `after`: the position in each of these accounts, or null for a snapshot first. */
  subscribe(accountIds: readonly string[], after: Positions | null): EagerSource<OrderUpdateModel> {
    return this.#feed.subscribe(
      accountIds,
      (progress) => this.#begin(accountIds, after, progress),
      () => this.#onSubscribers((this.#subscribers -= 1)),
    );
  }

  /** All snapshots are taken before the first line goes out, so that every line can carry the position of all accounts. */
  async #begin(
    accountIds: readonly string[],
    after: Positions | null,
    progress: Progress,
  ): Promise<readonly OrderUpdateModel[]> {
    this.#onSubscribers((this.#subscribers += 1));
    for (const [accountId, position] of after ?? []) progress.set(accountId, position);
    if (after !== null) return [];
    const read = (accountId: string) => (): Promise<Snapshot> => this.#ports.ledger.accountSnapshot(accountId);
    const snapshots = await Promise.all(accountIds.map((id) => this.#snapshots.read(id, read(id))));
    accountIds.forEach((accountId, index) => progress.set(accountId, snapshots[index]?.cursor ?? 0n));
    const cursor = encodeCursor(progress);
    const open = snapshots
      .flatMap(({ orders }) => orders)
      .map((order) =>
        this.#updates.of(order, cursor, (): OrderUpdateModel => ({ kind: 'SNAPSHOT', cursor, order, event: null })),
      );
    return [...open, { kind: 'SNAPSHOT_END', cursor, order: null, event: null }];
  }

  #toUpdate(line: OrderLine, progress: Progress): OrderUpdateModel {
    const { event, order } = line;
    const make = (): OrderUpdateModel => ({ kind: 'EVENT', cursor: encodeCursor(progress), order, event });
    // Of one account every subscriber gets the same cursor with a line.
    return this.#updates.of(line, progress.size === 1 ? '' : encodeCursor(progress), make);
  }
}
