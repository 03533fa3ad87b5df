import { AccountHaltedError, CommandOverError, LimitExceededError, NotFoundError, PurgedError } from '../contracts.ts';
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
import type { OrderMachine } from '@orderplane/state-machine';
import { storableJson } from '../json.ts';
import { allFillRows, eventRows, legIdRows, legRows, touchedFillRows } from '../order-rows.ts';
import { namesOfNew } from '../retention.ts';
import type { EventRow, FillRow, LegIdRow, LegRow } from '../order-rows.ts';
import { isStatementFailure, orderWriteError, withRetry } from './errors.ts';
import { Lanes } from './lanes.ts';
import { toRefusal, type RefusalRow } from './limits.ts';
import { actualColumnsOf, groupColumnsOf, intentColumnsOf, specColumns } from './parameters.ts';
import { toIntent } from './records.ts';
import type { IntentRow } from './records.ts';
import type { Sql } from './sql.ts';
import { commitStatement } from './statements/commit.ts';
import type { WrittenParts } from './statements/order-columns.ts';
import { placeStatement } from './statements/place.ts';

/** Purges that a place may be overtaken by. */
const MAX_PURGES = 20;

/** Orders in one statement. Its transaction holds the account's journal, so it must stay short. */
const MAX_ORDERS = 64;

/** What hangs on a written order; empty lists are left out of the JSON. */
interface Hanging {
  readonly events: number;
  readonly journal: readonly EventRow[] | undefined;
  readonly legs: readonly LegRow[] | undefined;
  readonly leg_ids: readonly LegIdRow[] | undefined;
  readonly fills: readonly FillRow[] | undefined;
}

const unlessEmpty = <Row>(rows: readonly Row[]): readonly Row[] | undefined => (rows.length === 0 ? undefined : rows);

function hanging(machine: OrderMachine, journal: readonly JournalRecord[], fills: readonly FillRow[]): Hanging {
  const rows = eventRows(journal);
  return {
    events: rows.length,
    journal: unlessEmpty(rows),
    legs: unlessEmpty(legRows(machine)),
    leg_ids: unlessEmpty(legIdRows(machine)),
    fills: unlessEmpty(fills),
  };
}

const venueIds = (write: Hanging) => ({
  venueOrderIds: (write.leg_ids ?? []).map((row) => row.venue_order_id),
  venueClientIds: (write.legs ?? []).map((row) => row.venue_client_id),
  tradeIds: (write.fills ?? []).map((row) => row.trade_id),
});

const cursors = (seq: bigint | null, events: number): { firstCursor: bigint | null; lastCursor: bigint | null } =>
  seq === null ? { firstCursor: null, lastCursor: null } : { firstCursor: seq - BigInt(events) + 1n, lastCursor: seq };

type Statement = (parts: WrittenParts) => string;

/** Texts by what they write: eight at most of each kind, each with its own plan. */
function chosen(statement: Statement): (writes: readonly Hanging[]) => string {
  const texts = new Map<string, string>();
  return (writes) => {
    const parts = {
      legs: writes.some(({ legs }) => legs !== undefined),
      legIds: writes.some(({ leg_ids }) => leg_ids !== undefined),
      fills: writes.some(({ fills }) => fills !== undefined),
    };
    const key = JSON.stringify(parts);
    const text = texts.get(key) ?? statement(parts);
    texts.set(key, text);
    return text;
  };
}
const placeText = chosen((parts) => placeStatement(parts));
const placeGroupText = chosen((parts) => placeStatement(parts, true));
const commitText = chosen((parts) => commitStatement(parts));
const limitedCommitText = chosen((parts) => commitStatement(parts, true));

const numbered = (writes: readonly object[]): string =>
  storableJson(writes.map((write, index) => ({ n: index + 1, ...write })));

interface NewOrder extends Hanging {
  readonly id: string;
  readonly account_id: string;
  readonly symbol: string;
  readonly origin: string;
  /** What was found at the exchange is taken in whatever the limits are. */
  readonly limited?: 'anew';
  readonly version: number;
  readonly event_count: number;
  /** By which it would be known if it had been purged. */
  readonly names: readonly string[];
  readonly client_order_id: string;
  readonly request_hash: string;
  readonly issued_at: string | undefined;
  readonly expires_at: string | undefined;
  readonly state: Readonly<Record<string, unknown>>;
}

