import type { ErrorCode } from '@orderplane/domain';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import type { OrderCommand, PlaceInput } from '@orderplane/queues';
import { found, happen } from '@orderplane/recorder/testing';
import type { OrderRecord } from '@orderplane/store';
import { describe, expect, test } from 'vitest';
import { ANY_TIME, cancelling, marketOf, modifying, openDesk, placing, type Desk } from '../testing/desk.ts';
import { handle } from './handle.ts';

const TRIGGER = { symbol: 'BTC-USD', source: 'LAST', direction: 'AT_OR_ABOVE', price: '110' } as const;
const DARK = { mode: 'DARK', trigger: TRIGGER } as const;
const firedCommand = (orderId: string): OrderCommand => ({
  kind: 'fired',
  commandId: `fired-${orderId}`,
  userId: 'user-1',
  orderId,
});

async function placeDark(desk: Desk, input: Partial<PlaceInput> = {}): Promise<OrderRecord> {
  const { orderIds, userErrors } = await desk.run(placing({ ...DARK, ...input }));
  expect(userErrors).toEqual([]);
  return found(desk.world, orderIds[0] ?? '');
}
async function fire(desk: Desk, orderId: string): Promise<OrderRecord> {
  await happen(desk.world, orderId, { type: 'Triggered' });
  await desk.run(firedCommand(orderId));
  return found(desk.world, orderId);
}
const typesOf = async (desk: Desk, orderId: string): Promise<readonly string[]> =>
  (await desk.world.store.ledger.journalOf(orderId)).flatMap(({ entries }) => entries.map(({ type }) => type));

describe('place', () => {
  test('a dark order is durable, waits here, and who watches prices is told', async () => {
    const desk = await openDesk();
    const { intent, actual } = await placeDark(desk, { trigger: { ...TRIGGER, symbol: 'OLD-USD' } });
    const at = desk.world.clock.iso();
    expect(intent).toMatchObject({ mode: 'DARK', trigger: { ...TRIGGER, symbol: 'OLD-USD', version: 1, armedAt: at } });
    expect(actual.machine.life).toBe('DARK_OPEN');
    expect(actual.reconciliation.status).toBe('IN_SYNC');
    expect(await typesOf(desk, intent.orderId)).toEqual(['ORDER_CREATED', 'ORDER_VALIDATED', 'ORDER_DARK_OPEN']);
    expect(desk.rings).toEqual(['binance OLD-USD']);
    expect(await desk.world.store.dark.needs()).toEqual([{ exchange: 'binance', symbol: 'OLD-USD', armed: 1 }]);
  });

  test('the same request again is the first order; another trigger is another request', async () => {
    const desk = await openDesk();
    const first = await placeDark(desk, { clientOrderId: 'mine' });
    const again = await desk.run(placing({ ...DARK, clientOrderId: 'mine' }));
    expect(again).toEqual({ orderIds: [first.intent.orderId], userErrors: [] });
    for (const other of [{ ...DARK, trigger: { ...TRIGGER, price: '111' } }, {}])
      expect((await desk.refusal(placing({ ...other, clientOrderId: 'mine' }))).code).toBe('ALREADY_EXISTS');
    const live = await desk.run(placing({ clientOrderId: 'live' }));
    expect(await desk.run(placing({ clientOrderId: 'live', mode: 'LIVE' }))).toEqual(live);
  });

  // prettier-ignore
  const BAD: readonly (readonly [string, Partial<PlaceInput>, ErrorCode, readonly string[]])[] = [
    ['dark without a trigger',      { mode: 'DARK' },                                           'INVALID_INPUT',           ['trigger']],
    ['a trigger on a live order',   { trigger: TRIGGER },                                       'INVALID_INPUT',           ['trigger']],
    ['the same, said so',           { mode: 'LIVE', trigger: TRIGGER },                         'INVALID_INPUT',           ['trigger']],
    ['a trigger at zero',           { ...DARK, trigger: { ...TRIGGER, price: '0' } },           'INVALID_INPUT',           ['trigger', 'price']],
    ['an unknown trigger symbol',   { ...DARK, trigger: { ...TRIGGER, symbol: 'NO-SUCH' } },    'INVALID_INPUT',           ['trigger', 'symbol']],
    ['a source that is not there',  { ...DARK, trigger: { ...TRIGGER, source: 'MARK' } },       'UNSUPPORTED_BY_EXCHANGE', ['trigger', 'source']],
    ['terms that no market takes',  { ...DARK, size: '1.00001' },                               'PRECISION',               ['size']],
    ['a halted account',            { ...DARK, accountId: 'account-4' },                        'ACCOUNT_HALTED',          ['accountId']],
  ];
  test.each(BAD)('refused, without a trace: %s', async (_name, input, code, field) => {
    const desk = await openDesk();
    expect(await desk.refusal(placing(input))).toMatchObject({ code, field: ['input', ...field] });
  });

  test('a market order may wait for a limited time; an order of a group may be a dark market order', async () => {
    const desk = await openDesk();
    const expiresAt = '2026-01-01T01:00:00.000Z';
    const market = { ...DARK, type: 'MARKET', price: null } as const;
    const order = await placeDark(desk, { ...market, timeInForce: 'GTT', expiresAt });
    expect(order.intent.spec).toMatchObject({ timeInForce: 'GTT', expiresAt });
    const members = [placing({}), placing(market)].map(({ input }) => input);
    const group = (orders: readonly PlaceInput[]): OrderCommand => ({
      kind: 'placeGroup',
      commandId: 'group',
      userId: 'user-1',
      time: ANY_TIME,
      groupKind: 'OCO',
      onPartialFill: 'CANCEL',
      orders,
    });
    const { orderIds } = await desk.run(group(members));
    const lives = await Promise.all(orderIds.map(async (id) => (await found(desk.world, id)).actual.machine.life));
    expect(lives).toEqual(['VALIDATED', 'DARK_OPEN']);
    const byQuote = placing({ ...market, size: null, quoteSize: '100' }).input;
    const error = await desk.refusal(group([placing({}).input, byQuote]));
    expect(error.field).toEqual(['input', 'orders', '1', 'quoteSize']);
  });
});

