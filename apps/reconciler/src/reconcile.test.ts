import { cumQty, isDone } from '@orderplane/state-machine';
import { describe, expect, test } from 'vitest';
import type { SubmitFault } from './testing/faults.ts';
import { openHarness, type Harness } from './testing/harness.ts';

const story = async (harness: Harness) => {
  const machine = await harness.machine();
  const { orders } = harness.adapter.venue;
  return {
    life: machine.life,
    attempts: machine.legs.at(-1)?.attempts ?? 0,
    atExchange: orders.map((order) => order.status).join(' '),
    calls: harness.adapter.calls.join(', '),
  };
};

describe('every ending of a submission', () => {
  // prettier-ignore
  test.each<readonly [string, readonly SubmitFault[], { readonly life: string; readonly attempts: number; readonly atExchange: string }]>([
    ['placed',                        [],                                 { life: 'ACKNOWLEDGED',     attempts: 1, atExchange: 'OPEN' }],
    ['placed and filled',             ['filledAtOnce'],                   { life: 'FILLED',           attempts: 1, atExchange: 'FILLED' }],
    ['placed and part filled',        ['partFilledAtOnce'],               { life: 'PARTIALLY_FILLED', attempts: 1, atExchange: 'OPEN' }],
    ['answer lost, found',            ['answerLost'],                     { life: 'ACKNOWLEDGED',     attempts: 1, atExchange: 'OPEN' }],
    ['lost, proved absent, sent again', ['dropped'],                      { life: 'ACKNOWLEDGED',     attempts: 2, atExchange: 'OPEN' }],
    ['lost twice',                    ['dropped', 'dropped'],             { life: 'ACKNOWLEDGED',     attempts: 3, atExchange: 'OPEN' }],
    ['arrived late, found',           ['arrivesLate'],                    { life: 'ACKNOWLEDGED',     attempts: 1, atExchange: 'OPEN' }],
    ['refused',                       ['notPlaced'],                      { life: 'REJECTED',         attempts: 1, atExchange: '' }],
    ['key refused',                   ['keyRefused'],                     { life: 'REJECTED',         attempts: 1, atExchange: '' }],
    ['rate limited',                  ['rateLimited'],                    { life: 'ACKNOWLEDGED',     attempts: 2, atExchange: 'OPEN' }],
    ['nothing left this machine',     ['notSent', 'notSent'],             { life: 'ACKNOWLEDGED',     attempts: 3, atExchange: 'OPEN' }],
    ['not for a long time',           Array<SubmitFault>(40).fill('notSent'), { life: 'ACKNOWLEDGED', attempts: 41, atExchange: 'OPEN' }],
  ])('%s', async (_name, submit, wanted) => {
    for (const exchange of ['binance', 'kraken'] as const) {
      const harness = await openHarness({ exchange, faults: { submit: [...submit] } });
      await harness.converge();
      expect(await story(harness)).toMatchObject(wanted);
      // Every attempt of a leg has the same client id.
      expect((await harness.machine()).legs).toHaveLength(1);
    }
  });

  test('a submission in doubt is not sent again before its absence is proved', async () => {
    const harness = await openHarness({ faults: { submit: ['dropped'] } });
    const begun = harness.world.clock.nowMs;
    const submitted: number[] = [];
    harness.adapter.onReceived = () => {
      submitted.push(harness.world.clock.nowMs - begun);
      return Promise.resolve();
    };
    await harness.converge();
    // Deadline 5 s, then 11 s until the exchange must show it, then two look-ups 2 s apart.
    expect(submitted[0]).toBe(0);
    expect(submitted[1]).toBeGreaterThanOrEqual(18_000);
    expect(submitted[1]).toBeLessThan(20_000);
  });

  test('a look-up that fails proves nothing; while they fail the order stays in doubt and needs attention', async () => {
    const lookup = Array<'failed'>(14).fill('failed');
    const harness = await openHarness({ faults: { submit: ['dropped'], lookup } });
    const verdicts = await harness.converge();
    expect(verdicts.some((verdict) => verdict.kind === 'Escalated')).toBe(true);
    expect(await story(harness)).toMatchObject({ life: 'ACKNOWLEDGED', attempts: 2, atExchange: 'OPEN' });
    expect((await harness.order()).actual.reconciliation.status).toBe('IN_SYNC');
  });

  test('an exchange that limits the rate is left alone for as long as it says', async () => {
    const harness = await openHarness({ faults: { submit: ['rateLimited'] } });
    expect(await harness.job()).toEqual({ kind: 'Throttled', retryAfterMs: 3_000 });
    harness.world.clock.advance(2_000);
    const early = await harness.job();
    expect(early?.kind).toBe('Recheck');
    expect(harness.adapter.calls).toHaveLength(1);
  });

  test('an order that has to wait for its turn waits without a trace', async () => {
    const harness = await openHarness({ faults: { full: [400, 0, 0] } });
    const before = await harness.order();
    expect(await harness.job()).toEqual({ kind: 'Recheck', afterMs: 400 });
    expect([await harness.order(), harness.adapter.calls]).toEqual([before, []]);
    await harness.converge();
    expect(await story(harness)).toMatchObject({ life: 'ACKNOWLEDGED', attempts: 1, atExchange: 'OPEN' });
  });

  test('a worker that woke up after the deadline sends nothing', async () => {
    const harness = await openHarness();
    harness.world.hooks.after = () => {
      harness.world.hooks.after = () => undefined;
      harness.world.clock.advance(4_900);
    };
    await harness.converge();
    expect(await story(harness)).toMatchObject({ life: 'ACKNOWLEDGED', attempts: 2, atExchange: 'OPEN' });
  });

  test('a worker that lost its lock begins no call', async () => {
    const harness = await openHarness();
    harness.lockLost = true;
    expect(await harness.job()).toEqual({ kind: 'Recheck', afterMs: 0 });
    expect(harness.adapter.calls).toEqual([]);
  });

  test('a worker that loses its lock between the record and the call sends nothing', async () => {
    const harness = await openHarness();
    harness.world.hooks.after = () => {
      harness.lockLost = true;
    };
    await harness.job();
    expect([harness.adapter.calls, (await harness.machine()).legs[0]?.phase]).toEqual([[], 'absent']);
  });

  test('an order with our client id that is not ours is not taken for it', async () => {
    const harness = await openHarness({ faults: { submit: ['answerLost'] } });
    const { venue } = harness.adapter;
    const place = venue.place.bind(venue);
    venue.place = (clientId, spec, at) => place(clientId, { ...spec, side: 'SELL', size: '7' }, at);
    await harness.converge();
    const machine = await harness.machine();
    expect([machine.life, machine.end?.reason]).toEqual(['REJECTED', expect.stringContaining('in use')]);
  });
});

