import { AlreadyExistsError, NotFoundError } from '../contracts.ts';
import type { ActualState, Intent, JournalRecord } from '../contracts.ts';
import { derivedColumns, eventRows, isOwnLeg, isUntold, legIdRows } from '../order-rows.ts';
import type { FillRow } from '../order-rows.ts';
import { isRecorded, key, MemoryState } from './state.ts';
import type { OrderRow, RecordedOrder } from './state.ts';
import type { JournalEntry } from '@orderplane/state-machine';

/** What a written row claims; checked whole before anything changes, so that a refused write leaves no trace. */
interface Claims {
  readonly ownVenueClientIds: readonly string[];
  readonly venueClientIds: readonly string[];
  readonly venueOrderIds: readonly string[];
  readonly executions: readonly { readonly tradeId: string; readonly key: string }[];
}

function claimsOf(row: OrderRow): Claims {
  const { intent, actual } = row;
  const account = intent.accountId;
  const legs = actual?.machine.legs ?? [];
  return {
    ownVenueClientIds: legs.filter((_leg, index) => isOwnLeg(intent.origin, index)).map((leg) => leg.venueClientId),
    venueClientIds: legs.map((leg) => leg.venueClientId),
    venueOrderIds: actual === null ? [] : legIdRows(actual.machine).map((id) => id.venue_order_id),
    executions: [...row.fills.values()].flatMap((fill) =>
      fill.exchange_order_id === null
        ? []
        : [{ tradeId: fill.trade_id, key: key(account, intent.spec.symbol, fill.exchange_order_id, fill.trade_id) }],
    ),
  };
}

function refuse(
  what: string,
  ids: readonly string[],
  ownerOf: (id: string) => string | undefined,
  orderId: string,
): void {
  const taken = ids.find((id) => {
    const owner = ownerOf(id);
    return owner !== undefined && owner !== orderId;
  });
  if (taken !== undefined) throw new AlreadyExistsError(what, taken);
}

/** Constraints and indices of the tables in one place: `put` is the only way a row enters. */
export class MemoryTables {
  readonly state = new MemoryState();

  /** Throws NotFoundError (account; for a new order also an unlinked one) and AlreadyExistsError (client order id, venue ids, executions); then nothing changed. */
  put(row: OrderRow): void {
    const { intent } = row;
    const account = this.state.accounts.get(intent.accountId)?.account;
    const before = this.state.orders.get(intent.orderId);
    if (account === undefined || (before === undefined && account.unlinkedAt !== null))
      throw new NotFoundError('account', intent.accountId);
    this.#check(row);
    if (before !== undefined) this.#unindex(before);
    this.state.orders.set(intent.orderId, row);
    this.#index(row);
  }

  remove(orderId: string): void {
    const row = this.state.orders.get(orderId);
    if (row === undefined) throw new NotFoundError('order', orderId);
    this.#unindex(row);
    this.state.orders.delete(orderId);
  }

  /** Appends to the account's journal; gives the first and last cursor. */
  append(row: OrderRow, journal: readonly JournalRecord[]): { firstCursor: bigint | null; lastCursor: bigint | null } {
    const { accountId, orderId } = row.intent;
    const lines = this.state.journals.get(accountId) ?? [];
    const rows = eventRows(journal);
    const before = row.eventCount - rows.length;
    const start = BigInt(lines.length);
    for (const line of rows) {
      const entry =
        line.type === null || line.to_state === null
          ? null
          : { type: line.type, fromState: line.from_state, toState: line.to_state, reason: line.reason };
      lines.push({
        accountId,
        cursor: start + BigInt(line.n),
        orderId,
        sequence: before + line.n,
        entry,
        event: line.machine_event,
        source: line.source,
        at: line.at,
        version: row.actual?.version ?? 0,
      });
    }
    this.state.journals.set(accountId, lines);
    if (rows.length === 0) return { firstCursor: null, lastCursor: null };
    return { firstCursor: start + 1n, lastCursor: BigInt(lines.length) };
  }

  /** A line that is none of the machine's; the row counts it already. Gives its cursor. */
  appendLine(row: RecordedOrder, entry: JournalEntry, at: string): bigint {
    const { accountId, orderId } = row.intent;
    const lines = this.state.journals.get(accountId) ?? [];
    const cursor = BigInt(lines.length) + 1n;
    const { version } = row.actual;
    lines.push({
      ...{ accountId, cursor, orderId, sequence: row.eventCount, entry },
      ...{ event: null, source: 'client', at, version },
    });
    this.state.journals.set(accountId, lines);
    return cursor;
  }

