import type { OrderSpec } from '@orderplane/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LimitExceededError, type LimitRefusal, type OrderRecord, type Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import { accountOf, acknowledged, changeOf, created, intentOf, limitSpec, play, recordOf } from './testing/fixtures.ts';
import { cancelled, submitSent, validated } from './testing/fixtures.ts';

/** Whole numbers, so that the test needs no decimals of its own. */
interface Model {
  record: OrderRecord;
  readonly currency: string;
  size: number;
  price: number;
  filled: number;
  wish: { readonly size: number; readonly price: number; readonly id: string; isSent: boolean } | null;
  isOpen: boolean;
}

type Step =
  | {
      readonly do: 'place';
      readonly size: number;
      readonly price: number;
      readonly how: 'own' | 'dark' | 'adopted';
      readonly symbol: string;
    }
  | { readonly do: 'fill' | 'cancel' | 'doubt' | 'apply' | 'refuse'; readonly which: number; readonly part: number }
  | { readonly do: 'modify'; readonly which: number; readonly size: number; readonly price: number };

const amount = fc.integer({ min: 1, max: 9 });
const which = fc.nat({ max: 20 });
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('place' as const),
    ...{ size: amount, price: amount },
    how: fc.constantFrom('own' as const, 'own' as const, 'dark' as const, 'adopted' as const),
    symbol: fc.constantFrom('BTC-USD', 'BTC-USDT', 'BTC-EUR'),
  }),
  fc.record({
    do: fc.constantFrom('fill' as const, 'cancel' as const, 'doubt' as const, 'apply' as const, 'refuse' as const),
    which,
    part: amount,
  }),
  fc.record({ do: fc.constant('modify' as const), which, size: amount, price: amount }),
);

const worth = ({ size, price }: { readonly size: number; readonly price: number }, filled: number): number =>
  Math.max(size - filled, 0) * price;
const counts = (order: Model): number =>
  order.isOpen ? Math.max(worth(order, order.filled), order.wish === null ? 0 : worth(order.wish, order.filled)) : 0;

