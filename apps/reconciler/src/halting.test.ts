import { currentLeg, isDone } from '@orderplane/state-machine';
import { describe, expect, test } from 'vitest';
import type { Faults } from './testing/faults.ts';
import { openHarness, type Harness, type HarnessOptions } from './testing/harness.ts';
import { executed } from './testing/model-adapter.ts';

interface Story {
  readonly name: string;
  readonly options: HarnessOptions;
  readonly wish: (harness: Harness) => Promise<unknown>;
}

const none = (): Promise<void> => Promise.resolve();
const lost: Partial<Faults> = { submit: ['answerLost'], cancel: ['answerLost'], amend: ['answerLost'] };
const dropped: Partial<Faults> = { submit: ['dropped'], cancel: ['dropped'], amend: ['dropped'] };
const late: Partial<Faults> = { submit: ['arrivesLate'], cancel: ['takenSilently'], amend: ['arrivesLate'] };
const away: Partial<Faults> = { submit: ['notSent', 'rateLimited'], cancel: ['notSent', 'refused', 'refused'] };
const change = (harness: Harness) => harness.modify({ size: '2', price: '101' });
const cancel = (harness: Harness) => harness.cancel();

const STORIES: readonly Story[] = [
  { name: 'place', options: {}, wish: none },
  { name: 'place, answers lost', options: { faults: lost }, wish: none },
  { name: 'place, requests lost', options: { faults: dropped }, wish: none },
  { name: 'place, requests arrive late', options: { faults: late }, wish: none },
  { name: 'place, not sent, cancels refused', options: { faults: away }, wish: none },
  { name: 'place and fill in part', options: { faults: { submit: ['partFilledAtOnce'] } }, wish: none },
  { name: 'cancel', options: { faults: lost }, wish: cancel },
  { name: 'change in two steps', options: {}, wish: change },
  { name: 'change in two steps, answers lost', options: { faults: lost }, wish: change },
  { name: 'change by amendment, answers lost', options: { exchange: 'kraken', faults: lost }, wish: change },
];

const accountOf = (options: HarnessOptions): string => (options.exchange === 'kraken' ? 'account-2' : 'account-1');

interface Halted {
  readonly harness: Harness;
  /** Submissions that reached the exchange after the halt, and those that had left when it came. */
  readonly submitsAfter: number;
  travelling: number;
}

/**
 * Throws the switch at a place where a process may also die: around a write, around a call. The store in memory has done
 * its work when `halt` gives its promise. `crashAfter` is counted from there.
 */
async function tell(story: Story, haltAfter: number, cancelOpen: boolean, crashAfter = 0): Promise<Halted> {
  const harness = await openHarness(story.options);
  const { world, adapter, orderId } = harness;
  const pass = adapter.around;
  let [places, callsBefore] = [0, 0];
  const halted = { harness, submitsAfter: 0, travelling: 0 };
  const throwSwitch = (): void => {
    callsBefore = adapter.calls.length;
    if (crashAfter > 0) harness.crashAfter = harness.passed + crashAfter;
    const at = world.clock.iso();
    void world.store.accounts.halt('user-1', accountOf(story.options), { cancelOpen, at });
    void world.store.ledger.find(orderId).then((order) => {
      if (order !== null && currentLeg(order.actual.machine)?.phase === 'sent') halted.travelling = 1;
    });
  };
  const counted = (): void => {
    places += 1;
    if (places === haltAfter) throwSwitch();
    pass();
  };
  adapter.around = counted;
  world.hooks.before = counted;
  world.hooks.after = counted;
  await harness.converge();
  await story.wish(harness);
  await harness.converge();
  if (places < haltAfter) throwSwitch();
  // The halt wakes the order: a job that ran meanwhile is followed by one more.
  await harness.converge();
  const submitsAfter = adapter.calls.slice(callsBefore).filter((call) => call.startsWith('submit')).length;
  return { ...halted, submitsAfter };
}

const placesOf = async (story: Story): Promise<number> =>
  (await tell(story, Number.MAX_SAFE_INTEGER, true)).harness.passed;

