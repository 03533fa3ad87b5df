import { Folding } from '@orderplane/planner';
import { record } from '@orderplane/recorder';
import { happen } from '@orderplane/recorder/testing';
import { describe, expect, test } from 'vitest';
import { modifying, openDesk, PERPETUAL, placing, type Desk } from '../testing/desk.ts';

const balance = (asset: string, free: string) => ({ asset, free, held: '0' });
const shows = (desk: Desk, ...balances: readonly ReturnType<typeof balance>[]): void => {
  desk.owned.shown = { balances, positions: [] };
};
const accepted = async (desk: Desk, ...inputs: readonly Parameters<typeof placing>[0][]): Promise<number> => {
  const results = await Promise.all(inputs.map((input) => desk.run(placing(input))));
  const codes = results.flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
  expect(new Set(codes)).toEqual(new Set(codes.length === 0 ? [] : ['INSUFFICIENT_FUNDS']));
  return results.filter(({ orderIds }) => orderIds.length === 1).length;
};

/** The order is at the exchange from now on. */
const sent = async (desk: Desk, orderId: string): Promise<void> => {
  await record(desk.world.recorder, orderId, (current, at) => {
    const folding = new Folding(current.actual.machine, { at, visibilityDelayMs: 0 });
    folding.apply({ type: 'SubmitSent', venueClientId: `leg-${orderId}`, deadlineAt: at }, 'system');
    const { machine, journal } = folding.result();
    return { machine, journal };
  });
};

describe('available balance', () => {
  test('a buyer needs quote, a seller base; the refusal says how much is there', async () => {
    const desk = await openDesk();
    shows(desk, balance('USD', '150'), balance('BTC', '0.5'));
    expect(await desk.refusal(placing({ size: '2' }))).toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
      message: expect.stringMatching(
        /needs 200 USD, account .* has 150 USD free at binance: make it smaller/,
      ) as string,
      field: ['input', 'size'],
    });
    expect(await accepted(desk, { size: '1.5' })).toBe(1);
    expect(await desk.refusal(placing({ side: 'SELL', size: '0.6' }))).toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    expect(await accepted(desk, { side: 'SELL', size: '0.5' })).toBe(1);
    // What is not shown is not owned.
    shows(desk, balance('USD', '150'));
    desk.world.clock.advance(5_000);
    expect(await desk.refusal(placing({ side: 'SELL', size: '0.5' }))).toMatchObject({
      message: expect.stringContaining('has 0 BTC free') as string,
    });
  });

  test('a market order needs its quote, or its size at the last price with the margin', async () => {
    const desk = await openDesk();
    shows(desk, balance('USD', '105'), balance('BTC', '1'));
    desk.prices.set('binance BTC-USD', '100');
    const market = { type: 'MARKET', price: null } as const;
    expect(await desk.refusal(placing({ ...market, size: null, quoteSize: '105.01' }))).toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
      field: ['input', 'quoteSize'],
    });
    expect(await desk.refusal(placing({ ...market, size: '1.01' }))).toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    expect(await accepted(desk, { ...market, size: '1' })).toBe(1);
    expect(await desk.refusal(placing({ ...market, side: 'SELL', size: null, quoteSize: '101' }))).toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
    });
    desk.prices.clear();
    expect(await accepted(desk, { ...market, size: '1' })).toBe(1);
  });

  test('fifty at once can not take what covers ten', async () => {
    const desk = await openDesk();
    shows(desk, balance('USD', '1000'));
    const fifty = Array.from({ length: 50 }, (_, index) => ({ clientOrderId: `many-${index}` }));
    expect(await accepted(desk, ...fifty)).toBe(10);
    expect(desk.owned.asked).toBeLessThanOrEqual(2);
  });

  test('nothing is refused but on a reading that was asked after it had come', async () => {
    const desk = await openDesk();
    shows(desk, balance('USD', '100'));
    expect(await accepted(desk, {})).toBe(1);
    // The order was filled and its proceeds came back: only the exchange knows yet.
    shows(desk, balance('USD', '1000'));
    desk.world.clock.advance(1_000);
    expect(await accepted(desk, { size: '9' })).toBe(1);
  });

  test('when the exchange can not be asked, it judges itself, and who comes next does not wait again', async () => {
    const desk = await openDesk();
    expect(await accepted(desk, { size: '100' }, { clientOrderId: 'second', size: '100' })).toBe(2);
    expect(desk.owned.asked).toBe(1);
    desk.world.clock.advance(11_000);
    shows(desk, balance('USD', '1'));
    expect(await desk.refusal(placing({ size: '100' }))).toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
  });

  test('what is a small part of what is free costs no question; a large part of it is asked for, and then known', async () => {
    const desk = await openDesk();
    shows(desk, balance('USD', '1000'));
    await accepted(desk, {});
    const { asked } = desk.owned;
    await accepted(desk, { clientOrderId: 'a' }, { clientOrderId: 'b' }, { clientOrderId: 'c' });
    expect(desk.owned.asked).toBe(asked);
  });

  test('what the exchange holds already for an order of ours is not counted twice', async () => {
    const desk = await openDesk();
    shows(desk, balance('USD', '1000'));
    const { orderIds } = await desk.run(placing({ size: '6' }));
    await sent(desk, orderIds[0] ?? '');
    desk.world.clock.advance(500);
    shows(desk, balance('USD', '400'));
    expect(await accepted(desk, { size: '4' })).toBe(1);
    desk.world.clock.advance(500);
    expect((await desk.refusal(placing({ size: '0.5' }))).message).toMatch(
      /400 of it are needed by orders on their way/,
    );
  });

  test('an order that was refused for another reason takes nothing', async () => {
    const desk = await openDesk();
    shows(desk, balance('USD', '100'));
    await desk.world.store.accounts.setRiskLimits('user-1', 'account-1', { maxOrderNotional: '50' });
    expect((await desk.refusal(placing())).code).toBe('RISK_LIMIT_EXCEEDED');
    await desk.world.store.accounts.setRiskLimits('user-1', 'account-1', { maxOrderNotional: null });
    expect(await accepted(desk, {})).toBe(1);
  });

  test('a dark order needs nothing while it waits, and a repeat is not judged anew', async () => {
    const desk = await openDesk();
    shows(desk, balance('USD', '100'));
    const trigger = { symbol: 'BTC-USD', source: 'LAST', direction: 'AT_OR_BELOW', price: '90' } as const;
    expect(await accepted(desk, { mode: 'DARK', trigger, size: '50' })).toBe(1);
    const first = await desk.run(placing({ clientOrderId: 'same' }));
    shows(desk, balance('USD', '0'));
    desk.world.clock.advance(5_000);
    expect(await desk.run(placing({ clientOrderId: 'same' }))).toEqual(first);
  });
});

