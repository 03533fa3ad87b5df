import { record } from '@orderplane/recorder';
import { found, happen, limitSpec, openWorld, placeOrder, type World } from '@orderplane/recorder/testing';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import type { OrderSpec } from '@orderplane/domain';
import type { OrderTrigger } from '@orderplane/store';
import { describe, expect, test } from 'vitest';
import type { ReconcilerContext } from './context.ts';
import { reconcile } from './reconcile.ts';
import { faultsOf } from './testing/faults.ts';
import { contextOf, keysOf } from './testing/harness.ts';
import { ModelAdapter } from './testing/model-adapter.ts';

async function openDark(spec: Partial<OrderSpec> = {}, trigger: Partial<OrderTrigger> = {}) {
  const world = await openWorld();
  const { intent } = await placeOrder(world, { ...limitSpec, ...spec }, 'account-1', trigger);
  const adapter = new ModelAdapter(capabilitiesOf('binance'), world.clock, faultsOf({}));
  const asked: string[] = [];
  const submitted: OrderSpec[] = [];
  const submit = adapter.submit.bind(adapter);
  adapter.submit = (request) => {
    submitted.push(request.spec);
    return submit(request);
  };
  const context: ReconcilerContext = {
    ...contextOf({ world, adapter, counts: new Map(), lockLost: false, keys: keysOf(world), isTimeKnown: true }),
    requestChecks: ({ orderId }) => Promise.resolve(void asked.push(orderId)),
  };
  const { orderId } = intent;
  const look = () => reconcile(context, orderId);
  return { world, adapter, submitted, asked, orderId, look };
}
const clear = (world: World, orderId: string) =>
  record(world.recorder, orderId, ({ actual: { machine } }) => ({
    machine,
    journal: [],
    reconciliation: { cleared: machine.darkVersion },
  }));

describe('a dark order', () => {
  test('nothing of it reaches the exchange before it has fired and was checked; then it is sent once', async () => {
    const { world, adapter, submitted, asked, orderId, look } = await openDark();
    expect(await look()).toEqual({ kind: 'Settled' });
    await happen(world, orderId, { type: 'Triggered' });
    expect(await look()).toMatchObject({ kind: 'Recheck' });
    expect(await look()).toMatchObject({ kind: 'Recheck' });
    expect(asked).toEqual([orderId, orderId]);
    expect(adapter.calls).toEqual([]);
    await clear(world, orderId);
    await look();
    await look();
    expect(submitted).toHaveLength(1);
    expect((await found(world, orderId)).actual.machine.life).toBe('ACKNOWLEDGED');
  });

  test('changed after the checks: checked again before it is sent', async () => {
    const { world, adapter, asked, orderId, look } = await openDark();
    await happen(world, orderId, { type: 'Triggered' });
    await clear(world, orderId);
    const terms = { size: '2', quoteSize: null, price: '100', stopPrice: null };
    await happen(world, orderId, { type: 'ReplaceRequested', requestId: 'r', generation: 2, by: 'client', terms });
    await look();
    expect(asked).toEqual([orderId]);
    expect(adapter.calls).toEqual([]);
  });

  test('its time ends it here, to the moment', async () => {
    const { world, orderId, look } = await openDark({ timeInForce: 'GTT', expiresAt: '2026-01-01T00:00:30.000Z' });
    expect(await look()).toEqual({ kind: 'Recheck', afterMs: 30_000 });
    world.clock.advance(30_000);
    await look();
    expect((await found(world, orderId)).actual.machine).toMatchObject({ life: 'EXPIRED', legs: [] });
  });

  test.each([
    ['STOP_LIMIT', '100', 'LIMIT'],
    ['STOP_MARKET', null, 'MARKET'],
  ] as const)('a %s that waited here is sent without its stop', async (type, price, sent) => {
    const { world, submitted, orderId, look } = await openDark(
      { type, price, stopPrice: '110' },
      { isOwnStop: true, price: '110' },
    );
    await happen(world, orderId, { type: 'Triggered' });
    await clear(world, orderId);
    await look();
    expect(submitted.at(-1)).toMatchObject({ type: sent, stopPrice: null, price });
    expect((await found(world, orderId)).intent.spec).toMatchObject({ type, stopPrice: '110' });
  });
});
