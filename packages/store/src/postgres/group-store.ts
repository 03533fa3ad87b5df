import type { GroupKind, PartialFillPolicy } from '@orderplane/domain';
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
import { isRecordRow, RECORD_COLUMNS, recordColumns, toRecord } from './records.ts';
import type { RecordRow } from './records.ts';
import type { Sql } from './sql.ts';
import type { OrderWrites } from './writes.ts';

interface GroupRow {
  readonly group_id: string;
  readonly group_user_id: string;
  readonly group_account_id: string;
  readonly group_kind: GroupKind;
  readonly on_partial_fill: PartialFillPolicy;
  readonly group_request_hash: string;
  readonly group_created_at: Date;
  readonly conflict_at: Date | null;
  readonly conflict_reason: string | null;
}

const GROUP_COLUMNS = `g.id AS group_id, g.user_id AS group_user_id, g.account_id AS group_account_id, g.kind AS group_kind,
  g.on_partial_fill, g.request_hash AS group_request_hash, g.created_at AS group_created_at, g.conflict_at, g.conflict_reason`;

/** Under other names than the columns of the same names of an order. */
const MEMBER_COLUMNS = RECORD_COLUMNS.replace('o.group_id, ', '');

/** $1: the group's id. A group is written with its orders, so it has some. */
export const GROUP_WITH_MEMBERS = `
SELECT ${GROUP_COLUMNS}, ${MEMBER_COLUMNS}
FROM order_groups g LEFT JOIN orders o ON o.group_id = $1 AND o.version IS NOT NULL
WHERE g.id = $1 ORDER BY o.created_at, o.id`;

const toGroup = (row: GroupRow): OrderGroup => ({
  groupId: row.group_id,
  userId: row.group_user_id,
  accountId: row.group_account_id,
  kind: row.group_kind,
  onPartialFill: row.on_partial_fill,
  requestHash: row.group_request_hash,
  createdAt: row.group_created_at.toISOString(),
  conflict:
    row.conflict_at === null || row.conflict_reason === null
      ? null
      : { at: row.conflict_at.toISOString(), reason: row.conflict_reason },
});

export class PostgresGroupStore implements GroupStore {
  readonly #sql: Sql;
  readonly #writes: OrderWrites;

  constructor(sql: Sql, writes: OrderWrites) {
    this.#sql = sql;
    this.#writes = writes;
  }

  place(group: OrderGroup, orders: readonly NewOrder[], time?: CommandTime): Promise<readonly CommitResult[]> {
    return this.#writes.placeGroup(group, orders, time);
  }

  async find(groupId: string): Promise<GroupWithMembers | null> {
    const rows = await this.#sql.$queryRawUnsafe<(GroupRow & Partial<RecordRow>)[]>(GROUP_WITH_MEMBERS, groupId);
    const [first] = rows;
    return first === undefined ? null : { group: toGroup(first), members: rows.filter(isRecordRow).map(toRecord) };
  }

  async recordConflict(groupId: string, { at, reason }: GroupConflict): Promise<boolean> {
    const written = await this.#sql.$executeRaw`
      UPDATE order_groups SET conflict_at = ${at}::timestamptz, conflict_reason = ${reason}
      WHERE id = ${groupId} AND conflict_at IS NULL`;
    return written > 0;
  }

  async byIds(userId: string, groupIds: readonly string[]): Promise<readonly OrderGroup[]> {
    const rows = await this.#sql.$queryRawUnsafe<GroupRow[]>(
      `SELECT ${GROUP_COLUMNS} FROM order_groups g WHERE g.id = ANY($1::text[]) AND g.user_id = $2`,
      [...groupIds],
      userId,
    );
    return rows.map(toGroup);
  }

  async membersOf(userId: string, groupIds: readonly string[]): Promise<readonly OrderRecord[]> {
    const rows = await this.#sql.$queryRaw<RecordRow[]>`
      SELECT ${recordColumns} FROM orders o
      WHERE o.group_id = ANY(${[...groupIds]}::text[]) AND o.user_id = ${userId} AND o.version IS NOT NULL
      ORDER BY o.created_at, o.id`;
    return rows.map(toRecord);
  }
}
