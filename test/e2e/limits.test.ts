import { afterAll, beforeAll, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { cancelOrder, eventually, readOrder, request } from '../support/client.ts';
import type { OrderView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { openSystem } from '../support/system.ts';
import type { Exchange, System } from '../support/system.ts';

/**
 * The limits of retail customers, two reconcilers and a sync-worker: they share one budget, so the exchange never has to
 * refuse anybody; and when it does all the same, that exchange alone is left in peace for as long as it says.
 */
let system: System;
/** Those whose limits the bursts below are made for. */
const LIMITED = ['binance', 'kraken'] as const satisfies readonly Exchange[];
const desks = new Map<Exchange, Desk>();
const deskOf = (exchange: Exchange): Desk => {
  const desk = desks.get(exchange);
  if (desk === undefined) throw new Error(`no desk of ${exchange}`);
  return desk;
};

beforeAll(async () => {
  system = await openSystem({ instances: { reconciler: 2 }, limited: true });
  for (const exchange of LIMITED) {
    desks.set(exchange, await openDesk(system, exchange));
    await system.venue.limits(exchange, { enabled: true, scale: 1 });
  }
});
afterAll(() => system?.stop());

interface Health {
  readonly reachable: boolean;
  readonly rateLimitedUntil: string | null;
  readonly rateLimitReason: string | null;
}
async function health(): Promise<ReadonlyMap<string, Health>> {
  const { exchanges } = await request<{ exchanges: { id: string; health: Health }[] }>(
    system.trader,
    '{ exchanges { id health { reachable rateLimitedUntil rateLimitReason } } }',
  );
  return new Map(exchanges.map((one) => [one.id, one.health]));
}

const limitOrder = (desk: Desk, base: string) => {
  const market = desk.market(base);
  const { symbol, size } = market;
  return { symbol, side: 'BUY', type: 'LIMIT', size, price: market.at('0.9') };
};

/**
 * More than the exchange takes at once. Binance: 100 orders in 10 s. Kraken: 125 points a pair, of which a young order's
 * cancel uses up to 8, and 20 calls, so that looking up every cancel would be too much already.
 */
const BURSTS = [
  { exchange: 'binance', bases: ['BTC', 'ETH'], first: 110, cancelled: 30, then: 10 },
  { exchange: 'kraken', bases: ['BTC'], first: 60, cancelled: 14, then: 10 },
] as const;

test.concurrent.each(BURSTS)(
  '$exchange: a burst of orders and cancels is never refused for its rate, and all of it is done',
  async ({ exchange, bases, first, cancelled, then }) => {
    const desk = deskOf(exchange);
    // A few at a time: the exchange's patience is what is tried here, not this machine's.
    const some = async (count: number): Promise<OrderView[]> => {
      const orders: OrderView[] = [];
      const place = async (): Promise<void> => {
        for (let at = orders.length + busy; at < count; at = orders.length + busy) {
          busy += 1;
          const order = await desk.placed(limitOrder(desk, bases[at % bases.length] ?? 'BTC'));
          busy -= 1;
          orders.push(order);
        }
      };
      let busy = 0;
      await Promise.all(Array.from({ length: 12 }, place));
      return orders;
    };
    const placed = await some(first);
    const gone = placed.slice(0, cancelled);
    await Promise.all(gone.map(({ id }) => desk.reaches(id, 'ACKNOWLEDGED', 60_000)));
    for (const { userErrors } of await Promise.all(gone.map(({ id }) => cancelOrder(system.trader, id))))
      expect(userErrors).toEqual([]);
    const late = await some(then);
    await Promise.all(gone.map(({ id }) => desk.reaches(id, 'CANCELLED', 60_000)));
    for (const { id } of [...placed.slice(cancelled), ...late]) await desk.reaches(id, 'ACKNOWLEDGED', 100_000);
    const requests = await system.venue.requests(exchange);
    const submits = requests.filter(({ kind }) => kind === 'submit').map(({ clientId }) => clientId);
    expect(new Set(submits).size).toBe(first + then);
    expect(requests.filter(({ status }) => status === 429 || status === 418)).toEqual([]);
  },
  160_000,
);

/** Calls of an exchange that were refused for their rate, as our own processes count them. */
async function refusedForRate(exchange: Exchange): Promise<number> {
  const pages = await Promise.all(
    system.stack.info.processes.map(async ({ health }) =>
      health === null ? '' : (await fetch(`${health}/metrics`, { signal: AbortSignal.timeout(5_000) })).text(),
    ),
  );
  const lines = pages.join('\n').split('\n');
  const counted = lines.filter(
    (line) =>
      line.startsWith('orderplane_exchange_calls_total{') &&
      line.includes(`exchange="${exchange}"`) &&
      line.includes('outcome="rateLimited"'),
  );
  return counted.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
}

/**
 * The budget allows for requests that arrive half a second after they were granted. On a machine so busy that they take
 * longer one may come too many; without a budget the bursts are refused by the dozen.
 */
test('the exchanges had no need to make anybody wait', async () => {
  for (const exchange of LIMITED) expect(await refusedForRate(exchange)).toBeLessThanOrEqual(2);
});

const PAUSE_MS = 5_000;
/** Refusals that concern everything from here. */
const REFUSALS: Readonly<Record<(typeof LIMITED)[number], object>> = {
  binance: { status: 429, body: '{"code":-1003,"msg":"Too much request weight used; current limit is 6000."}' },
  kraken: { status: 200, body: '{"error":["EGeneral:Too many requests"]}' },
};

test.each([
  ['binance', 'kraken'],
  ['kraken', 'binance'],
] as const)(
  'a limit of %s pauses it alone, is shown, and loses nothing',
  async (limited, free) => {
    const [desk, other] = [deskOf(limited), deskOf(free)];
    const resting = await desk.resting(limitOrder(desk, 'SOL'));
    await system.venue.fault({
      exchange: limited,
      fault: 'rawAnswer',
      method: 'submit',
      times: 1,
      process: false,
      ...REFUSALS[limited],
    });
    const refused = await desk.placed(limitOrder(desk, 'SOL'));
    const shown = await eventually(
      async () => (await health()).get(limited),
      // Without a reason it is our own budget that makes somebody wait.
      (one) => one !== undefined && one.rateLimitReason !== null,
      `the limit of ${limited} is shown`,
      PAUSE_MS,
    );
    expect(shown?.reachable).toBe(true);
    expect(await refusedForRate(limited)).toBeGreaterThan(0);
    expect(shown?.rateLimitReason).toMatch(/too (much|many) request/i);
    expect((await health()).get(free)?.rateLimitReason).toBeNull();
    expect((await cancelOrder(system.trader, resting.id)).userErrors).toEqual([]);
    const asked = (await system.venue.requests(limited)).length;
    const untilMs = Date.parse(shown?.rateLimitedUntil ?? '');
    await other.resting(limitOrder(other, 'SOL'));
    expect((await readOrder(system.trader, resting.id))?.state).toBe('ACKNOWLEDGED');
    if (Date.now() < untilMs) expect((await system.venue.requests(limited)).length).toBe(asked);
    await desk.reaches(refused.id, 'ACKNOWLEDGED', 60_000);
    await desk.reaches(resting.id, 'CANCELLED', 60_000);
    expect(Date.now()).toBeGreaterThanOrEqual(untilMs);
    expect((await health()).get(limited)).toMatchObject({ rateLimitReason: null });
    await desk.resting(limitOrder(desk, 'SOL'));
  },
  120_000,
);

test('the books agree with the ledgers', () => booksAgree(system));
