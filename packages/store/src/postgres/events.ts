import type { OrderEventType, OrderState } from '@orderplane/domain';
import type { MachineEvent } from '@orderplane/state-machine';
import { Prisma } from '../generated/client.ts';
import type { StoredOrderEvent } from '../contracts.ts';

/** Select list over `order_events e`. */
export const EVENT_COLUMNS =
  'e.account_id, e.cursor, e.order_id, e.sequence, e.order_version, e.type, e.from_state, e.to_state, e.reason, e.source, e.at, e.machine_event';
export const eventColumns = Prisma.raw(EVENT_COLUMNS);

export interface StoredEventRow {
  readonly account_id: string;
  readonly cursor: bigint;
  readonly order_id: string;
  readonly sequence: number;
  readonly order_version: number;
  readonly type: OrderEventType | null;
  readonly from_state: OrderState | null;
  readonly to_state: OrderState | null;
  readonly reason: string | null;
  readonly source: MachineEvent['source'];
  readonly at: Date;
  readonly machine_event: MachineEvent | null;
}

export const toStoredEvent = (row: StoredEventRow): StoredOrderEvent => ({
  accountId: row.account_id,
  cursor: row.cursor,
  orderId: row.order_id,
  sequence: row.sequence,
  entry:
    row.type === null || row.to_state === null
      ? null
      : { type: row.type, fromState: row.from_state, toState: row.to_state, reason: row.reason },
  event: row.machine_event,
  source: row.source,
  at: row.at.toISOString(),
  version: row.order_version,
});
