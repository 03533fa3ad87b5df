import { randomUUID } from 'node:crypto';
import { EXCHANGE_IDS, multiply } from '@orderplane/domain';
import type { MarketDataAdapter } from '@orderplane/exchange';
import { createLogger, NO_CRASH_POINTS } from '@orderplane/service-kit';
import { createMemoryStore } from '@orderplane/store';
import type { Alert, NewAlert } from '@orderplane/store';
import { alertConsumer, createPriceDesk } from '@orderplane/sync-worker';
import type { PriceDesk } from '@orderplane/sync-worker';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { marketDataOf, startSimulator, SYMBOL, warmUp } from './simulator.ts';
import type { Simulator } from './simulator.ts';

/** The price watchers against every exchange's own protocol: what is armed fires once, with the streams or without them. */

const PRICE = '50000';
const log = createLogger({ service: 'test', level: 'silent' });
let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator();
  await warmUp(simulator);
}, 60_000);
afterAll(() => simulator.stop());

describe.each(EXCHANGE_IDS)('%s', (exchange) => {
  const symbol = SYMBOL[exchange];
  const store = createMemoryStore({ nowMs: () => Date.now() });
  let data: MarketDataAdapter;
  let desk: PriceDesk;
  const fired: string[] = [];
  const iso = (): string => new Date().toISOString();
  const admin = (path: string, body: Record<string, unknown>) => simulator.admin('POST', path, { exchange, ...body });
  const move = (factor: string) => admin('/price', { symbol, price: multiply(PRICE, factor) });

  const open = (ownerId: string): PriceDesk =>
    createPriceDesk({
      marketData: () => data,
      consumers: [
        alertConsumer({
          alerts: store.alerts,
          bell: { changed: () => void fired.push(ownerId), armed: () => undefined },
          clock: { iso },
          crashPoint: NO_CRASH_POINTS,
          log,
        }),
      ],
      observations: store.observations,
      publish: () => undefined,
      ownerId,
      now: () => Date.now(),
      log,
    });

  beforeAll(async () => {
    await admin('/limits', { enabled: false });
    await admin('/walk', { running: false });
    await move('1');
    await store.access.createUser({ id: 'user', name: 'user', createdAt: iso() });
    await store.access.createAccount(
      {
        id: 'account',
        userId: 'user',
        exchange,
        label: 'account',
        mode: 'PAPER',
        halted: false,
        lastSyncedAt: null,
        createdAt: iso(),
        unlinkedAt: null,
        privacy: { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays: null },
        risk: {
          maxOrderNotional: null,
          maxOpenNotional: null,
          maxOpenOrders: null,
          priceCollar: null,
          rejectDuplicates: false,
        },
      },
      'sealed',
    );
    data = marketDataOf(simulator, exchange);
    desk = open('one');
  });
  afterAll(async () => {
    await simulator.admin('DELETE', `/faults?exchange=${exchange}`);
    await desk.close();
    await data.close();
  });

  async function arm(factor: string, over: Partial<NewAlert['trigger']> = {}): Promise<string> {
    const id = randomUUID();
    const price = multiply(PRICE, factor);
    const trigger = { symbol, source: 'LAST', direction: 'AT_OR_ABOVE', price, ...over } as const;
    const alert = { id, accountId: 'account', userId: 'user', exchange, symbol, trigger, note: null, createdAt: iso() };
    await store.alerts.create(alert, 100);
    await desk.nudge(exchange, symbol);
    return id;
  }
  const read = (id: string): Promise<Alert | null> => store.alerts.byId('user', id);
  const fires = (id: string): Promise<void> =>
    vi.waitFor(async () => expect((await read(id))?.status).toBe('TRIGGERED'), { timeout: 25_000 });
  /** One that is through already fires at once: so the watcher has looked since. */
  const looked = async (): Promise<void> => fires(await arm('0.5', { source: 'BID' }));

  test('at once, by the stream, over a gap, and when the price has only been touched', async () => {
    const [near, middle, far] = [await arm('1.02'), await arm('1.05'), await arm('2')];
    await looked();
    expect((await read(near))?.status).toBe('ARMED');
    await move('1.03');
    await fires(near);
    expect((await read(near))?.fired?.price).toBe(multiply(PRICE, '1.03'));
    await move('1.06');
    await move('1');
    await fires(middle);
    expect((await read(middle))?.fired?.price).toBe(multiply(PRICE, '1.06'));
    expect((await read(far))?.status).toBe('ARMED');
  });

  test.each(['publicStreamDrop', 'publicStreamSilent'])('%s', async (fault) => {
    const id = await arm('0.97', { source: 'ASK', direction: 'AT_OR_BELOW' });
    await looked();
    await admin('/faults', { fault, ms: 60_000 });
    await move('0.96');
    await fires(id);
    await simulator.admin('DELETE', `/faults?exchange=${exchange}`);
    await move('1');
  });

  test('a successor reads the trades since the last look', async () => {
    const id = await arm('1.1');
    await looked();
    await desk.close();
    await move('1.11');
    await move('1');
    expect((await read(id))?.status).toBe('ARMED');
    desk = open('two');
    await desk.tend();
    await fires(id);
    expect((await read(id))?.fired?.price).toBe(multiply(PRICE, '1.11'));
    expect(fired.at(-1)).toBe('two');
  });
});