  #check(row: OrderRow): void {
    const { accountId, orderId, clientOrderId, spec } = row.intent;
    const claims = claimsOf(row);
    const client = this.state.byClientOrderId;
    refuse('client order id', [clientOrderId], (id) => client.get(key(accountId, id)), orderId);
    const own = this.state.ownVenueClientIds;
    refuse('venue client id', claims.ownVenueClientIds, (id) => own.get(key(accountId, id)), orderId);
    const venue = this.state.byVenueOrderId;
    refuse('venue order', claims.venueOrderIds, (id) => venue.get(key(accountId, id))?.get(spec.symbol), orderId);
    const taken = claims.executions.find((execution) => {
      const owner = this.state.executions.get(execution.key);
      return owner !== undefined && owner !== orderId;
    });
    if (taken !== undefined) throw new AlreadyExistsError('execution', taken.tradeId);
  }

  #index(row: OrderRow): void {
    const { accountId, orderId, clientOrderId, spec } = row.intent;
    const claims = claimsOf(row);
    this.state.byClientOrderId.set(key(accountId, clientOrderId), orderId);
    for (const id of claims.ownVenueClientIds) this.state.ownVenueClientIds.set(key(accountId, id), orderId);
    for (const id of claims.venueClientIds)
      valueAt(this.state.byVenueClientId, key(accountId, id), newSet).add(orderId);
    for (const id of claims.venueOrderIds) {
      valueAt(this.state.byVenueOrderId, key(accountId, id), newMap).set(spec.symbol, orderId);
    }
    for (const execution of claims.executions) this.state.executions.set(execution.key, orderId);
    if (row.intent.groupId !== null) valueAt(this.state.groupMembers, row.intent.groupId, newSet).add(orderId);
    if (!isRecorded(row)) return;
    const { status, done } = row.derived;
    if (status === 'PENDING' || status === 'OPEN') valueAt(this.state.open, accountId, newSet).add(orderId);
    if (!done || row.actual.reconciliation.attempts > 0 || isUntold(row)) this.state.unsettled.add(orderId);
  }

  #unindex(row: OrderRow): void {
    const { accountId, orderId, clientOrderId, spec } = row.intent;
    const claims = claimsOf(row);
    this.state.byClientOrderId.delete(key(accountId, clientOrderId));
    for (const id of claims.ownVenueClientIds) this.state.ownVenueClientIds.delete(key(accountId, id));
    for (const id of claims.venueClientIds) this.state.byVenueClientId.get(key(accountId, id))?.delete(orderId);
    for (const id of claims.venueOrderIds) this.state.byVenueOrderId.get(key(accountId, id))?.delete(spec.symbol);
    for (const execution of claims.executions) this.state.executions.delete(execution.key);
    this.state.open.get(accountId)?.delete(orderId);
    this.state.unsettled.delete(orderId);
    this.state.groupMembers.get(row.intent.groupId ?? '')?.delete(orderId);
  }
}

const newSet = (): Set<string> => new Set();
const newMap = (): Map<string, string> => new Map();

function valueAt<V>(map: Map<string, V>, at: string, create: () => V): V {
  const known = map.get(at);
  if (known !== undefined) return known;
  const made = create();
  map.set(at, made);
  return made;
}

/** The row that `actual` makes of `before`, with new or changed fills laid over the known ones. */
export function withActual(before: OrderRow, intent: Intent, actual: ActualState, fills: readonly FillRow[]): OrderRow {
  const merged = new Map(before.fills);
  for (const fill of fills) merged.set(fill.trade_id, fill);
  return {
    intent,
    actual,
    derived: derivedColumns(actual.machine),
    pendingSince: actual.reconciliation.status === 'IN_SYNC' ? null : (before.pendingSince ?? actual.updatedAt),
    eventCount: before.eventCount,
    fills: merged,
  };
}

export const bareRow = (intent: Intent): OrderRow => ({
  intent,
  actual: null,
  derived: null,
  pendingSince: null,
  eventCount: 0,
  fills: new Map(),
});
