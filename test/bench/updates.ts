import { readFileSync } from 'node:fs';
import type { Stack } from '@orderplane/local';
import { z } from 'zod';
import type { Measurement } from './figures.ts';
import { FloorProcess } from './floor/child.ts';
import { SUBSCRIPTION } from './graphql.ts';
import type { Subscriber } from './graphql.ts';
import type { Rig } from './measure.ts';
import { FAR_PRICE, MARKET_PRICE, SYMBOL } from './orders.ts';

/** Subscribers of one account at one gateway. */
const MEMBERS = 1_000;
const BAR = 0.25;

export interface UpdateSizes {
  readonly rounds: number;
  /** Orders that are filled at one price, so events at the same time. */
  readonly ordersPerRound: number;
}

/** What every member hears in the floor's case: an update as our own subscription brings it. */
const MESSAGE = JSON.stringify({
  id: 'a',
  type: 'next',
  payload: {
    data: {
      orderUpdates: {
        kind: 'EVENT',
        order: { id: '01234567-89ab-cdef-0123-456789abcdef', state: 'FILLED', status: 'FILLED', filledSize: '0.0002' },
        event: { type: 'ORDER_FILLED' },
      },
    },
  },
});
const MARK = '"EVENT"';

class Audience {
  readonly #process: FloorProcess;
  #heard = 0;

  constructor(environment: Readonly<Record<string, string>>) {
    this.#process = new FloorProcess('audience', { MEMBERS: String(MEMBERS), MARK, ...environment });
  }

  get ready(): Promise<unknown> {
    return this.#process.ready;
  }

  /** When the last member has heard so many more messages, µs. */
  heard(messages: number): Promise<number> {
    this.#heard += messages;
    return this.#process.ask(z.number(), { messages: this.#heard });
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}

/** Megabytes of the process in memory: now, and at most so far. Zero where there is no /proc. */
function memoryOf(pid: number): { readonly nowMb: number; readonly peakMb: number } {
  const read = (text: string, name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? 0) / 1_024);
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return { nowMb: read(text, 'VmRSS'), peakMb: read(text, 'VmHWM') };
  } catch {
    return { nowMb: 0, peakMb: 0 };
  }
}

/** Rounds of: orders rest, one price fills all of them, and everybody hears of each. Events per second. */
async function ourRates(rig: Rig, stack: Stack, probe: Subscriber, sizes: UpdateSizes): Promise<number[]> {
  const { gateway, traderToken } = stack.info;
  const audience = new Audience({
    AUDIENCE_URL: gateway.ws,
    TOKEN: traderToken,
    SUBSCRIBE: JSON.stringify({
      id: 'a',
      type: 'subscribe',
      payload: { query: SUBSCRIPTION, variables: { accountIds: [probe.accountId] } },
    }),
  });
  try {
    const rates: number[] = [];
    let told = probe.events;
    await audience.ready;
    for (let round = -1; round < sizes.rounds; round += 1) {
      const orderIds: string[] = [];
      for (let number = 0; number < sizes.ordersPerRound; number += 1)
        orderIds.push((await rig.trader.place(FAR_PRICE)).data);
      for (const orderId of orderIds) await probe.event('ORDER_ACKNOWLEDGED', orderId);
      await audience.heard(probe.events - told);
      told = probe.events;
      const startedUs = await rig.venue.price(SYMBOL, FAR_PRICE);
      for (const orderId of orderIds) await probe.event('ORDER_FILLED', orderId);
      const events = probe.events - told;
      told = probe.events;
      const lastUs = await audience.heard(events);
      await rig.venue.price(SYMBOL, MARKET_PRICE);
      // The first round warms up.
      if (round >= 0) rates.push(events / ((lastUs - startedUs) / 1_000_000));
    }
    return rates;
  } finally {
    await audience.stop();
  }
}

async function floorRates({ rounds, ordersPerRound }: UpdateSizes): Promise<number[]> {
  const broadcaster = new FloorProcess('broadcaster', { MESSAGE });
  const { url } = z.object({ url: z.string() }).parse(await broadcaster.ready);
  const audience = new Audience({ AUDIENCE_URL: url });
  try {
    const rates: number[] = [];
    await audience.ready;
    for (let round = -1; round < rounds; round += 1) {
      const heard = audience.heard(ordersPerRound);
      const startedUs = await broadcaster.ask(z.number(), { messages: ordersPerRound });
      const lastUs = await heard;
      if (round >= 0) rates.push(ordersPerRound / ((lastUs - startedUs) / 1_000_000));
    }
    return rates;
  } finally {
    await audience.stop();
    await broadcaster.stop();
  }
}

/** Events per second to 1,000 subscribers at one gateway, against a bare WebSocket server that sends the same. */
export async function measureUpdates(
  rig: Rig,
  stack: Stack,
  sizes: UpdateSizes,
  note: (text: string) => void,
): Promise<Measurement> {
  const pid = stack.info.processes.find(({ name }) => name === 'gateway')?.pid ?? 0;
  const floor = await floorRates(sizes);
  const before = memoryOf(pid);
  const probe = await rig.subscribe();
  const eventsBefore = probe.events;
  const cpuBefore = rig.cpu().get('gateway') ?? 0;
  const ours = await ourRates(rig, stack, probe, sizes);
  const after = memoryOf(pid);
  await probe.close();
  const messages = (probe.events - eventsBefore) * MEMBERS;
  const cpuUs = (((rig.cpu().get('gateway') ?? 0) - cpuBefore) * 1_000_000) / messages;
  note(
    `${sizes.rounds} rounds of ${sizes.ordersPerRound}; gateway ${cpuUs.toFixed(1)} µs of CPU per message, ${before.nowMb} MB → ${after.nowMb} MB, at most ${after.peakMb} MB`,
  );
  return {
    name: `events to ${MEMBERS} subscribers`,
    unit: 'events/s',
    better: 'higher',
    bar: BAR,
    ours,
    floor,
  };
}
