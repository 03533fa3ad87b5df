import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import { cancelled, changeOf, intentOf, placeOpen } from './testing/fixtures.ts';

describe.each(BACKENDS)('what the resync finds ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  test('an ended order with an open question is unsettled until it is answered', async () => {
    const record = await placeOpen(store, intentOf('asked'), 'x-asked');
    const isUnsettled = async (): Promise<boolean> =>
      (await store.ledger.unsettled({ limit: 1_000 })).some(({ orderId }) => orderId === 'asked');
    const ending = changeOf(record, [cancelled]);
    const asked = { ...ending.reconciliation, attempts: 1, lastError: 'an execution was claimed' };
    const ended = await store.ledger.commit({ ...ending, reconciliation: asked });
    if (ended.kind !== 'committed') throw new Error(ended.kind);
    expect(await isUnsettled()).toBe(true);
    const answer = changeOf(ended.record, []);
    await store.ledger.commit({ ...answer, reconciliation: { ...asked, attempts: 0 } });
    expect(await isUnsettled()).toBe(false);
  });
});
