import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstSide, opposite, priceOf, rungsOf, slotOf } from './ladder.ts';
import type { Ladder, Rung } from './ladder.ts';
import { REPEAT_AFTER_MS, misfit, plan, withOrder } from './plan.ts';
import type { Picture, Placement, RungOrder } from './plan.ts';

const LADDER: Ladder = { name: 'g', center: '1000', levels: 3, step: '10', size: '4', sides: 'both' };
const order = (change: Partial<RungOrder>): RungOrder => ({
  ...{ rung: -1, round: 0, side: 'BUY', price: '990', size: '4', filledSize: '0', life: 'OPEN', updatedAtMs: 5 },
  ...change,
});
const planOf = (...orders: RungOrder[]): Placement | undefined =>
  plan({ ...LADDER, levels: 1, sides: 'buy' }, new Map(orders.map((one) => [one.rung, one])))[0];

describe('one rung', () => {
  test('without an order: its first side, whole', () => {
    expect(planOf()).toEqual({
      ...{ rung: -1, round: 0, clientOrderId: 'g:b1:0', side: 'BUY', price: '990', size: '4', notBeforeMs: null },
    });
  });
  test('an order that is open, or whose end is not proved: nothing', () => {
    expect(planOf(order({ filledSize: '3' }))).toBeUndefined();
    expect(planOf(order({ life: 'ENDING', filledSize: '3' }))).toBeUndefined();
  });
  test('filled: the other side, whole, at once', () => {
    const next = planOf(order({ life: 'ENDED', filledSize: '4' }));
    expect(next).toMatchObject({ clientOrderId: 'g:b1:1', side: 'SELL', price: '1000', size: '4', notBeforeMs: null });
  });
  test('filled, and it was the rest of a cancelled one: the other side, whole', () => {
    expect(planOf(order({ round: 7, life: 'ENDED', size: '1', filledSize: '1' }))).toMatchObject({
      ...{ clientOrderId: 'g:b1:8', side: 'SELL', size: '4' },
    });
  });
  test('ended before it was filled: the rest on the same side, after a pause', () => {
    expect(planOf(order({ life: 'ENDED', filledSize: '1.5' }))).toMatchObject({
      ...{ clientOrderId: 'g:b1:1', side: 'BUY', price: '990', size: '2.5', notBeforeMs: 5 + REPEAT_AFTER_MS },
    });
  });
});

test('an order of another price, or larger than the grid has them, does not fit', () => {
  expect(misfit(LADDER, order({}))).toBeNull();
  expect(misfit(LADDER, order({ price: '990.00', size: '1' }))).toBeNull();
  expect(misfit(LADDER, order({ price: '991' }))).toContain('990');
  expect(misfit(LADDER, order({ size: '4.1' }))).toContain('4.1');
});

test('observations of a rung lead to the same picture in any order, however often', () => {
  const story = [
    order({}),
    order({ filledSize: '1' }),
    order({ filledSize: '1', life: 'ENDING' }),
    order({ filledSize: '2', life: 'ENDED' }),
    order({ round: 1, size: '2' }),
    order({ round: 1, size: '2', filledSize: '2', life: 'ENDED' }),
  ];
  const seen = fc.array(fc.nat({ max: story.length - 1 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(seen, (indices) => {
      const picture = indices.map((n) => story[n] ?? order({})).reduce<Picture>(withOrder, new Map());
      expect(picture.get(-1)).toEqual(story[Math.max(...indices)]);
    }),
  );
});

/** The service, as far as the grid can tell: an id is taken once. */
class World {
  readonly orders = new Map<string, RungOrder>();

  place({ clientOrderId, rung, round, side, price, size }: Placement): void {
    const placed = { ...{ rung, round, side, price, size }, filledSize: '0', life: 'OPEN', updatedAtMs: 0 } as const;
    const known = this.orders.get(clientOrderId);
    if (known === undefined) this.orders.set(clientOrderId, placed);
    else expect([known.side, known.price, known.size], 'the same request').toEqual([side, price, size]);
  }

  of(rung: Rung): readonly RungOrder[] {
    return [...this.orders.values()].filter((one) => one.rung === rung).sort((a, b) => a.round - b.round);
  }

  /** What a start of the program finds: the newest order of each rung. */
  picture(): Picture {
    return [...this.orders.values()].reduce<Picture>(withOrder, new Map());
  }

  change(rung: Rung, change: (order: RungOrder) => RungOrder): void {
    for (const [id, one] of this.orders)
      if (one.rung === rung && one.life !== 'ENDED') this.orders.set(id, change(one));
  }

  fill(rung: Rung, part: number): void {
    this.change(rung, (one) => {
      const filled = Decimal.min(one.size, new Decimal(one.filledSize).plus(part));
      return { ...one, filledSize: filled.toFixed(), life: filled.eq(one.size) ? 'ENDED' : one.life };
    });
  }

  check(): void {
    for (const rung of rungsOf(LADDER)) {
      const own = this.of(rung);
      expect(own.map(({ round }) => round)).toEqual(own.map((_, n) => n));
      expect(
        own.slice(0, -1).every(({ life }) => life === 'ENDED'),
        'one order at a time',
      ).toBe(true);
      let position = new Decimal(0);
      for (const { side, price, filledSize } of own) {
        expect(price).toBe(priceOf(LADDER, rung, side));
        position = position.plus(new Decimal(filledSize).times(side === firstSide(rung) ? 1 : -1));
        expect(position.gte(0) && position.lte(LADDER.size), 'no more than one size, and never short of it').toBe(true);
      }
      const newest = own.at(-1);
      if (newest?.life !== 'OPEN') continue;
      const held = position.minus(newest.side === firstSide(rung) ? 0 : LADDER.size).abs();
      expect(held.plus(newest.size).minus(newest.filledSize).toFixed(), 'what is missing is what rests').toBe(
        LADDER.size,
      );
    }
  }
}

const rung = fc.constantFrom(...rungsOf(LADDER));
const action = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant('fill' as const), rung, part: fc.integer({ min: 1, max: 4 }) }), weight: 4 },
  fc.record({ do: fc.constant('cancel' as const), rung }),
  // How many of the placements get through before the program is killed; which of its pictures it goes by.
  fc.record({ do: fc.constant('act' as const), through: fc.nat({ max: 6 }), age: fc.nat({ max: 3 }) }),
);

test('whatever fills, is cancelled, is seen late, or is killed half-way: no rung is doubled and none forgotten', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const world = new World();
      const pictures: Picture[] = [new Map()];
      for (const step of actions) {
        if (step.do === 'fill') world.fill(step.rung, step.part);
        else if (step.do === 'cancel') world.change(step.rung, (one) => ({ ...one, life: 'ENDED' }));
        else {
          pictures.unshift(world.picture());
          const seen = pictures[Math.min(step.age, pictures.length - 1)] ?? new Map();
          for (const placement of plan(LADDER, seen).slice(0, step.through)) world.place(placement);
        }
        world.check();
      }
      for (const placement of plan(LADDER, world.picture())) world.place(placement);
      world.check();
      expect(plan(LADDER, world.picture()), 'nothing is left to do').toEqual([]);
      expect([...world.picture().values()].every(({ life }) => life === 'OPEN')).toBe(true);
      expect(world.picture().size).toBe(rungsOf(LADDER).length);
    }),
    { numRuns: 500 },
  );
});

test('ids of placements lead back to their slots', () => {
  for (const { clientOrderId, rung: at, round } of plan(LADDER, new Map()))
    expect(slotOf(LADDER.name, clientOrderId)).toEqual({ rung: at, round });
  expect(opposite('BUY')).toBe('SELL');
});
