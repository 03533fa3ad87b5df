import { add, compare, subtract } from '@orderplane/domain';
import type { OrderView } from '../support/client.ts';
import { readOrder } from '../support/client.ts';
import type { Market } from '../support/desk.ts';
import { between, chance, pickWeighted } from '../support/random.ts';
import { cancelled, modified, pause } from './requests.ts';
import type { Actor } from './requests.ts';

/** One thing that a client does to its order after it was accepted. One more line here, and clients do it. */
interface ChangeKind {
  readonly name: string;
  readonly weight: number;
  readonly run: (actor: Actor, order: OrderView, market: Market) => Promise<unknown>;
  /** It asks for the order's end. */
  readonly ends?: true;
}

const MOST_CHANGES = 3;

/** Away from the market or towards it, never across. */
function priced({ random }: Actor, { side }: OrderView, market: Market): string {
  const percent = between(random, 1, 12) / 100;
  return market.at((side === 'BUY' ? 1 - percent : 1 + percent).toFixed(2));
}

/** Prices and sizes of the order as it is wished now; the answer to its placement where it can't be read just now. */
const wishOf = async ({ world }: Actor, order: OrderView): Promise<OrderView> =>
  (await readOrder(world.trader, order.id).catch(() => null)) ?? order;

const CHANGES: readonly ChangeKind[] = [
  {
    ...{ name: 'price', weight: 6 },
    run: (actor, order, market) =>
      order.price === null
        ? cancelled(actor, order.id)
        : modified(actor, order.id, { price: priced(actor, order, market) }),
  },
  {
    ...{ name: 'bigger', weight: 3 },
    run: async (actor, order, market) => {
      const { size } = await wishOf(actor, order);
      if (size !== null) await modified(actor, order.id, { size: add(size, market.third) });
    },
  },
  {
    ...{ name: 'smaller', weight: 3 },
    run: async (actor, order, market) => {
      const { size } = await wishOf(actor, order);
      if (size !== null && compare(size, market.third) > 0)
        await modified(actor, order.id, { size: subtract(size, market.third) });
    },
  },
  {
    ...{ name: 'both', weight: 2 },
    run: async (actor, order, market) => {
      const { size, price } = await wishOf(actor, order);
      if (size !== null && price !== null)
        await modified(actor, order.id, { size: add(size, market.third), price: priced(actor, order, market) });
    },
  },
  {
    // A part of it is filled, then it is made smaller than that.
    ...{ name: 'belowFilled', weight: 3 },
    run: async (actor, order, market) => {
      const { price, stopPrice } = await wishOf(actor, order);
      if (price === null || stopPrice !== null) return;
      const { world, exchange } = actor;
      await world.venue.partialPrice(exchange, market.symbol, price, market.third).catch(() => undefined);
      await pause(between(actor.random, 0, 1_000));
      await modified(actor, order.id, { size: market.third });
    },
  },
  { ...{ name: 'cancel', weight: 10, ends: true }, run: (actor, order) => cancelled(actor, order.id) },
  {
    // Two clients of the same mind.
    ...{ name: 'cancelTwice', weight: 2, ends: true },
    run: (actor, order) => Promise.all([cancelled(actor, order.id), cancelled(actor, order.id)]),
  },
  {
    ...{ name: 'changeAndCancel', weight: 3, ends: true },
    run: (actor, order, market) =>
      Promise.all([
        order.price === null ? null : modified(actor, order.id, { price: priced(actor, order, market) }),
        cancelled(actor, order.id),
      ]),
  },
];

/** At once, or a while later; several times, or never. */
export async function changeOrder(actor: Actor, order: OrderView, market: Market): Promise<void> {
  const { random, diary } = actor;
  const count = chance(random, 0.3) ? 0 : between(random, 1, MOST_CHANGES);
  for (let index = 0; index < count; index += 1) {
    await pause(chance(random, 0.4) ? 0 : between(random, 50, 4_000));
    const change = pickWeighted(random, CHANGES);
    diary.count(`change ${change.name}`);
    await change.run(actor, order, market);
    // What was cancelled takes no change any more; one try in five is made all the same.
    if (change.ends === true && chance(random, 0.8)) return;
  }
}
