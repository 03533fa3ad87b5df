import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { cumQty, isDone, leavesQty } from '@orderplane/state-machine';
import { describe, expect, test } from 'vitest';
import { executed } from './testing/model-adapter.ts';
import type { RequestFault } from './testing/faults.ts';
import { openHarness, type Harness, type HarnessOptions } from './testing/harness.ts';

const resting = async (options: HarnessOptions = {}): Promise<Harness> => {
  const harness = await openHarness(options);
  await harness.converge();
  harness.adapter.calls.length = 0;
  return harness;
};
const ledger = (harness: Harness): string =>
  harness.adapter.venue.orders.map(({ status, size, price }) => `${status} ${size} at ${price}`).join(', ');
const booked = async (harness: Harness): Promise<string[]> =>
  (await harness.machine()).executions.map(({ id, size }) => `${id} ${size}`).sort();
const requests = async (harness: Harness): Promise<string> =>
  (await harness.machine()).requests.map(({ phase }) => phase).join(' ');
/** Nothing left to do, nothing lost, nothing alive beside the one live leg. */
const check = async (harness: Harness): Promise<void> => {
  expect(harness.adapter.doubled).toBe(false);
  expect(await booked(harness)).toEqual(executed(harness.adapter.venue));
  const machine = await harness.machine();
  expect(machine.unknownSince).toBeNull();
  const open = harness.adapter.venue.open();
  expect(open.length).toBe(machine.legs.at(-1)?.phase === 'live' && leavesQty(machine) !== '0' ? 1 : 0);
  const { version } = (await harness.order()).actual;
  expect(await harness.job()).toEqual({ kind: 'Settled' });
  expect((await harness.order()).actual.version).toBe(version);
};

test('what an exchange has taken without a word is left to its stream for a moment', async () => {
  const harness = await resting({ exchange: 'kraken', faults: { cancel: ['takenSilently'] } });
  await harness.cancel();
  expect((await harness.job())?.kind).toBe('Recheck');
  expect(harness.adapter.calls.filter((call) => call.startsWith('lookup'))).toEqual([]);
  await harness.converge();
  expect(harness.adapter.calls.filter((call) => call.startsWith('lookup'))).not.toEqual([]);
  expect((await harness.machine()).life).toBe('CANCELLED');
  await check(harness);
});

describe.each(['binance', 'kraken'] as const)('a cancel on %s', (exchange) => {
  // prettier-ignore
  test.each<readonly [string, readonly RequestFault[], string, string]>([
    ['done',                                [],                              'CANCELLED',    'applied'],
    ['done, and its answer is lost',        ['answerLost'],                  'CANCELLED',    'applied'],
    ['lost on the way, found open, sent again', ['dropped'],                 'CANCELLED',    'applied'],
    ['lost twice',                          ['dropped', 'dropped'],          'CANCELLED',    'applied'],
    ['late',                                ['arrivesLate'],                 'CANCELLED',    'applied'],
    ['taken, its effect is seen later',     ['takenSilently'],               'CANCELLED',    'applied'],
    ['not sent',                            ['notSent'],                     'CANCELLED',    'applied'],
    ['rate limited',                        ['rateLimited'],                 'CANCELLED',    'applied'],
    ['key refused for a moment',            ['keyRefused'],                  'CANCELLED',    'applied'],
    ['refused: the caller is told, the order lives', ['refused'],            'ACKNOWLEDGED', 'refused'],
    ['"unknown order", but it lives',       ['unknownOrder'],                'ACKNOWLEDGED', 'refused'],
    ['crossed by the full fill',            ['filledFirst'],                 'FILLED',       'refused'],
    ['crossed by a part',                   ['partFilledFirst'],             'CANCELLED',    'applied'],
  ])('%s', async (_name, cancel, life, phase) => {
    const harness = await resting({ exchange, faults: { cancel: [...cancel] } });
    await harness.cancel();
    await harness.converge();
    expect([(await harness.machine()).life, await requests(harness)]).toEqual([life, phase]);
    await check(harness);
  });

  test('wanted before the acknowledgement is sent once the order is found', async () => {
    const harness = await openHarness({ exchange, faults: { submit: ['answerLost'], lookup: ['failed', 'failed'] } });
    await harness.job();
    await harness.cancel();
    await harness.converge();
    expect([(await harness.machine()).life, ledger(harness)]).toEqual(['CANCELLED', 'CANCELLED 1 at 100']);
    await check(harness);
  });

  test('of an order that is then proved absent ends it, and nothing is sent again', async () => {
    const harness = await openHarness({ exchange, faults: { submit: ['dropped'] } });
    await harness.job();
    await harness.cancel();
    await harness.converge();
    expect((await harness.machine()).end).toMatchObject({ kind: 'CANCELLED', saidBy: 'us' });
    expect(harness.adapter.calls.filter((call) => call.startsWith('submit'))).toHaveLength(1);
    await check(harness);
  });

  test('of an order that waits for another attempt ends it', async () => {
    const harness = await openHarness({ exchange, faults: { submit: ['notSent', 'notSent'] } });
    await harness.job();
    await harness.cancel();
    await harness.converge();
    expect((await harness.machine()).life).toBe('CANCELLED');
    expect(harness.adapter.venue.orders).toEqual([]);
    await check(harness);
  });

  test('in doubt while the order fills, and the fill is told late', async () => {
    const harness = await resting({ exchange, faults: { cancel: ['dropped'], lookup: ['fillsLate', 'lagging'] } });
    await harness.cancel();
    const [order] = harness.adapter.venue.orders;
    if (order !== undefined) harness.adapter.fill(order, '1');
    await harness.converge();
    expect([(await harness.machine()).life, await requests(harness)]).toEqual(['FILLED', 'refused']);
    await check(harness);
  });
});

