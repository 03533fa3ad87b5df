import { evolve, type EventBody, type MachineEvent } from '@orderplane/state-machine';
import type { OrderRecord } from '@orderplane/store';
import { describe, expect, test } from 'vitest';
import { record, recordOnce, TooManyConflictsError, type Change } from './record.ts';
import { found, happen, openOrder, openWorld, placeOrder, type World } from './testing/index.ts';

const cancelWanted: EventBody = { type: 'CancelRequested', requestId: 'cancel', generation: 2, by: 'client' };
const changeOf = (current: OrderRecord, at: string, body: EventBody): Change => {
  const event: MachineEvent = { ...body, at, source: 'system' };
  const step = evolve(current.actual.machine, event);
  return { machine: step.order, journal: [{ event, entries: step.journal }] };
};

/** Somebody else writes to the order just before the next commit of ours, `times` times. */
function interfere(world: World, orderId: string, times: number): void {
  let left = times;
  world.hooks.before = async () => {
    if (left === 0) return;
    left -= 1;
    const other = await found(world, orderId);
    await world.store.ledger.commit({
      orderId,
      expectedVersion: other.actual.version,
      machine: other.actual.machine,
      reconciliation: { ...other.actual.reconciliation, lastError: `other ${left}` },
      journal: [],
      at: world.clock.iso(),
    });
  };
}

describe('record', () => {
  test('reads again and decides again when another writer was faster', async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
    interfere(world, intent.orderId, 3);
    const seen: number[] = [];
    const written = await record(world.recorder, intent.orderId, (current, at) => {
      seen.push(current.actual.version);
      return changeOf(current, at, cancelWanted);
    });
    expect(seen).toEqual([3, 4, 5, 6]);
    expect(written?.changed).toBe(true);
    const after = await found(world, intent.orderId);
    expect(after.actual.version).toBe(7);
    expect(after.actual.machine.requests).toHaveLength(1);
    // What the other wrote is kept.
    expect(after.actual.reconciliation.lastError).toBe('other 0');
  });

  test('stops deciding when the order needs nothing any more after a lost race', async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
    interfere(world, intent.orderId, 1);
    const written = await record(world.recorder, intent.orderId, (current, at) =>
      current.actual.reconciliation.lastError === null ? changeOf(current, at, cancelWanted) : null,
    );
    expect(written?.changed).toBe(false);
    expect((await found(world, intent.orderId)).actual.machine.requests).toEqual([]);
  });

  test('gives up loudly after 25 lost races', async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
    interfere(world, intent.orderId, 1_000);
    const lost = record(world.recorder, intent.orderId, (current, at) => changeOf(current, at, cancelWanted));
    await expect(lost).rejects.toBeInstanceOf(TooManyConflictsError);
  });

  test('an order that is not there is null, and nothing is asked', async () => {
    const world = await openWorld();
    expect(await record(world.recorder, 'nobody', () => null)).toBeNull();
  });

  test('writes nothing when nothing changed, and tells nobody', async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
    const before = await found(world, intent.orderId);
    const told = world.commits.length;
    const written = await record(world.recorder, intent.orderId, (current) => ({
      machine: current.actual.machine,
      journal: [],
      reconciliation: { lastEvidenceAt: world.clock.iso() },
    }));
    expect(written).toEqual({ record: before, changed: false });
    expect(world.commits).toHaveLength(told);
  });

  test('recordOnce does not decide again: an intention must be made anew', async () => {
    const world = await openWorld();
    const current = await openOrder(world, { client: 'c1', venue: 'v1' });
    interfere(world, current.intent.orderId, 1);
    expect(await recordOnce(world.recorder, current, changeOf(current, world.clock.iso(), cancelWanted))).toBeNull();
    expect((await found(world, current.intent.orderId)).actual.machine.requests).toEqual([]);
  });

  test('the journal replays to the state, and listeners are told of each commit', async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
    await happen(world, intent.orderId, cancelWanted);
    expect(world.commits.map((told) => told.actual.version)).toEqual([2, 3, 4]);
    const journal = await world.store.ledger.journalOf(intent.orderId);
    expect(journal.map(({ event }) => event.type)).toEqual([
      'Created',
      'Validated',
      'SubmitSent',
      'Acknowledged',
      'CancelRequested',
    ]);
  });
});