describe.each(BACKENDS)('what is open, as the limits count it ($name)', ({ name, open }) => {
  let store: Store;
  let close: () => Promise<void>;
  let ids = 0;
  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  async function place(
    accountId: string,
    spec: Partial<OrderSpec>,
    how: 'own' | 'dark' | 'adopted',
  ): Promise<OrderRecord> {
    ids += 1;
    const over = how === 'dark' ? { mode: 'DARK' as const } : how === 'adopted' ? { origin: 'EXTERNAL' as const } : {};
    const session = { createdSessionId: null, sessionId: null };
    const intent = intentOf(`o${ids}`, { accountId, ...session, ...over, spec: limitSpec(spec) });
    const born = [created(intent.spec), validated, ...(how === 'dark' ? [{ type: 'Armed' } as const] : [])];
    const sent = how === 'dark' ? [] : [submitSent(`leg-${ids}`), acknowledged(`x-o${ids}`)];
    const played = play([...born, ...sent]);
    const result = await store.ledger.place(recordOf(intent, played), played.journal);
    if (result.kind !== 'committed') throw new Error(result.kind);
    return result.record;
  }
  async function happen(order: Model, events: Parameters<typeof changeOf>[1], limited?: 'raise'): Promise<void> {
    const change = changeOf(order.record, events);
    const result = await store.ledger.commit(limited === undefined ? change : { ...change, limited });
    if (result.kind !== 'committed') throw new Error(result.kind);
    order.record = result.record;
  }
  const said = async (accountId: string, currency: string): Promise<LimitRefusal> => {
    const probe = place(accountId, { symbol: `ETH-${currency}`, size: '1000000', price: '1000000' }, 'own');
    const error: unknown = await probe.catch((cause: unknown) => cause);
    if (error instanceof LimitExceededError) return error.refusal;
    throw new Error('the probe was taken');
  };

  const isLive = ({ record: { actual, intent } }: Model): boolean =>
    intent.mode === 'LIVE' && actual.machine.legs.length > 0;
  async function take(accountId: string, orders: Model[], step: Step): Promise<void> {
    if (step.do === 'place') {
      const { size, price, how, symbol } = step;
      const record = await place(accountId, { symbol, size: String(size), price: String(price) }, how);
      const currency = symbol === 'BTC-EUR' ? 'EUR' : 'USD';
      orders.push({ record, currency, size, price, filled: 0, wish: null, isOpen: true });
      return;
    }
    const order = orders[step.which % Math.max(orders.length, 1)];
    if (order === undefined || !order.isOpen || !isLive(order)) return;
    const sent = { how: 'AMEND', deadlineAt: '2026-01-01T01:00:00.000Z' } as const;
    switch (step.do) {
      case 'modify': {
        // At or below what is filled it is another wish: to end.
        if (order.wish !== null || step.size <= order.filled) return;
        ids += 1;
        const wish = { size: step.size, price: step.price, id: `r${ids}`, isSent: false };
        const terms = { size: String(wish.size), quoteSize: null, price: String(wish.price), stopPrice: null };
        await happen(
          order,
          [{ type: 'ReplaceRequested', requestId: wish.id, generation: 2, terms, by: 'client' }],
          'raise',
        );
        order.wish = wish;
        return;
      }
      case 'apply':
      case 'refuse': {
        if (order.wish === null || order.wish.size <= order.filled) return;
        const { id: requestId, size, price } = order.wish;
        const terms = { size: String(size), price: String(price) };
        await happen(order, [
          { type: 'ReplaceSent', requestId, ...sent },
          step.do === 'apply'
            ? { type: 'Replaced', requestId, terms }
            : { type: 'ReplaceRejected', requestId, refusal: 'OTHER', reason: 'no' },
        ]);
        if (step.do === 'apply') [order.size, order.price] = [size, price];
        order.wish = null;
        return;
      }
      case 'fill': {
        const part = Math.min(step.part, order.size - order.filled - 1);
        if (part <= 0 || (order.wish !== null && order.filled + part >= order.wish.size)) return;
        ids += 1;
        const id = `t${ids}`;
        const venueOrderId = `x-${order.record.intent.orderId}`;
        const execution = {
          ...{ id, venueOrderId, size: String(part), price: String(order.price) },
          fee: null,
          liquidity: null,
        };
        await happen(order, [{ type: 'PartialFill', execution: { ...execution, at: '2026-01-01T00:00:50.000Z' } }]);
        order.filled += part;
        return;
      }
      case 'doubt':
        await happen(order, [{ type: 'Vanished', reason: 'not listed' }]);
        return;
      case 'cancel':
        await happen(order, [cancelled]);
        [order.isOpen, order.wish] = [false, null];
    }
  }

  test('is what adding it up from the history gives, after every step', async () => {
    const runs = name === 'memory' ? 60 : 8;
    const property = fc.asyncProperty(fc.array(stepArbitrary, { minLength: 5, maxLength: 25 }), async (steps) => {
      ids += 1;
      const accountId = `sums-${ids}`;
      const none = { maxOrderNotional: null, maxOpenOrders: null, priceCollar: null, rejectDuplicates: false };
      await store.access.createAccount(accountOf(accountId, { risk: { ...none, maxOpenNotional: '1000000' } }), 's');
      const orders: Model[] = [];
      for (const step of steps) {
        await take(accountId, orders, step);
        for (const currency of ['USD', 'EUR']) {
          const own = orders.filter((order) => order.currency === currency);
          const open = String(own.reduce((total, order) => total + counts(order), 0));
          expect(await said(accountId, currency)).toMatchObject({ kind: 'maxOpenNotional', open });
        }
      }
      await store.accounts.setRiskLimits('user-1', accountId, { maxOpenOrders: 0 });
      const open = orders.filter(({ isOpen }) => isOpen).length;
      expect(await said(accountId, 'USD')).toEqual({ kind: 'maxOpenOrders', limit: 0, open });
    });
    await fc.assert(property, { numRuns: runs, seed: 6 });
  });
});