async function isOver({ harness, submitsAfter, travelling }: Halted, where: string): Promise<void> {
  const { actual } = await harness.order();
  expect(isDone(actual.machine), where).toBe(true);
  expect(actual.reconciliation.status, where).toBe('IN_SYNC');
  expect(harness.adapter.venue.open(), where).toEqual([]);
  expect(harness.adapter.doubled, where).toBe(false);
  expect(submitsAfter, where).toBeLessThanOrEqual(travelling);
  expect(actual.machine.executions.map(({ id, size }) => `${id} ${size}`).sort(), where).toEqual(
    executed(harness.adapter.venue),
  );
}

describe('the kill switch, thrown at any write and around any call', () => {
  test.each(STORIES)('$name: nothing new is sent, and the order ends', async (story) => {
    const places = await placesOf(story);
    expect(places).toBeGreaterThan(3);
    for (let haltAfter = 1; haltAfter <= places + 1; haltAfter += 1)
      await isOver(await tell(story, haltAfter, true), `halted at ${haltAfter} of ${places}`);
  });

  test.each(STORIES)('$name: also when the process dies right after', async (story) => {
    const places = await placesOf(story);
    for (let haltAfter = 1; haltAfter <= places + 1; haltAfter += 1)
      for (const crashAfter of [1, 2, 4, 7])
        await isOver(
          await tell(story, haltAfter, true, crashAfter),
          `halted at ${haltAfter}, died ${crashAfter} later`,
        );
  });

  test.each(STORIES)('$name: what is open stays, and after the resume all is as it was wished', async (story) => {
    const places = await placesOf(story);
    for (let haltAfter = 1; haltAfter <= places + 1; haltAfter += 1) {
      const halted = await tell(story, haltAfter, false);
      const { harness } = halted;
      expect(halted.submitsAfter).toBeLessThanOrEqual(halted.travelling);
      await harness.world.store.accounts.resume('user-1', accountOf(story.options));
      await harness.converge();
      const { actual, intent } = await harness.order();
      const where = `halted at ${haltAfter} of ${places}: ${harness.adapter.calls.join(', ')}`;
      expect(actual.reconciliation.status, where).toBe('IN_SYNC');
      const open = harness.adapter.venue.open();
      expect(open.length, where).toBe(story.wish === cancel ? 0 : 1);
      if (story.wish === change) expect([actual.machine.terms.size, intent.spec.price], where).toEqual(['2', '101']);
    }
  });
});

describe('an order of a halted account', () => {
  test('says why it ended, and is cancelled again at growing distances while the exchange refuses', async () => {
    const harness = await openHarness({ faults: { cancel: ['refused', 'refused', 'refused'] } });
    await harness.converge();
    const { store, clock } = harness.world;
    await store.accounts.halt('user-1', 'account-1', { cancelOpen: true, at: clock.iso() });
    const before = clock.nowMs;
    await harness.converge();
    const { machine } = (await harness.order()).actual;
    expect(machine.end).toMatchObject({ kind: 'CANCELLED', reason: 'the account is halted' });
    expect(machine.requests.map(({ phase, by }) => [phase, by])).toEqual([
      ...Array.from({ length: 3 }, () => ['refused', 'us']),
      ['applied', 'us'],
    ]);
    expect(clock.nowMs - before).toBeGreaterThanOrEqual(7_000);
  });

  test('that was found after the halt is left alone, one that was known is cancelled', async () => {
    for (const [later, end] of [
      [true, 'ACKNOWLEDGED'],
      [false, 'CANCELLED'],
    ] as const) {
      const harness = await openHarness();
      await harness.converge();
      const { store, clock } = harness.world;
      const { intent } = await harness.order();
      await store.ledger.intents.update({ ...intent, origin: 'EXTERNAL' });
      if (!later) clock.advance(1);
      const { account } = (await store.accounts.halt('user-1', 'account-1', {
        cancelOpen: true,
        at: intent.createdAt,
      })) as never;
      if (later) {
        const { halt } = account as { halt: { cancelOpenBefore: string } };
        await store.ledger.intents.update({ ...intent, origin: 'EXTERNAL', createdAt: halt.cancelOpenBefore });
      }
      await harness.converge();
      expect((await harness.machine()).life).toBe(end);
    }
  });
});
