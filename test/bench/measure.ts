import type { Subscriber } from './graphql.ts';
import type { Measurement } from './figures.ts';
import type { Floors } from './floors.ts';
import { FAR_PRICE, MARKET_PRICE, NEAR_PRICE, SYMBOL } from './orders.ts';
import type { Trader } from './orders.ts';
import type { UpdateSizes } from './updates.ts';
import type { Venue } from './venue.ts';

export interface Rig {
  readonly trader: Trader;
  readonly subscribe: () => Promise<Subscriber>;
  readonly venue: Venue;
  readonly floors: Floors;
  /** CPU seconds of each process of the system so far. */
  readonly cpu: () => ReadonlyMap<string, number>;
}

export interface Sizes {
  readonly warmUps: number;
  readonly samples: number;
  readonly rounds: number;
  readonly ordersPerRound: number;
  readonly concurrency: number;
  /** Orders at each exchange, for the comparison of exchanges. */
  readonly perExchange: { readonly warmUps: number; readonly samples: number };
  readonly updates: UpdateSizes;
}

export const FULL: Sizes = {
  warmUps: 100,
  samples: 400,
  rounds: 5,
  ordersPerRound: 800,
  concurrency: 32,
  perExchange: { warmUps: 10, samples: 60 },
  updates: { rounds: 5, ordersPerRound: 100 },
};
export const QUICK: Sizes = {
  warmUps: 60,
  samples: 100,
  rounds: 3,
  ordersPerRound: 300,
  concurrency: 32,
  perExchange: { warmUps: 4, samples: 20 },
  updates: { rounds: 3, ordersPerRound: 30 },
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** After everything is told, the last bookkeeping of one sample must not be paid by the next. */
const SETTLE_MS = 15;
const FLOOR_ID = 'floor-';

type Sample = { readonly accepted: number; readonly received: number; readonly told: number };

/** One order of ours: accepted, received by the exchange, filled there and told to the subscriber; ms each. */
async function ourSample({ trader, venue }: Rig, subscriber: Subscriber): Promise<Sample> {
  const { data: orderId, sentUs, answeredUs } = await trader.place(NEAR_PRICE);
  await subscriber.event('ORDER_ACKNOWLEDGED', orderId);
  const receivedUs = await venue.submissionUs((clientId) => !clientId.startsWith(FLOOR_ID));
  await pause(SETTLE_MS);
  const executedUs = await venue.price(SYMBOL, NEAR_PRICE);
  const toldUs = await subscriber.event('ORDER_FILLED', orderId);
  await venue.price(SYMBOL, MARKET_PRICE);
  await pause(SETTLE_MS);
  return {
    accepted: (answeredUs - sentUs) / 1_000,
    received: (receivedUs - sentUs) / 1_000,
    told: (toldUs - executedUs) / 1_000,
  };
}

async function floorSample({ floors, venue }: Rig, number: number): Promise<Sample> {
  const accepted = await floors.accept(`${FLOOR_ID}accept-${number}`);
  await pause(SETTLE_MS);
  const clientId = `${FLOOR_ID}${number}`;
  const submitted = await floors.submit(clientId);
  await pause(SETTLE_MS);
  const receivedUs = await venue.submissionUs((id) => id === clientId);
  const toldUs = await floors.push();
  await pause(SETTLE_MS);
  return {
    accepted: (accepted.answeredUs - accepted.sentUs) / 1_000,
    received: (receivedUs - submitted.sentUs) / 1_000,
    told: toldUs / 1_000,
  };
}

/** The first three rows. Ours and the floor's take turns, so that a busy machine is busy for both. */
export async function measureLatencies(rig: Rig, sizes: Sizes, note: (text: string) => void): Promise<Measurement[]> {
  const ours: Sample[] = [];
  const floor: Sample[] = [];
  const subscriber = await rig.subscribe();
  for (let number = 0; number < sizes.warmUps + sizes.samples; number += 1) {
    const bare = await floorSample(rig, number);
    const own = await ourSample(rig, subscriber);
    if (number < sizes.warmUps) continue;
    floor.push(bare);
    ours.push(own);
  }
  await subscriber.close();
  note(`${sizes.samples} samples`);
  const of = (samples: readonly Sample[], what: keyof Sample): number[] => samples.map((sample) => sample[what]);
  const row = (name: string, what: keyof Sample, bar: number): Measurement => ({
    name,
    unit: 'ms',
    better: 'lower',
    bar,
    ours: of(ours, what),
    floor: of(floor, what),
  });
  return [
    row('mutation → durable accepted', 'accepted', 2),
    row('mutation → exchange receives', 'received', 2),
    row('exchange fill → subscriber', 'told', 3),
  ];
}

/** Orders per second, from the first request until all are acknowledged. */
async function ourRate({ trader }: Rig, { ordersPerRound, concurrency }: Sizes): Promise<number> {
  // Of earlier rows, some rest.
  const before = await trader.count(['ACKNOWLEDGED']);
  const startedAt = performance.now();
  let left = ordersPerRound;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await trader.place(FAR_PRICE);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  await trader.untilSettled();
  const rate = ordersPerRound / ((performance.now() - startedAt) / 1_000);
  const acknowledged = (await trader.count(['ACKNOWLEDGED'])) - before;
  if (acknowledged !== ordersPerRound) throw new Error(`${acknowledged} of ${ordersPerRound} orders are acknowledged`);
  return rate;
}

/** The fourth row: whole rounds in turns; after each the market fills what rests, so that no round finds a fuller book. */
export async function measureThroughput(
  rig: Rig,
  sizes: Sizes,
  note: (text: string) => void,
): Promise<{ readonly measurement: Measurement; readonly cpuMsPerOrder: ReadonlyMap<string, number> }> {
  const cpuMs = new Map<string, number>();
  const ours: number[] = [];
  const floor: number[] = [];
  for (let round = -1; round < sizes.rounds; round += 1) {
    const seconds = await rig.floors.load(sizes.ordersPerRound, sizes.concurrency);
    const before = rig.cpu();
    const rate = await ourRate(rig, sizes);
    const after = rig.cpu();
    await rig.venue.price(SYMBOL, FAR_PRICE);
    await rig.trader.untilNoneOpen();
    await rig.venue.price(SYMBOL, MARKET_PRICE);
    await pause(500);
    // The first round warms up.
    if (round < 0) continue;
    floor.push(sizes.ordersPerRound / seconds);
    ours.push(rate);
    const share = 1_000 / sizes.ordersPerRound / sizes.rounds;
    for (const [name, seconds] of after)
      cpuMs.set(name, (cpuMs.get(name) ?? 0) + (seconds - (before.get(name) ?? 0)) * share);
  }
  note(`${sizes.rounds} rounds of ${sizes.ordersPerRound}`);
  return {
    measurement: { name: 'place and acknowledge', unit: 'orders/s', better: 'higher', bar: 0.5, ours, floor },
    cpuMsPerOrder: cpuMs,
  };
}