function newOrder(
  { intent, actual }: OrderRecord,
  journal: readonly JournalRecord[],
  { despitePurge = false, time }: PlaceOptions = {},
): NewOrder {
  const parts = hanging(actual.machine, journal, allFillRows(actual.machine));
  return {
    ...parts,
    id: intent.orderId,
    account_id: intent.accountId,
    symbol: intent.spec.symbol,
    origin: intent.origin,
    ...(intent.origin === 'EXTERNAL' ? {} : { limited: 'anew' }),
    version: actual.version,
    event_count: parts.events,
    names: despitePurge ? [] : namesOfNew(intent, actual.machine),
    client_order_id: intent.clientOrderId,
    request_hash: intent.requestHash,
    issued_at: time?.issuedAt,
    expires_at: time?.expiresAt,
    state: {
      ...intentColumnsOf(intent),
      ...actualColumnsOf(actual.version, actual.machine, actual.reconciliation, actual.updatedAt),
      actual_created_at: actual.createdAt,
      event_count: parts.events,
    },
  };
}

/** `admitted` false: the account is not there, or unlinked, or halted, or the order was purged, or its command is over. */
interface Inserted {
  readonly admitted: boolean;
  readonly purged: boolean;
  readonly over: CommandOverError['reason'] | null;
  readonly seq: bigint | null;
  readonly halted: boolean | null;
  /** The account's active session, which has made the order. */
  readonly session_id: string | null;
  /** What its limits say; null: nothing. */
  readonly refusal: RefusalRow | null;
}
const NOT_INSERTED: Inserted = {
  ...{ admitted: false, purged: false, over: null, seq: null, halted: null, session_id: null },
  refusal: null,
};

async function insert(sql: Sql, orders: readonly NewOrder[], group?: OrderGroup): Promise<readonly Inserted[]> {
  const [text, rest] =
    group === undefined ? [placeText(orders), []] : [placeGroupText(orders), [storableJson(groupColumnsOf(group))]];
  const run = (): Promise<(Inserted & { n: number; again: boolean })[]> =>
    withRetry(() => sql.$queryRawUnsafe(text, numbered(orders), ...rest));
  let rows = await run();
  for (let tries = 1; rows.some(({ again }) => again) && tries < MAX_PURGES; tries += 1) rows = await run();
  if (rows.some(({ again }) => again)) throw new Error(`the account was purged ${MAX_PURGES} times in a row`);
  const byNumber = new Map(rows.map((row) => [row.n, row]));
  return orders.map((_, index) => byNumber.get(index + 1) ?? NOT_INSERTED);
}

/** Orders that happen to share a statement. Limits are held against all of them, also against those that are not placed then. */
async function insertEach(sql: Sql, orders: readonly NewOrder[]): Promise<readonly Inserted[]> {
  const inserted = await insert(sql, orders);
  if (!inserted.some(({ purged, over }) => purged || over !== null)) return inserted;
  const isOpen = (index: number): boolean => {
    const row = inserted[index];
    return row != null && row.refusal != null && !row.purged && row.over === null;
  };
  const again = orders.filter((_, index) => isOpen(index));
  if (again.length === 0) return inserted;
  const rest = (await insert(sql, again)).values();
  return inserted.map((row, index) => (isOpen(index) ? (rest.next().value ?? NOT_INSERTED) : row));
}

/**
 * The order as it was written, with the cursors of its lines. Throws AccountHaltedError, CommandOverError,
 * LimitExceededError, NotFoundError, PurgedError.
 */
function placed(record: OrderRecord, inserted: Inserted | undefined, events: number): CommitResult {
  const { accountId, clientOrderId, orderId } = record.intent;
  if (inserted?.purged === true) throw new PurgedError('order', clientOrderId);
  if (inserted?.over != null && inserted.halted !== true) throw new CommandOverError(clientOrderId, inserted.over);
  if (inserted?.refusal != null && inserted.halted !== true)
    throw new LimitExceededError(orderId, toRefusal(inserted.refusal));
  if (inserted?.admitted !== true)
    throw inserted?.halted === true ? new AccountHaltedError(accountId) : new NotFoundError('account', accountId);
  const { intent } = record;
  const createdSessionId = intent.createdSessionId ?? inserted.session_id;
  const sessionId = intent.sessionId ?? inserted.session_id;
  const written = { ...record, intent: { ...intent, createdSessionId, sessionId } };
  return { kind: 'committed', record: written, ...cursors(inserted.seq, events) };
}

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

const isRefused = (row: WrittenRow | RefusedRow): row is RefusedRow => row.refusal != null;

/**
 * Writes of orders. Those of one account that come while another is under way share the next statement and its commit:
 * the account's journal admits one transaction at a time, so without this each would wait for every disk write before it.
 */
