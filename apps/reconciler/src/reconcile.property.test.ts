import fc from 'fast-check';
import { observe } from '@orderplane/recorder';
import { cumQty, inDoubt, isTerminal, leavesQty, replay, type OrderMachine } from '@orderplane/state-machine';
import { compare, maximum } from '@orderplane/domain';
import { describe, expect, test } from 'vitest';
import { faultLists } from './testing/fault-lists.ts';
import type { Faults } from './testing/faults.ts';
import { openHarness, type Harness } from './testing/harness.ts';
import { executed } from './testing/model-adapter.ts';

/** Something that happens between two jobs. */
type Moment =
  | { readonly do: 'cancel' | 'end' | 'outsideChange' | 'twoWorkers' }
  | { readonly do: 'modify'; readonly change: { readonly size?: string; readonly price?: string } }
  | { readonly do: 'fill'; readonly size: string }
  | { readonly do: 'stream'; readonly take: readonly number[] }
  | { readonly do: 'wait'; readonly ms: number };

interface Script {
  readonly exchange: 'binance' | 'kraken';
  readonly gtt: boolean;
  readonly faults: Faults;
  readonly moments: readonly Moment[];
  readonly crashAfter: number;
}

const moments: fc.Arbitrary<Moment> = fc.oneof(
  fc.constantFrom<Moment>({ do: 'cancel' }, { do: 'end' }, { do: 'outsideChange' }, { do: 'twoWorkers' }),
  fc.constantFrom<Moment>(
    { do: 'modify', change: { size: '2' } },
    { do: 'modify', change: { price: '101' } },
    { do: 'modify', change: { size: '0.3', price: '102' } },
    { do: 'modify', change: { size: '3', price: '103' } },
  ),
  fc.constantFrom('0.1', '0.25', '0.5', '5').map((size): Moment => ({ do: 'fill', size })),
  fc.array(fc.nat(12), { maxLength: 6 }).map((take): Moment => ({ do: 'stream', take })),
  fc.constantFrom(10, 2_000, 7_000, 70_000).map((ms): Moment => ({ do: 'wait', ms })),
);

const scripts: fc.Arbitrary<Script> = fc.record({
  exchange: fc.constantFrom('binance', 'kraken'),
  gtt: fc.boolean(),
  faults: faultLists,
  moments: fc.array(moments, { maxLength: 8 }),
  crashAfter: fc.nat(60),
});

async function happen(harness: Harness, moment: Moment): Promise<void> {
  const { adapter, world } = harness;
  const [open] = adapter.venue.open();
  switch (moment.do) {
    case 'cancel':
      await harness.cancel();
      return;
    case 'modify':
      await harness.modify(moment.change);
      return;
    case 'end':
      if (open !== undefined) adapter.end(open, 'CANCELLED');
      return;
    case 'fill':
      if (open !== undefined) adapter.fill(open, moment.size);
      return;
    case 'stream': {
      const reports = moment.take.flatMap((index) => adapter.stream[index] ?? []);
      const { accountId, userId, exchange } = (await harness.order()).intent;
      await observe({ ...world.recorder, ledger: world.store.ledger }, { accountId, userId, exchange }, reports);
      return;
    }
    case 'wait':
      world.clock.advance(moment.ms);
      return;
    case 'outsideChange':
      if (open !== undefined) adapter.change(open, { price: String(150 + adapter.stream.length) });
      return;
    case 'twoWorkers':
      // A lock was lost: for a moment two of them hold the same order.
      await Promise.all([harness.job(), harness.job()]);
      return;
  }
}

async function storm(script: Script): Promise<Harness> {
  const spec = script.gtt ? { timeInForce: 'GTT' as const, expiresAt: '2026-01-01T00:01:00.000Z' } : {};
  const { submit, cancel, amend, lookup } = script.faults;
  const faults = { submit: [...submit], cancel: [...cancel], amend: [...amend], lookup: [...lookup] };
  const harness = await openHarness({ exchange: script.exchange, spec, faults });
  harness.crashAfter = script.crashAfter;
  await harness.job();
  for (const moment of script.moments) {
    await happen(harness, moment);
    const before = await harness.machine();
    const verdict = await harness.job();
    stayedEnded(before, await harness.machine());
    if (verdict?.kind === 'Throttled') harness.world.clock.advance(verdict.retryAfterMs);
  }
  return harness;
}