describe('a change of what rests at the exchange', () => {
  /** The exchange shows this beside what it holds for the order. */
  async function resting(input: Parameters<typeof placing>[0], ...free: readonly ReturnType<typeof balance>[]) {
    const desk = await openDesk();
    const { size = '1' } = input ?? {};
    shows(desk, balance('USD', `${size ?? '1'}00`), balance('BTC', size ?? '1'));
    const { orderIds } = await desk.run(placing(input));
    const orderId = orderIds[0] ?? '';
    await rests(desk, orderId);
    desk.world.clock.advance(5_000);
    shows(desk, ...free);
    const change = async (to: Parameters<typeof modifying>[1]) => (await desk.run(modifying(orderId, to))).userErrors;
    return { desk, orderId, change };
  }
  const rests = async (desk: Desk, orderId: string): Promise<void> => {
    await sent(desk, orderId);
    await happen(desk.world, orderId, { type: 'Acknowledged', venueOrderId: `x-${orderId}` });
  };
  const insufficient = (field: string, message: RegExp) => [
    { code: 'INSUFFICIENT_FUNDS', field: ['input', field], message: expect.stringMatching(message) as string },
  ];

  test('needs what goes beyond what is held for it', async () => {
    const { desk, orderId, change } = await resting({}, balance('USD', '50'));
    const refusal = await desk.refusal(modifying(orderId, { size: '1.51' }));
    expect([refusal]).toEqual(insufficient('size', /needs 51 USD more, .* has 50 USD free .*: make it smaller/));
    expect(await change({ price: '150.01' })).toEqual(insufficient('price', /needs 50\.01 USD more/));
    expect(await change({ size: '1.5' })).toEqual([]);
  });

  test('a seller needs more base only where it sells more', async () => {
    const { change } = await resting({ side: 'SELL' }, balance('BTC', '0.5'));
    expect(await change({ size: '1.51' })).toEqual(insufficient('size', /needs 0\.51 BTC more/));
    expect(await change({ price: '900' })).toEqual([]);
    expect(await change({ size: '1.5' })).toEqual([]);
  });

  test('counts what is not filled, and asks nobody where it needs no more', async () => {
    const { desk, orderId, change } = await resting({ size: '4' }, balance('USD', '10'));
    const at = desk.world.clock.iso();
    const execution = {
      id: 't1',
      size: '3',
      price: '100',
      fee: null,
      liquidity: null,
      at,
      venueOrderId: null,
    } as const;
    await happen(desk.world, orderId, { type: 'PartialFill', execution });
    const { asked } = desk.owned;
    expect(await change({ size: '3.5', price: '190' })).toEqual([]);
    expect(desk.owned.asked).toBe(asked);
  });

  test('while one is under way only what goes beyond the larger of the two', async () => {
    const { desk, change } = await resting({}, balance('USD', '100'));
    for (const price of ['190', '120', '200', '150']) {
      expect(await change({ price })).toEqual([]);
      desk.world.clock.advance(500);
    }
    // Whether the exchange holds 100 or 150 for it by now nobody can know.
    shows(desk, balance('USD', '50'));
    expect(await change({ price: '200.01' })).toEqual(insufficient('price', /needs 50\.01 USD more/));
    expect(await change({ price: '200' })).toEqual([]);
  });

  test('shares what is free with all others, changes and new orders', async () => {
    const { desk, change } = await resting({}, balance('USD', '100'));
    expect(await change({ price: '160' })).toEqual([]);
    expect(await accepted(desk, { size: '0.5' })).toBe(0);
    const { orderIds } = await desk.run(placing({ size: '0.4' }));
    expect(await change({ price: '165' })).toEqual(
      insufficient('price', /100 of it are needed by orders on their way/),
    );
    // All of it was carried out: the exchange shows what is left.
    await rests(desk, orderIds[0] ?? '');
    desk.world.clock.advance(10_000);
    shows(desk, balance('USD', '10'));
    expect(await change({ price: '180.01' })).toEqual(insufficient('price', /needs 20\.01 USD more/));
    expect(await change({ price: '170' })).toEqual([]);
  });

  test('of a group names the total, of which the others have filled a part', async () => {
    const desk = await openDesk();
    shows(desk, balance('BTC', '2'));
    const orders = ['110', '120'].map((price) => placing({ side: 'SELL', price, clientOrderId: `of-${price}` }).input);
    const group = { ...placing(), kind: 'placeGroup', groupKind: 'OCO', onPartialFill: 'REDUCE', orders } as const;
    const [orderId = '', other = ''] = (await desk.run(group)).orderIds;
    for (const id of [orderId, other]) await rests(desk, id);
    const terms = { size: '0.6', price: '110', quoteSize: null, stopPrice: null };
    const reduced = { requestId: 'reduced', generation: 2, by: 'us' } as const;
    await happen(desk.world, orderId, { type: 'ReplaceRequested', terms, ...reduced });
    desk.world.clock.advance(5_000);
    shows(desk, balance('BTC', '0'));
    const change = async (size: string) => (await desk.run(modifying(orderId, { size }))).userErrors;
    expect(await change('1.5')).toEqual(insufficient('size', /needs 0\.1 BTC more/));
    expect(await change('1.4')).toEqual([]);
  });

  test('is the exchange’s to judge when it can not be asked, and needs nothing while the order waits here', async () => {
    const { desk, change } = await resting({});
    desk.owned.shown = null;
    expect(await change({ size: '100' })).toEqual([]);
    shows(desk, balance('USD', '0'));
    const trigger = { symbol: 'BTC-USD', source: 'LAST', direction: 'AT_OR_BELOW', price: '90' } as const;
    const { orderIds } = await desk.run(placing({ mode: 'DARK', trigger }));
    expect((await desk.run(modifying(orderIds[0] ?? '', { size: '50' }))).userErrors).toEqual([]);
  });
});

