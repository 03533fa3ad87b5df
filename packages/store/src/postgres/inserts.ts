import { AccountHaltedError, CommandOverError, LimitExceededError, NotFoundError, PurgedError } from '../contracts.ts';
import type {
  CommitResult,
  JournalRecord,
  NewOrder as NewGroupOrder,
  OrderGroup,
  OrderRecord,
  PlaceOptions,
} from '../contracts.ts';
import { storableJson } from '../json.ts';
import { allFillRows } from '../order-rows.ts';
import { orderColumns } from '../payloads/rows.ts';
import type { PayloadVault } from '../payloads/vault.ts';
import { namesOfNew } from '../retention.ts';
import { withRetry } from './errors.ts';
import { chosen, cursors, hanging, numbered, type Hanging } from './hanging.ts';
import { toRefusal, type RefusalRow } from './limits.ts';
import { actualColumnsOf, groupColumnsOf, intentColumnsOf } from './parameters.ts';
import type { Sql } from './sql.ts';
import { placeStatement } from './statements/place.ts';

/** Purges that a place may be overtaken by. */
const MAX_PURGES = 20;

const placeText = chosen((parts) => placeStatement(parts));
const placeGroupText = chosen((parts) => placeStatement(parts, true));

export interface NewOrder extends Hanging {
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

export function newOrder(
  { intent, actual }: OrderRecord,
  journal: readonly JournalRecord[],
  vault: PayloadVault | null,
  { despitePurge = false, time }: PlaceOptions = {},
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
    client_order_id: intent.clientOrderId,
    request_hash: intent.requestHash,
    issued_at: time?.issuedAt,
    expires_at: time?.expiresAt,
    state: orderColumns(vault, intent.orderId, {
      ...intentColumnsOf(intent),
      ...actualColumnsOf(actual.version, actual.machine, actual.reconciliation, actual.updatedAt),
      actual_created_at: actual.createdAt,
      event_count: parts.events,
    }),
  };
}

/** `admitted` false: the account is not there, or unlinked, or halted, or the order was purged, or its command is over. */
export interface Inserted {
  readonly admitted: boolean;
  readonly purged: boolean;
  readonly over: CommandOverError['reason'] | null;
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
  ...{ admitted: false, purged: false, over: null, seq: null, halted: null, encrypted: null },
  ...{ session_id: null, refusal: null },
};

export async function insert(sql: Sql, orders: readonly NewOrder[], group?: OrderGroup): Promise<readonly Inserted[]> {
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
export async function insertEach(sql: Sql, orders: readonly NewOrder[]): Promise<readonly Inserted[]> {
  const inserted = await insert(sql, orders);
  const isOut = ({ purged, over, encrypted }: Inserted, index: number): boolean =>
    purged || over !== null || (encrypted !== null && encrypted !== orders[index]?.sealed);
  if (!inserted.some(isOut)) return inserted;
  const isOpen = (index: number): boolean => {
    const row = inserted[index];
    return row !== undefined && row.refusal !== null && !isOut(row, index);
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
export function placed(record: OrderRecord, inserted: Inserted | undefined, events: number): CommitResult {
  const { accountId, clientOrderId, orderId } = record.intent;
  const { purged, over, halted, refusal, admitted, seq, session_id } = inserted ?? NOT_INSERTED;
  if (purged) throw new PurgedError('order', clientOrderId);
  if (halted === true && !admitted) throw new AccountHaltedError(accountId);
  if (over !== null) throw new CommandOverError(clientOrderId, over);
  if (refusal !== null) throw new LimitExceededError(orderId, toRefusal(refusal));
  if (!admitted) throw new NotFoundError('account', accountId);
  const { intent } = record;
  const createdSessionId = intent.createdSessionId ?? session_id;
  const sessionId = intent.sessionId ?? session_id;
  const written = { ...record, intent: { ...intent, createdSessionId, sessionId } };
  return { kind: 'committed', record: written, ...cursors(seq, events) };
}

export function placedGroup(
  given: readonly NewGroupOrder[],
  orders: readonly NewOrder[],
  rows: readonly Inserted[],
): readonly CommitResult[] {
  // Of a group that is refused, the order that is to blame.
  const blamed = Math.max(
    rows.findIndex(({ purged, over, refusal }) => purged || over !== null || refusal !== null),
    0,
  );
  const first = given[blamed];
  if (first !== undefined) placed(first.record, rows[blamed], 0);
  return given.map(({ record }, index) => placed(record, rows[index], orders[index]?.events ?? 0));
}
