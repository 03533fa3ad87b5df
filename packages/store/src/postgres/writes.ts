import type {
  ActualState,
  CommandTime,
  CommitResult,
  JournalRecord,
  NewOrder as NewGroupOrder,
  OrderChange,
  OrderGroup,
  OrderRecord,
  PlaceOptions,
} from '../contracts.ts';
import { allFillRows, touchedFillRows } from '../order-rows.ts';
import { orderColumns } from '../payloads/rows.ts';
import type { PayloadVault } from '../payloads/vault.ts';
import { isStatementFailure, orderWriteError, withRetry } from './errors.ts';
import { chosen, cursors, hanging, numbered, venueIds, type Hanging } from './hanging.ts';
import { insert, insertEach, newOrder, placed, placedGroup, type Inserted, type NewOrder } from './inserts.ts';
import { Lanes } from './lanes.ts';
import { toRefusal, type RefusalRow } from './limits.ts';
import { actualColumnsOf, specColumns } from './parameters.ts';
import { toIntent } from './records.ts';
import type { IntentRow } from './records.ts';
import type { SealingModes } from './sealing-modes.ts';
import type { Sql } from './sql.ts';
import { commitStatement } from './statements/commit.ts';

/** Orders in one statement. Its transaction holds the account's journal, so it must stay short. */
const MAX_ORDERS = 64;

const commitText = chosen((parts) => commitStatement(parts));
const limitedCommitText = chosen((parts) => commitStatement(parts, true));

interface StateWrite extends Hanging {
  readonly id: string;
  /** Null: the order has no state yet. */
  readonly expected: number | null;
  readonly unless_halted?: boolean;
  readonly limited?: OrderChange['limited'];
  readonly state: Readonly<Record<string, unknown>>;
}

type WrittenRow = IntentRow & {
  readonly n: number;
  readonly actual_created_at: Date;
  readonly seq: bigint | null;
  readonly refusal?: null;
};
interface RefusedRow {
  readonly n: number;
  readonly refusal: RefusalRow;
}
/** `row` null: the order is not at the expected version, or does not exist, or the account's limits refuse the change. */
interface Written {
  readonly row: WrittenRow | RefusedRow | null;
}

async function update(sql: Sql, writes: readonly StateWrite[]): Promise<readonly Written[]> {
  const textOf = writes.some(({ limited }) => limited !== undefined) ? limitedCommitText : commitText;
  const rows = await withRetry(() =>
    sql.$queryRawUnsafe<(WrittenRow | RefusedRow)[]>(textOf(writes), numbered(writes)),
  );
  const byNumber = new Map(rows.map((row) => [row.n, row]));
  return writes.map((_, index) => ({ row: byNumber.get(index + 1) ?? null }));
}

const isRefused = (row: WrittenRow | RefusedRow): row is RefusedRow =>
  row.refusal !== undefined && row.refusal !== null;

/**
 * Writes of orders. Those of one account that come while another is under way share the next statement and its commit:
 * the account's journal admits one transaction at a time, so without this each would wait for every disk write before it.
 */
export class OrderWrites {
  readonly #sql: Sql;
  readonly #places: Lanes<NewOrder, Inserted>;
  readonly #updates: Lanes<StateWrite, Written>;

  readonly #modes: SealingModes;