/** Terminal is final: an ended order moves only among ends, and only by executions. */
function stayedEnded(before: OrderMachine, after: OrderMachine): void {
  if (before.end !== null) expect(after.end).not.toBeNull();
  if (before.end !== null && isTerminal(before)) expect(isTerminal(after)).toBe(true);
}

/** The size that every script orders first. */
const ORDERED = '1';

async function checkCalm(harness: Harness): Promise<void> {
  const { adapter, world } = harness;
  const { actual, intent } = await harness.order();
  const { machine } = actual;
  expect(adapter.doubled, 'never two live orders').toBe(false);
  expect(machine.executions.map(({ id, size }) => `${id} ${size}`).sort(), 'every execution is booked once').toEqual(
    executed(adapter.venue),
  );
  expect(inDoubt(machine), 'nothing is in doubt').toBe(false);
  expect(machine.stray, 'nothing lives of what has ended').toBe(false);
  const [open] = adapter.venue.open();
  expect(open === undefined, 'alive at the exchange and alive here').toBe(isTerminal(machine));
  if (open !== undefined) {
    const others = Number(cumQty(machine)) - open.fills.reduce((total, fill) => total + Number(fill.size), 0);
    expect(Number(machine.terms.size)).toBeCloseTo(Number(open.size) + others, 9);
    expect(machine.terms.price).toBe(open.price);
    expect(leavesQty(machine)).not.toBe('0');
  }
  // Also over several legs: never more is executed than the largest total that was ever wished.
  const totals = machine.requests.flatMap(({ terms }) =>
    terms?.size === undefined || terms.size === null ? [] : [terms.size],
  );
  const most = totals.reduce((a, b) => maximum(a, b), ORDERED);
  expect(compare(cumQty(machine), most), `filled ${cumQty(machine)} of at most ${most}`).toBeLessThanOrEqual(0);
  const clientIds = machine.legs.map((leg) => leg.venueClientId);
  expect(new Set(clientIds).size, 'a client id belongs to one leg').toBe(clientIds.length);
  const journal = await world.store.ledger.journalOf(intent.orderId);
  expect(replay(journal.map(({ event }) => event)), 'the journal replays to the state').toEqual(machine);
  const { version } = actual;
  expect((await harness.job())?.kind).toBe('Settled');
  expect((await harness.order()).actual.version, 'a further job changes nothing').toBe(version);
}

/** A green run that never met these proves nothing. */
const HARD_CASES: readonly string[] = [
  ...['SubmitUnknown', 'OrderAbsent', 'RequestUnknown', 'RequestAbsent', 'Vanished', 'Snapshot', 'TimedOut'],
  ...[
    'LegEnded',
    'LegSent',
    'LegPlaced',
    'LegRefused',
    'Restated',
    'CancelPending',
    'CancelRejected',
    'ReplaceRejected',
  ],
  ...['replace AMEND applied', 'replace AMEND refused', 'replace RESUBMIT applied', 'replace  overtaken'],
  ...['replace TWO_STEP applied', 'replace TWO_STEP refused', 'replace TWO_STEP overtaken'],
  ...['cancel  applied', 'cancel  refused', 'a second leg', 'sent again'],
  ...['ACKNOWLEDGED', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED'],
];

/** A calm after the storm: what ended unseen is noticed when there has been no evidence for a minute. */
async function calm(harness: Harness): Promise<void> {
  await harness.converge();
  harness.world.clock.advance(61_000);
  await harness.converge();
}

describe('any script of wishes, fills, faults and a crash', () => {
  test('converges to what the exchange holds, never with two orders alive', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        const harness = await storm(script);
        await calm(harness);
        await checkCalm(harness);
      }),
      { numRuns: 200 },
    );
  });

  test('has seen the hard cases', async () => {
    const seen = new Set<string>();
    const note = (what: string): void => void seen.add(what);
    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        const harness = await storm(script);
        await calm(harness);
        await checkCalm(harness);
        const { actual, intent } = await harness.order();
        const journal = await harness.world.store.ledger.journalOf(intent.orderId);
        for (const type of new Set(journal.map(({ event }) => event.type))) note(type);
        const { machine } = actual;
        note(machine.life);
        for (const { kind, phase, how } of machine.requests) note(`${kind} ${how ?? ''} ${phase}`);
        if (machine.legs.length > 1) note('a second leg');
        if (machine.legs.some((leg) => leg.attempts > 1)) note('sent again');
      }),
      { numRuns: 200, seed: 2 },
    );
    expect(HARD_CASES.filter((what) => !seen.has(what))).toEqual([]);
  });
});
