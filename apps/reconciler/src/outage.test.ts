import { describe, expect, test } from 'vitest';
import type { RequestFault, SubmitFault } from './testing/faults.ts';
import { openHarness, type Harness } from './testing/harness.ts';

/** What PostgreSQL says; the ledger in memory is not the judge of that, outage.test.ts of the store is. */
const outage = (code: string): Error => Object.assign(new Error('of this test'), { code });

/** The writes from the `from`th on fail `times` times: refused, or carried out with the answer lost. */
function failWrites(harness: Harness, from: number, times: number, how: 'refused' | 'answerLost'): void {
  const { hooks } = harness.world;
  let writes = 0;
  let failures = 0;
  const fail = (): void => {
    if (writes < from || failures >= times) return;
    failures += 1;
    throw outage(how === 'refused' ? '53100' : '57P01');
  };
  hooks.before = () => {
    writes += 1;
    if (how === 'refused') fail();
  };
  hooks.after = () => {
    if (how === 'answerLost') fail();
  };
}
const submissions = (harness: Harness): number =>
  harness.adapter.calls.filter((call) => call.startsWith('submit')).length;

describe('a database that does not serve', () => {
  test('an intention that could not be written is not acted upon', async () => {
    const harness = await openHarness();
    failWrites(harness, 1, 3, 'refused');
    for (let jobs = 0; jobs < 3; jobs += 1) await expect(harness.job()).rejects.toMatchObject({ code: '53100' });
    expect(harness.adapter.calls).toEqual([]);
    await harness.converge();
    expect(submissions(harness)).toBe(1);
    expect((await harness.machine()).life).toBe('ACKNOWLEDGED');
  });

  test('an intention of which nobody knows whether it was written is looked up, never acted upon', async () => {
    const harness = await openHarness();
    failWrites(harness, 1, 1, 'answerLost');
    await expect(harness.job()).rejects.toMatchObject({ code: '57P01' });
    expect(harness.adapter.calls).toEqual([]);
    await harness.converge();
    expect(harness.adapter.calls[0]).toBe('lookup');
    expect([submissions(harness), harness.adapter.venue.orders.length]).toEqual([1, 1]);
    expect((await harness.machine()).life).toBe('ACKNOWLEDGED');
  });

  // prettier-ignore
  const ANSWERS: readonly (readonly [SubmitFault | null, string])[] = [
    [null, 'ACKNOWLEDGED'], ['filledAtOnce', 'FILLED'], ['notPlaced', 'REJECTED'], ['keyRefused', 'REJECTED'],
    ['rateLimited', 'ACKNOWLEDGED'], ['notSent', 'ACKNOWLEDGED'], ['answerLost', 'ACKNOWLEDGED'],
  ];
  test.each(ANSWERS.flatMap((row) => [[...row, 'refused'] as const, [...row, 'answerLost'] as const]))(
    'the answer "%s" is written when it can be: %s (the write is %s)',
    async (fault, life, how) => {
      const story = async (isIll: boolean) => {
        const harness = await openHarness({ faults: { submit: [fault] } });
        if (isIll) failWrites(harness, 2, 6, how);
        await harness.converge();
        const { legs, executions, requests } = await harness.machine();
        return {
          life: (await harness.machine()).life,
          attempts: legs.map((leg) => [leg.attempts, leg.phase]),
          executions: executions.length,
          requests,
          submissions: submissions(harness),
          atExchange: harness.adapter.venue.orders.map((order) => order.status),
        };
      };
      const well = await story(false);
      expect(well.life).toBe(life);
      expect(await story(true)).toEqual(well);
    },
  );

  test.each<RequestFault | null>([null, 'refused', 'unknownOrder', 'takenSilently', 'answerLost'])(
    'the answer to a cancel (%s) is written when it can be',
    async (fault) => {
      const story = async (how: 'refused' | 'answerLost' | null) => {
        const harness = await openHarness({ faults: { cancel: [fault] } });
        await harness.converge();
        await harness.cancel();
        if (how !== null) failWrites(harness, 2, 4, how);
        await harness.converge();
        const { life, requests } = await harness.machine();
        return [life, requests.map(({ kind, phase }) => `${kind} ${phase}`), harness.adapter.venue.orders[0]?.status];
      };
      const well = await story(null);
      expect(await story('refused')).toEqual(well);
      expect(await story('answerLost')).toEqual(well);
    },
  );

  test('when the key is lost meanwhile the answer is given up, and evidence tells whoever has the key', async () => {
    const harness = await openHarness();
    failWrites(harness, 2, 1_000, 'refused');
    const { hooks } = harness.world;
    const refuse = hooks.before;
    let tries = 0;
    hooks.before = (write) => {
      tries += 1;
      if (tries > 20) harness.lockLost = true;
      return refuse(write);
    };
    await expect(harness.job()).rejects.toMatchObject({ code: '53100' });
    harness.lockLost = false;
    failWrites(harness, 1, 0, 'refused');
    await harness.converge();
    expect([submissions(harness), harness.adapter.venue.orders.length]).toEqual([1, 1]);
    expect((await harness.machine()).life).toBe('ACKNOWLEDGED');
  });
});

