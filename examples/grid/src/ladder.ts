import { Decimal } from 'decimal.js';

export type Side = 'BUY' | 'SELL';

/** What a grid is: fixed for its life. Prices and sizes are decimals as text. */
export interface Ladder {
  /** Names the grid within its account. */
  readonly name: string;
  /** The price between the first buy and the first sell. */
  readonly center: string;
  /** Rungs on each side. */
  readonly levels: number;
  readonly step: string;
  readonly size: string;
  readonly sides: 'both' | 'buy';
}

/**
 * A rung is a pair of neighbouring prices: it buys at the lower and sells at the upper one, in turn. -1, -2 … lie below
 * the centre and begin with a buy, 1, 2 … lie above it and begin with a sell.
 */
export type Rung = number;

/** One order of a rung. The number counts from 0 without gaps: the order of round n + 1 follows the end of that of round n. */
export interface Slot {
  readonly rung: Rung;
  readonly round: number;
}

/** The first order of the first rung: its price tells every later start where the centre is. */
export const ANCHOR: Slot = { rung: -1, round: 0 };

/** From the centre outwards, the anchor's first. */
export const rungsOf = ({ levels, sides }: Ladder): readonly Rung[] =>
  Array.from({ length: levels }, (_, n) => (sides === 'both' ? [-n - 1, n + 1] : [-n - 1])).flat();

export const firstSide = (rung: Rung): Side => (rung < 0 ? 'BUY' : 'SELL');
export const opposite = (side: Side): Side => (side === 'BUY' ? 'SELL' : 'BUY');

/** Where the rung buys or sells: one step apart. */
export function priceOf({ center, step }: Pick<Ladder, 'center' | 'step'>, rung: Rung, side: Side): string {
  const lower = rung < 0 ? rung : rung - 1;
  return new Decimal(center).plus(new Decimal(step).times(side === 'BUY' ? lower : lower + 1)).toFixed();
}

/** The centre of the grid whose anchor rests at this price. */
export const centerOf = (anchorPrice: string, step: string): string => new Decimal(anchorPrice).plus(step).toFixed();

/**
 * The same slot has the same id in every run of the program. The service takes an id once: whatever is sent twice, and
 * by however many copies of this program, is one order.
 */
export const clientOrderIdOf = (name: string, { rung, round }: Slot): string =>
  `${name}:${rung < 0 ? 'b' : 's'}${Math.abs(rung)}:${round}`;

/** Null for the id of an order that is not this grid's. */
export function slotOf(name: string, clientOrderId: string): Slot | null {
  if (!clientOrderId.startsWith(`${name}:`)) return null;
  const match = /^([bs])([1-9]\d{0,3}):(\d{1,9})$/.exec(clientOrderId.slice(name.length + 1));
  if (match === null) return null;
  const [, letter, level, round] = match;
  return { rung: letter === 'b' ? -Number(level) : Number(level), round: Number(round) };
}
