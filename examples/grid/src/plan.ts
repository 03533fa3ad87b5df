import { Decimal } from 'decimal.js';
import { clientOrderIdOf, firstSide, opposite, priceOf, rungsOf } from './ladder.ts';
import type { Ladder, Rung, Side, Slot } from './ladder.ts';

/** What is known of a rung: the order of its highest round. */
export interface RungOrder extends Slot {
  readonly side: Side;
  readonly price: string;
  readonly size: string;
  readonly filledSize: string;
  /** OPEN also while it is on its way; ENDING: it has ended, and what was executed is not proved yet. */
  readonly life: 'OPEN' | 'ENDING' | 'ENDED';
  /** When the service last learned something about it, ms since 1970. */
  readonly updatedAtMs: number;
}

/** A rung without an entry has no order yet. */
export type Picture = ReadonlyMap<Rung, RungOrder>;

export interface Placement extends Slot {
  readonly clientOrderId: string;
  readonly side: Side;
  readonly price: string;
  readonly size: string;
  /** Not to be placed earlier, ms since 1970; null: at once. */
  readonly notBeforeMs: number | null;
}

/** An order that was cancelled or refused is not placed again at once: whoever did that should be able to stop the grid. */
export const REPEAT_AFTER_MS = 30_000;

/**
 * What is to be placed, given what is known: pure, total, and the same for the same picture, so that a placement that was
 * sent and forgotten comes out again as itself. A picture that is too old gives placements that were made before, with the
 * same ids and the same terms, or none.
 */
export function plan(ladder: Ladder, picture: Picture): readonly Placement[] {
  return rungsOf(ladder).flatMap((rung) => {
    const newest = picture.get(rung);
    if (newest === undefined) return [placement(ladder, { rung, round: 0 }, firstSide(rung), ladder.size, null)];
    if (newest.life !== 'ENDED') return [];
    const next = { rung, round: newest.round + 1 };
    // The size of an order is what the rung lacks on that side: filled, the rung turns round.
    const missing = new Decimal(newest.size).minus(newest.filledSize);
    if (!missing.isPositive() || missing.isZero())
      return [placement(ladder, next, opposite(newest.side), ladder.size, null)];
    return [placement(ladder, next, newest.side, missing.toFixed(), newest.updatedAtMs + REPEAT_AFTER_MS)];
  });
}

const placement = (ladder: Ladder, slot: Slot, side: Side, size: string, notBeforeMs: number | null): Placement => ({
  ...slot,
  ...{ clientOrderId: clientOrderIdOf(ladder.name, slot), side, size, notBeforeMs },
  price: priceOf(ladder, slot.rung, side),
});

const AGE = { OPEN: 0, ENDING: 1, ENDED: 2 } as const;

/**
 * The picture with one more observation, which may be older than what is known: the answer to a placement may come after
 * the update that tells of its fill. A higher round is newer; within one an end is final, and fills only grow.
 */
export function withOrder(picture: Picture, order: RungOrder): Picture {
  const known = picture.get(order.rung);
  return known !== undefined && isOlder(order, known) ? picture : new Map(picture).set(order.rung, order);
}

function isOlder(order: RungOrder, known: RungOrder): boolean {
  if (order.round !== known.round) return order.round < known.round;
  if (order.life !== known.life) return AGE[order.life] < AGE[known.life];
  return new Decimal(order.filledSize).lt(known.filledSize);
}

/** Null when the order is one that this ladder places; else why not, in words. */
export function misfit(ladder: Ladder, order: RungOrder): string | null {
  const expected = priceOf(ladder, order.rung, order.side);
  const id = clientOrderIdOf(ladder.name, order);
  if (!new Decimal(order.price).eq(expected))
    return `order ${id} is a ${order.side} at ${order.price}, and this grid has that rung at ${expected}`;
  if (new Decimal(order.size).gt(ladder.size))
    return `order ${id} has the size ${order.size}, and this grid has ${ladder.size}`;
  return null;
}