describe('bookkeeping', () => {
  const doubt = { type: 'SubmitUnknown', reason: 'no answer' } as const;
  const sent = (world: World): EventBody => ({
    type: 'SubmitSent',
    venueClientId: 'c1',
    deadlineAt: new Date(world.clock.nowMs + 5_000).toISOString(),
  });

  test('a new doubt starts its tries and look-ups afresh; its end clears them', async () => {
    const world = await openWorld();
    const { intent } = await placeOrder(world);
    await happen(world, intent.orderId, sent(world));
    await record(world.recorder, intent.orderId, ({ actual }) => ({
      machine: actual.machine,
      journal: [],
      reconciliation: { attempts: 7, nextAttemptAt: world.clock.iso(), lastError: 'busy' },
    }));
    const doubtful = await happen(world, intent.orderId, doubt);
    expect(doubtful.actual.reconciliation).toMatchObject({ status: 'AMBIGUOUS', attempts: 0, lastError: 'busy' });
    await record(world.recorder, intent.orderId, ({ actual }) => ({
      machine: actual.machine,
      journal: [],
      reconciliation: { attempts: 2, absentLookups: [{ askedAt: world.clock.iso(), provesAbsence: true }] },
    }));
    const resolved = await happen(world, intent.orderId, { type: 'Acknowledged', venueOrderId: 'v1' });
    expect(resolved.actual.reconciliation).toMatchObject({
      status: 'IN_SYNC',
      attempts: 0,
      lastError: null,
      absentLookups: [],
    });
  });

  test('look-ups are kept while the doubt lasts', async () => {
    const world = await openWorld();
    const { intent } = await placeOrder(world);
    await happen(world, intent.orderId, sent(world), doubt);
    const absentLookups = [{ askedAt: world.clock.iso(), provesAbsence: true }];
    await record(world.recorder, intent.orderId, ({ actual }) => ({
      machine: actual.machine,
      journal: [],
      reconciliation: { absentLookups },
    }));
    const after = await happen(world, intent.orderId, cancelWanted);
    expect(after.actual.reconciliation.absentLookups).toEqual(absentLookups);
  });

  test('what was tried is kept while the doubt lasts: how it began, and the newest', async () => {
    const world = await openWorld();
    const { intent } = await placeOrder(world);
    await happen(world, intent.orderId, sent(world), doubt);
    const look = (n: number): Promise<unknown> =>
      record(world.recorder, intent.orderId, ({ actual }) => ({
        machine: actual.machine,
        journal: [],
        tried: { at: `look ${n}`, what: 'LOOKUP', result: 'NOT_FOUND', places: ['open'], error: null },
      }));
    for (let n = 1; n <= 30; n += 1) await look(n);
    const { tried = [] } = (await found(world, intent.orderId)).actual.reconciliation;
    expect(tried).toHaveLength(20);
    expect(tried[0]).toEqual({
      at: world.clock.iso(),
      what: 'SUBMIT',
      result: 'NO_ANSWER',
      places: [],
      error: 'no answer',
    });
    expect([tried[1]?.at, tried.at(-1)?.at]).toEqual(['look 12', 'look 30']);
    const known = await happen(world, intent.orderId, { type: 'Acknowledged', venueOrderId: 'v1' });
    expect(known.actual.reconciliation.tried).toBeUndefined();
    await look(31);
    expect((await found(world, intent.orderId)).actual.reconciliation.tried).toBeUndefined();
    const missing = await happen(world, intent.orderId, { type: 'Vanished', reason: 'missing in the list' });
    expect(missing.actual.reconciliation.tried).toMatchObject([{ what: 'OPEN_ORDERS', result: 'NOT_FOUND' }]);
    const asked = await happen(
      world,
      intent.orderId,
      cancelWanted,
      { type: 'CancelSent', requestId: cancelWanted.requestId, deadlineAt: world.clock.iso() },
      { type: 'RequestUnknown', requestId: cancelWanted.requestId, reason: 'reset' },
    );
    expect(asked.actual.reconciliation.tried?.map(({ what, error }) => [what, error])).toEqual([
      ['OPEN_ORDERS', 'missing in the list'],
      ['CANCEL', 'reset'],
    ]);
  });

  test('an alert stays, whatever becomes of the order', async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
    await record(world.recorder, intent.orderId, ({ actual }) => ({
      machine: actual.machine,
      journal: [],
      reconciliation: { alert: 'there are two of it' },
    }));
    const ended = await happen(world, intent.orderId, { type: 'Cancelled', reason: null });
    expect(ended.actual.reconciliation).toMatchObject({ status: 'NEEDS_ATTENTION', alert: 'there are two of it' });
  });

  test('needs-attention is sticky until the doubt is over', async () => {
    const world = await openWorld();
    const { intent } = await placeOrder(world);
    await happen(world, intent.orderId, sent(world), doubt);
    await record(world.recorder, intent.orderId, ({ actual }) => ({
      machine: actual.machine,
      journal: [],
      needsAttention: true,
    }));
    const still = await happen(world, intent.orderId, cancelWanted);
    expect(still.actual.reconciliation.status).toBe('NEEDS_ATTENTION');
    const over = await happen(world, intent.orderId, { type: 'Acknowledged', venueOrderId: 'v1' });
    expect(over.actual.reconciliation.status).toBe('PROGRESSING');
  });

  test('evidence does not grow older', async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
    const evidence = async (lastEvidenceAt: string, body: EventBody) => {
      const written = await record(world.recorder, intent.orderId, (current, at) => ({
        ...changeOf(current, at, body),
        reconciliation: { lastEvidenceAt },
      }));
      return written?.record.actual.reconciliation.lastEvidenceAt;
    };
    expect(await evidence('2026-01-01T00:00:20.000Z', cancelWanted)).toBe('2026-01-01T00:00:20.000Z');
    expect(await evidence('2026-01-01T00:00:10.000Z', { type: 'Cancelled', reason: null })).toBe(
      '2026-01-01T00:00:20.000Z',
    );
  });
});