describe('a change where the exchange amends', () => {
  // prettier-ignore
  test.each<readonly [string, readonly RequestFault[], string, string]>([
    ['done',                                [],                              'OPEN 2 at 101', 'applied'],
    ['done, and its answer is lost',        ['answerLost'],                  'OPEN 2 at 101', 'applied'],
    ['lost on the way',                     ['dropped'],                     'OPEN 2 at 101', 'applied'],
    ['late',                                ['arrivesLate'],                 'OPEN 2 at 101', 'applied'],
    ['taken, its effect is seen later',     ['takenSilently'],               'OPEN 2 at 101', 'applied'],
    ['not sent',                            ['notSent'],                     'OPEN 2 at 101', 'applied'],
    ['rate limited',                        ['rateLimited'],                 'OPEN 2 at 101', 'applied'],
    ['refused',                             ['refused'],                     'OPEN 1 at 100', 'refused'],
    ['"unknown order", but it lives',       ['unknownOrder'],                'OPEN 1 at 100', 'refused'],
    ['crossed by the full fill',            ['filledFirst'],                 'FILLED 1 at 100', 'refused'],
    ['crossed by a part',                   ['partFilledFirst'],             'OPEN 2 at 101', 'applied'],
  ])('%s', async (_name, amend, atExchange, phase) => {
    const harness = await resting({ exchange: 'kraken', faults: { amend: [...amend] } });
    await harness.modify({ size: '2', price: '101' });
    await harness.converge();
    expect([ledger(harness), await requests(harness)]).toEqual([atExchange, phase]);
    const { size, price } = (await harness.machine()).terms;
    expect(atExchange.endsWith(`${size} at ${price}`)).toBe(true);
    await check(harness);
  });

  test('a second change while the first is in doubt: the values of the last one', async () => {
    const harness = await resting({ exchange: 'kraken', faults: { amend: ['dropped'] } });
    await harness.modify({ price: '101' });
    await harness.job();
    await harness.modify({ price: '102' });
    await harness.converge();
    expect([ledger(harness), (await harness.machine()).terms.price]).toEqual(['OPEN 1 at 102', '102']);
    await check(harness);
  });

  test('and a cancel: the order ends', async () => {
    const harness = await resting({ exchange: 'kraken' });
    await harness.modify({ price: '101' });
    await harness.cancel();
    await harness.converge();
    expect(ledger(harness)).toBe('CANCELLED 1 at 100');
    await check(harness);
  });

  test('the size sent is the total of the leg', async () => {
    const harness = await resting({ exchange: 'kraken' });
    const [order] = harness.adapter.venue.orders;
    if (order !== undefined) harness.adapter.fill(order, '0.4');
    await harness.modify({ size: '3' });
    await harness.converge();
    expect(ledger(harness)).toBe('OPEN 3 at 100');
    await check(harness);
  });
});

