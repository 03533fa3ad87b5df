import { cumQty } from '@orderplane/state-machine';
import { describe, expect, test } from 'vitest';
import { GroupHarness } from './testing/group-harness.ts';

const PAIR = [{ price: '110' }, { price: '90' }];
const MARKET = { type: 'MARKET', price: null } as const;
const open = (
  onPartialFill: 'CANCEL' | 'REDUCE' = 'CANCEL',
  over: Partial<Parameters<typeof GroupHarness.open>[0]> = {},
) =>
  GroupHarness.open({
    exchange: 'binance',
    onPartialFill,
    specs: PAIR,
    dark: true,
    ...over,
  });
const submits = ({ adapter }: GroupHarness): number => adapter.calls.filter((call) => call.startsWith('submit')).length;
const shown = async (harness: GroupHarness) =>
  (await harness.group()).members.map(({ actual: { machine } }) => [machine.life, cumQty(machine)]);
const fillOf = async (harness: GroupHarness, index: number): Promise<void> => {
  await harness.fill(index, '1');
  await harness.stream();
  await harness.converge();
};

test.each(['CANCEL', 'REDUCE'] as const)(
  '%s: a price runs through both triggers, and one is executed',
  async (policy) => {
    const harness = await open(policy);
    const [first = '', second = ''] = harness.orderIds;
    await harness.fire(0);
    await harness.fire(1);
    await harness.job(first);
    expect(await harness.job(second)).toMatchObject({ kind: 'Recheck' });
    expect(submits(harness)).toBe(1);
    await fillOf(harness, 0);
    expect(await shown(harness)).toEqual([
      ['FILLED', '1'],
      ['CANCELLED', '0'],
    ]);
    expect((await harness.group()).group.conflict).toBeNull();
    expect(submits(harness)).toBe(1);
  },
);

test.each([
  ['LIMIT', PAIR],
  ['MARKET', [MARKET, MARKET]],
])('%s: both are looked at in the same moment: one is sent at most, and in the end one', async (_type, specs) => {
  const harness = await open('CANCEL', { specs });
  harness.isRacing = true;
  await harness.fire(0);
  await harness.fire(1);
  await Promise.all(harness.orderIds.map((orderId) => harness.job(orderId)));
  expect(submits(harness)).toBeLessThan(2);
  for (let round = 0; submits(harness) === 0 && round < 20; round += 1) {
    harness.world.clock.advance(250);
    await Promise.all(harness.orderIds.map((orderId) => harness.job(orderId)));
  }
  expect(submits(harness)).toBe(1);
  for (const index of [0, 1]) await fillOf(harness, index);
  expect((await shown(harness)).map(([life]) => life).sort()).toEqual(['CANCELLED', 'FILLED']);
  expect((await harness.group()).group.conflict).toBeNull();
});

test('the one that was reached first goes first, also where it is looked at later', async () => {
  const harness = await open();
  const [first = '', second = ''] = harness.orderIds;
  await harness.fire(0, '2025-12-31T23:59:59.000Z');
  await harness.fire(1, '2025-12-31T23:59:58.000Z');
  expect(await harness.job(first)).toMatchObject({ kind: 'Recheck' });
  await harness.job(second);
  expect((await shown(harness)).map(([life]) => life)).toEqual(['TRIGGERED', 'ACKNOWLEDGED']);
});

test('the first is refused by the exchange: the other one goes', async () => {
  const harness = await open('CANCEL', { faults: { submit: ['notPlaced', null] } });
  await harness.fire(0);
  await harness.fire(1);
  await harness.converge();
  expect((await shown(harness)).map(([life]) => life)).toEqual(['REJECTED', 'ACKNOWLEDGED']);
});

test('the first is in doubt: the other one waits until it is found', async () => {
  const harness = await open('CANCEL', { faults: { submit: ['answerLost'], lookup: ['failed', 'failed'] } });
  const [first = '', second = ''] = harness.orderIds;
  await harness.fire(0);
  await harness.fire(1);
  await harness.job(first);
  for (let round = 0; round < 5; round += 1) {
    expect(await harness.job(second)).toMatchObject({ kind: 'Recheck' });
    harness.world.clock.advance(1_000);
  }
  expect(submits(harness)).toBe(1);
  await fillOf(harness, 0);
  expect(await shown(harness)).toEqual([
    ['FILLED', '1'],
    ['CANCELLED', '0'],
  ]);
});

test('limit orders: the first has come to rest, and the other one rests beside it', async () => {
  const harness = await open();
  await harness.fire(0);
  await harness.fire(1);
  await harness.converge();
  expect((await shown(harness)).map(([life]) => life)).toEqual(['ACKNOWLEDGED', 'ACKNOWLEDGED']);
});

describe('what rests holds what the other one takes', () => {
  const take = async (): Promise<GroupHarness> => {
    const harness = await open();
    await harness.fire(0);
    await harness.converge();
    harness.world.clock.advance(10_000);
    await harness.fire(1, harness.world.clock.iso(), 'USD');
    return harness;
  };

  test('it is cancelled, and only then is the other one sent', async () => {
    const harness = await take();
    const [, second = ''] = harness.orderIds;
    expect(await harness.job(second)).toMatchObject({ kind: 'Recheck' });
    expect([...harness.woken]).toEqual([harness.orderIds[0]]);
    expect(submits(harness)).toBe(1);
    await harness.converge();
    expect((await shown(harness)).map(([life]) => life)).toEqual(['CANCELLED', 'ACKNOWLEDGED']);
    const [{ actual } = await harness.member(0)] = (await harness.group()).members;
    expect(actual.machine.end?.reason).toContain('has fired and takes the USD that this one holds');
    expect(harness.adapter.venue.open()).toHaveLength(1);
  });

  test('it fills before it can be cancelled: the other one is never sent', async () => {
    const harness = await take();
    await harness.fill(0, '1');
    await harness.calm();
    expect(await shown(harness)).toEqual([
      ['FILLED', '1'],
      ['CANCELLED', '0'],
    ]);
    expect(submits(harness)).toBe(1);
  });
});
