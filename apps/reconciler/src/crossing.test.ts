import { reportOf } from '@orderplane/planner/testing';
import { observe } from '@orderplane/recorder';
import { expect, test } from 'vitest';
import { openHarness } from './testing/harness.ts';

test('a fill that the stream claims while an earlier look-up is under way is asked for once more', async () => {
  const harness = await openHarness();
  await harness.converge();
  const { world, adapter } = harness;
  const [order] = adapter.venue.orders;
  if (order === undefined) throw new Error('nothing was placed');
  const { accountId, userId, exchange } = (await harness.order()).intent;
  const key = { accountId, userId, exchange };
  // The stream tells totals only: each claim is a question.
  const claim = () => observe(world.recorder, key, [reportOf(order, 'stream', world.clock.iso())]);
  const fill = (size: string) => adapter.fill(order, size);
  world.clock.advance(1_000);
  fill('0.1');
  await claim();
  const lookup = adapter.lookup.bind(adapter);
  let crossed = false;
  adapter.lookup = async (request) => {
    const answer = await lookup(request);
    if (crossed) return answer;
    crossed = true;
    world.clock.advance(50);
    fill('0.2');
    await claim();
    return answer;
  };
  await harness.converge();
  expect(crossed).toBe(true);
  const { machine, reconciliation } = (await harness.order()).actual;
  expect(machine.executions.map(({ size }) => size)).toEqual(['0.1', '0.2']);
  expect([reconciliation.attempts, reconciliation.lastError]).toEqual([0, null]);
});

test('a fill that the stream claims before the answer to the submission is booked is asked for', async () => {
  const harness = await openHarness();
  const { world, adapter } = harness;
  const { accountId, userId, exchange } = (await harness.order()).intent;
  const submit = adapter.submit.bind(adapter);
  adapter.submit = async (request) => {
    const answer = await submit(request);
    const [order] = adapter.venue.orders;
    if (order === undefined) throw new Error('nothing was placed');
    world.clock.advance(50);
    adapter.fill(order, '0.2');
    await observe(world.recorder, { accountId, userId, exchange }, [reportOf(order, 'stream', world.clock.iso())]);
    return answer;
  };
  await harness.converge();
  const { machine, reconciliation } = (await harness.order()).actual;
  expect(machine.executions.map(({ size }) => size)).toEqual(['0.2']);
  expect([reconciliation.attempts, reconciliation.lastError]).toEqual([0, null]);
});