  constructor(sql: Sql, modes: SealingModes) {
    this.#sql = sql;
    this.#modes = modes;
    const common = { isFaultOfOne: isStatementFailure, maxItems: MAX_ORDERS };
    this.#places = new Lanes({
      ...common,
      run: (orders) => insertEach(sql, orders),
      keyOf: ({ id }) => id,
    });
    this.#updates = new Lanes({ ...common, run: (writes) => update(sql, writes), keyOf: ({ id }) => id });
  }

  /**
   * Throws AlreadyExistsError, AccountHaltedError, CommandOverError, LimitExceededError, PurgedError; NotFoundError for an
   * unknown or unlinked account; PayloadError.
   */
  async place(record: OrderRecord, journal: readonly JournalRecord[], options?: PlaceOptions): Promise<CommitResult> {
    const { orderId, accountId, clientOrderId } = record.intent;
    return this.#prepared(accountId, async (vault) => {
      const order = newOrder(record, journal, vault, options);
      try {
        const inserted = await this.#places.add(accountId, order);
        return { inserted, done: () => placed(record, inserted, order.events) };
      } catch (error) {
        throw orderWriteError(error, { orderId, accountId, clientOrderId, ...venueIds(order) });
      }
    });
  }

  /** All of it in one statement, or nothing. Throws as `place` does. */
  async placeGroup(
    group: OrderGroup,
    given: readonly NewGroupOrder[],
    time?: CommandTime,
  ): Promise<readonly CommitResult[]> {
    const { groupId: orderId, accountId } = group;
    const clientOrderId = given.map(({ record }) => record.intent.clientOrderId).join(', ');
    return this.#prepared(accountId, async (vault) => {
      const orders = given.map(({ record, journal }) => newOrder(record, journal, vault, time && { time }));
      try {
        const rows = await insert(this.#sql, orders, group);
        return { inserted: rows[0], done: () => placedGroup(given, orders, rows) };
      } catch (error) {
        throw orderWriteError(error, { orderId, accountId, clientOrderId });
      }
    });
  }

  /** Once more with what the statement has told, when it was prepared the other way than the account wants it by now. */
  async #prepared<Result>(
    accountId: string,
    insertWith: (
      vault: PayloadVault | null,
    ) => Promise<{ readonly inserted: Inserted | undefined; readonly done: () => Result }>,
  ): Promise<Result> {
    for (;;) {
      const isSealed = this.#modes.isEncrypted(accountId);
      const { inserted, done } = await insertWith(this.#modes.vault(isSealed));
      const wanted = inserted?.admitted === true ? isSealed : (inserted?.encrypted ?? isSealed);
      if (wanted === isSealed) return done();
      this.#modes.learn(accountId, wanted);
    }
  }

  /** `conflict` when the order is not at the expected version or does not exist, or may not be written now. Throws AlreadyExistsError for ids or executions of another order. */
  async commit(change: OrderChange): Promise<CommitResult> {
    const { orderId } = change;
    const version = change.expectedVersion + 1;
    const fills = touchedFillRows(change.machine, change.journal);
    const written = await this.#write(change.accountId, orderId, (vault) => ({
      ...hanging({ orderId, version, vault }, change.machine, change.journal, fills),
      id: orderId,
      expected: change.expectedVersion,
      ...(change.unlessHalted === true ? { unless_halted: true } : {}),
      ...(change.limited === undefined ? {} : { limited: change.limited }),
      state: orderColumns(vault, orderId, {
        ...actualColumnsOf(version, change.machine, change.reconciliation, change.at),
        ...(change.intent && {
          generation: change.intent.generation,
          ...specColumns(change.intent.spec),
          ...(change.intent.trigger && { trigger: change.intent.trigger }),
          ...(change.intent.valuedAt !== undefined && { valued_at: change.intent.valuedAt }),
        }),
      }),
    }));
    if (written === null) return { kind: 'conflict' };
    const { row, events } = written;
    if (isRefused(row)) return { kind: 'limited', refusal: toRefusal(row.refusal) };
    const actual: ActualState = {
      orderId,
      version,
      machine: change.machine,
      reconciliation: change.reconciliation,
      createdAt: row.actual_created_at.toISOString(),
      updatedAt: change.at,
    };
    return { kind: 'committed', record: { intent: toIntent(row), actual }, ...cursors(row.seq, events) };
  }

  /** The state alone, without a journal. False when the order is not at the expected version or does not exist. */
  async writeState(state: ActualState, expectedVersion: number | null): Promise<boolean> {
    const { orderId, version } = state;
    const written = await this.#write(undefined, orderId, (vault) => ({
      ...hanging({ orderId, version, vault }, state.machine, [], allFillRows(state.machine)),
      id: orderId,
      expected: expectedVersion,
      state: orderColumns(vault, orderId, {
        ...actualColumnsOf(version, state.machine, state.reconciliation, state.updatedAt),
        actual_created_at: state.createdAt,
      }),
    }));
    return written !== null;
  }

  /** Prepared once more where the account wants it the other way by now: what was not written is the exception, so only then it is asked. */
  async #write(
    accountId: string | undefined,
    orderId: string,
    prepare: (vault: PayloadVault | null) => StateWrite,
  ): Promise<{ readonly row: WrittenRow | RefusedRow; readonly events: number } | null> {
    let isSealed = this.#modes.isEncrypted(accountId ?? orderId);
    for (;;) {
      const write = prepare(this.#modes.vault(isSealed));
      try {
        const { row } = await this.#updates.add(accountId ?? orderId, write);
        if (row !== null) return { row, events: write.events };
      } catch (error) {
        throw orderWriteError(error, { orderId, ...venueIds(write) });
      }
      const wanted = await this.#isEncrypted(orderId);
      if (wanted === null || wanted === isSealed) return null;
      isSealed = wanted;
    }
  }

  /** As the order's account wants it now; null: there is no such order. */
  async #isEncrypted(orderId: string): Promise<boolean | null> {
    const [row] = await this.#sql.$queryRaw<{ account_id: string; encrypted: boolean }[]>`
      SELECT j.account_id, j.encrypted FROM account_journals j
      WHERE j.account_id = (SELECT o.account_id FROM orders o WHERE o.id = ${orderId})`;
    if (row === undefined) return null;
    this.#modes.learn(row.account_id, row.encrypted);
    return row.encrypted;
  }
}
