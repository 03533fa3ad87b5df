/**
 * When the history of an order is due to be purged. One place for both backends: the conditions over rows of PostgreSQL
 * (`dueOf`) and the same over rows in memory (`isDue`), line by line; `retention.test.ts` runs the same cases on both.
 *
 * An order is due when all of this holds:
 * 1. it is done: it has ended and no leg, request, doubt or stray of it is open, and no question to the exchange about it;
 * 2. its group was told of all that it has filled, and all orders of its group are due;
 * 3. it has not changed for the days that the account keeps, nor for the grace; for 30 days, whatever the account says, where
 *    a person should look (NEEDS_ATTENTION); for a day where the fee of an execution is not known yet;
 * 4. it never left this system, or the account's executions were read whole after that change and what a listing may lag;
 *    of an unlinked account nothing is read any more;
 * 5. no execution that names it waits to be attributed.
 */
import { isDone, type OrderMachine } from '@orderplane/state-machine';
import type { Intent, OrderRecord, Purged, UnattributedFill } from './contracts.ts';
import { isUntold, legIdRows, type FillRow } from './order-rows.ts';

const DAY_MS = 86_400_000;
/** For a person to look at what is raised. */
const ATTENTION_DAYS = 30;
/** For an exchange to tell a fee. */
const FEE_DAYS = 1;

export interface Cuts {
  /** What has not changed since is old enough. */
  readonly quiet: string;
  readonly attention: string;
  readonly fee: string;
}

export function cutsAt(now: string, graceMs: number, days: number): Cuts {
  const before = (most: number): string => new Date(Date.parse(now) - graceMs - most * DAY_MS).toISOString();
  return {
    quiet: before(days),
    attention: before(Math.max(days, ATTENTION_DAYS)),
    fee: before(Math.max(days, FEE_DAYS)),
  };
}

/** What an order is judged by, beside itself. */
export interface DueFacts {
  readonly cuts: Cuts;
  readonly isUnlinked: boolean;
  /** Up to where the account's executions were read whole, less what a listing may lag. */
  readonly readUpTo: string | null;
  readonly pending: readonly UnattributedFill[];
}

/** Points 1 and 3 to 5, and of 2 what concerns the order itself. */
export function isDue(record: OrderRecord, fills: readonly FillRow[], facts: DueFacts): boolean {
  const { machine, reconciliation, updatedAt } = record.actual;
  const { cuts, readUpTo, pending } = facts;
  if (!isDone(machine) || reconciliation.attempts > 0 || isUntold(record)) return false;
  if (updatedAt > (reconciliation.status === 'IN_SYNC' ? cuts.quiet : cuts.attention)) return false;
  if (updatedAt > cuts.fee && fills.some((fill) => fill.fee_cost === null && !fill.void)) return false;
  if (machine.legs.length > 0 && !facts.isUnlinked && (readUpTo === null || readUpTo < updatedAt)) return false;
  const legs = new Set(machine.legs.map((leg) => leg.venueClientId));
  const ids = new Set(machine.legs.flatMap((leg) => leg.venueOrderIds));
  return !pending.some((fill) => ids.has(fill.exchangeOrderId) || legs.has(fill.clientOrderId ?? ''));
}

/**
 * The same over rows of `orders`. $1 account, $2, $3, $4 the cuts, $5 whether it is unlinked, $6 up to where executions
 * were read. Scalar subqueries on purpose, as everywhere here: NOT EXISTS may become a hash of the whole table.
 */
export const dueOf = (o: string): string => `${o}.version IS NOT NULL AND ${o}.done AND ${o}.attempts = 0
  AND (${o}.group_id IS NULL OR ${o}.filled_size = ${o}.told_filled)
  AND ${o}.actual_updated_at <= CASE WHEN ${o}.reconciliation_status = 'IN_SYNC' THEN $2::timestamptz ELSE $3::timestamptz END
  AND (${o}.actual_updated_at <= $4::timestamptz OR (
    SELECT true FROM order_fills f WHERE f.order_id = ${o}.id AND f.fee_cost IS NULL AND NOT f.void LIMIT 1) IS NULL)
  AND ($5::boolean OR ${o}.actual_updated_at <= $6::timestamptz OR (
    SELECT true FROM order_legs l WHERE l.order_id = ${o}.id LIMIT 1) IS NULL)
  AND (SELECT true FROM unattributed_fills u WHERE u.account_id = $1 AND u.attributed_at IS NULL AND (
      u.exchange_order_id = ANY(ARRAY(SELECT i.venue_order_id FROM order_leg_ids i WHERE i.order_id = ${o}.id))
      OR u.client_order_id = ANY(ARRAY(SELECT l.venue_client_id FROM order_legs l WHERE l.order_id = ${o}.id))) LIMIT 1) IS NULL`;

/** The names under which what is left of an order is found again. */
export const clientOrderName = (clientOrderId: string): string => `order|${clientOrderId}`;
export const legName = (venueClientId: string): string => `leg|${venueClientId}`;
/** Ids of some exchanges are unique within a market only; without a market the id alone has to do. */
export const venueName = (venueOrderId: string, symbol: string | null): string =>
  `venue|${symbol ?? ''}|${venueOrderId}`;
export const fillName = (orderId: string, tradeId: string): string => `fill|${orderId}|${tradeId}`;

/** Those that tell whether a new order is one that was purged: an order of ours by its caller's id, another also by the exchange's. */
export function namesOfNew(intent: Intent, machine: OrderMachine): readonly string[] {
  const names = [clientOrderName(intent.clientOrderId)];
  if (intent.origin !== 'EXTERNAL') return names;
  return [...names, ...legIdRows(machine).map((id) => venueName(id.venue_order_id, intent.spec.symbol))];
}

/** The line of the audit that a purge leaves: how much went and of what time, nothing of what it was. */
export const PURGE_ACTION = 'account.purge';
export const purgeOutcome = ({ orderIds, events, fills, endedFrom, endedTo }: Purged): string =>
  `ok: ${orderIds.length} orders, ${events} events, ${fills} fills` +
  (endedFrom === null ? '' : `, ended from ${endedFrom} to ${endedTo ?? endedFrom}`);

export const NOTHING_PURGED: Purged = { orderIds: [], events: 0, fills: 0, endedFrom: null, endedTo: null };