describe('reduce-only', () => {
  const reducing = (side: 'BUY' | 'SELL', size: string) =>
    placing({ accountId: 'account-5', symbol: PERPETUAL, side, size, reduceOnly: true });
  const deskWith = async (size: string | null): Promise<Desk> => {
    const desk = await openDesk();
    const positions = size === null ? [] : [{ symbol: PERPETUAL, size }];
    desk.owned.shown = { balances: [], positions };
    return desk;
  };

  test('must lie against the position and within it', async () => {
    const desk = await deskWith('0.5');
    expect((await desk.run(reducing('SELL', '0.5'))).orderIds).toHaveLength(1);
    const { userErrors } = await desk.run(reducing('BUY', '0.1'));
    expect(userErrors[0]).toMatchObject({ code: 'INSUFFICIENT_FUNDS', field: ['input', 'reduceOnly'] });
    const large = await desk.run(reducing('SELL', '0.6'));
    expect(large.userErrors[0]).toMatchObject({ code: 'INSUFFICIENT_FUNDS', field: ['input', 'size'] });
    expect(large.userErrors[0]?.message).toMatch(/closes at most what is held: 0\.5/);
  });

  test('holds for a larger size, too', async () => {
    const desk = await deskWith('0.5');
    const orderId = (await desk.run(reducing('SELL', '0.4'))).orderIds[0] ?? '';
    const { userErrors } = await desk.run(modifying(orderId, { size: '0.6' }));
    expect(userErrors[0]).toMatchObject({ code: 'INSUFFICIENT_FUNDS', field: ['input', 'size'] });
    expect(userErrors[0]?.message).toMatch(/closes at most what is held: 0\.5 of .*, not 0\.6/);
    desk.owned.shown = { balances: [], positions: [] };
    for (const change of [{ price: '101' }, { size: '0.3' }])
      expect((await desk.run(modifying(orderId, change))).userErrors).toEqual([]);
  });

  test('of a position that was sold, the other way round; of none, never', async () => {
    const short = await deskWith('-0.5');
    expect((await short.run(reducing('BUY', '0.5'))).orderIds).toHaveLength(1);
    const none = await deskWith(null);
    expect((await none.run(reducing('SELL', '0.1'))).userErrors[0]?.message).toMatch(/holds nothing/);
  });

  test('of a position that nobody can see it is the exchange’s to judge', async () => {
    const desk = await deskWith(null);
    desk.owned.shown = null;
    expect((await desk.run(reducing('SELL', '0.1'))).orderIds).toHaveLength(1);
  });
});
