import type { ErrorCode } from '@orderplane/domain';
import { record } from '@orderplane/recorder';
import { found, happen } from '@orderplane/recorder/testing';
import type { EventBody } from '@orderplane/state-machine';
import { describe, expect, test } from 'vitest';
import { cancelling, modifying, openDesk, placing, type Desk } from '../testing/desk.ts';

const sent: EventBody = { type: 'SubmitSent', venueClientId: 'c1', deadlineAt: '2026-01-01T00:00:05.000Z' };
const acked: EventBody = { type: 'Acknowledged', venueOrderId: 'v1' };
const cancelled: EventBody = { type: 'Cancelled', reason: null };
const filled = (size: string): EventBody => ({
  type: 'PartialFill',
  execution: {
    id: `t-${size}`,
    size,
    price: '100',
    fee: null,
    liquidity: null,
    at: '2026-01-01T00:00:01.000Z',
    venueOrderId: 'v1',
  },
});

const placed = async (desk: Desk, ...events: readonly EventBody[]): Promise<string> => {
  const { orderIds, userErrors } = await desk.run(placing());
  const orderId = orderIds[0];
  if (orderId === undefined) throw new Error(userErrors[0]?.message);
  await happen(desk.world, orderId, ...events);
  desk.wakes.length = 0;
  return orderId;
};
const requests = async (desk: Desk, orderId: string): Promise<string> =>
  (await found(desk.world, orderId)).actual.machine.requests.map(({ kind, phase }) => `${kind} ${phase}`).join(', ');

describe('cancel', () => {
  test('is remembered and woken for, before all other work', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk, sent, acked);
    expect(await desk.run(cancelling(orderId))).toEqual({ orderIds: [orderId], userErrors: [] });
    expect(await requests(desk, orderId)).toBe('cancel wanted');
    expect(desk.wakes).toEqual([{ exchange: 'binance', orderId, urgency: 'cancel' }]);
    const after = await found(desk.world, orderId);
    expect([after.intent.generation, after.actual.reconciliation.observedGeneration]).toEqual([2, 1]);
  });

  test('of an order that was never sent is done at once', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk);
    await desk.run(cancelling(orderId));
    expect((await found(desk.world, orderId)).actual.machine).toMatchObject({
      life: 'CANCELLED',
      end: { saidBy: 'us' },
    });
  });

  test('before the acknowledgement is kept', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk, sent);
    await desk.run(cancelling(orderId));
    await happen(desk.world, orderId, acked);
    expect(await requests(desk, orderId)).toBe('cancel wanted');
  });

  test('twice is one request and no error', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk, sent, acked);
    await desk.run(cancelling(orderId));
    expect((await desk.run(cancelling(orderId))).userErrors).toEqual([]);
    expect(await requests(desk, orderId)).toBe('cancel wanted');
  });

  test('the same command again has no second effect, even after the order has ended', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk, sent, acked);
    const command = cancelling(orderId);
    await desk.run(command);
    await happen(desk.world, orderId, cancelled);
    const { version } = (await found(desk.world, orderId)).actual;
    expect(await desk.run(command)).toEqual({ orderIds: [orderId], userErrors: [] });
    expect((await found(desk.world, orderId)).actual.version).toBe(version);
  });

  // prettier-ignore
  test.each<readonly [string, readonly EventBody[]]>([
    ['cancelled', [sent, acked, cancelled]],
    ['filled',    [sent, acked, filled('1')]],
    ['expired',   [sent, acked, { type: 'Expired', reason: 'tif' }]],
    ['rejected',  [sent, { type: 'Rejected', reason: 'no' }]],
  ])('of an order that is %s is refused', async (_name, events) => {
    const desk = await openDesk();
    const orderId = await placed(desk, ...events);
    expect(await desk.refusal(cancelling(orderId))).toMatchObject({ code: 'INVALID_STATE_TRANSITION', field: null });
  });

  test('of an order of another user, or of none, looks the same', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk, sent, acked);
    const other = await desk.refusal(cancelling(orderId, 'user-2'));
    const none = await desk.refusal(cancelling('nothing', 'user-2'));
    expect([other.code, other.field]).toEqual(['NOT_FOUND', ['orderId']]);
    expect(other.message.replace(orderId, 'nothing')).toBe(none.message);
  });

  test('works on an account that is halted, and while the exchange is down', async () => {
    const desk = await openDesk();
    const { clock, store } = desk.world;
    const orderId = await placed(desk, sent, acked);
    await store.accounts.halt('user-1', 'account-1', { cancelOpen: false, at: clock.iso() });
    await store.observations.setExchangeHealth({
      exchange: 'binance',
      reachable: false,
      streamConnected: false,
      rateLimitedUntil: null,
      lastError: 'down',
      at: clock.iso(),
    });
    expect((await desk.run(cancelling(orderId))).userErrors).toEqual([]);
  });

  test('does not wait for the backoff of an earlier failure', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk, sent, acked);
    await record(desk.world.recorder, orderId, ({ actual }) => ({
      machine: actual.machine,
      journal: [],
      reconciliation: { attempts: 5, nextAttemptAt: '2026-01-01T00:00:30.000Z' },
    }));
    await desk.run(cancelling(orderId));
    expect((await found(desk.world, orderId)).actual.reconciliation.nextAttemptAt).toBeNull();
  });
});