test('an amendment of a second leg counts what the first one filled', async () => {
  const harness = await resting({ faults: { cancel: ['partFilledFirst'] } });
  await harness.modify({ size: '2', price: '101' });
  await harness.converge();
  expect(ledger(harness)).toBe('CANCELLED 1 at 100, OPEN 1.75 at 101');
  harness.adapter.capabilities = capabilitiesOf('kraken');
  await harness.modify({ size: '3' });
  await harness.converge();
  expect([ledger(harness), (await harness.machine()).terms.size]).toEqual([
    'CANCELLED 1 at 100, OPEN 2.75 at 101',
    '3',
  ]);
  await check(harness);
});

describe('a change in two steps', () => {
  const changed = async (faults: HarnessOptions['faults'], change = { size: '2', price: '101' }): Promise<Harness> => {
    const harness = await resting({ ...(faults === undefined ? {} : { faults }) });
    await harness.modify(change);
    await harness.converge();
    return harness;
  };

  // prettier-ignore
  test.each<readonly [string, NonNullable<HarnessOptions['faults']>, string, string]>([
    ['done',                                   {},                                         'CANCELLED 1 at 100, OPEN 2 at 101',       'applied'],
    ['the answer of the cancel is lost',       { cancel: ['answerLost'] },                 'CANCELLED 1 at 100, OPEN 2 at 101',       'applied'],
    ['the cancel is lost',                     { cancel: ['dropped'] },                    'CANCELLED 1 at 100, OPEN 2 at 101',       'applied'],
    ['the cancel is late',                     { cancel: ['arrivesLate'] },                'CANCELLED 1 at 100, OPEN 2 at 101',       'applied'],
    ['the cancel is taken, seen later',        { cancel: ['takenSilently'] },              'CANCELLED 1 at 100, OPEN 2 at 101',       'applied'],
    ['the cancel is not sent',                 { cancel: ['notSent', 'rateLimited'] },     'CANCELLED 1 at 100, OPEN 2 at 101',       'applied'],
    ['the cancel is refused',                  { cancel: ['refused'] },                    'OPEN 1 at 100',                           'refused'],
    ['the old leg filled first',               { cancel: ['filledFirst'] },                'FILLED 1 at 100',                         'refused'],
    ['a part of the old leg filled first',     { cancel: ['partFilledFirst'] },            'CANCELLED 1 at 100, OPEN 1.75 at 101',    'applied'],
    ['… and that execution is told late',      { cancel: ['partFilledFirst', 'answerLost'], lookup: ['fillsLate', 'lagging'] }, 'CANCELLED 1 at 100, OPEN 1.75 at 101', 'applied'],
    ['the new leg is refused',                 { submit: [null, 'notPlaced'] },            'CANCELLED 1 at 100',                      'refused'],
    ['the answer of the new leg is lost',      { submit: [null, 'answerLost'] },           'CANCELLED 1 at 100, OPEN 2 at 101',       'applied'],
    ['the new leg is lost',                    { submit: [null, 'dropped'] },              'CANCELLED 1 at 100, OPEN 2 at 101',       'applied'],
    ['the new leg is late',                    { submit: [null, 'arrivesLate'] },          'CANCELLED 1 at 100, OPEN 2 at 101',       'applied'],
    ['the new leg is not sent',                { submit: [null, 'notSent', 'rateLimited'] }, 'CANCELLED 1 at 100, OPEN 2 at 101',     'applied'],
    ['the new leg fills at once',              { submit: [null, 'filledAtOnce'] },         'CANCELLED 1 at 100, FILLED 2 at 101',     'applied'],
  ])('%s', async (_name, faults, atExchange, phase) => {
    const harness = await changed(faults);
    expect([ledger(harness), await requests(harness)]).toEqual([atExchange, phase]);
    await check(harness);
  });

  test('the new leg is refused: the order ends with that reason and what was filled', async () => {
    const harness = await changed({ submit: [null, 'notPlaced'], cancel: ['partFilledFirst'] });
    const machine = await harness.machine();
    expect([machine.life, machine.end?.reason, cumQty(machine)]).toEqual([
      'CANCELLED',
      '-1: the fault of this test',
      '0.25',
    ]);
    await check(harness);
  });

  test.each(['0.5', '0.4', '0.1'])('to %s when 0.5 is filled: nothing is placed, the order is filled', async (size) => {
    const harness = await resting();
    const [order] = harness.adapter.venue.orders;
    if (order !== undefined) harness.adapter.fill(order, '0.5');
    await harness.modify({ size });
    await harness.converge();
    const machine = await harness.machine();
    expect([machine.life, machine.terms.size, ledger(harness)]).toEqual(['FILLED', '0.5', 'CANCELLED 1 at 100']);
    expect(isDone(machine)).toBe(true);
    await check(harness);
  });

  test('a cancel between the steps ends it, and no new leg is sent', async () => {
    const harness = await resting({ faults: { submit: [null, 'notSent'] } });
    await harness.modify({ price: '101' });
    await harness.job();
    expect((await harness.machine()).legs).toHaveLength(2);
    await harness.cancel();
    await harness.converge();
    expect([(await harness.machine()).life, ledger(harness)]).toEqual(['CANCELLED', 'CANCELLED 1 at 100']);
    await check(harness);
  });

  test('two changes, one after the other', async () => {
    const harness = await resting({ faults: { cancel: ['dropped'] } });
    await harness.modify({ price: '101' });
    await harness.job();
    await harness.modify({ size: '3' });
    await harness.converge();
    expect(harness.adapter.venue.open().map(({ size, price }) => `${size} at ${price}`)).toEqual(['3 at 101']);
    await check(harness);
  });

  test('of an order that is not there yet goes out with its next attempt', async () => {
    const harness = await openHarness({ faults: { submit: ['notSent'] } });
    await harness.job();
    await harness.modify({ size: '2', price: '101' });
    await harness.converge();
    expect([ledger(harness), await requests(harness)]).toEqual(['OPEN 2 at 101', 'applied']);
    expect((await harness.machine()).legs).toHaveLength(1);
    await check(harness);
  });
});

