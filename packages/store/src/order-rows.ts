import { compare, type OrderState, type OrderStatus } from '@orderplane/domain';
import { averagePrice, counts, cumQty, currentLeg, isDone, status } from '@orderplane/state-machine';
import type { Execution, JournalEntry, MachineEvent, OrderMachine } from '@orderplane/state-machine';
import type { JournalRecord, OrderRecord } from './contracts.ts';
import { stakeOf, type Stake } from './stakes.ts';

/** Columns computed from the machine, so that lists can be filtered without opening snapshots. Never a second truth. */
export interface DerivedColumns extends Stake {
  readonly state: OrderState;
  readonly status: OrderStatus;
  readonly size: string | null;
  readonly filled_size: string;
  readonly average_filled_price: string | null;
  readonly exchange_order_id: string | null;
  readonly done: boolean;
}

export function derivedColumns(machine: OrderMachine): DerivedColumns {
  return {
    state: machine.life,
    status: status(machine),
    size: machine.terms.size,
    filled_size: cumQty(machine),
    average_filled_price: averagePrice(machine),
    exchange_order_id: currentLeg(machine)?.venueOrderIds.at(-1) ?? null,
    done: isDone(machine),
    ...stakeOf(machine),
  };
}

/** Something was filled (or taken back) that the order's group was not told of yet. */
export const isUntold = ({ intent, actual }: OrderRecord): boolean =>
  intent.groupId !== null && compare(cumQty(actual.machine), actual.reconciliation.toldFilled ?? '0') !== 0;

export interface LegRow {
  readonly leg_index: number;
  readonly venue_client_id: string;
  readonly phase: string;
  readonly sent_at: string | null;
  readonly ended_at: string | null;
}

export const legRows = (machine: OrderMachine): readonly LegRow[] =>
  machine.legs.map((leg, index) => ({
    leg_index: index,
    venue_client_id: leg.venueClientId,
    phase: leg.phase,
    sent_at: leg.sentAt === '' ? null : leg.sentAt,
    ended_at: leg.endedAt,
  }));

/** The first leg of an adopted order is not ours: its client id was chosen elsewhere and may be reused there. */
export const isOwnLeg = (origin: string, legIndex: number): boolean => origin !== 'EXTERNAL' || legIndex > 0;

export interface LegIdRow {
  readonly leg_index: number;
  readonly venue_order_id: string;
}

export function legIdRows(machine: OrderMachine): readonly LegIdRow[] {
  const rows = new Map<string, LegIdRow>();
  machine.legs.forEach((leg, index) => {
    for (const id of leg.venueOrderIds) rows.set(id, { leg_index: index, venue_order_id: id });
  });
  return [...rows.values()];
}

export interface FillRow {
  readonly trade_id: string;
  readonly exchange_order_id: string | null;
  readonly size: string;
  readonly price: string;
  readonly fee_currency: string | null;
  readonly fee_cost: string | null;
  readonly liquidity: 'MAKER' | 'TAKER' | null;
  readonly executed_at: string;
  /** Busted or replaced by a correction: kept, counts nothing. */
  readonly void: boolean;
}

const fillRow = (execution: Execution): FillRow => ({
  trade_id: execution.id,
  exchange_order_id: execution.venueOrderId,
  size: execution.size,
  price: execution.price,
  fee_currency: execution.fee?.currency ?? null,
  fee_cost: execution.fee?.cost ?? null,
  liquidity: execution.liquidity,
  executed_at: execution.at,
  void: !counts(execution),
});

export const allFillRows = (machine: OrderMachine): readonly FillRow[] => machine.executions.map(fillRow);

/**
 * Fills that this journal touched. An execution changes only through an event, and the journal holds every event, so the
 * others are already stored: an order with a thousand fills does not write a thousand rows at each of them. Once an
 * execution was busted or corrected (in whatever order that came) all are written again.
 */
export function touchedFillRows(machine: OrderMachine, journal: readonly JournalRecord[]): readonly FillRow[] {
  const touched = new Set<string>();
  for (const { event } of journal) {
    if (event.type === 'PartialFill' || event.type === 'Fill') touched.add(event.execution.id);
    else if (event.type === 'FillBusted' || event.type === 'FillCorrected') return allFillRows(machine);
  }
  if (touched.size === 0) return [];
  if (!machine.executions.every(counts)) return allFillRows(machine);
  return machine.executions.filter((execution) => touched.has(execution.id)).map(fillRow);
}

export interface EventRow {
  /** Position within this write, from 1. */
  readonly n: number;
  readonly type: JournalEntry['type'] | null;
  readonly from_state: OrderState | null;
  readonly to_state: OrderState | null;
  readonly reason: string | null;
  readonly source: MachineEvent['source'];
  readonly at: string;
  readonly machine_event: MachineEvent | null;
}

/** One row per public line, or one row with `type` null; the machine event stands in the first row only. */
export function eventRows(journal: readonly JournalRecord[]): readonly EventRow[] {
  const rows: EventRow[] = [];
  for (const { event, entries } of journal) {
    const lines: readonly (JournalEntry | null)[] = entries.length === 0 ? [null] : entries;
    lines.forEach((entry, index) => {
      rows.push({
        n: rows.length + 1,
        type: entry?.type ?? null,
        from_state: entry?.fromState ?? null,
        to_state: entry?.toState ?? null,
        reason: entry?.reason ?? null,
        source: event.source,
        at: event.at,
        machine_event: index === 0 ? event : null,
      });
    });
  }
  return rows;
}

export interface JournalLine {
  readonly event: MachineEvent | null;
  readonly entry: JournalEntry | null;
}

/** The inverse of `eventRows`: consecutive lines belong to the last machine event before them, but for those of sessions. */
export function journalRecords(lines: Iterable<JournalLine>): readonly JournalRecord[] {
  const records: { event: MachineEvent; entries: JournalEntry[] }[] = [];
  for (const { event, entry } of lines) {
    if (event !== null) records.push({ event, entries: [] });
    if (entry !== null && entry.type !== 'SESSION_MIGRATED') records.at(-1)?.entries.push(entry);
  }
  return records;
}
