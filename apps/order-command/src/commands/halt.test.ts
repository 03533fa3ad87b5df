import { happen, found } from '@orderplane/recorder/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import type { CommandContext } from '../context.ts';
import { cancelling, modifying, openDesk, placing, type Desk } from '../testing/desk.ts';
import { handle } from './handle.ts';
import { place } from './place.ts';

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});

const halting = (accountId: string, cancelOpen = true) =>
  ({ kind: 'halt', commandId: 'halt-1', userId: 'user-1', accountId, cancelOpen }) as const;
const resuming = (accountId: string) =>
  ({ kind: 'resume', commandId: 'resume-1', userId: 'user-1', accountId }) as const;
const done = { orderIds: [], userErrors: [] };
const placed = async (): Promise<string> => (await desk.run(placing())).orderIds[0] ?? '';

const deadlineAt = '2026-01-01T00:00:05.000Z';
const sent = { type: 'SubmitSent', venueClientId: 'c1', deadlineAt } as const;

describe('halting', () => {
  test('stops new orders and changes, and wakes what is open to be cancelled', async () => {
    const orderId = await placed();
    desk.wakes.length = 0;
    expect(await desk.run(halting('account-1'))).toEqual(done);
    expect(desk.wakes).toEqual([{ exchange: 'binance', orderId, urgency: 'cancel' }]);
    expect((await desk.refusal(placing())).code).toBe('ACCOUNT_HALTED');
    expect((await desk.refusal(modifying(orderId, { price: '101' }))).code).toBe('ACCOUNT_HALTED');
    expect((await found(desk.world, orderId)).halt?.cancelOpenBefore).not.toBeNull();
    // The caller's own cancels are taken all the same.
    expect((await desk.run(cancelling(orderId))).userErrors).toEqual([]);
  });

  test('can leave alone what is open, and be widened to it', async () => {
    const orderId = await placed();
    desk.wakes.length = 0;
    expect(await desk.run(halting('account-1', false))).toEqual(done);
    expect(desk.wakes).toEqual([]);
    expect(await desk.run(halting('account-1'))).toEqual(done);
    expect(desk.wakes).toHaveLength(1);
    expect((await found(desk.world, orderId)).halt?.cancelOpenBefore).not.toBeNull();
  });

  test('again is the same as once; of an account of somebody else or none there is nothing', async () => {
    expect(await desk.run(halting('account-1'))).toEqual(done);
    expect(await desk.run(halting('account-1'))).toEqual(done);
    for (const id of ['account-3', 'nobody'])
      expect(await desk.refusal(halting(id))).toMatchObject({ code: 'NOT_FOUND', field: ['accountId'] });
  });

  test('a repeat of a request that was accepted before the halt is answered with its order', async () => {
    const command = placing();
    const { orderIds } = await desk.run(command);
    await desk.run(halting('account-1'));
    expect(await desk.run(command)).toEqual({ orderIds, userErrors: [] });
  });

  /** As the account was before: for what was checked before the halt and is written after it. */
  const late = async (): Promise<CommandContext> => {
    const { access } = desk.context;
    const before = await access.account('account-1');
    return {
      ...desk.context,
      access: Object.assign(Object.create(access) as typeof access, { account: async () => before }),
    };
  };

  test('an order that overtakes the check finds the account halted when it is written', async () => {
    const context = await late();
    const command = placing();
    const { orderIds } = await desk.run(command);
    await desk.run(halting('account-1'));
    const result = await place(context, placing());
    expect(result.userErrors[0]).toMatchObject({ code: 'ACCOUNT_HALTED', field: ['input', 'accountId'] });
    expect(await place(context, command)).toEqual({ orderIds, userErrors: [] });
  });

  test('so does a change', async () => {
    const context = await late();
    const orderId = await placed();
    await happen(desk.world, orderId, sent, { type: 'Acknowledged', venueOrderId: 'v1' });
    await desk.run(halting('account-1'));
    const result = await handle(context, modifying(orderId, { price: '101' }));
    expect(result.userErrors[0]).toMatchObject({ code: 'ACCOUNT_HALTED' });
    expect((await found(desk.world, orderId)).actual.machine.requests).toEqual([]);
  });

  test('waits for what left a moment before, and for nothing else', async () => {
    const orderId = await placed();
    await placed();
    await happen(desk.world, orderId, sent);
    let pauses = 0;
    const pause = async (): Promise<void> => {
      pauses += 1;
      if (pauses === 3) await happen(desk.world, orderId, { type: 'Acknowledged', venueOrderId: 'v1' });
    };
    expect(await handle({ ...desk.context, pause }, halting('account-1'))).toEqual(done);
    expect(pauses).toBe(3);
  });

  test('does not wait for ever', async () => {
    await happen(desk.world, await placed(), sent);
    let pauses = 0;
    const pause = async (): Promise<void> => void (pauses += 1);
    expect(await handle({ ...desk.context, pause }, halting('account-1'))).toEqual(done);
    expect(pauses).toBe(120);
  });
});

/** The job of a dead worker is given out again when its lock has run out. */
describe.each([
  ['halt:before-commit', false],
  ['halt:after-commit', true],
  ['halt:after-wake', true],
  ['resume:before-commit', true],
  ['resume:after-commit', false],
])('a process that dies at %s', (step, halted) => {
  test('leaves all or nothing, and the command run again does the rest', async () => {
    const orderId = await placed();
    const command = step.startsWith('halt') ? halting('account-1') : resuming('account-1');
    if (command.kind === 'resume') await desk.run(halting('account-1'));
    const crashPoint = (at: string): void => {
      if (at === step) throw new Error(`died at ${at}`);
    };
    await expect(handle({ ...desk.context, crashPoint }, command)).rejects.toThrow('died at');
    expect((await desk.context.access.account('account-1'))?.halted).toBe(halted);
    desk.wakes.length = 0;
    expect(await desk.run(command)).toEqual(done);
    expect((await desk.context.access.account('account-1'))?.halted).toBe(command.kind === 'halt');
    expect(desk.wakes.map((wake) => wake.orderId)).toEqual([orderId]);
  });
});

describe('resuming', () => {
  test('takes orders again, and wakes what was held', async () => {
    const orderId = await placed();
    await desk.run(halting('account-1', false));
    desk.wakes.length = 0;
    expect(await desk.run(resuming('account-1'))).toEqual(done);
    expect(desk.wakes).toEqual([{ exchange: 'binance', orderId, urgency: 'submit' }]);
    expect(await desk.run(resuming('account-1'))).toEqual(done);
    expect((await desk.run(placing())).userErrors).toEqual([]);
    expect(await desk.refusal(resuming('account-3'))).toMatchObject({ code: 'NOT_FOUND' });
  });
});
