import { EXCHANGE_IDS } from '@orderplane/domain';
import type { MarketDataAdapter, Trouble } from '@orderplane/exchange';
import { testClock } from '@orderplane/recorder/testing';
import { createLogger } from '@orderplane/service-kit';
import { createMemoryStore } from '@orderplane/store/memory';
import { expect, test, vi } from 'vitest';
import { createHealthBoard } from './health-board.ts';
import { keepMarkets } from './markets.ts';

test('health is written when it changes, and again every 20 s, so that it can be told from a forgotten one', async () => {
  const clock = testClock();
  const { observations } = createMemoryStore({ nowMs: () => clock.nowMs });
  const board = createHealthBoard(observations, clock, () => undefined);
  const written = async () => (await observations.exchangeHealth())[0];
  await board.report('kraken', { reachable: true, lastError: null });
  const first = clock.iso();
  clock.advance(19_999);
  await board.report('kraken', { reachable: true });
  expect((await written())?.at).toBe(first);
  clock.advance(1);
  await board.report('kraken', { reachable: true });
  expect((await written())?.at).toBe(clock.iso());
  clock.advance(1);
  await board.report('kraken', { streamConnected: true });
  expect(await written()).toMatchObject({ reachable: true, streamConnected: true, lastError: null, at: clock.iso() });
  clock.advance(1);
  await board.report('kraken', { reachable: false, lastError: 'down' });
  expect(await written()).toMatchObject({ reachable: false, streamConnected: true, lastError: 'down' });
});

const account = (id: string) => ({ id, exchange: 'kraken' }) as const;
const open = () => {
  const clock = testClock();
  const { observations } = createMemoryStore({ nowMs: () => clock.nowMs });
  const board = createHealthBoard(observations, clock, () => undefined);
  const looked = async (id: string, trouble: Trouble | null, isLimited = false) => {
    clock.advance(1_000);
    await board.looked(account(id), { trouble, isLimited, error: trouble === null ? null : `${trouble} trouble` });
    const [exchange] = await observations.exchangeHealth();
    const ill = (await observations.accountsInTrouble()).map((one) => `${one.accountId}: ${one.lastError}`);
    return [exchange?.reachable, exchange?.lastError ?? null, ...ill];
  };
  return { clock, observations, board, looked };
};

test("one account's trouble shows on the account, and the exchange stays open for the others", async () => {
  const { looked } = open();
  expect(await looked('a', null)).toEqual([true, null]);
  expect(await looked('b', 'account')).toEqual([true, null, 'b: account trouble']);
  expect(await looked('c', 'unclear')).toEqual([true, null, 'b: account trouble', 'c: unclear trouble']);
  expect(await looked('c', null)).toEqual([true, null, 'b: account trouble']);
  expect(await looked('b', null)).toEqual([true, null]);
});

test('an exchange where nobody is answered is away, and that is no trouble of its accounts', async () => {
  const { board, looked } = open();
  await looked('a', null);
  await looked('b', null);
  expect(await looked('a', 'unclear')).toEqual([true, null, 'a: unclear trouble']);
  expect(await looked('b', 'unclear')).toEqual([false, 'unclear trouble', 'a: unclear trouble']);
  expect(await looked('b', null)).toEqual([true, null, 'a: unclear trouble']);
  expect(await looked('b', 'exchange')).toEqual([false, 'exchange trouble', 'a: unclear trouble']);
  // A read that had to wait for a limit says nothing.
  expect((await looked('a', null, true))[0]).toBe(false);
  expect(await looked('a', null)).toEqual([true, null]);
  await looked('a', 'unclear');
  // Of an account that another process looks after nothing is known here any more.
  board.forget('b');
  expect((await looked('a', 'unclear'))[0]).toBe(false);
});

test("an account's trouble is written when it changes, and renewed", async () => {
  const { clock, observations, looked } = open();
  await looked('a', null);
  await looked('b', 'account');
  const since = clock.iso();
  const at = async () => (await observations.accountHealth(['b']))[0]?.at;
  clock.advance(10_000);
  await looked('b', 'account');
  expect(await at()).toBe(since);
  clock.advance(10_000);
  await looked('b', 'account');
  expect(await at()).toBe(clock.iso());
  expect((await observations.accountHealth(['b']))[0]?.since).toBe(since);
});

test('a database that is away is told and does no harm', async () => {
  const clock = testClock();
  const { observations } = createMemoryStore({ nowMs: () => clock.nowMs });
  const errors: unknown[] = [];
  observations.setExchangeHealth = () => Promise.reject(new Error('away'));
  const board = createHealthBoard(observations, clock, (error) => errors.push(error));
  await board.report('kraken', { reachable: true });
  // What was not written is told again.
  await board.report('kraken', { reachable: true });
  expect(errors).toHaveLength(2);
});

test('the markets of every exchange are kept; an exchange that fails is asked again and holds up no other', async () => {
  const clock = testClock();
  const { observations } = createMemoryStore({ nowMs: () => clock.nowMs });
  const stopping = new AbortController();
  const asked: string[] = [];
  const marketData = (exchange: (typeof EXCHANGE_IDS)[number]) => {
    const markets: MarketDataAdapter['markets'] = () => {
      asked.push(exchange);
      return exchange === 'kraken' ? Promise.reject(new Error('down')) : Promise.resolve([]);
    };
    return { markets } as MarketDataAdapter;
  };
  const saved = vi.spyOn(observations, 'saveMarkets');
  const log = createLogger({ service: 'test', level: 'silent' });
  keepMarkets(marketData, observations, 60_000, clock, stopping.signal, log);
  await vi.waitFor(() => expect(asked.filter((exchange) => exchange === 'kraken').length).toBeGreaterThan(1), {
    timeout: 3_000,
  });
  expect(saved.mock.calls.map(([exchange]) => exchange)).toEqual(
    EXCHANGE_IDS.filter((exchange) => exchange !== 'kraken'),
  );
  stopping.abort();
});
