import type { ExchangeId } from '@orderplane/domain';
import {
  AccountHaltedError,
  AlreadyExistsError,
  CommandOverError,
  LimitExceededError,
  NotFoundError,
  PurgedError,
} from '../contracts.ts';
import type {
  AccountJournalPage,
  JournalBounds,
  ActualState,
  CommandTime,
  CommitResult,
  Intent,
  JournalRecord,
  NewOrder,
  OrderChange,
  OrderKey,
  OrderLedger,
  OrderRecord,
  OrderRequestKey,
  PageRequest,
  PlaceOptions,
  StoredOrderEvent,
} from '../contracts.ts';
import { allFillRows, eventRows, journalRecords, touchedFillRows } from '../order-rows.ts';
import { checkedLimit, WALK_LIMIT } from '../paging.ts';
import { namesOfNew } from '../retention.ts';
import { MemoryGroupStore } from './group-store.ts';
import { MemoryIntentStore } from './intent-store.ts';
import { judged } from './limits.ts';
import { MemoryPurgedOrders } from './purged-orders.ts';
import { byCreation, compareText, isRecorded, key, toRecord } from './state.ts';
import type { OrderRow, RecordedOrder } from './state.ts';
import { MemoryOrderStateStore } from './state-store.ts';
import { bareRow, withActual } from './tables.ts';
import type { MemoryTables } from './tables.ts';

/** Every method does its work before its first await, so calls never interleave: each is a transaction. */
export class MemoryOrderLedger implements OrderLedger {
  readonly intents: MemoryIntentStore;
  readonly states: MemoryOrderStateStore;
  readonly groups: MemoryGroupStore;
  readonly purged: MemoryPurgedOrders;
  readonly #tables: MemoryTables;
  readonly #nowMs: () => number;

