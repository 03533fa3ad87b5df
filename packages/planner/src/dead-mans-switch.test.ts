import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planSwitch, refreshEveryMs } from './dead-mans-switch.ts';
import type { SwitchFacts } from './dead-mans-switch.ts';

const NOW = 1_700_000_000_000;
const OFF: SwitchFacts = { timeoutSeconds: null, armed: null, mayFireUntilMs: null, said: null };
const said = (atMs: number, failures = 0, retryAfterMs: number | null = null) => ({ atMs, failures, retryAfterMs });
/** Refreshed so long ago by the worker that asks. */
const kept = (timeoutSeconds: number, agoMs: number): SwitchFacts => ({
  timeoutSeconds,
  armed: { timeoutSeconds, refreshedAtMs: NOW - agoMs },
  mayFireUntilMs: NOW + 1_000_000,
  said: said(NOW - agoMs),
});

describe("the dead man's switch", () => {
  test.each<[string, SwitchFacts, object]>([
    ['never wanted: nothing is said', OFF, { kind: 'hold' }],
    ['wanted: armed', { ...OFF, timeoutSeconds: 60 }, { kind: 'arm', timeoutSeconds: 60 }],
    ['refreshed a moment ago', kept(60, 14_999), { kind: 'hold' }],
    ['a quarter of its time ago', kept(60, 15_000), { kind: 'arm', timeoutSeconds: 60 }],
    ['another time-out is wanted', { ...kept(60, 0), timeoutSeconds: 30 }, { kind: 'arm', timeoutSeconds: 30 }],
    ['a new owner says it at once', { ...kept(60, 0), said: null }, { kind: 'arm', timeoutSeconds: 60 }],
    ['not confirmed just now', { ...kept(60, 60_000), said: said(NOW - 999, 1) }, { kind: 'hold' }],
    ['not confirmed a second ago', { ...kept(60, 0), said: said(NOW - 1_000, 1) }, { kind: 'arm', timeoutSeconds: 60 }],
    ['four times in a row', { ...kept(60, 60_000), said: said(NOW - 7_999, 4) }, { kind: 'hold' }],
    ['ever so often', { ...kept(60, 0), said: said(NOW - 15_000, 99) }, { kind: 'arm', timeoutSeconds: 60 }],
    ['told to wait', { ...kept(60, 60_000), said: said(NOW - 4_000, 1, 5_000) }, { kind: 'hold' }],
    ['off, and it may be armed', { ...kept(60, 0), timeoutSeconds: null }, { kind: 'disarm' }],
    ['off, by whomever it was armed', { ...OFF, mayFireUntilMs: NOW + 1 }, { kind: 'disarm' }],
    ['off, and it has run out by itself', { ...OFF, mayFireUntilMs: NOW }, { kind: 'hold' }],
    ['off, and not confirmed', { ...kept(60, 0), timeoutSeconds: null, said: said(NOW, 1) }, { kind: 'hold' }],
  ])('%s', (_what, facts, step) => {
    expect(planSwitch(facts, NOW)).toEqual(step);
  });

  test('is refreshed at least three times within any time-out, and at least every 20 s', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 86_400 }), (seconds) => {
        expect(refreshEveryMs(seconds) * 4).toBeLessThanOrEqual(seconds * 1_000);
        expect(refreshEveryMs(seconds)).toBeLessThanOrEqual(20_000);
      }),
    );
  });

  /** Rounds of a worker every second, some of which fail: an exchange that counts as it was told never fires in between. */
  test('does not fire while every third word at least is confirmed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 120 }),
        fc.array(fc.boolean(), { minLength: 5, maxLength: 80 }),
        (timeoutSeconds, luck) => {
          let facts: SwitchFacts = { ...OFF, timeoutSeconds };
          let [firesAt, failures, words] = [Number.POSITIVE_INFINITY, 0, 0];
          for (let now = NOW; now < NOW + timeoutSeconds * 3_000; now += 1_000) {
            expect(now).toBeLessThan(firesAt);
            if (planSwitch(facts, now).kind !== 'arm') continue;
            words += 1;
            const confirmed = failures >= 2 || luck[words % luck.length] === true;
            failures = confirmed ? 0 : failures + 1;
            if (confirmed) firesAt = now + timeoutSeconds * 1_000;
            const armed = confirmed ? { timeoutSeconds, refreshedAtMs: now } : facts.armed;
            facts = { ...facts, armed, mayFireUntilMs: now + timeoutSeconds * 1_000, said: said(now, failures) };
          }
        },
      ),
    );
  });
});
