import { expect, test } from 'vitest';
import { World } from '../testing/world.ts';

const HEALTH = '{ exchanges { id health { reachable rateLimitedUntil rateLimitReason } } }';

test('a pause is shown with its end and its reason until it is over, of that exchange only', async () => {
  await using world = await World.start();
  const startMs = world.clock.now().getTime();
  const untilMs = startMs + 5_000;
  world.pauses.set('kraken', { untilMs, reason: 'EGeneral:Too many requests' });
  const shown = async () => {
    const { data } = await world.query(HEALTH);
    const { exchanges } = data as { exchanges: { id: string; health: Record<string, unknown> }[] };
    return new Map(exchanges.map(({ id, health }) => [id, health]));
  };
  const none = { reachable: false, rateLimitedUntil: null, rateLimitReason: null };
  const during = await shown();
  expect(during.get('binance')).toEqual(none);
  expect(during.get('kraken')).toEqual({
    ...none,
    rateLimitedUntil: new Date(untilMs).toISOString(),
    rateLimitReason: 'EGeneral:Too many requests',
  });
  world.clock.advance(5_000);
  expect((await shown()).get('kraken')).toEqual(none);
});

test('a pause that only the database remembers is shown too', async () => {
  await using world = await World.start();
  const until = new Date(world.clock.now().getTime() + 5_000).toISOString();
  await world.store.observations.setRateLimited('binance', until, world.clock.iso());
  const { data } = await world.query(HEALTH);
  expect(data).toMatchObject({
    exchanges: expect.arrayContaining([
      { id: 'binance', health: { reachable: true, rateLimitedUntil: until, rateLimitReason: null } },
    ]) as unknown,
  });
});