describe('an order that ends by time', () => {
  const spec = { timeInForce: 'GTT' as const, expiresAt: '2026-01-01T00:01:00.000Z' };

  test('where we keep the time: cancelled at the exchange, not before its time', async () => {
    const harness = await openHarness({ spec });
    expect(await harness.job()).toEqual({ kind: 'Recheck', afterMs: 59_995 });
    expect(harness.adapter.venue.orders[0]?.spec).toMatchObject({ timeInForce: 'GTC', expiresAt: null });
    await harness.converge();
    const machine = await harness.machine();
    expect([machine.life, ledger(harness)]).toEqual(['CANCELLED', 'CANCELLED 1 at 100']);
    expect(harness.world.clock.nowMs).toBeGreaterThanOrEqual(Date.parse(spec.expiresAt));
    await check(harness);
  });

  test('the cancel of the timer is refused for a while', async () => {
    const harness = await openHarness({ spec, faults: { cancel: ['refused', 'refused', 'refused'] } });
    await harness.converge();
    expect(ledger(harness)).toBe('CANCELLED 1 at 100');
    expect(harness.world.clock.nowMs - Date.parse(spec.expiresAt)).toBeLessThan(15_000);
    await check(harness);
  });

  test('where the exchange keeps it, it is left to the exchange', async () => {
    const harness = await openHarness({ exchange: 'kraken', spec });
    expect(await harness.job()).toEqual({ kind: 'Settled' });
    expect(harness.adapter.venue.orders[0]?.spec).toMatchObject(spec);
    harness.world.clock.advance(65_000);
    const [order] = harness.adapter.venue.orders;
    if (order !== undefined) harness.adapter.end(order, 'EXPIRED');
    await harness.converge();
    expect((await harness.machine()).end).toMatchObject({ kind: 'EXPIRED', saidBy: 'venue' });
    await check(harness);
  });

  test('before it was ever sent it ends here', async () => {
    const harness = await openHarness({ spec });
    harness.world.clock.advance(60_000);
    await harness.converge();
    expect((await harness.machine()).end).toMatchObject({ kind: 'EXPIRED', saidBy: 'us' });
    expect(harness.adapter.calls).toEqual([]);
  });

  test('in doubt it is not ended by a guess', async () => {
    const short = { ...spec, expiresAt: '2026-01-01T00:00:02.000Z' };
    const harness = await openHarness({ spec: short, faults: { submit: ['arrivesLate'] } });
    await harness.converge();
    expect(ledger(harness)).toBe('CANCELLED 1 at 100');
    await check(harness);
  });
});