  constructor(tables: MemoryTables, nowMs: () => number) {
    this.#tables = tables;
    this.#nowMs = nowMs;
    this.intents = new MemoryIntentStore(tables);
    this.states = new MemoryOrderStateStore(tables);
    this.groups = new MemoryGroupStore(tables, (orders, time) => this.#placeAll(orders, time));
    this.purged = new MemoryPurgedOrders(tables);
  }

  async place(
    record: OrderRecord,
    journal: readonly JournalRecord[],
    options: PlaceOptions = {},
  ): Promise<CommitResult> {
    const row = this.#insert(record, journal, options);
    return { kind: 'committed', record: { ...record, intent: row.intent }, ...this.#tables.append(row, journal) };
  }

  async refuse(accountId: string, requests: readonly OrderRequestKey[]): Promise<boolean> {
    const { byClientOrderId, refusals } = this.#tables.state;
    if (requests.some(({ clientOrderId }) => byClientOrderId.has(key(accountId, clientOrderId)))) return false;
    const nowMs = this.#nowMs();
    for (const { clientOrderId, requestHash } of requests)
      refusals.set(key(accountId, clientOrderId, requestHash), nowMs);
    return true;
  }

  /** Throws CommandOverError. */
  #judge({ accountId, clientOrderId, requestHash }: Intent, { issuedAt, expiresAt }: CommandTime): void {
    if (Date.parse(expiresAt) < this.#nowMs()) throw new CommandOverError(clientOrderId, 'expired');
    const refusedAtMs = this.#tables.state.refusals.get(key(accountId, clientOrderId, requestHash));
    if (refusedAtMs !== undefined && Date.parse(issuedAt) <= refusedAtMs)
      throw new CommandOverError(clientOrderId, 'refused');
  }

  #insert(
    { intent: given, actual }: OrderRecord,
    journal: readonly JournalRecord[],
    { despitePurge = false, time }: PlaceOptions,
  ): OrderRow {
    const active = this.#tables.state.sessions.get(given.accountId)?.at(-1)?.id ?? null;
    const createdSessionId = given.createdSessionId ?? active;
    const intent = { ...given, createdSessionId, sessionId: given.sessionId ?? active };
    if (intent.origin !== 'EXTERNAL' && this.#isHalted(intent.accountId))
      throw new AccountHaltedError(intent.accountId);
    const names = despitePurge ? [] : namesOfNew(intent, actual.machine);
    if (names.some((name) => this.#tables.state.purgedNames.has(key(intent.accountId, name))))
      throw new PurgedError('order', intent.clientOrderId);
    if (time !== undefined) this.#judge(intent, time);
    if (this.#tables.state.orders.has(intent.orderId)) throw new AlreadyExistsError('order', intent.orderId);
    const refusal = intent.origin === 'EXTERNAL' ? null : judged(this.#tables.state, intent, actual.machine, 'anew');
    if (refusal !== null) throw new LimitExceededError(intent.orderId, refusal);
    const fresh = withActual(bareRow(intent), intent, actual, allFillRows(actual.machine));
    const row = { ...fresh, eventCount: eventRows(journal).length };
    this.#tables.put(row);
    return row;
  }

  #placeAll(orders: readonly NewOrder[], time?: CommandTime): readonly CommitResult[] {
    const rows: OrderRow[] = [];
    try {
      for (const { record, journal } of orders)
        rows.push(this.#insert(record, journal, time === undefined ? {} : { time }));
    } catch (error) {
      for (const { intent } of rows) this.#tables.remove(intent.orderId);
      throw error;
    }
    return orders.map(({ record, journal }, index) => {
      const row = rows[index] ?? bareRow(record.intent);
      return { kind: 'committed', record: { ...record, intent: row.intent }, ...this.#tables.append(row, journal) };
    });
  }

  async commit(change: OrderChange): Promise<CommitResult> {
    const before = this.#tables.state.orders.get(change.orderId);
    if (!isRecorded(before)) throw new NotFoundError('order', change.orderId);
    if (change.unlessHalted === true && this.#isHalted(before.intent.accountId)) return { kind: 'halted' };
    if (before.actual.version !== change.expectedVersion) return { kind: 'conflict' };
    const intent = change.intent ? { ...before.intent, ...change.intent, updatedAt: change.at } : before.intent;
    const refusal =
      change.limited === undefined ? null : judged(this.#tables.state, intent, change.machine, change.limited, before);
    if (refusal !== null) return { kind: 'limited', refusal };
    const actual: ActualState = {
      orderId: change.orderId,
      version: change.expectedVersion + 1,
      machine: change.machine,
      reconciliation: change.reconciliation,
      createdAt: before.actual.createdAt,
      updatedAt: change.at,
    };
    const changed = withActual(before, intent, actual, touchedFillRows(change.machine, change.journal));
    const row = { ...changed, eventCount: before.eventCount + eventRows(change.journal).length };
    this.#tables.put(row);
    return { kind: 'committed', record: { intent, actual }, ...this.#tables.append(row, change.journal) };
  }

  async find(orderId: string): Promise<OrderRecord | null> {
    const row = this.#tables.state.orders.get(orderId);
    if (!isRecorded(row)) return null;
    const halt = this.#tables.state.accounts.get(row.intent.accountId)?.account.halt;
    return halt === undefined ? toRecord(row) : { ...toRecord(row), halt };
  }

  async findByClientOrderId(accountId: string, clientOrderId: string): Promise<OrderRecord | null> {
    const orderId = this.#tables.state.byClientOrderId.get(key(accountId, clientOrderId));
    return orderId === undefined ? null : this.find(orderId);
  }

  async findByVenueIds(
    accountId: string,
    ids: { readonly venueClientIds: readonly string[]; readonly venueOrderIds: readonly string[] },
  ): Promise<readonly OrderRecord[]> {
    const { byVenueClientId, byVenueOrderId } = this.#tables.state;
    const found = new Set<string>();
    for (const id of ids.venueClientIds) byVenueClientId.get(key(accountId, id))?.forEach((order) => found.add(order));
    for (const id of ids.venueOrderIds) byVenueOrderId.get(key(accountId, id))?.forEach((order) => found.add(order));
    return this.#rows(found).map(toRecord);
  }

  async openOrders(accountId: string, symbol?: string): Promise<readonly OrderRecord[]> {
    const rows = this.#rows(this.#tables.state.open.get(accountId) ?? []);
    return rows.filter((row) => symbol === undefined || row.intent.spec.symbol === symbol).map(toRecord);
  }

  async marketsOf(accountId: string, limit: number): Promise<readonly string[]> {
    const newest = new Map<string, string>();
    for (const row of this.#tables.state.orders.values()) {
      if (!isRecorded(row) || row.intent.accountId !== accountId) continue;
      const { symbol } = row.intent.spec;
      if ((newest.get(symbol) ?? '') < row.actual.updatedAt) newest.set(symbol, row.actual.updatedAt);
    }
    return [...newest]
      .sort(([a, aAt], [b, bAt]) => compareText(bAt, aAt) || compareText(a, b))
      .slice(0, checkedLimit(limit, WALK_LIMIT))
      .map(([symbol]) => symbol);
  }

  async unsettled(page: PageRequest & { readonly exchange?: ExchangeId }): Promise<readonly OrderKey[]> {
    const limit = checkedLimit(page.limit, WALK_LIMIT);
    const after = page.after ?? '';
    return [...this.#tables.state.unsettled]
      .filter((id) => id > after)
      .sort(compareText)
      .flatMap((orderId) => {
        const intent = this.#tables.state.orders.get(orderId)?.intent;
        if (intent === undefined || (page.exchange !== undefined && intent.exchange !== page.exchange)) return [];
        return [{ orderId, accountId: intent.accountId, exchange: intent.exchange }];
      })
      .slice(0, limit);
  }

  async journalOf(orderId: string): Promise<readonly JournalRecord[]> {
    const row = this.#tables.state.orders.get(orderId);
    if (row === undefined) return [];
    const lines = this.#tables.state.journals.get(row.intent.accountId) ?? [];
    return journalRecords(lines.filter((line) => line.orderId === orderId));
  }

  async accountJournal(accountId: string, after: bigint, limit: number): Promise<AccountJournalPage> {
    const lines = this.#tables.state.journals.get(accountId) ?? [];
    const most = checkedLimit(limit, WALK_LIMIT);
    const found: StoredOrderEvent[] = [];
    for (let index = Number(after); index < lines.length && found.length < most; index += 1) {
      const line = lines[index];
      // Lines of deleted orders are gone; their cursors are not given out again.
      if (line !== undefined && this.#tables.state.orders.has(line.orderId)) found.push(line);
    }
    const spokenOf = found.filter((line) => line.entry !== null).map((line) => line.orderId);
    return {
      lines: found,
      orders: new Map(this.#rows(new Set(spokenOf)).map((row) => [row.intent.orderId, toRecord(row)])),
    };
  }

  async journalBounds(accountIds: readonly string[]): Promise<ReadonlyMap<string, JournalBounds>> {
    const { journals, purgedUpTo } = this.#tables.state;
    return new Map(
      accountIds.map((accountId) => [
        accountId,
        { oldest: purgedUpTo.get(accountId) ?? 0n, newest: BigInt(journals.get(accountId)?.length ?? 0) },
      ]),
    );
  }

  async accountSnapshot(
    accountId: string,
  ): Promise<{ readonly cursor: bigint; readonly orders: readonly OrderRecord[] }> {
    const cursor = BigInt(this.#tables.state.journals.get(accountId)?.length ?? 0);
    return { cursor, orders: this.#rows(this.#tables.state.open.get(accountId) ?? []).map(toRecord) };
  }

  #isHalted(accountId: string): boolean {
    return this.#tables.state.accounts.get(accountId)?.account.halted === true;
  }

  #rows(ids: Iterable<string>): readonly RecordedOrder[] {
    return [...ids]
      .map((id) => this.#tables.state.orders.get(id))
      .filter(isRecorded)
      .sort(byCreation);
  }
}
