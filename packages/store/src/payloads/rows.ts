import { storableJson } from '../json.ts';
import type { EventRow } from '../order-rows.ts';
import { isSealed, PayloadError, plainText, type PayloadVault } from './vault.ts';

/** What is sealed of an order's row. The table in docs/privacy.md says why the other columns are not. */
export const SEALED_JSON = ['spec', 'metadata', 'machine', 'fired', 'tried'] as const;
export const SEALED_TEXT = ['last_error', 'alert'] as const;
/** A trigger shows what armed orders are looked up by; the rest of it is sealed beside that. */
interface SealedTrigger {
  readonly symbol: string;
  readonly armedAt: string;
  readonly sealed: string;
}

type Columns = Readonly<Record<string, unknown>>;
/** What a payload is bound to. An order's row is rewritten whole; a line of the journal belongs to one version of it. */
const orderPlace = (column: string, orderId: string): string => `orders.${column}:${orderId}`;
const linePlace = (column: string, orderId: string, version: number): string =>
  `order_events.${column}:${orderId}:${version}`;

const isTrigger = (value: unknown): value is Columns & { readonly symbol: string; readonly armedAt: string } =>
  typeof value === 'object' && value !== null && 'symbol' in value && 'armedAt' in value;
const isSealedTrigger = (value: unknown): value is SealedTrigger => isTrigger(value) && isSealed(value['sealed']);

/** Columns of `orders` as they are written: sealed with a vault, plain without. */
export function orderColumns(vault: PayloadVault | null, orderId: string, columns: Columns): Columns {
  const written: Record<string, unknown> = { ...columns };
  for (const name of SEALED_TEXT) {
    const text = columns[name];
    if (typeof text !== 'string') continue;
    written[name] = vault === null ? plainText(text) : vault.seal(orderPlace(name, orderId), text);
  }
  if (vault === null) return written;
  for (const name of SEALED_JSON) {
    const value = columns[name];
    if (value !== undefined && value !== null)
      written[name] = vault.seal(orderPlace(name, orderId), storableJson(value));
  }
  const { trigger } = columns;
  if (isTrigger(trigger)) {
    const sealed = vault.seal(orderPlace('trigger', orderId), storableJson(trigger));
    written['trigger'] = { symbol: trigger.symbol, armedAt: trigger.armedAt, sealed } satisfies SealedTrigger;
  }
  return written;
}

interface Line {
  readonly reason: string | null;
  readonly machine_event: unknown;
}
/** A line of the journal as it is written. */
export type JournalLine = Omit<EventRow, keyof Line> & Line;

export function journalLine(vault: PayloadVault | null, orderId: string, version: number, row: EventRow): JournalLine {
  if (vault === null) return row.reason === null ? row : { ...row, reason: plainText(row.reason) };
  const { reason, machine_event: event } = row;
  const place = (column: string): string => linePlace(column, orderId, version);
  return {
    ...row,
    reason: reason === null ? null : vault.seal(place('reason'), reason),
    machine_event: event === null ? null : vault.seal(place('machine_event'), storableJson(event)),
  };
}

/** A row as it came: whatever is sealed in it is opened in place. Rows of other tables are left as they are. */
export function openRow(vault: PayloadVault | null, row: Record<string, unknown>): void {
  const { id, order_id: lineOf, order_version: version } = row;
  if (typeof id === 'string') {
    for (const name of SEALED_JSON)
      if (typeof row[name] === 'string') row[name] = JSON.parse(opened(vault, orderPlace(name, id), row[name]));
    for (const name of SEALED_TEXT) if (isSealed(row[name])) row[name] = opened(vault, orderPlace(name, id), row[name]);
    if (isSealedTrigger(row['trigger']))
      row['trigger'] = JSON.parse(opened(vault, orderPlace('trigger', id), row['trigger'].sealed));
  }
  if (typeof lineOf !== 'string' || typeof version !== 'number') return;
  if (typeof row['machine_event'] === 'string')
    row['machine_event'] = JSON.parse(opened(vault, linePlace('machine_event', lineOf, version), row['machine_event']));
  if (isSealed(row['reason'])) row['reason'] = opened(vault, linePlace('reason', lineOf, version), row['reason']);
}

function opened(vault: PayloadVault | null, place: string, sealed: string): string {
  if (vault === null) throw new PayloadError(`${place} is sealed, and this process has no ORDERPLANE_DATA_KEY`);
  return vault.open(place, sealed);
}

/** How rows that exist are to be: as the account's setting says, or as they are under the ring's first key. */
export type Conversion = 'sealed' | 'plain' | 'current key';

/** The columns of an order's row that have to be written otherwise; null: none. `row` as it is stored. */
export function convertedOrder(vault: PayloadVault, to: Conversion, orderId: string, row: Columns): Columns | null {
  const changes: Record<string, unknown> = {};
  for (const name of [...SEALED_JSON, ...SEALED_TEXT]) {
    const after = converted(vault, to, orderPlace(name, orderId), row[name], isJson(name));
    if (after !== undefined) changes[name] = after;
  }
  const { trigger } = row;
  if (isTrigger(trigger)) {
    const place = orderPlace('trigger', orderId);
    const inner = isSealedTrigger(trigger) ? trigger.sealed : trigger;
    const after = converted(vault, to, place, inner, true);
    const { symbol, armedAt } = trigger;
    if (after !== undefined)
      changes['trigger'] = typeof after === 'string' ? { symbol, armedAt, sealed: after } : after;
  }
  return Object.keys(changes).length === 0 ? null : changes;
}

export function convertedLine(
  vault: PayloadVault,
  to: Conversion,
  orderId: string,
  version: number,
  row: Line,
): Partial<Line> | null {
  const reason = converted(vault, to, linePlace('reason', orderId, version), row.reason, false);
  const event = converted(vault, to, linePlace('machine_event', orderId, version), row.machine_event, true);
  if (reason === undefined && event === undefined) return null;
  return {
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(event === undefined ? {} : { machine_event: event }),
  };
}

const isJson = (name: string): boolean => (SEALED_JSON as readonly string[]).includes(name);

/** Undefined: it may stay as it is. */
function converted(vault: PayloadVault, to: Conversion, place: string, value: unknown, json: boolean): unknown {
  if (value === null || value === undefined) return undefined;
  const sealed = isSealed(value) ? value : null;
  switch (to) {
    case 'sealed':
      if (sealed !== null) return undefined;
      return vault.seal(place, typeof value === 'string' && !json ? value : storableJson(value));
    case 'plain':
      if (sealed === null) return undefined;
      return json ? JSON.parse(vault.open(place, sealed)) : plainText(vault.open(place, sealed));
    case 'current key':
      return sealed === null ? undefined : (vault.reseal(place, sealed) ?? undefined);
  }
}
