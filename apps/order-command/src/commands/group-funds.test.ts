import { Folding } from '@orderplane/planner';
import { record } from '@orderplane/recorder';
import { found } from '@orderplane/recorder/testing';
import type { EventBody } from '@orderplane/state-machine';
import type { OrderRecord } from '@orderplane/store';
import { expect, test } from 'vitest';
import { ANY_TIME, openDesk, placing, type Desk } from '../testing/desk.ts';

const write = async (desk: Desk, orderId: string, events: readonly EventBody[], isFired = false): Promise<void> => {
  await record(desk.world.recorder, orderId, (current, at) => {
    const folding = new Folding(current.actual.machine, { at, visibilityDelayMs: 0 });
    for (const event of events) folding.apply(event, 'system');
    const { machine, journal } = folding.result();
    return { machine, journal, reconciliation: isFired ? { fired: { price: '90', priceAt: at, at } } : {} };
  });
};

/** Everything that is held rests in a take-profit; beside it waits a stop-loss, whose price comes. */
async function fireBeside(takeProfit: { size: string }, free = '0'): Promise<OrderRecord> {
  const desk = await openDesk();
  const shows = (btc: string): void => {
    desk.owned.shown = { balances: [{ asset: 'BTC', free: btc, held: '0' }], positions: [] };
  };
  shows('1');
  const trigger = { symbol: 'BTC-USD', source: 'LAST', direction: 'AT_OR_BELOW', price: '90' } as const;
  const { orderIds, userErrors } = await desk.run({
    kind: 'placeGroup',
    commandId: 'group',
    userId: 'user-1',
    time: ANY_TIME,
    groupKind: 'OCO',
    onPartialFill: 'CANCEL',
    orders: [
      placing({ clientOrderId: 'profit', side: 'SELL', price: '110', ...takeProfit }).input,
      placing({ clientOrderId: 'loss', side: 'SELL', price: '89', size: '1', mode: 'DARK', trigger }).input,
    ],
  });
  expect(userErrors).toEqual([]);
  const [profit = '', loss = ''] = orderIds;
  const leg = `leg-${profit}`;
  const deadlineAt = desk.world.clock.iso();
  await write(desk, profit, [
    { type: 'SubmitSent', venueClientId: leg, deadlineAt },
    { type: 'Acknowledged', venueOrderId: 'x' },
  ]);
  desk.world.clock.advance(10_000);
  shows(free);
  await write(desk, loss, [{ type: 'Triggered', darkVersion: 0, reason: 'price' }], true);
  await desk.run({ kind: 'fired', commandId: 'fired', userId: 'user-1', orderId: loss });
  return found(desk.world, loss);
}

test('what its own group holds is not missing: it is cleared, with the word that the other ends for it', async () => {
  const { actual } = await fireBeside({ size: '1' });
  expect(actual.machine.life).toBe('TRIGGERED');
  expect(actual.reconciliation).toMatchObject({ cleared: 0, fired: { price: '90', takes: 'BTC' } });
});

test('what is free is enough: nothing ends for it', async () => {
  const { actual } = await fireBeside({ size: '1' }, '1');
  expect(actual.reconciliation.cleared).toBe(0);
  expect(actual.reconciliation.fired).not.toHaveProperty('takes');
});

test('together with what is free', async () => {
  expect((await fireBeside({ size: '0.6' }, '0.4')).actual.reconciliation.fired).toMatchObject({ takes: 'BTC' });
});

test('not even with that: refused', async () => {
  const { actual } = await fireBeside({ size: '0.6' }, '0.3');
  expect(actual.machine.life).toBe('REJECTED');
  expect(actual.machine.end?.reason).toMatch(/^INSUFFICIENT_FUNDS when its trigger had fired/);
});