describe('stops', () => {
  const stop = { type: 'STOP_LIMIT', stopPrice: '120', price: '121' } as const;

  test('an exchange without stop orders: dark by itself, and it says so', async () => {
    const desk = await openDesk();
    const context = {
      ...desk.context,
      capabilities: () => ({ ...capabilitiesOf('binance'), orderTypes: ['MARKET', 'LIMIT'] as const }),
    };
    const { orderIds, userErrors } = await handle(context, placing({ ...stop, side: 'SELL' }));
    expect(userErrors).toEqual([]);
    const { intent, actual } = await found(desk.world, orderIds[0] ?? '');
    expect(intent).toMatchObject({ mode: 'DARK', spec: { type: 'STOP_LIMIT', stopPrice: '120' } });
    expect(intent.trigger).toMatchObject({ source: 'LAST', direction: 'AT_OR_BELOW', price: '120', isOwnStop: true });
    expect(actual.machine).toMatchObject({ life: 'DARK_OPEN', kind: { type: 'LIMIT' }, working: true });
    // Its stop price is its trigger.
    await desk.run(modifying(intent.orderId, { stopPrice: '119' }));
    const changed = await found(desk.world, intent.orderId);
    expect(changed.intent.trigger).toMatchObject({ price: '119', version: 2 });
    expect(changed.actual.machine.terms.stopPrice).toBe('119');
    const own = await desk.refusal({ ...modifying(intent.orderId, {}), trigger: TRIGGER });
    expect(own).toMatchObject({ code: 'INVALID_INPUT', field: ['input', 'trigger'] });
    await happen(desk.world, intent.orderId, { type: 'Triggered' });
    const late = await desk.refusal(modifying(intent.orderId, { stopPrice: '118' }));
    expect(late).toMatchObject({ code: 'INVALID_STATE_TRANSITION', field: ['input', 'stopPrice'] });
  });

  test('an exchange that has them: dark when wished, by its stop price or another trigger', async () => {
    const desk = await openDesk();
    const live = await desk.run(placing(stop));
    expect((await found(desk.world, live.orderIds[0] ?? '')).intent.mode).toBe('LIVE');
    const wished = await desk.run(placing({ ...stop, mode: 'DARK' }));
    expect((await found(desk.world, wished.orderIds[0] ?? '')).intent.trigger).toMatchObject({
      direction: 'AT_OR_ABOVE',
      price: '120',
      isOwnStop: true,
    });
    const other = await placeDark(desk, stop);
    expect(other.intent.trigger).toMatchObject({ price: '110', isOwnStop: false });
    expect(other.actual.machine).toMatchObject({ kind: { type: 'STOP_LIMIT' } });
  });
});