describe('a settled order', () => {
  test('is left alone: another job asks nothing and writes nothing', async () => {
    const harness = await openHarness();
    await harness.converge();
    const before = await harness.order();
    const calls = harness.adapter.calls.length;
    expect(await harness.job()).toEqual({ kind: 'Settled' });
    expect(await harness.order()).toEqual(before);
    expect(harness.adapter.calls).toHaveLength(calls);
  });

  test('is looked up when there has been no evidence for a minute', async () => {
    const harness = await openHarness();
    await harness.converge();
    harness.world.clock.advance(61_000);
    await harness.converge();
    expect(harness.adapter.calls).toEqual(['submit', 'lookup']);
    expect((await harness.order()).actual.reconciliation.status).toBe('IN_SYNC');
  });

  test('that the exchange has forgotten stays in doubt for people to see, and is not closed', async () => {
    const harness = await openHarness();
    await harness.converge();
    harness.adapter.venue.orders.length = 0;
    harness.world.clock.advance(61_000);
    for (let rounds = 0; rounds < 14; rounds += 1) {
      const verdict = await harness.job();
      if (verdict === null || verdict.kind === 'Settled' || verdict.kind === 'Throttled') throw new Error('settled');
      harness.world.clock.advance(verdict.afterMs);
    }
    const { actual } = await harness.order();
    expect([actual.machine.life, actual.reconciliation.status]).toEqual(['ACKNOWLEDGED', 'NEEDS_ATTENTION']);
  });

  test('that does not exist is nothing to do', async () => {
    const harness = await openHarness();
    harness.world.clock.advance(1);
    await harness.world.store.ledger.intents.delete(harness.orderId);
    expect(await harness.job()).toEqual({ kind: 'Settled' });
  });

  test.each([
    ['market', { type: 'MARKET', price: null } as const, 'FILLED'],
    ['IOC, half filled', { timeInForce: 'IOC' } as const, 'EXPIRED'],
  ])('%s', async (_name, spec, life) => {
    const harness = await openHarness({ spec });
    await harness.converge();
    const machine = await harness.machine();
    expect([machine.life, cumQty(machine)]).toEqual([life, life === 'FILLED' ? '1' : '0.5']);
    expect(isDone(machine)).toBe(true);
  });

  test('a market order whose answer was lost is found filled, and not sent again', async () => {
    const harness = await openHarness({ spec: { type: 'MARKET', price: null }, faults: { submit: ['answerLost'] } });
    await harness.converge();
    expect(await story(harness)).toMatchObject({ life: 'FILLED', attempts: 1, atExchange: 'FILLED' });
  });
});
