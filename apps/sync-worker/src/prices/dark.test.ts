import { record } from '@orderplane/recorder';
import { found, happen, limitSpec, placeOrder } from '@orderplane/recorder/testing';
import { createLogger, NO_CRASH_POINTS, type CrashPoint } from '@orderplane/service-kit';
import type { OrderTrigger } from '@orderplane/store';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openFloor, type Floor } from '../testing/floor.ts';
import { ScriptedMarket } from '../testing/scripted-market.ts';
import { darkConsumer } from './dark.ts';
import { createPriceDesk, type PriceDesk } from './desk.ts';
import type { TriggerConsumer } from './model.ts';

const NEVER = 3_600_000;
const TIMES = { streamingMs: NEVER, blindMs: NEVER, idleMs: NEVER, silentMs: NEVER, failedMs: 20 };
const FIRED = { source: 'LAST', price: '115', at: '2026-01-01T00:00:00.000Z' } as const;

let floor: Floor;
let market: ScriptedMarket;
let checks: string[];
let desks: PriceDesk[];
const log = createLogger({ service: 'test', level: 'silent' });

beforeEach(async () => {
  floor = await openFloor();
  market = new ScriptedMarket(() => floor.world.clock.nowMs);
  checks = [];
  desks = [];
});
afterEach(() => Promise.all(desks.map((desk) => desk.close())));

function consumerOf(crashPoint: CrashPoint = NO_CRASH_POINTS): TriggerConsumer {
  const { store, recorder } = floor.world;
  const firing = {
    check: ({ orderId }: { readonly orderId: string }) => Promise.resolve(void checks.push(orderId)),
    close: () => Promise.resolve(),
  };
  return darkConsumer({ dark: store.dark, recorder, firing, crashPoint, log });
}
function open(): PriceDesk {
  const desk = createPriceDesk({
    marketData: () => market,
    consumers: [consumerOf()],
    observations: floor.world.store.observations,
    publish: () => undefined,
    ownerId: 'one',
    now: () => floor.world.clock.nowMs,
    log,
    times: TIMES,
  });
  desks.push(desk);
  return desk;
}
const arm = async (trigger: Partial<OrderTrigger> = {}): Promise<string> =>
  (await placeOrder(floor.world, limitSpec, 'account-1', trigger)).intent.orderId;
const read = (orderId: string) => found(floor.world, orderId);
const life = async (orderId: string): Promise<string> => (await read(orderId)).actual.machine.life;
const fires = (orderId: string): Promise<void> =>
  vi.waitFor(async () => expect(await life(orderId)).toBe('TRIGGERED'), { timeout: 15_000 });

/** The trigger of an order is changed as order-command does it. */
const rearm = (orderId: string, trigger: Partial<OrderTrigger>) =>
  record(floor.world.recorder, orderId, ({ intent, actual }) =>
    intent.trigger === undefined
      ? null
      : {
          machine: actual.machine,
          journal: [],
          intent: {
            spec: intent.spec,
            generation: intent.generation + 1,
            trigger: { ...intent.trigger, version: intent.trigger.version + 1, ...trigger },
          },
        },
  );
const armedNow = async () => {
  const [armed] = await consumerOf().armed('binance', 'BTC-USD', null);
  if (armed === undefined) throw new Error('nothing is armed');
  return armed;
};

describe('a dark order', () => {
  test('fires by the stream, once: written with what made it fire, and its checks are asked for', async () => {
    const desk = open();
    const orderId = await arm();
    await desk.tend();
    await vi.waitFor(() => expect(market.reads.trades).toBeGreaterThan(0), { timeout: 15_000 });
    market.stream({ last: '109.99' });
    expect(await life(orderId)).toBe('DARK_OPEN');
    market.stream({ last: '115' });
    await fires(orderId);
    market.stream({ last: '120' });
    const { actual } = await read(orderId);
    const at = floor.world.clock.iso();
    expect(actual.reconciliation.fired).toEqual({ price: '115', priceAt: at, at });
    expect(actual.reconciliation.cleared).toBeUndefined();
    await vi.waitFor(() => expect(checks).toEqual([orderId]), { timeout: 15_000 });
    const journal = await floor.world.store.ledger.journalOf(orderId);
    expect(journal.at(-1)?.entries).toMatchObject([
      { type: 'ORDER_TRIGGERED', toState: 'TRIGGERED', reason: `BTC-USD LAST 115 at ${at}` },
    ]);
  });

  test('through already when it is armed: fires at once', async () => {
    const desk = open();
    const orderId = await arm({ price: '90' });
    await desk.tend();
    await fires(orderId);
  });

  test('two who see the price write it once; a request for checks is made by who wrote', async () => {
    const orderId = await arm();
    const armed = await armedNow();
    await Promise.all([consumerOf().fire(armed, FIRED), consumerOf().fire(armed, { ...FIRED, price: '116' })]);
    const { actual } = await read(orderId);
    expect(actual.version).toBe(2);
    await vi.waitFor(() => expect(checks).toEqual([orderId]), { timeout: 15_000 });
    await consumerOf().fire(armed, FIRED);
    expect((await read(orderId)).actual).toEqual(actual);
  });

  test('cancelled first: the fire is void; fired first: the cancel ends it', async () => {
    const cancel = { type: 'CancelRequested', requestId: 'c', generation: 2, by: 'client' } as const;
    const orderId = await arm();
    const armed = await armedNow();
    await happen(floor.world, orderId, cancel);
    await consumerOf().fire(armed, FIRED);
    expect((await read(orderId)).actual.machine).toMatchObject({ life: 'CANCELLED', legs: [] });
    expect(checks).toEqual([]);
    const other = await arm();
    await consumerOf().fire(await armedNow(), FIRED);
    await happen(floor.world, other, cancel);
    expect(await life(other)).toBe('CANCELLED');
  });

  test('what an older trigger saw is void; a change of the size leaves what was seen', async () => {
    const orderId = await arm();
    const armed = await armedNow();
    const terms = { size: '2', quoteSize: null, price: '100', stopPrice: null };
    await happen(floor.world, orderId, {
      type: 'ReplaceRequested',
      requestId: 'r',
      generation: 2,
      by: 'client',
      terms,
    });
    await rearm(orderId, { price: '200' });
    await consumerOf().fire(armed, FIRED);
    expect(await life(orderId)).toBe('DARK_OPEN');
    const again = await armedNow();
    expect(again).toMatchObject({ version: 2, price: '200' });
    await happen(floor.world, orderId, {
      type: 'ReplaceRequested',
      requestId: 's',
      generation: 3,
      by: 'client',
      terms,
    });
    await consumerOf().fire(again, FIRED);
    expect(await life(orderId)).toBe('TRIGGERED');
  });

  test('who dies before the fire leaves it armed, who dies after it leaves it fired', async () => {
    const orderId = await arm();
    const armed = await armedNow();
    const dyingAt = (where: string) =>
      consumerOf((name) => {
        if (name === where) throw new Error('dead');
      });
    await expect(dyingAt('dark:before-fire').fire(armed, FIRED)).rejects.toThrow('dead');
    expect(await life(orderId)).toBe('DARK_OPEN');
    await expect(dyingAt('dark:after-fire').fire(armed, FIRED)).rejects.toThrow('dead');
    expect(await life(orderId)).toBe('TRIGGERED');
    await consumerOf().fire(armed, FIRED);
    expect((await read(orderId)).actual.version).toBe(2);
  });
});
