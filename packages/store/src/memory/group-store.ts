import { AlreadyExistsError } from '../contracts.ts';
import type {
  CommandTime,
  CommitResult,
  GroupConflict,
  GroupStore,
  GroupWithMembers,
  NewOrder,
  OrderGroup,
  OrderRecord,
} from '../contracts.ts';
import { byCreation, isRecorded, toRecord } from './state.ts';
import type { MemoryTables } from './tables.ts';

/** All of these orders, or none. */
type PlaceAll = (orders: readonly NewOrder[], time?: CommandTime) => readonly CommitResult[];

export class MemoryGroupStore implements GroupStore {
  readonly #tables: MemoryTables;
  readonly #placeAll: PlaceAll;

  constructor(tables: MemoryTables, placeAll: PlaceAll) {
    this.#tables = tables;
    this.#placeAll = placeAll;
  }

  async place(group: OrderGroup, orders: readonly NewOrder[], time?: CommandTime): Promise<readonly CommitResult[]> {
    const { groups } = this.#tables.state;
    if (groups.has(group.groupId)) throw new AlreadyExistsError('group', group.groupId);
    const placed = this.#placeAll(orders, time);
    groups.set(group.groupId, group);
    return placed;
  }

  async find(groupId: string): Promise<GroupWithMembers | null> {
    const group = this.#tables.state.groups.get(groupId);
    return group === undefined ? null : { group, members: this.#members(new Set([groupId])) };
  }

  async recordConflict(groupId: string, conflict: GroupConflict): Promise<boolean> {
    const { groups } = this.#tables.state;
    const group = groups.get(groupId);
    if (group === undefined || group.conflict !== null) return false;
    groups.set(groupId, { ...group, conflict });
    return true;
  }

  async byIds(userId: string, groupIds: readonly string[]): Promise<readonly OrderGroup[]> {
    const { groups } = this.#tables.state;
    return [...new Set(groupIds)]
      .flatMap((groupId) => groups.get(groupId) ?? [])
      .filter((group) => group.userId === userId);
  }

  async membersOf(userId: string, groupIds: readonly string[]): Promise<readonly OrderRecord[]> {
    return this.#members(new Set(groupIds)).filter(({ intent }) => intent.userId === userId);
  }

  #members(groupIds: ReadonlySet<string>): readonly OrderRecord[] {
    const { groupMembers, orders } = this.#tables.state;
    return [...groupIds]
      .flatMap((groupId) => [...(groupMembers.get(groupId) ?? [])])
      .map((orderId) => orders.get(orderId))
      .filter(isRecorded)
      .sort(byCreation)
      .map(toRecord);
  }
}
