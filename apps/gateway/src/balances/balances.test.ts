import { ResultTimeoutError, type SyncJob } from '@orderplane/queues';
import type { AccountFunds } from '@orderplane/store';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { World } from '../testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world[Symbol.asyncDispose]());

const QUERY = `query ($id: ID!, $assets: [String!], $age: Int) {
  balances(accountId: $id, assets: $assets, maxAgeSeconds: $age) {
    account { id } balances { asset free locked total } positions { symbol size }
    syncedAt fresh complete userErrors { code message field }
  }
}`;
const ask = async (variables: Record<string, unknown> = {}) => {
  const { data, errors } = await world.query(QUERY, { id: 'acc-ada', ...variables });
  return { answer: data?.['balances'], error: errors?.[0]?.extensions };
};
const OWNED: Pick<AccountFunds, 'balances' | 'positions'> = {
  balances: [
    { asset: 'USDT', free: '90.000000000000000001', held: '10' },
    { asset: 'BTC', free: '0', held: '0.5' },
    { asset: 'DOGE', free: '0', held: '0' },
  ],
  positions: [{ symbol: 'BTC-USDC-PERPETUAL', size: '-2' }],
};
const read = async (owned = OWNED): Promise<void> => {
  const at = world.clock.iso();
  await world.store.funds.save({ accountId: 'acc-ada', askedAt: at, answeredAt: at, ...owned });
};
const BTC = { asset: 'BTC', free: '0', locked: '0.5', total: '0.5' };
const USDT = { asset: 'USDT', free: '90.000000000000000001', locked: '10', total: '100.000000000000000001' };

test('the exchange is asked for what an account owns only when what is known is too old', async () => {
  const jobs: SyncJob[] = [];
  world.onSync = async (job) => {
    jobs.push(job);
    await read();
    const fundsAt = world.clock.iso();
    return { accountId: 'acc-ada', syncedAt: null, fundsAt, fresh: true, complete: true, adopted: 0, error: null };
  };
  const first = {
    ...{ account: { id: 'acc-ada' }, balances: [BTC, USDT], positions: OWNED.positions },
    ...{ syncedAt: world.clock.iso(), fresh: true, complete: true, userErrors: [] },
  };
  expect((await ask()).answer).toEqual(first);
  expect(jobs).toMatchObject([{ parts: ['funds'], reason: 'on-demand', maxAgeMs: 30_000 }]);
  world.clock.advance(20_000);
  expect((await ask({ age: 20 })).answer).toEqual(first);
  expect(jobs).toHaveLength(1);
  expect((await ask({ age: 19 })).answer).toEqual({ ...first, syncedAt: world.clock.iso() });
  await ask({ age: 0 });
  expect(jobs).toHaveLength(3);
  expect((await ask({ assets: ['USDT', 'EUR'] })).answer).toMatchObject({ balances: [USDT], complete: true });
});

test('when nobody can be asked, what is known is told with its age, and that nothing is', async () => {
  world.onSync = () => Promise.reject(new ResultTimeoutError('sync', 50));
  const timeout = { fresh: false, userErrors: [{ code: 'TIMEOUT' }] };
  expect((await ask()).answer).toMatchObject({ ...timeout, balances: [], syncedAt: null, complete: false });
  await read();
  const syncedAt = world.clock.iso();
  world.clock.advance(31_000);
  expect((await ask()).answer).toMatchObject({ ...timeout, balances: [BTC, USDT], syncedAt, complete: true });
  world.onSync = ({ accountId }) =>
    Promise.resolve({ accountId, syncedAt: null, fresh: false, complete: false, adopted: 0, error: 'no route' });
  const { answer } = await ask();
  expect(answer).toMatchObject({ fresh: false, userErrors: [{ code: 'EXCHANGE_UNAVAILABLE' }], syncedAt });
  expect(JSON.stringify(answer)).toContain('(no route): these are the balances known so far');
});

test('of very many assets the first are told, and that some are missing', async () => {
  const balances = Array.from({ length: 1_001 }, (_, index) => ({ asset: `A${10_000 + index}`, free: '1', held: '0' }));
  await read({ balances, positions: [] });
  const { answer } = await ask();
  expect(answer).toMatchObject({ fresh: true, complete: false });
  expect((answer as { balances: unknown[] }).balances).toHaveLength(1_000);
  expect((await ask({ assets: ['A11000'] })).answer).toMatchObject({ balances: [{ asset: 'A11000' }], complete: true });
});

test('an age out of range, too many names, and somebody else’s account are refused', async () => {
  for (const age of [-1, 86_401])
    expect((await ask({ age })).error).toMatchObject({ code: 'INVALID_INPUT', field: ['maxAgeSeconds'] });
  const assets = Array.from({ length: 101 }, (_, index) => `A${index}`);
  expect((await ask({ assets })).error).toMatchObject({ code: 'INVALID_INPUT', field: ['assets'] });
  expect((await ask({ id: 'acc-bob' })).error).toMatchObject({ code: 'NOT_FOUND', field: ['accountId'] });
});