describe('an exchange that is away for an hour', () => {
  /** Jobs and pauses for an hour, every call failing; gives the longest pause and the number of calls. */
  const anHour = async (harness: Harness) => {
    const endMs = harness.world.clock.nowMs + 3_600_000;
    const before = harness.adapter.calls.length;
    let longestMs = 0;
    const seen = new Set<string>();
    while (harness.world.clock.nowMs < endMs) {
      const verdict = await harness.job();
      if (verdict === null || verdict.kind === 'Settled') throw new Error(`not open: ${JSON.stringify(verdict)}`);
      const pauseMs = verdict.kind === 'Throttled' ? verdict.retryAfterMs : verdict.afterMs;
      longestMs = Math.max(longestMs, pauseMs);
      seen.add((await harness.order()).actual.reconciliation.status);
      harness.world.clock.advance(Math.max(1, pauseMs));
    }
    return { longestMs, calls: harness.adapter.calls.length - before, seen: [...seen] };
  };
  const away = <Fault>(fault: Fault): Fault[] => Array<Fault>(1_000).fill(fault);

  test('an order in doubt is asked for at most once a minute, is shown, and is found at its return', async () => {
    const harness = await openHarness({ faults: { submit: ['answerLost'], lookup: away('failed' as const) } });
    const { longestMs, calls, seen } = await anHour(harness);
    expect(longestMs).toBeLessThanOrEqual(60_000);
    expect(calls).toBeLessThan(90);
    expect(seen).toEqual(['AMBIGUOUS', 'NEEDS_ATTENTION']);
    expect((await harness.order()).actual.reconciliation.absentLookups.length).toBeLessThanOrEqual(20);
    harness.adapter.faults.lookup.splice(0);
    await harness.converge();
    expect([submissions(harness), harness.adapter.venue.orders.length]).toEqual([1, 1]);
    expect((await harness.order()).actual.reconciliation.status).toBe('IN_SYNC');
  });

  test('a submission that was lost in it is proved absent at its return, not before, and is placed once', async () => {
    const harness = await openHarness({ faults: { submit: ['dropped'], lookup: away('partial' as const) } });
    await anHour(harness);
    expect(submissions(harness)).toBe(1);
    harness.adapter.faults.lookup.splice(0);
    await harness.converge();
    expect([submissions(harness), harness.adapter.venue.open().length]).toEqual([2, 1]);
  });

  test('a cancel that is wished during it is carried out at its return', async () => {
    const harness = await openHarness({
      faults: { cancel: away('notSent' as const), lookup: away('failed' as const) },
    });
    await harness.converge();
    await harness.cancel();
    const { longestMs, calls, seen } = await anHour(harness);
    expect(longestMs).toBeLessThanOrEqual(60_000);
    expect(calls).toBeLessThan(150);
    expect(seen).toEqual(['PROGRESSING']);
    harness.adapter.faults.cancel.splice(0);
    harness.adapter.faults.lookup.splice(0);
    await harness.converge();
    expect((await harness.machine()).life).toBe('CANCELLED');
  });
});