describe('change', () => {
  test('of the trigger arms it anew, of the terms leaves it; both are one change', async () => {
    const desk = await openDesk();
    const { intent } = await placeDark(desk);
    desk.world.clock.advance(1_000);
    const at = desk.world.clock.iso();
    await desk.run(modifying(intent.orderId, { size: '2' }));
    const sized = await found(desk.world, intent.orderId);
    expect(sized.intent.trigger).toEqual(intent.trigger);
    expect(sized.actual.machine).toMatchObject({ life: 'DARK_OPEN', darkVersion: 1, terms: { size: '2' } });
    const trigger = { ...TRIGGER, symbol: null, price: '130' };
    await desk.run({ ...modifying(intent.orderId, { price: '99' }), trigger });
    const { intent: after, actual } = await found(desk.world, intent.orderId);
    expect(after).toMatchObject({ generation: 3, spec: { size: '2', price: '99' } });
    expect(after.trigger).toMatchObject({ symbol: 'BTC-USD', price: '130', version: 2, armedAt: at });
    expect(actual.machine.terms).toMatchObject({ size: '2', price: '99' });
    expect(desk.rings.at(-1)).toBe('binance BTC-USD');
    await desk.run({ ...modifying(intent.orderId, {}), trigger: { ...trigger, price: '140' } });
    expect((await found(desk.world, intent.orderId)).intent.trigger?.version).toBe(3);
  });

  test('a dark market order may change its size; bad triggers leave no trace', async () => {
    const desk = await openDesk();
    const { intent } = await placeDark(desk, { type: 'MARKET', price: null });
    await desk.run(modifying(intent.orderId, { size: '3' }));
    expect((await found(desk.world, intent.orderId)).actual.machine.terms.size).toBe('3');
    const wrong = await desk.refusal({ ...modifying(intent.orderId, {}), trigger: { ...TRIGGER, source: 'MARK' } });
    expect(wrong).toMatchObject({ code: 'UNSUPPORTED_BY_EXCHANGE', field: ['input', 'trigger', 'source'] });
    const live = await desk.run(placing());
    const none = await desk.refusal({ ...modifying(live.orderIds[0] ?? '', {}), trigger: TRIGGER });
    expect(none).toMatchObject({ code: 'INVALID_INPUT', field: ['input', 'trigger'] });
    await happen(desk.world, intent.orderId, { type: 'Triggered' });
    const late = await desk.refusal({ ...modifying(intent.orderId, {}), trigger: TRIGGER });
    expect(late).toMatchObject({ code: 'INVALID_STATE_TRANSITION', field: ['input', 'trigger'] });
  });

  test('a cancel ends it here, in the dark and when it has fired', async () => {
    const desk = await openDesk();
    for (const events of [[], [{ type: 'Triggered' } as const]]) {
      const { intent } = await placeDark(desk);
      await happen(desk.world, intent.orderId, ...events);
      await desk.run(cancelling(intent.orderId));
      const { actual } = await found(desk.world, intent.orderId);
      expect(actual.machine).toMatchObject({ life: 'CANCELLED', end: { saidBy: 'us' }, legs: [] });
    }
    expect(await desk.world.store.dark.needs()).toEqual([]);
  });
});

