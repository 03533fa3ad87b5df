import type { ErrorCode } from '@orderplane/domain';
import type { OrderCommand, PlaceInput } from '@orderplane/queues';
import { found } from '@orderplane/recorder/testing';
import { describe, expect, test } from 'vitest';
import { ANY_TIME, marketOf, openDesk, placing, type Desk } from '../testing/desk.ts';

type PlaceGroup = Extract<OrderCommand, { kind: 'placeGroup' }>;

const grouping = (orders: readonly Partial<PlaceInput>[], over: Partial<PlaceGroup> = {}): PlaceGroup => ({
  kind: 'placeGroup',
  commandId: 'group-command',
  userId: 'user-1',
  time: ANY_TIME,
  groupKind: 'OCO',
  onPartialFill: 'CANCEL',
  orders: orders.map((order, index) => placing({ clientOrderId: `member-${index}`, side: 'SELL', ...order }).input),
  ...over,
});

const TWO: readonly Partial<PlaceInput>[] = [{ price: '110' }, { type: 'STOP_LIMIT', stopPrice: '95', price: '94' }];
/** Two that would do, and a third. */
const and = (third: Partial<PlaceInput>) => [...TWO, third];

const HOUR_AHEAD = '2026-01-01T01:00:00.000Z';

// prettier-ignore
const BAD_GROUPS: readonly (readonly [string, readonly Partial<PlaceInput>[], ErrorCode, readonly string[]])[] = [
  ['one order',                        [{}],                                                   'INVALID_INPUT',           ['orders']],
  ['a market order',                   and({ type: 'MARKET', price: null }),                   'INVALID_INPUT',           ['orders', '2', 'type']],
  ['an IOC order',                     and({ timeInForce: 'IOC' }),                            'INVALID_INPUT',           ['orders', '2', 'timeInForce']],
  ['a FOK order',                      and({ timeInForce: 'FOK' }),                            'INVALID_INPUT',           ['orders', '2', 'timeInForce']],
  ['another account',                  and({ accountId: 'account-2' }),                        'INVALID_INPUT',           ['orders', '2', 'accountId']],
  ['a client order id twice',          and({ clientOrderId: 'member-0' }),                     'INVALID_INPUT',           ['orders', '2', 'clientOrderId']],
  ['a bad price',                      and({ price: '100.001' }),                              'PRECISION',               ['orders', '2', 'price']],
  ['too small a size',                 and({ size: '0.0009' }),                                'MIN_NOTIONAL',            ['orders', '2', 'size']],
  ['what the exchange lacks',          and({ reduceOnly: true }),                              'UNSUPPORTED_BY_EXCHANGE', ['orders', '2', 'reduceOnly']],
  ['an expiry in the past',            and({ timeInForce: 'GTT', expiresAt: '2025-01-01T00:00:00.000Z' }), 'INVALID_INPUT', ['orders', '2', 'expiresAt']],
  ['an account of another user',       TWO.map((order) => ({ ...order, accountId: 'account-3' })), 'NOT_FOUND',           ['orders', '0', 'accountId']],
  ['a halted account',                 TWO.map((order) => ({ ...order, accountId: 'account-4' })), 'ACCOUNT_HALTED',      ['orders', '0', 'accountId']],
];

