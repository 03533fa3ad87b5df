import { cumQty } from '@orderplane/state-machine';
import { describe, expect, test } from 'vitest';
import { GroupHarness } from './testing/group-harness.ts';

const EXCHANGES = ['binance', 'kraken'] as const;
const PAIR = [{ price: '110' }, { price: '90' }];

const open = async (
  onPartialFill: 'CANCEL' | 'REDUCE',
  over: Partial<Parameters<typeof GroupHarness.open>[0]> = {},
): Promise<GroupHarness> => {
  const harness = await GroupHarness.open({ exchange: 'binance', onPartialFill, specs: PAIR, ...over });
  await harness.converge();
  return harness;
};
const shown = async (harness: GroupHarness) =>
  (await harness.group()).members.map(({ actual: { machine } }) => [machine.life, machine.terms.size, cumQty(machine)]);

describe.each(EXCHANGES)('a group at an exchange like %s', (exchange) => {
  test.each(['CANCEL', 'REDUCE'] as const)('%s: the first that is filled ends the others', async (policy) => {
    const harness = await open(policy, { exchange, specs: [...PAIR, { price: '80' }] });
    await harness.fill(1, '1');
    await harness.stream();
    await harness.converge();
    expect(await shown(harness)).toEqual([
      ['CANCELLED', '1', '0'],
      ['FILLED', '1', '1'],
      ['CANCELLED', '1', '0'],
    ]);
    expect((await harness.group()).group.conflict).toBeNull();
  });

  test('CANCEL: a partial fill ends the others, and the order itself goes on', async () => {
    const harness = await open('CANCEL', { exchange });
    await harness.fill(0, '0.3');
    await harness.stream();
    await harness.converge();
    expect(await shown(harness)).toEqual([
      ['PARTIALLY_FILLED', '1', '0.3'],
      ['CANCELLED', '1', '0'],
    ]);
  });

  test('REDUCE: each partial fill makes the others smaller, until too little is left', async () => {
    const harness = await open('REDUCE', { exchange });
    for (const [size, left] of [
      ['0.3', '0.7'],
      ['0.304', '0.39'],
    ] as const) {
      await harness.fill(0, size);
      await harness.stream();
      await harness.converge();
      expect((await shown(harness))[1]).toEqual(['ACKNOWLEDGED', left, '0']);
    }
    await harness.fill(0, '0.35');
    await harness.stream();
    await harness.converge();
    expect((await shown(harness))[1]).toEqual(['CANCELLED', '0.39', '0']);
    expect((await harness.group()).group.conflict).toBeNull();
  });

  test('REDUCE: what both fill adds up to one order', async () => {
    const harness = await open('REDUCE', { exchange });
    await harness.fill(0, '0.4');
    await harness.stream();
    await harness.converge();
    await harness.fill(1, '0.6');
    await harness.stream();
    await harness.converge();
    expect(await shown(harness)).toEqual([
      ['CANCELLED', '1', '0.4'],
      ['FILLED', '0.6', '0.6'],
    ]);
    expect((await harness.group()).group.conflict).toBeNull();
  });

  test('REDUCE across markets: by the part that is filled', async () => {
    const specs = [{ price: '110' }, { symbol: 'ETH-USD', price: '10', size: '20' }];
    const harness = await open('REDUCE', { exchange, specs });
    await harness.fill(0, '0.25');
    await harness.stream();
    await harness.converge();
    expect((await shown(harness))[1]).toEqual(['ACKNOWLEDGED', '15', '0']);
  });
});

test('an order that was not sent yet when another filled is never sent', async () => {
  const harness = await GroupHarness.open({ exchange: 'binance', onPartialFill: 'CANCEL', specs: PAIR });
  await harness.job(harness.orderIds[0] ?? '');
  await harness.fill(0, '0.1');
  await harness.stream();
  await harness.converge();
  expect(await shown(harness)).toEqual([
    ['PARTIALLY_FILLED', '1', '0.1'],
    ['CANCELLED', '1', '0'],
  ]);
  expect(harness.adapter.calls.filter((call) => call === 'submit')).toHaveLength(1);
  const { machine } = (await harness.member(1)).actual;
  expect(machine.end?.reason).toContain('has filled 0.1');
});