describe('fired', () => {
  test('the checks are run again and it is cleared, once, for this version', async () => {
    const desk = await openDesk();
    const { intent } = await placeDark(desk);
    await desk.run(firedCommand(intent.orderId));
    expect((await found(desk.world, intent.orderId)).actual.reconciliation.cleared).toBeUndefined();
    const { actual } = await fire(desk, intent.orderId);
    expect(actual).toMatchObject({ machine: { life: 'TRIGGERED' }, reconciliation: { cleared: 0 } });
    expect(desk.wakes.at(-1)).toEqual({ exchange: 'binance', orderId: intent.orderId, urgency: 'submit' });
    await desk.run(firedCommand(intent.orderId));
    expect((await found(desk.world, intent.orderId)).actual.version).toBe(actual.version);
    const journal = await desk.world.store.ledger.journalOf(intent.orderId);
    expect(journal.at(-1)?.event.type).toBe('Validated');
    await desk.run(modifying(intent.orderId, { size: '2' }));
    const changed = await found(desk.world, intent.orderId);
    expect(changed.actual.machine.darkVersion).not.toBe(changed.actual.reconciliation.cleared);
    await desk.run(firedCommand(intent.orderId));
    expect((await found(desk.world, intent.orderId)).actual.reconciliation.cleared).toBe(1);
  });

  const at = '2026-01-01T00:00:00.000Z';
  const market = marketOf('binance', 'BTC-USD');
  const REFUSED: readonly (readonly [string, (desk: Desk) => Promise<unknown>, RegExp])[] = [
    [
      'the market has closed',
      (desk) => markets(desk, { ...market, active: false }),
      /^EXCHANGE_UNAVAILABLE .* takes no/,
    ],
    ['the market is gone', (desk) => markets(desk, marketOf('binance', 'ETH-USD')), /^INVALID_INPUT .* has no market/],
    ['the steps have changed', (desk) => markets(desk, { ...market, sizeStep: '2' }), /^PRECISION .* multiple of 2/],
    ['the least has risen', (desk) => markets(desk, { ...market, minNotional: '500' }), /^MIN_NOTIONAL .* 500/],
    [
      'the account is halted, and keeps what is open',
      (desk) => desk.world.store.accounts.halt('user-1', 'account-1', { cancelOpen: false, at }),
      /^ACCOUNT_HALTED when its trigger had fired: account .* is halted/,
    ],
  ];
  async function markets(desk: Desk, ...known: readonly (typeof market)[]): Promise<void> {
    const { observations } = desk.world.store;
    await observations.saveMarkets('binance', known, at);
    // Directories hold markets for some seconds.
    desk.world.clock.advance(60_000);
    await desk.context.markets.known('binance');
    await new Promise((resolve) => setImmediate(resolve));
  }
  test.each(REFUSED)('refused, with the reason: %s', async (_name, change, reason) => {
    const desk = await openDesk();
    const { intent } = await placeDark(desk);
    await change(desk);
    const { actual } = await fire(desk, intent.orderId);
    expect(actual.machine).toMatchObject({ life: 'REJECTED', end: { saidBy: 'us' }, legs: [] });
    expect(actual.machine.end?.reason).toMatch(reason);
  });

  test('an exchange or an account that is away refuses nothing', async () => {
    const desk = await openDesk();
    const { intent } = await placeDark(desk);
    const context = {
      ...desk.context,
      exchangeReachable: () => Promise.resolve(false),
      accountTrouble: () => Promise.resolve('its key is refused'),
    };
    await happen(desk.world, intent.orderId, { type: 'Triggered' });
    await handle(context, firedCommand(intent.orderId));
    expect((await found(desk.world, intent.orderId)).actual.reconciliation.cleared).toBe(0);
  });

  test('markets that are not read yet decide nothing', async () => {
    const desk = await openDesk();
    const { intent } = await placeDark(desk);
    await happen(desk.world, intent.orderId, { type: 'Triggered' });
    const context = { ...desk.context, markets: { find: async () => null, known: async () => false } };
    await handle(context, firedCommand(intent.orderId));
    expect((await found(desk.world, intent.orderId)).actual).toMatchObject({ machine: { life: 'TRIGGERED' } });
    expect((await found(desk.world, intent.orderId)).actual.reconciliation.cleared).toBeUndefined();
  });

  test('a halt that ends what is open ends it, and it is not called refused', async () => {
    const desk = await openDesk();
    const { intent } = await placeDark(desk);
    await desk.world.store.accounts.halt('user-1', 'account-1', { cancelOpen: true, at: desk.world.clock.iso() });
    const { actual } = await fire(desk, intent.orderId);
    expect(actual.machine.life).toBe('TRIGGERED');
    expect(actual.reconciliation.cleared).toBeUndefined();
    expect(desk.wakes.at(-1)?.orderId).toBe(intent.orderId);
  });

  test('halted between the check and the mark: the mark is not written', async () => {
    const desk = await openDesk();
    const { intent } = await placeDark(desk);
    await happen(desk.world, intent.orderId, { type: 'Triggered' });
    let halts = 1;
    const context = {
      ...desk.context,
      crashPoint: (name: string) => {
        if (name !== 'fired:before-commit' || halts === 0) return;
        halts -= 1;
        void desk.world.store.accounts.halt('user-1', 'account-1', { cancelOpen: false, at });
      },
    };
    await handle(context, firedCommand(intent.orderId));
    const { actual } = await found(desk.world, intent.orderId);
    expect(actual.machine.life).toBe('REJECTED');
    expect(actual.reconciliation.cleared).toBeUndefined();
  });
});