describe('modify', () => {
  test('is remembered with the complete wish, and the intent says what is wished', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk, sent, acked);
    expect(await desk.run(modifying(orderId, { price: '101' }))).toEqual({ orderIds: [orderId], userErrors: [] });
    const { intent, actual } = await found(desk.world, orderId);
    expect(intent).toMatchObject({ generation: 2, spec: { size: '1', price: '101' } });
    expect(actual.machine.terms.price).toBe('100');
    expect(actual.machine.requests).toMatchObject([{ phase: 'wanted', terms: { size: '1', price: '101' } }]);
    expect(desk.wakes).toEqual([{ exchange: 'binance', orderId, urgency: 'submit' }]);
  });

  test('of an order that was never sent is applied at once', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk);
    await desk.run(modifying(orderId, { price: '101', size: '2' }));
    expect((await found(desk.world, orderId)).actual.machine.terms).toMatchObject({ price: '101', size: '2' });
  });

  // prettier-ignore
  test.each<readonly [string, Parameters<typeof modifying>[1], ErrorCode, readonly string[] | null]>([
    ['nothing',                          {},                      'INVALID_INPUT', null],
    ['what it is already',               { price: '100' },        'INVALID_INPUT', null],
    ['size zero',                        { size: '0' },           'INVALID_INPUT', ['input', 'size']],
    ['a negative price',                 { price: '-1' },         'INVALID_INPUT', ['input', 'price']],
    ['an over-precise size',             { size: '1.00001' },     'PRECISION',     ['input', 'size']],
    ['an over-precise price',            { price: '100.001' },    'PRECISION',     ['input', 'price']],
    ['a size below the minimum',         { size: '0.0009' },      'MIN_NOTIONAL',  ['input', 'size']],
    ['a size worth too little',          { size: '0.0999' },      'MIN_NOTIONAL',  ['input', 'size']],
    ['a price that makes it too little', { price: '9.99' },       'MIN_NOTIONAL',  ['input', 'price']],
    ['a stop price that it has not',     { stopPrice: '99' },     'INVALID_INPUT', ['input', 'stopPrice']],
  ])('to %s is refused', async (_name, change, code, field) => {
    const desk = await openDesk();
    const orderId = await placed(desk, sent, acked);
    expect(await desk.refusal(modifying(orderId, change))).toMatchObject({ code, field });
  });

  // prettier-ignore
  test.each<readonly [string, readonly EventBody[]]>([
    ['cancelled',        [sent, acked, cancelled]],
    ['filled',           [sent, acked, filled('1')]],
    ['being cancelled',  [sent, acked, { type: 'CancelRequested', requestId: 'k', generation: 2, by: 'client' }]],
  ])('of an order that is %s is refused', async (_name, events) => {
    const desk = await openDesk();
    const orderId = await placed(desk, ...events);
    expect(await desk.refusal(modifying(orderId, { price: '101' }))).toMatchObject({ code: 'INVALID_STATE_TRANSITION' });
  });

  test('of an order of a halted account is refused', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk, sent, acked);
    await desk.world.store.accounts.halt('user-1', 'account-1', { cancelOpen: false, at: desk.world.clock.iso() });
    expect(await desk.refusal(modifying(orderId, { price: '101' }))).toMatchObject({ code: 'ACCOUNT_HALTED' });
  });

  test('of an order of another user looks like one that does not exist', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk, sent, acked);
    const error = await desk.refusal(modifying(orderId, { price: '101' }, 'user-2'));
    expect(error).toMatchObject({ code: 'NOT_FOUND', field: ['input', 'orderId'] });
  });

  test('to or below the filled size is taken as "stop executing": the planner ends it at what is filled', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk, sent, acked, filled('0.4'));
    expect((await desk.run(modifying(orderId, { size: '0.3' }))).userErrors).toEqual([]);
    expect(await requests(desk, orderId)).toBe('replace wanted');
  });

  test('the same command again has no second effect, and is not refused for what has changed since', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk, sent, acked);
    const command = modifying(orderId, { price: '101' });
    await desk.run(command);
    await desk.world.store.observations.saveMarkets('binance', [], desk.world.clock.iso());
    desk.world.clock.advance(60_000);
    const { version } = (await found(desk.world, orderId)).actual;
    expect(await desk.run(command)).toEqual({ orderIds: [orderId], userErrors: [] });
    expect((await found(desk.world, orderId)).actual.version).toBe(version);
  });

  test('two at once are two requests, in some order, and no error', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk, sent, acked);
    const results = await Promise.all([
      desk.run(modifying(orderId, { price: '101' })),
      desk.run(modifying(orderId, { size: '2' })),
    ]);
    expect(results.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    const { intent, actual } = await found(desk.world, orderId);
    expect(intent).toMatchObject({ generation: 3, spec: { price: '101', size: '2' } });
    expect(actual.machine.requests.at(-1)?.terms).toMatchObject({ price: '101', size: '2' });
  });
});