test.each([
  ['CANCEL', '0.2', '0.3'],
  ['CANCEL', '1', '1'],
  ['REDUCE', '0.8', '0.3'],
  ['REDUCE', '1', '1'],
] as const)('%s: %s and %s filled at the same moment: both end, recorded and raised for ever', async (policy, a, b) => {
  const harness = await open(policy);
  await harness.fill(0, a);
  await harness.fill(1, b);
  await harness.stream();
  await harness.converge();
  const { group, members } = await harness.group();
  expect(group.conflict?.reason).toContain('more was executed than the group allows');
  for (const { intent, actual } of members) {
    expect(['FILLED', 'CANCELLED']).toContain(actual.machine.life);
    expect(group.conflict?.reason).toContain(`${cumQty(actual.machine)} of 1 BTC-USD by ${intent.orderId}`);
    expect(actual.reconciliation).toMatchObject({ status: 'NEEDS_ATTENTION', alert: group.conflict?.reason });
  }
  const before = JSON.stringify(await harness.group());
  await harness.calm();
  expect(JSON.stringify(await harness.group())).toBe(before);
});

test('REDUCE: fills of both that add up to one order are no conflict, and nothing is left to fill', async () => {
  const harness = await open('REDUCE');
  await harness.fill(0, '0.4');
  await harness.fill(1, '0.6');
  await harness.stream();
  await harness.converge();
  const { group, members } = await harness.group();
  expect(group.conflict).toBeNull();
  expect(members.map(({ actual }) => actual.machine.life)).toEqual(['CANCELLED', 'CANCELLED']);
});

test('a cancel of a sibling that is refused because it filled just then: both filled', async () => {
  const harness = await open('CANCEL', { faults: { cancel: ['filledFirst'] } });
  await harness.fill(0, '0.5');
  await harness.stream();
  await harness.calm();
  expect(await shown(harness)).toMatchObject([
    ['CANCELLED', '1', '0.5'],
    ['FILLED', '1', '1'],
  ]);
  expect((await harness.group()).group.conflict).not.toBeNull();
});

test('a fill while the submission of a sibling is in doubt: it is found, and then cancelled', async () => {
  const harness = await GroupHarness.open({
    exchange: 'binance',
    onPartialFill: 'CANCEL',
    specs: PAIR,
    faults: { submit: [null, 'answerLost'], lookup: ['failed', 'failed'] },
  });
  for (const orderId of harness.orderIds) await harness.job(orderId);
  await harness.fill(0, '1');
  await harness.stream([0, 2]);
  await harness.calm();
  expect(await shown(harness)).toEqual([
    ['FILLED', '1', '1'],
    ['CANCELLED', '1', '0'],
  ]);
  expect(harness.adapter.venue.open()).toEqual([]);
});

test('a cancel by hand leaves the others, and so does a refusal', async () => {
  const specs = [...PAIR, { price: '80' }];
  const harness = await open('REDUCE', { specs, faults: { submit: [null, 'notPlaced', null] } });
  await harness.wish(0, null);
  await harness.calm();
  expect(await shown(harness)).toEqual([
    ['CANCELLED', '1', '0'],
    ['REJECTED', '1', '0'],
    ['ACKNOWLEDGED', '1', '0'],
  ]);
});

test('REDUCE: a change by the caller counts from then on; one of the price alone does not', async () => {
  const harness = await open('REDUCE');
  await harness.fill(0, '0.4');
  await harness.stream();
  await harness.converge();
  expect(await harness.wish(1, { price: '91' })).toBe(true);
  await harness.converge();
  expect((await shown(harness))[1]).toEqual(['ACKNOWLEDGED', '0.6', '0']);
  expect(await harness.wish(1, { size: '2' })).toBe(true);
  await harness.calm();
  expect((await shown(harness))[1]).toEqual(['ACKNOWLEDGED', '1.6', '0']);
});

test('told of nothing by anybody, the resync alone finds what is to be done', async () => {
  const harness = await open('CANCEL');
  await harness.fill(0, '1');
  await harness.stream();
  harness.woken.clear();
  // The filled order is over; it is unsettled all the same until its group was told.
  await harness.converge();
  expect(await shown(harness)).toEqual([
    ['FILLED', '1', '1'],
    ['CANCELLED', '1', '0'],
  ]);
  expect(await harness.world.store.ledger.unsettled({ limit: 10 })).toEqual([]);
});

test('wherever the process dies, the others end and a conflict is not lost', async () => {
  for (let crashAfter = 1; crashAfter < 40; crashAfter += 1) {
    const harness = await open('CANCEL');
    await harness.fill(0, '1');
    await harness.fill(1, '0.5');
    await harness.stream();
    harness.woken.clear();
    harness.crashAfter = harness.passed + crashAfter;
    await harness.calm();
    const { group, members } = await harness.group();
    expect(group.conflict, `death ${crashAfter}`).not.toBeNull();
    for (const { actual } of members) {
      expect(['FILLED', 'CANCELLED']).toContain(actual.machine.life);
      expect(actual.reconciliation.alert).toBe(group.conflict?.reason);
    }
  }
});
