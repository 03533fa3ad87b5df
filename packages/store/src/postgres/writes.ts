import { AccountHaltedError, LimitExceededError, NotFoundError, PurgedError } from '../contracts.ts';
import type {
  ActualState,
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
import type { FillRow, LegIdRow, LegRow } from '../order-rows.ts';
import { journalLine, orderColumns, type JournalLine } from '../payloads/rows.ts';
import type { PayloadVault } from '../payloads/vault.ts';
import { namesOfNew } from '../retention.ts';
import { isStatementFailure, orderWriteError, withRetry } from './errors.ts';
import { Lanes } from './lanes.ts';
import { toRefusal, type RefusalRow } from './limits.ts';
import { actualColumnsOf, groupColumnsOf, intentColumnsOf, specColumns } from './parameters.ts';
import { toIntent } from './records.ts';
import type { IntentRow } from './records.ts';
import type { SealingModes } from './sealing-modes.ts';
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
  readonly sealed: boolean;
  readonly events: number;
  readonly journal: readonly JournalLine[] | undefined;
  readonly legs: readonly LegRow[] | undefined;
  readonly leg_ids: readonly LegIdRow[] | undefined;
  readonly fills: readonly FillRow[] | undefined;
}

const unlessEmpty = <Row>(rows: readonly Row[]): readonly Row[] | undefined => (rows.length === 0 ? undefined : rows);

/** Which order, at which version, and what to seal it with; null: it is plain. */
interface Sealing {
  readonly orderId: string;
  readonly version: number;
  readonly vault: PayloadVault | null;
}

function hanging(
  { orderId, version, vault }: Sealing,
  machine: OrderMachine,
  journal: readonly JournalRecord[],
  fills: readonly FillRow[],
): Hanging {
  const rows = eventRows(journal);
  return {
    sealed: vault !== null,
    events: rows.length,
    journal: unlessEmpty(rows.map((row) => journalLine(vault, orderId, version, row))),
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
  readonly state: Readonly<Record<string, unknown>>;
}

function newOrder(
  { intent, actual }: OrderRecord,
  journal: readonly JournalRecord[],
  vault: PayloadVault | null,
  { despitePurge = false }: PlaceOptions = {},
): NewOrder {
  const sealing = { orderId: intent.orderId, version: actual.version, vault };
  const parts = hanging(sealing, actual.machine, journal, allFillRows(actual.machine));
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
    state: orderColumns(vault, intent.orderId, {
      ...intentColumnsOf(intent),
      ...actualColumnsOf(actual.version, actual.machine, actual.reconciliation, actual.updatedAt),
      actual_created_at: actual.createdAt,
      event_count: parts.events,
    }),
  };
}

/** `admitted` false: the account is not there, or unlinked, or halted, or the order was purged. */
interface Inserted {
  readonly admitted: boolean;
  readonly purged: boolean;
  readonly seq: bigint | null;
  readonly halted: boolean | null;
  /** Its orders are to be sealed. */
  readonly encrypted: boolean | null;
  /** The account's active session, which has made the order. */
  readonly session_id: string | null;
  /** What its limits say; null: nothing. */
  readonly refusal: RefusalRow | null;
}
const NOT_INSERTED: Inserted = {
  ...{ admitted: false, purged: false, seq: null, halted: null, encrypted: null },
  ...{ session_id: null, refusal: null },
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

/**
 * The order as it was written, with the cursors of its lines. Throws AccountHaltedError, LimitExceededError, NotFoundError,
 * PurgedError.
 */
function placed(record: OrderRecord, inserted: Inserted | undefined, events: number): CommitResult {
  const { accountId, clientOrderId, orderId } = record.intent;
  if (inserted?.purged === true) throw new PurgedError('order', clientOrderId);
  if (inserted !== undefined && inserted.refusal !== null && inserted.halted !== true)
    throw new LimitExceededError(orderId, toRefusal(inserted.refusal));
  if (inserted?.admitted !== true)
    throw inserted?.halted === true ? new AccountHaltedError(accountId) : new NotFoundError('account', accountId);
  const { intent } = record;
  const createdSessionId = intent.createdSessionId ?? inserted.session_id;
  const sessionId = intent.sessionId ?? inserted.session_id;
  const written = { ...record, intent: { ...intent, createdSessionId, sessionId } };
  return { kind: 'committed', record: written, ...cursors(inserted.seq, events) };
}

function placedGroup(
  given: readonly NewGroupOrder[],
  orders: readonly NewOrder[],
  rows: readonly Inserted[],
): readonly CommitResult[] {
  // Of a group that is refused, the order that is to blame.
  const blamed = Math.max(
    rows.findIndex(({ purged, refusal }) => purged || refusal !== null),
    0,
  );
  const first = given[blamed];
  if (first !== undefined) placed(first.record, rows[blamed], 0);
  return given.map(({ record }, index) => placed(record, rows[index], orders[index]?.events ?? 0));
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
      run: (orders) => insert(sql, orders),
      keyOf: ({ id }) => id,
    });
    this.#updates = new Lanes({ ...common, run: (writes) => update(sql, writes), keyOf: ({ id }) => id });
  }

  /**
   * Throws AlreadyExistsError, AccountHaltedError, LimitExceededError, PurgedError; NotFoundError for an unknown or unlinked
   * account; PayloadError.
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
  async placeGroup(group: OrderGroup, given: readonly NewGroupOrder[]): Promise<readonly CommitResult[]> {
    const { groupId: orderId, accountId } = group;
    const clientOrderId = given.map(({ record }) => record.intent.clientOrderId).join(', ');
    return this.#prepared(accountId, async (vault) => {
      const orders = given.map(({ record, journal }) => newOrder(record, journal, vault));
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
