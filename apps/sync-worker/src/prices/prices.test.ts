import { createLogger, NO_CRASH_POINTS } from '@orderplane/service-kit';
import type { Alert, NewAlert } from '@orderplane/store';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openFloor, type Floor } from '../testing/floor.ts';
import { ScriptedMarket } from '../testing/scripted-market.ts';
import { alertConsumer } from './alerts.ts';
import { createPriceDesk, type PriceDesk } from './desk.ts';
import type { TriggerConsumer } from './model.ts';

const TIMES = { streamingMs: 40, blindMs: 10, idleMs: 50, silentMs: 1, failedMs: 20 };
const QUIET = { ...TIMES, streamingMs: 3_600_000, blindMs: 3_600_000, idleMs: 3_600_000, silentMs: 3_600_000 };

let floor: Floor;
let market: ScriptedMarket;
let rings: string[];
let desks: PriceDesk[];
let published: string[];
const now = (): number => floor.world.clock.nowMs;

beforeEach(async () => {
  floor = await openFloor();
  market = new ScriptedMarket(now);
  rings = [];
  desks = [];
  published = [];
});
afterEach(() => Promise.all(desks.map((desk) => desk.close())));

function consumerOf(over: Partial<TriggerConsumer> = {}): TriggerConsumer {
  const { store, clock } = floor.world;
  const bell = { changed: (id: string) => void rings.push(id), armed: () => undefined };
  const log = createLogger({ service: 'test', level: 'silent' });
  return { ...alertConsumer({ alerts: store.alerts, bell, clock, crashPoint: NO_CRASH_POINTS, log }), ...over };
}

function open(owner = 'one', times = QUIET, consumer = consumerOf()): PriceDesk {
  const desk = createPriceDesk({
    marketData: () => market,
    consumers: [consumer],
    observations: floor.world.store.observations,
    publish: ({ last }) => void published.push(last ?? ''),
    ownerId: owner,
    now,
    log: createLogger({ service: 'test', level: 'silent' }),
    times,
  });
  desks.push(desk);
  return desk;
}

let ids = 0;
async function arm(trigger: Partial<NewAlert['trigger']> = {}): Promise<string> {
  ids += 1;
  const id = `alert-${ids}`;
  await floor.world.store.alerts.create(
    {
      id,
      accountId: 'account-1',
      userId: 'user-1',
      exchange: 'binance',
      symbol: 'BTC-USD',
      trigger: { symbol: 'BTC-USD', source: 'LAST', direction: 'AT_OR_ABOVE', price: '110', ...trigger },
      note: null,
      createdAt: floor.world.clock.iso(),
    },
    100_000,
  );
  return id;
}
const read = async (id: string): Promise<Alert | null> => floor.world.store.alerts.byId('user-1', id);
const fires = (id: string): Promise<void> =>
  vi.waitFor(async () => expect((await read(id))?.status).toBe('TRIGGERED'), { timeout: 15_000 });
const isArmed = async (id: string): Promise<void> => expect((await read(id))?.status).toBe('ARMED');
async function armNow(desk: PriceDesk, trigger: Partial<NewAlert['trigger']>): Promise<string> {
  const id = await arm(trigger);
  await desk.nudge('binance', 'BTC-USD');
  return id;
}
/** A look that began after now has ended. */
async function looked(desk: PriceDesk): Promise<void> {
  const before = { ...market.reads };
  await desk.nudge('binance', 'BTC-USD');
  await vi.waitFor(() => expect(market.reads.trades).toBeGreaterThan(before.trades), { timeout: 15_000 });
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a price fires', () => {
  test('when the stream tells it, once, with its price and time', async () => {
    const desk = open();
    const id = await arm();
    await desk.tend();
    await looked(desk);
    market.stream({ last: '109.99' });
    await isArmed(id);
    floor.world.clock.advance(1_000);
    market.stream({ last: '115' });
    await fires(id);
    const at = floor.world.clock.iso();
    expect((await read(id))?.fired).toEqual({ price: '115', priceAt: at, at });
    market.stream({ last: '120' });
    // What is armed later has been looked at: so has all that came before.
    await fires(await armNow(desk, { price: '90' }));
    expect((await read(id))?.fired?.price).toBe('115');
    expect(rings).toEqual(['account-1', 'account-1']);
  });

  test('when it is through already as the trigger is armed', async () => {
    const desk = open();
    const id = await arm({ price: '90' });
    await desk.tend();
    await fires(id);
    // A watcher that is up already looks at once.
    const rest = await arm();
    await desk.tend();
    const next = await arm({ source: 'BID', price: '99' });
    await desk.nudge('binance', 'BTC-USD');
    await fires(next);
    await isArmed(rest);
  });

  test.each([
    ['BID', 'AT_OR_ABOVE', { bid: '110' }],
    ['ASK', 'AT_OR_BELOW', { ask: '90' }],
    ['MARK', 'AT_OR_ABOVE', { mark: '110' }],
  ] as const)('%s %s', async (source, direction, prices) => {
    const desk = open();
    const id = await arm({ source, direction, price: direction === 'AT_OR_ABOVE' ? '110' : '90' });
    await desk.tend();
    await vi.waitFor(() => expect(market.reads.ticker).toBe(1), { timeout: 15_000 });
    market.stream({ last: direction === 'AT_OR_ABOVE' ? '200' : '50' });
    await isArmed(id);
    market.stream(prices);
    await fires(id);
  });
});