describe('placeGroup', () => {
  test.each(BAD_GROUPS)('%s: refused as a whole, and the order is named', async (_name, orders, code, field) => {
    const desk = await openDesk();
    const error = await desk.refusal(grouping(orders));
    expect(error).toMatchObject({ code, field: ['input', ...field] });
    expect(error.message).toMatch(/^.{10,160}$/);
  });

  test('all its orders are accepted together, listed in the order of the request, and woken', async () => {
    const desk = await openDesk();
    const { store, clock } = desk.world;
    const markets = [marketOf('binance', 'BTC-USD'), marketOf('binance', 'ETH-USD')];
    await store.observations.saveMarkets('binance', markets, clock.iso());
    const orders = and({ symbol: 'ETH-USD', timeInForce: 'GTT', expiresAt: HOUR_AHEAD });
    const { orderIds, userErrors } = await desk.run(grouping(orders, { onPartialFill: 'REDUCE' }));
    expect(userErrors).toEqual([]);
    expect(orderIds).toHaveLength(3);
    const { group, members } = await groupOfOrder(desk, orderIds[0]);
    expect(group).toMatchObject({ accountId: 'account-1', userId: 'user-1', onPartialFill: 'REDUCE', conflict: null });
    expect(members.map(({ intent }) => intent.clientOrderId)).toEqual(['member-0', 'member-1', 'member-2']);
    expect(members.map(({ intent }) => intent.orderId)).toEqual(orderIds);
    expect(members.map(({ actual }) => actual.machine.life)).toEqual(['VALIDATED', 'VALIDATED', 'VALIDATED']);
    expect(desk.wakes).toEqual(orderIds.map((orderId) => ({ exchange: 'binance', orderId, urgency: 'submit' })));
  });

  test('a repeat gives the same group, also when it would be refused by now', async () => {
    const desk = await openDesk();
    const first = await desk.run(grouping(TWO));
    expect(await desk.run(grouping(TWO, { commandId: 'again' }))).toEqual(first);
    await desk.world.store.observations.saveMarkets(
      'binance',
      [marketOf('binance', 'BTC-USD', { active: false })],
      desk.world.clock.iso(),
    );
    desk.world.clock.advance(10_000);
    expect(await desk.run(grouping(TWO))).toEqual(first);
    expect(await desk.world.store.ledger.openOrders('account-1')).toHaveLength(2);
  });

  test.each<[string, (desk: Desk) => Promise<OrderCommand>]>([
    ['another policy', async () => grouping(TWO, { onPartialFill: 'REDUCE' })],
    ['another price', async () => grouping([{ price: '111' }, TWO[1] ?? {}])],
    ['one order more', async () => grouping(and({ price: '120' }))],
    ['another order of its orders', async () => grouping([...TWO].reverse())],
    ['one of its orders alone', async () => placing({ clientOrderId: 'member-0', side: 'SELL', price: '110' })],
  ])('%s under the same client order ids is another request', async (_name, other) => {
    const desk = await openDesk();
    await desk.run(grouping(TWO));
    expect(await desk.refusal(await other(desk))).toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  test('a client order id that is taken refuses the whole group and is named', async () => {
    const desk = await openDesk();
    await desk.run(placing({ clientOrderId: 'member-1' }));
    const error = await desk.refusal(grouping(TWO));
    expect(error).toMatchObject({ code: 'ALREADY_EXISTS', field: ['input', 'orders', '1', 'clientOrderId'] });
  });

  test('two at the same moment are one group', async () => {
    const desk = await openDesk();
    const [a, b] = await Promise.all([desk.run(grouping(TWO)), desk.run(grouping(TWO))]);
    expect(a).toEqual(b);
    expect(await desk.world.store.ledger.openOrders('account-1')).toHaveLength(2);
  });
});

async function groupOfOrder(desk: Desk, orderId: string | undefined) {
  const { intent } = await found(desk.world, orderId ?? '');
  const group = await desk.world.store.ledger.groups.find(intent.groupId ?? '');
  if (group === null) throw new Error('no group');
  return group;
}

test('two orders of a group that double each other: the refusal names the other one by its place, for it has no id yet', async () => {
  const desk = await openDesk();
  await desk.world.store.accounts.setRiskLimits('user-1', 'account-1', { rejectDuplicates: true });
  expect(await desk.refusal(grouping([{ price: '110' }, { price: '110', size: '2' }]))).toMatchObject({
    code: 'DUPLICATE_ORDER',
    field: ['input', 'orders', '1', 'price'],
    message: expect.stringMatching(/^orders\.0 of this group has the same symbol, side and price/) as string,
  });
});
