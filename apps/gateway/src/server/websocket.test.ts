import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { World } from '../testing/world.ts';

let world: World;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  world = await World.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await world[Symbol.asyncDispose]();
});

test('a connection ends when its token does', async () => {
  const client = world.client();
  const closed = new Promise<unknown>((resolve) => client.on('closed', resolve));
  const updates = client.iterate({ query: 'subscription { orderUpdates(accountIds: ["acc-ada"]) { kind } }' });
  expect((await updates.next()).value).toMatchObject({ data: { orderUpdates: { kind: 'SNAPSHOT_END' } } });
  updates.next().catch(() => undefined);
  vi.spyOn(world.store.access, 'principalByTokenHash').mockResolvedValue(null);
  world.clock.advance(60_000);
  vi.advanceTimersByTime(60_000);
  expect(await closed).toMatchObject({ code: 4401 });
});

test('a stream that fails inside tells nothing about itself', async () => {
  vi.spyOn(world.store.ledger, 'accountSnapshot').mockRejectedValue(new Error('password=hunter2'));
  const client = world.client();
  const failure = await new Promise<unknown>((resolve) => {
    const query = 'subscription { orderUpdates(accountIds: ["acc-ada"]) { kind } }';
    client.subscribe({ query }, { next: resolve, error: resolve, complete: () => resolve('completed') });
  });
  expect(failure).toEqual([{ message: 'internal error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
});

test('no answer while nobody can say who is asking', async () => {
  vi.spyOn(world.store.access, 'principalByTokenHash').mockRejectedValue(new Error('password=hunter2'));
  const client = world.client();
  const closed = new Promise<unknown>((resolve) => client.on('closed', resolve));
  client.subscribe(
    { query: '{ accounts { id } }' },
    { next: () => undefined, error: () => undefined, complete: () => undefined },
  );
  expect(await closed).toMatchObject({ code: 1013 });
  const answer = await world.query('{ accounts { id } }');
  expect([answer.status, answer.errors?.[0]?.extensions['code']]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  expect(JSON.stringify(answer)).not.toContain('hunter2');
});
