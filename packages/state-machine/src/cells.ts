import { ORDER_STATES } from '@orderplane/domain';
import type { OrderState } from '@orderplane/domain';
import type { EventBody, MachineEvent } from './model.ts';

/** The 38 events of the table: all but the two births. */
export type TableEventType = Exclude<EventBody['type'], 'Created' | 'Adopted'>;
export type EventOf<T extends EventBody['type']> = Extract<MachineEvent, { readonly type: T }>;
export type TableEvent = Extract<MachineEvent, { readonly type: TableEventType }>;

/** What a cell says. The meaning of each word stands at the head of table.ts. */
export type Word = 'stay' | 'qty' | 'keep' | 'refuse' | 'odd' | 'odd, rest in doubt' | 'as SUBMITTED' | 'stray';
export type Entry = Word | `${Word} !` | `→ ${OrderState}` | `→ ${OrderState} !`;
/** One entry, or several of which the guard named after the question mark chooses. `null`: illegal. */
export type Cell = Entry | `${Entry} ?${string}` | `${Entry} / ${string} ?${string}` | null;

/** An entry, read. `go` has a target, no other kind has. */
export type Outcome =
  | { readonly kind: Word; readonly target: null; readonly alarm: boolean }
  | { readonly kind: 'go'; readonly target: OrderState; readonly alarm: boolean };

export interface ParsedCell {
  readonly text: string;
  readonly outcomes: readonly [Outcome, ...Outcome[]];
  readonly guard: string | null;
}

type Row<Events extends readonly TableEventType[]> = readonly [
  states: string,
  ...cells: { readonly [Index in keyof Events]: Cell },
];
export interface Block<Events extends readonly TableEventType[] = readonly TableEventType[]> {
  readonly events: Events;
  readonly rows: readonly (readonly [string, ...Cell[]])[];
}

/** A part of the table: some events as columns, and the rows of all states. Keeps columns and cells in step. */
export const block = <const Events extends readonly TableEventType[]>(
  events: Events,
  rows: readonly Row<Events>[],
): Block<Events> => ({ events, rows: rows as unknown as Block['rows'] });

export type Cells = Readonly<Record<OrderState, ReadonlyMap<TableEventType, ParsedCell | null>>>;

/** Reads the table into one lookup. Throws on a cell that is missing, given twice or not understood. */
export function readTable(blocks: readonly Block[]): Cells {
  const cells = Object.fromEntries(ORDER_STATES.map((state) => [state, new Map()])) as Record<
    OrderState,
    Map<TableEventType, ParsedCell | null>
  >;
  for (const { events, rows } of blocks) {
    for (const [states, ...row] of rows) {
      for (const state of statesOf(states)) {
        events.forEach((event, column) => {
          if (cells[state].has(event)) throw new Error(`the table gives ${state} + ${event} twice`);
          const cell = row[column];
          if (cell === undefined) throw new Error(`the table lacks ${state} + ${event}`);
          cells[state].set(event, cell === null ? null : readCell(cell));
        });
      }
    }
  }
  const columns = blocks.flatMap(({ events }) => events);
  for (const state of ORDER_STATES) {
    const missing = columns.find((event) => !cells[state].has(event));
    if (missing !== undefined) throw new Error(`the table lacks ${state} + ${missing}`);
  }
  return cells;
}

const isState = (text: string): text is OrderState => (ORDER_STATES as readonly string[]).includes(text);

function statesOf(text: string): readonly OrderState[] {
  return text.split(' ').map((name) => {
    if (!isState(name)) throw new Error(`no such state: ${name}`);
    return name;
  });
}

function readCell(text: string): ParsedCell {
  const [entries = '', guard = null] = text.split(' ?');
  const [first, ...rest] = entries.split(' / ').map(readEntry);
  if (first === undefined) throw new Error(`empty cell: ${text}`);
  return { text, outcomes: [first, ...rest], guard };
}

const WORDS: readonly string[] = [
  'stay',
  'qty',
  'keep',
  'refuse',
  'odd',
  'odd, rest in doubt',
  'as SUBMITTED',
  'stray',
] satisfies readonly Word[];

function readEntry(text: string): Outcome {
  const alarm = text.endsWith(' !');
  const word = alarm ? text.slice(0, -2) : text;
  if (word.startsWith('→ ')) {
    const target = word.slice(2);
    if (!isState(target)) throw new Error(`no such state in the table: ${text}`);
    return { kind: 'go', target, alarm };
  }
  if (!WORDS.includes(word)) throw new Error(`no such word in the table: ${text}`);
  return { kind: word as Word, target: null, alarm };
}
