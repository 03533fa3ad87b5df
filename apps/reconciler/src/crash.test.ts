import { isDone } from '@orderplane/state-machine';
import { describe, expect, test } from 'vitest';
import type { Faults } from './testing/faults.ts';
import { openHarness, type Harness, type HarnessOptions } from './testing/harness.ts';
import { executed } from './testing/model-adapter.ts';

interface Story {
  readonly name: string;
  readonly options: HarnessOptions;
  /** What the caller does once the order rests; the processes die before, in and after it. */
  readonly wish: (harness: Harness) => Promise<unknown>;
  readonly end: string;
}

const none = (): Promise<void> => Promise.resolve();
const lost: Partial<Faults> = { submit: ['answerLost'], cancel: ['answerLost'], amend: ['answerLost'] };
const dropped: Partial<Faults> = { submit: ['dropped'], cancel: ['dropped'], amend: ['dropped'] };
const change = (harness: Harness) => harness.modify({ size: '2', price: '101' });
const cancel = (harness: Harness) => harness.cancel();

// prettier-ignore
const STORIES: readonly Story[] = [
  { name: 'place',                        options: {},                                         wish: none,   end: 'OPEN 1' },
  { name: 'place, answer lost',           options: { faults: lost },                           wish: none,   end: 'OPEN 1' },
  { name: 'place, request lost',          options: { faults: dropped },                        wish: none,   end: 'OPEN 1' },
  { name: 'place a market order',         options: { spec: { type: 'MARKET', price: null } },  wish: none,   end: 'FILLED 1' },
  { name: 'place and cancel',             options: {},                                         wish: cancel, end: 'CANCELLED 1' },
  { name: 'place and cancel, answers lost', options: { faults: lost },                         wish: cancel, end: 'CANCELLED 1' },
  { name: 'place and cancel, requests lost', options: { faults: dropped },                     wish: cancel, end: 'CANCELLED 1' },
  { name: 'change in two steps',          options: {},                                         wish: change, end: 'CANCELLED 1, OPEN 2' },
  { name: 'change in two steps, answers lost', options: { faults: { ...lost, submit: [null, 'answerLost'] } }, wish: change, end: 'CANCELLED 1, OPEN 2' },
  { name: 'change in two steps, requests lost', options: { faults: { ...dropped, submit: [null, 'dropped'] } }, wish: change, end: 'CANCELLED 1, OPEN 2' },
  { name: 'change by amendment',          options: { exchange: 'kraken' },                     wish: change, end: 'OPEN 2' },
  { name: 'change by amendment, answer lost', options: { exchange: 'kraken', faults: lost },   wish: change, end: 'OPEN 2' },
  { name: 'change by amendment, request lost', options: { exchange: 'kraken', faults: dropped }, wish: change, end: 'OPEN 2' },
];

async function tell(story: Story, crashAfter: number): Promise<Harness> {
  const harness = await openHarness(story.options);
  harness.crashAfter = crashAfter;
  await harness.converge();
  await story.wish(harness);
  await harness.converge();
  return harness;
}

const ledger = (harness: Harness): string =>
  harness.adapter.venue.orders.map(({ status, size }) => `${status} ${size}`).join(', ');

describe('a process that dies at any write and around any call', () => {
  test.each(STORIES)('$name', async (story) => {
    const places = (await tell(story, 0)).passed;
    expect(places).toBeGreaterThan(5);
    for (let crashAfter = 0; crashAfter <= places; crashAfter += 1) {
      const harness = await tell(story, crashAfter);
      const where = `place ${crashAfter} of ${places}: ${harness.adapter.calls.join(', ')}`;
      expect(ledger(harness), where).toBe(story.end);
      expect(harness.adapter.doubled, where).toBe(false);
      const machine = await harness.machine();
      expect(machine.unknownSince, where).toBeNull();
      expect(isDone(machine), where).toBe(!story.end.includes('OPEN'));
      expect(machine.executions.map(({ id, size }) => `${id} ${size}`).sort(), where).toEqual(
        executed(harness.adapter.venue),
      );
      expect((await harness.order()).actual.reconciliation.status, where).toBe('IN_SYNC');
    }
  });

  test('twice in a row at every place of a change in two steps', async () => {
    const story = STORIES.find(({ name }) => name === 'change in two steps, answers lost');
    if (story === undefined) throw new Error('no such story');
    const places = (await tell(story, 0)).passed;
    for (let first = 1; first <= places; first += 1) {
      for (const gap of [1, 2, 3]) {
        const harness = await openHarness(story.options);
        harness.crashAfter = first;
        await harness.converge();
        await story.wish(harness);
        await harness.converge();
        harness.crashAfter = harness.passed + gap;
        harness.world.clock.advance(61_000);
        await harness.converge();
        expect(ledger(harness)).toBe(story.end);
      }
    }
  });
});