describe('nothing is missed', () => {
  test('a trade between two messages of the stream, after which the price came back', async () => {
    const desk = open();
    const id = await arm();
    await desk.tend();
    await looked(desk);
    floor.world.clock.advance(1_000);
    market.trade('111');
    market.trade('100');
    market.stream();
    await isArmed(id);
    await desk.nudge('binance', 'BTC-USD');
    await fires(id);
    expect((await read(id))?.fired?.price).toBe('111');
  });

  test('while the stream is down: REST takes over', async () => {
    const desk = open('one', { ...QUIET, blindMs: 10 });
    const id = await arm({ source: 'ASK', price: '120' });
    await desk.tend();
    await vi.waitFor(() => expect(market.reads.ticker).toBeGreaterThan(0), { timeout: 15_000 });
    market.stream();
    market.lose();
    market.set({ ask: '121' });
    await fires(id);
  });

  test('while the stream is mute: REST shows that the price has moved', async () => {
    const desk = open('one', { ...QUIET, blindMs: 10, streamingMs: 10, silentMs: 100 });
    const id = await arm({ source: 'BID', price: '105' });
    await desk.tend();
    await vi.waitFor(() => expect(market.reads.ticker).toBeGreaterThan(0), { timeout: 15_000 });
    market.stream();
    const before = market.reads.ticker;
    floor.world.clock.advance(200);
    market.set({ bid: '106' });
    await fires(id);
    expect(market.reads.ticker).toBeGreaterThan(before);
  });

  test('what traded between the last look of one worker and the first of the next', async () => {
    const first = open('one');
    const id = await arm();
    await first.tend();
    await looked(first);
    floor.world.clock.advance(120_000);
    await first.tend();
    await first.nudge('binance', 'BTC-USD');
    const armedUntil = floor.world.clock.iso();
    await vi.waitFor(
      async () =>
        expect(await floor.world.store.observations.tapeMark('binance', 'BTC-USD')).toMatchObject({ armedUntil }),
      { timeout: 15_000 },
    );
    // It sees no more from here on, and lets go of nothing.
    floor.world.clock.advance(3_000);
    market.trade('112');
    market.trade('100');
    const second = open('two');
    await second.tend();
    expect(second.watched).toBe(0);
    floor.world.clock.advance(10_000);
    await second.tend();
    expect(second.watched).toBe(1);
    await fires(id);
    expect((await read(id))?.fired?.price).toBe('112');
  });

  test('a fire that could not be recorded is tried again, and the trades stay to be read', async () => {
    let broken = true;
    const consumer = consumerOf();
    const fire: TriggerConsumer['fire'] = async (armed, fired) => {
      if (broken) throw new Error('the database is away');
      await consumer.fire(armed, fired);
    };
    const desk = open('one', { ...QUIET, blindMs: 10 }, { ...consumer, fire });
    const id = await arm();
    await desk.tend();
    await looked(desk);
    const mark = await floor.world.store.observations.tapeMark('binance', 'BTC-USD');
    floor.world.clock.advance(5_000);
    market.trade('112');
    await looked(desk);
    await isArmed(id);
    expect(await floor.world.store.observations.tapeMark('binance', 'BTC-USD')).toEqual(mark);
    broken = false;
    await fires(id);
  });

  test('but what traded before a trigger was armed does not fire it', async () => {
    market.trade('112');
    floor.world.clock.advance(1_000);
    market.trade('100');
    floor.world.clock.advance(1_000);
    const desk = open();
    const id = await arm();
    await desk.tend();
    await looked(desk);
    await looked(desk);
    await isArmed(id);
  });

  test('also when our clock is ahead of the exchange’s', async () => {
    const behind = (): string => new Date(now() - 10_000).toISOString();
    market.trade('100', behind());
    const desk = open();
    const id = await arm();
    await desk.tend();
    await looked(desk);
    await looked(desk);
    floor.world.clock.advance(1_000);
    market.trade('112', behind());
    market.trade('100', behind());
    await desk.nudge('binance', 'BTC-USD');
    await fires(id);
  });
});

describe('one watcher for a market, as long as it is needed', () => {
  test('by lease; tickers that somebody asks for ride on it', async () => {
    const [one, two] = [open('one'), open('two')];
    await arm();
    await one.tend();
    await two.tend();
    expect([one.watched, two.watched, market.watching]).toEqual([1, 0, 1]);
    await one.need('binance', 'BTC-USD');
    expect(market.watching).toBe(1);
    await vi.waitFor(() => expect(published).toContain('100'), { timeout: 15_000 });
  });

  test('it ends with the last trigger, and with the last who asked', async () => {
    const desk = open();
    const id = await arm();
    await desk.need('binance', 'BTC-USD');
    await floor.world.store.alerts.cancel('user-1', id, floor.world.clock.iso());
    await desk.tend();
    expect(desk.watched).toBe(1);
    floor.world.clock.advance(60_000);
    await desk.tend();
    expect([desk.watched, market.watching]).toEqual([0, 0]);
  });

  test('what was cancelled is let be, even when the watcher does not know it yet', async () => {
    const consumer = consumerOf();
    const fire = vi.fn<TriggerConsumer['fire']>((armed, fired) => consumer.fire(armed, fired));
    const desk = open('one', QUIET, { ...consumer, fire });
    const id = await arm();
    await desk.tend();
    await looked(desk);
    await floor.world.store.alerts.cancel('user-1', id, floor.world.clock.iso());
    market.stream({ last: '200' });
    await vi.waitFor(() => expect(fire).toHaveResolved(), { timeout: 15_000 });
    expect((await read(id))?.status).toBe('CANCELLED');
  });

  test('an exchange that does not answer is asked again', async () => {
    market.isDown = true;
    const desk = open();
    const id = await arm({ price: '90' });
    await desk.tend();
    await vi.waitFor(() => expect(market.reads.trades).toBeGreaterThan(1), { timeout: 15_000 });
    await isArmed(id);
    market.isDown = false;
    await fires(id);
  });
});
