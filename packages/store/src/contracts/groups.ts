import type { GroupKind, PartialFillPolicy } from '@orderplane/domain';
import type { CommandTime, CommitResult, JournalRecord, OrderRecord } from './orders.ts';

/** Key in the metadata of an order of a group: the size it was placed with. */
export const PLACED_SIZE = 'placedSize';

/** Orders of one account that bind each other. Its members are the orders with its id; what they must do follows from them. */
export interface OrderGroup {
  readonly groupId: string;
  readonly userId: string;
  readonly accountId: string;
  readonly kind: GroupKind;
  readonly onPartialFill: PartialFillPolicy;
  /** Hash of the whole request: a repeat of it gives this group. */
  readonly requestHash: string;
  readonly createdAt: string;
  /** More was executed than the group allows. Written once, never taken back. */
  readonly conflict: GroupConflict | null;
}

export interface GroupConflict {
  readonly at: string;
  readonly reason: string;
}

export interface NewOrder {
  readonly record: OrderRecord;
  readonly journal: readonly JournalRecord[];
}

export interface GroupWithMembers {
  readonly group: OrderGroup;
  /** In order of creation, then id. */
  readonly members: readonly OrderRecord[];
}

export interface GroupStore {
  /** The group and all its orders in one transaction, or nothing of it. Throws what `OrderLedger.place` throws. */
  place(group: OrderGroup, orders: readonly NewOrder[], time?: CommandTime): Promise<readonly CommitResult[]>;
  /** The group with its orders in one snapshot; null when it does not exist. */
  find(groupId: string): Promise<GroupWithMembers | null>;
  /** False when there is one already: the first stands. */
  recordConflict(groupId: string, conflict: GroupConflict): Promise<boolean>;
  /** Those of the user, for the public API; in no order. */
  byIds(userId: string, groupIds: readonly string[]): Promise<readonly OrderGroup[]>;
  /** Orders of these groups of the user, in order of creation, then id. */
  membersOf(userId: string, groupIds: readonly string[]): Promise<readonly OrderRecord[]>;
}