export class OrderWrites {
  readonly #sql: Sql;
  readonly #places: Lanes<NewOrder, Inserted>;
  readonly #updates: Lanes<StateWrite, Written>;

  constructor(sql: Sql) {
    this.#sql = sql;
    const common = { isFaultOfOne: isStatementFailure, maxItems: MAX_ORDERS };
    this.#places = new Lanes({
      ...common,
      run: (orders) => insertEach(sql, orders),
      keyOf: ({ id }) => id,
    });
    this.#updates = new Lanes({ ...common, run: (writes) => update(sql, writes), keyOf: ({ id }) => id });
  }

  /** Throws AlreadyExistsError, AccountHaltedError, CommandOverError, LimitExceededError, PurgedError; NotFoundError for an unknown or unlinked account. */
  async place(record: OrderRecord, journal: readonly JournalRecord[], options?: PlaceOptions): Promise<CommitResult> {
    const { orderId, accountId, clientOrderId } = record.intent;
    const order = newOrder(record, journal, options);
    try {
      return placed(record, await this.#places.add(accountId, order), order.events);
    } catch (error) {
      throw orderWriteError(error, { orderId, accountId, clientOrderId, ...venueIds(order) });
    }
  }

  /** All of it in one statement, or nothing. Throws as `place` does. */
  async placeGroup(
    group: OrderGroup,
    given: readonly NewGroupOrder[],
    time?: CommandTime,
  ): Promise<readonly CommitResult[]> {
    const orders = given.map(({ record, journal }) => newOrder(record, journal, time && { time }));
    const clientOrderId = given.map(({ record }) => record.intent.clientOrderId).join(', ');
    try {
      const inserted = await insert(this.#sql, orders, group);
      // Of a group that is refused, the order that is to blame.
      const blamed = Math.max(
        inserted.findIndex(({ purged, over, refusal }) => purged || over !== null || refusal !== null),
        0,
      );
      const first = given[blamed];
      if (first !== undefined) placed(first.record, inserted[blamed], 0);
      return given.map(({ record }, index) => {
        const { events } = orders[index] ?? { events: 0 };
        return placed(record, inserted[index], events);
      });
    } catch (error) {
      throw orderWriteError(error, { orderId: group.groupId, accountId: group.accountId, clientOrderId });
    }
  }

  /** `conflict` when the order is not at the expected version or does not exist, or may not be written now. Throws AlreadyExistsError for ids or executions of another order. */
  async commit(change: OrderChange): Promise<CommitResult> {
    const version = change.expectedVersion + 1;
    const write = {
      ...hanging(change.machine, change.journal, touchedFillRows(change.machine, change.journal)),
      id: change.orderId,
      expected: change.expectedVersion,
      ...(change.unlessHalted === true ? { unless_halted: true } : {}),
      ...(change.limited === undefined ? {} : { limited: change.limited }),
      state: {
        ...actualColumnsOf(version, change.machine, change.reconciliation, change.at),
        ...(change.intent && {
          generation: change.intent.generation,
          ...specColumns(change.intent.spec),
          ...(change.intent.trigger && { trigger: change.intent.trigger }),
          ...(change.intent.valuedAt !== undefined && { valued_at: change.intent.valuedAt }),
        }),
      },
    };
    const row = await this.#write(change.accountId ?? change.orderId, write);
    if (row === null) return { kind: 'conflict' };
    if (isRefused(row)) return { kind: 'limited', refusal: toRefusal(row.refusal) };
    const actual: ActualState = {
      orderId: change.orderId,
      version,
      machine: change.machine,
      reconciliation: change.reconciliation,
      createdAt: row.actual_created_at.toISOString(),
      updatedAt: change.at,
    };
    return { kind: 'committed', record: { intent: toIntent(row), actual }, ...cursors(row.seq, write.events) };
  }

  /** The state alone, without a journal. False when the order is not at the expected version or does not exist. */
  async writeState(state: ActualState, expectedVersion: number | null): Promise<boolean> {
    const row = await this.#write(state.orderId, {
      ...hanging(state.machine, [], allFillRows(state.machine)),
      id: state.orderId,
      expected: expectedVersion,
      state: {
        ...actualColumnsOf(state.version, state.machine, state.reconciliation, state.updatedAt),
        actual_created_at: state.createdAt,
      },
    });
    return row !== null;
  }

  async #write(lane: string, write: StateWrite): Promise<WrittenRow | RefusedRow | null> {
    try {
      return (await this.#updates.add(lane, write)).row;
    } catch (error) {
      throw orderWriteError(error, { orderId: write.id, ...venueIds(write) });
    }
  }
}
