import { describe, expect, test } from 'vitest';
import { createFundsDesk } from './funds-desk.ts';
import { createSyncDesk } from './sync-desk.ts';
import { deferred, openFloor, settled, type Floor } from './testing/floor.ts';

const OWNED = {
  balances: [{ exchange: 'binance', asset: 'USDT', free: '90', held: '10' }],
  positions: [],
} as const;
const readings = (floor: Floor): number => floor.adapter.calls.filter((call) => call === 'funds').length;
const now = (floor: Floor): number => floor.world.clock.now().getTime();

describe('what an account owns', () => {
  test('is kept with the instants between which it was so', async () => {
    const floor = await openFloor();
    floor.adapter.owned = OWNED;
    const { askedAt } = await createFundsDesk(floor.context).request(floor.account, now(floor));
    expect(await floor.context.funds.of('account-1')).toEqual({
      ...{ accountId: 'account-1', askedAt, answeredAt: floor.world.clock.iso(), positions: [] },
      balances: [{ asset: 'USDT', free: '90', held: '10' }],
    });
  });

  test('is read once for all who ask at a time, and again for who needs it newer', async () => {
    const floor = await openFloor();
    const desk = createFundsDesk(floor.context);
    const { promise, resolve } = deferred();
    floor.adapter.gate = promise;
    const first = Array.from({ length: 20 }, () => desk.request(floor.account, now(floor)));
    await settled();
    floor.world.clock.advance(1_000);
    const later = Array.from({ length: 20 }, () => desk.request(floor.account, now(floor)));
    await settled();
    expect(readings(floor)).toBe(1);
    resolve();
    expect(new Set((await Promise.all(first)).map(({ askedAt }) => askedAt)).size).toBe(1);
    expect(new Set((await Promise.all(later)).map(({ askedAt }) => askedAt)).size).toBe(1);
    expect(readings(floor)).toBe(2);
    await desk.request(floor.account, now(floor) - 5_000);
    expect(readings(floor)).toBe(2);
  });

  test('that was not read whole is not known, and what was known stays', async () => {
    const floor = await openFloor();
    const desk = createFundsDesk(floor.context);
    floor.adapter.owned = OWNED;
    await desk.request(floor.account, now(floor));
    floor.world.clock.advance(1_000);
    floor.adapter.fundsFaults.push('failed');
    expect(await desk.request(floor.account, now(floor))).toEqual({
      askedAt: null,
      error: 'the balances did not come',
    });
    expect((await floor.context.funds.of('account-1'))?.balances).toHaveLength(1);
  });
});

describe('a sync job', () => {
  const job = (floor: Floor, parts: readonly ('orders' | 'funds')[]) => ({
    ...({ accountId: 'account-1', reason: 'pre-trade', maxAgeMs: 0, parts } as const),
    requestedAt: floor.world.clock.iso(),
  });

  test('asks for what it names and for nothing else', async () => {
    const floor = await openFloor();
    const desk = createSyncDesk(floor.context);
    const funds = await desk.request(job(floor, ['funds']));
    expect(funds).toMatchObject({ fresh: true, complete: true, fundsAt: floor.world.clock.iso(), error: null });
    expect(floor.adapter.calls).toEqual(['funds']);
    const both = await desk.request({ ...job(floor, ['orders', 'funds']), maxAgeMs: 60_000 });
    expect(both).toMatchObject({ fresh: true, complete: true });
    expect(floor.adapter.calls.filter((call) => call === 'open')).toHaveLength(1);
    expect(readings(floor)).toBe(1);
  });

  test('is not fresh when one of its parts is not', async () => {
    const floor = await openFloor();
    const desk = createSyncDesk(floor.context);
    floor.adapter.fundsFaults.push('failed');
    const outcome = await desk.request(job(floor, ['orders', 'funds']));
    expect(outcome).toMatchObject({ fresh: false, complete: false, fundsAt: null, error: 'the balances did not come' });
    expect(outcome.syncedAt).toBe(floor.world.clock.iso());
  });

  test('who comes before the exchange was asked shares the answer, however late it was asked', async () => {
    const floor = await openFloor();
    const desk = createSyncDesk(floor.context);
    const { promise, resolve } = deferred();
    const { adapters } = floor.context;
    const slow = {
      ...floor.context,
      adapters: { ...adapters, get: (id: string) => promise.then(() => adapters.get(id)) },
    };
    const slowDesk = createSyncDesk(slow);
    const first = slowDesk.request(job(floor, ['orders']));
    await settled();
    floor.world.clock.advance(300);
    const second = slowDesk.request(job(floor, ['orders']));
    await settled();
    resolve();
    expect(await second).toEqual(await first);
    expect(floor.adapter.calls.filter((call) => call === 'open')).toHaveLength(1);
    expect((await desk.request(job(floor, ['orders']))).fresh).toBe(true);
  });
});
