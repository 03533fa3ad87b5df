import { describe, expect, test } from 'vitest';
import { openHarness } from './testing/harness.ts';

/** Deadlines, proofs of absence and expiries hold although the clocks of machines and exchanges differ. */
describe('clocks that differ', () => {
  test.each(['binance', 'kraken'] as const)(
    'a submission that %s takes at the last moment by its own clock, which is behind, is found and not sent again',
    async (exchange) => {
      const harness = await openHarness({ exchange, faults: { submit: ['arrivesLate'] } });
      harness.adapter.behindMs = harness.adapter.capabilities.clockMarginMs;
      await harness.converge();
      expect(harness.adapter.doubled).toBe(false);
      expect(harness.adapter.calls.filter((call) => call.startsWith('submit'))).toHaveLength(1);
      expect((await harness.machine()).life).toBe('ACKNOWLEDGED');
    },
  );

  test('while the shared time is not known no step is taken', async () => {
    const harness = await openHarness();
    harness.isTimeKnown = false;
    const before = await harness.order();
    expect((await harness.job())?.kind).toBe('Recheck');
    expect([await harness.order(), harness.adapter.calls]).toEqual([before, []]);
    harness.isTimeKnown = true;
    await harness.converge();
    expect((await harness.machine()).life).toBe('ACKNOWLEDGED');
  });

  test('an expiry waits until the time is known', async () => {
    const expiresAt = '2026-01-01T00:01:00.000Z';
    const harness = await openHarness({ exchange: 'binance', spec: { timeInForce: 'GTT', expiresAt } });
    await harness.job();
    // A process whose own clock is ten minutes ahead.
    harness.world.clock.advance(600_000);
    harness.isTimeKnown = false;
    await harness.job();
    expect((await harness.machine()).requests).toEqual([]);
  });

  test('a look-up during which the time is lost proves nothing, and the order is not sent again because of it', async () => {
    const harness = await openHarness({ faults: { submit: ['dropped'] } });
    const { adapter } = harness;
    const lookup = adapter.lookup.bind(adapter);
    adapter.lookup = async (request) => {
      const answer = await lookup(request);
      harness.isTimeKnown = false;
      return answer;
    };
    for (let jobs = 0; jobs < 60; jobs += 1) {
      harness.isTimeKnown = true;
      await harness.job();
      harness.world.clock.advance(2_000);
    }
    expect(adapter.calls.filter((call) => call.startsWith('submit'))).toHaveLength(1);
    expect((await harness.machine()).life).toBe('SUBMITTED');
    adapter.lookup = lookup;
    harness.isTimeKnown = true;
    await harness.converge();
    expect((await harness.machine()).life).toBe('ACKNOWLEDGED');
  });
});
