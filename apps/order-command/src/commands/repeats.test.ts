import { NotAcceptedError, type CommandResult, type CommandTime, type OrderCommand } from '@orderplane/queues';
import { found } from '@orderplane/recorder/testing';
import { describe, expect, test } from 'vitest';
import { cancelling, marketOf, modifying, openDesk, placing, type Desk } from '../testing/desk.ts';
import { handle } from './handle.ts';
import { OverdueError } from './overdue.ts';

type Placing = Extract<OrderCommand, { kind: 'place' | 'placeGroup' }>;

/** Given now, with fifteen seconds to be carried out. */
const timeOf = ({ world: { clock } }: Desk): CommandTime => ({
  issuedAt: clock.iso(),
  expiresAt: new Date(clock.nowMs + 15_000).toISOString(),
});

const group = ({ input }: Extract<OrderCommand, { kind: 'place' }>, time: CommandTime): Placing => ({
  ...{ kind: 'placeGroup', commandId: 'group', userId: 'user-1', time, groupKind: 'OCO', onPartialFill: 'CANCEL' },
  orders: [input, { ...input, clientOrderId: `${input.clientOrderId}-2`, price: '101' }],
});

/** The same desk, for which the market is closed. */
const closed = (desk: Desk, command: OrderCommand): Promise<CommandResult> => {
  const find = async () => marketOf('binance', 'BTC-USD', { active: false });
  return handle({ ...desk.context, markets: { ...desk.context.markets, find } }, command);
};

/** Runs the command up to its write, then `meanwhile`, then the rest of it. */
async function held(desk: Desk, command: OrderCommand, meanwhile: () => Promise<void>): Promise<CommandResult> {
  const { hooks } = desk.world;
  hooks.before = async (write) => {
    if (write !== 'place') return;
    hooks.before = () => undefined;
    await meanwhile();
  };
  return desk.run(command);
}

const KINDS = [
  ['an order', (command: Extract<OrderCommand, { kind: 'place' }>) => command],
  ['a group', (command: Extract<OrderCommand, { kind: 'place' }>) => group(command, command.time)],
] as const;

describe.each(KINDS)('repeats of %s', (_name, commandOf) => {
  const tries = (desk: Desk): { first: Placing; again: () => Placing } => {
    const command = placing();
    return {
      first: commandOf({ ...command, time: timeOf(desk) }),
      again: () => commandOf({ ...command, time: timeOf(desk) }),
    };
  };
  const ordersOf = async ({ world: { store } }: Desk) => (await store.ledger.accountSnapshot('account-1')).orders;

  test('a repeat is refused while the first try is under way: the first try places nothing', async () => {
    const desk = await openDesk();
    const { first, again } = tries(desk);
    const answers: CommandResult[] = [];
    const late = held(desk, first, async () => {
      desk.world.clock.advance(1_000);
      answers.push(await closed(desk, again()));
    });
    await expect(late).rejects.toThrow(NotAcceptedError);
    expect(answers).toMatchObject([{ orderIds: [], userErrors: [{ code: 'EXCHANGE_UNAVAILABLE' }] }]);
    expect(await ordersOf(desk)).toEqual([]);
    // Its worker has died, and it runs once more: still nothing, also where it would pass all checks by now.
    desk.world.clock.advance(1_000);
    await expect(desk.run(first)).rejects.toThrow('the same request was refused after this try of it had been sent');
    expect(await ordersOf(desk)).toEqual([]);
    // A try that is made after the refusal is judged anew.
    expect((await desk.run(again())).userErrors).toEqual([]);
  });

  test('the first try is accepted while its repeat is refused: the repeat gives what the first one has placed', async () => {
    const desk = await openDesk();
    const { first, again } = tries(desk);
    const { orderIds } = await desk.run(first);
    expect(await closed(desk, again())).toEqual({ orderIds, userErrors: [] });
  });

  test('halted between check and write is a refusal like any other', async () => {
    const desk = await openDesk();
    const { first, again } = tries(desk);
    const late = held(desk, first, async () => {
      const halting = held(desk, again(), async () => {
        const { commandId, userId } = placing();
        await desk.run({ kind: 'halt', commandId, userId, accountId: 'account-1', cancelOpen: false });
      });
      expect(await halting).toMatchObject({ orderIds: [], userErrors: [{ code: 'ACCOUNT_HALTED' }] });
      await desk.world.store.accounts.resume('user-1', 'account-1');
    });
    await expect(late).rejects.toThrow(NotAcceptedError);
    expect(await ordersOf(desk)).toEqual([]);
  });

  test('a command that has waited too long places nothing, and gives what it has placed before', async () => {
    const desk = await openDesk();
    const { first } = tries(desk);
    const { first: second } = tries(desk);
    const { orderIds } = await desk.run(first);
    desk.world.clock.advance(15_001);
    expect(await desk.run(first)).toEqual({ orderIds, userErrors: [] });
    await expect(desk.run(second)).rejects.toThrow('the command has waited for too long');
    expect(await ordersOf(desk)).toHaveLength(orderIds.length);
  });
});

describe('commands that nobody waits for any more', () => {
  const overdue = (desk: Desk): { time: CommandTime } => {
    const time = timeOf(desk);
    desk.world.clock.advance(15_001);
    return { time };
  };

  test('a change is not made, unless it was made already', async () => {
    const desk = await openDesk();
    const { orderIds } = await desk.run(placing());
    const orderId = orderIds[0] ?? '';
    const timely = { ...modifying(orderId, { price: '99' }), time: timeOf(desk) };
    await desk.run(timely);
    const late = { ...modifying(orderId, { price: '98' }), ...overdue(desk) };
    await expect(desk.run(late)).rejects.toThrow(OverdueError);
    expect(await desk.run(timely)).toEqual({ orderIds, userErrors: [] });
    expect((await found(desk.world, orderId)).intent.spec.price).toBe('99');
  });

  test('what lets orders through again, or unlinks, is dropped; what only takes risk away is not', async () => {
    const desk = await openDesk();
    const { orderIds } = await desk.run(placing());
    const account = { userId: 'user-1', accountId: 'account-4' };
    const late = overdue(desk);
    await expect(desk.run({ kind: 'resume', commandId: 'r', ...account, ...late })).rejects.toThrow(OverdueError);
    await expect(desk.run({ kind: 'unlink', commandId: 'u', ...account, ...late })).rejects.toThrow(OverdueError);
    expect(await desk.world.store.access.account('account-4')).toMatchObject({ halted: true, unlinkedAt: null });
    expect(await desk.run({ ...cancelling(orderIds[0] ?? ''), ...late })).toEqual({ orderIds, userErrors: [] });
  });
});

test('the audit has a line of ours only for what was carried out after its caller was told TIMEOUT', async () => {
  const desk = await openDesk();
  const { clock, store } = desk.world;
  const halting = (commandId: string): OrderCommand => ({
    ...{ kind: 'halt', commandId, userId: 'user-1', accountId: 'account-1', cancelOpen: false, time: timeOf(desk) },
  });
  const lines = async () => (await store.users.auditLog({}, { limit: 9 })).items;
  await desk.run(halting('in time'));
  expect(await lines()).toEqual([]);
  const late = halting('late');
  // Five seconds of patience, as in `timeOf`.
  clock.advance(5_001);
  await desk.run(late);
  expect(await lines()).toMatchObject([{ action: 'account.halt', target: 'account-1', userId: 'user-1' }]);
});
