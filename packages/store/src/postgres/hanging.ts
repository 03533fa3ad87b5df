import type { OrderMachine } from '@orderplane/state-machine';
import type { JournalRecord } from '../contracts.ts';
import { storableJson } from '../json.ts';
import { eventRows, legIdRows, legRows } from '../order-rows.ts';
import type { FillRow, LegIdRow, LegRow } from '../order-rows.ts';
import { journalLine, type JournalLine } from '../payloads/rows.ts';
import type { PayloadVault } from '../payloads/vault.ts';
import type { WrittenParts } from './statements/order-columns.ts';

/** What hangs on a written order; empty lists are left out of the JSON. */
export interface Hanging {
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

export function hanging(
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

export const venueIds = (write: Hanging) => ({
  venueOrderIds: (write.leg_ids ?? []).map((row) => row.venue_order_id),
  venueClientIds: (write.legs ?? []).map((row) => row.venue_client_id),
  tradeIds: (write.fills ?? []).map((row) => row.trade_id),
});

export const cursors = (
  seq: bigint | null,
  events: number,
): { firstCursor: bigint | null; lastCursor: bigint | null } =>
  seq === null ? { firstCursor: null, lastCursor: null } : { firstCursor: seq - BigInt(events) + 1n, lastCursor: seq };

type Statement = (parts: WrittenParts) => string;

/** Texts by what they write: eight at most of each kind, each with its own plan. */
export function chosen(statement: Statement): (writes: readonly Hanging[]) => string {
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

export const numbered = (writes: readonly object[]): string =>
  storableJson(writes.map((write, index) => ({ n: index + 1, ...write })));
