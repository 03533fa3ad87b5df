import { describe, expect, test } from 'vitest';
import type { OrderView } from '../support/client.ts';
import type { Ledger } from '../support/venue.ts';
import { Diary } from './diary.ts';
import type { Deed } from './diary.ts';
import type { Journal, JournalLine } from './journal.ts';
import { ledgerFindings } from './judge.ts';
import { brokenPromises } from './promises.ts';

/** The judge must see each kind of harm: a judge that never finds anything proves nothing. */

const ID = '00000000-0000-4000-8000-000000000001';
const order = (over: Partial<OrderView> = {}): OrderView => ({
  ...{ id: ID, clientOrderId: 'c', exchange: 'kraken', exchangeOrderId: 'x1', symbol: 'BTC-USD', side: 'BUY' },
  ...{ type: 'LIMIT', status: 'OPEN', state: 'PARTIALLY_FILLED', origin: 'API', size: '3', filledSize: '1' },
  ...{ remainingSize: '2', price: '10', stopPrice: null, timeInForce: 'GTC', expiresAt: null, account: { id: 'a' } },
  ...{ averageFilledPrice: '10', filledValue: '10', reason: null, pendingRequests: [] },
  reconciliation: { status: 'IN_SYNC', generation: 1, observedGeneration: 1, lastError: null },
  legs: [
    { exchangeOrderId: 'x1', venueClientId: 'v1', state: 'PARTIALLY_FILLED', size: '3', price: '10', filledSize: '1' },
  ],
  fills: { nodes: [{ exchangeTradeId: 't1', size: '1', price: '10', fee: { currency: 'USD', cost: '0.01' } }] },
  ...over,
});
type Held = Ledger['orders'][number];
const held = (over: Partial<Held> = {}): Held => ({
  ...{ exchangeOrderId: 'x1', clientId: 'v1', symbol: 'BTC-USD', side: 'BUY', type: 'LIMIT', price: '10', size: '3' },
  ...{ filledSize: '1', status: 'OPEN', source: 'api', createdAt: '', stopPrice: null, quoteSize: null },
  ...{ timeInForce: 'GTC', postOnly: false, endReason: null, endedAt: null },
  ...over,
});
const execution = (over: Partial<Ledger['executions'][number]> = {}): Ledger['executions'][number] => ({
  ...{ tradeId: 't1', exchangeOrderId: 'x1', size: '1', price: '10', fee: { currency: 'USD', cost: '0.01' }, at: '' },
  ...{ symbol: 'BTC-USD', side: 'BUY', maker: true },
  ...over,
});
const compared = (orders: OrderView[], ledger: Partial<Ledger> = {}): readonly string[] =>
  ledgerFindings('kraken', orders, { orders: [held()], executions: [execution()], ...ledger }).map(({ text }) => text);

describe('the ledger against the orders', () => {
  test('agreement', () => expect(compared([order()])).toEqual([]));
  test.each([
    ['an order that nobody owns', [], {}],
    ['a doubled client id', [order()], { orders: [held(), held({ exchangeOrderId: 'x2', status: 'CANCELLED' })] }],
    ['an end that is none', [order({ state: 'CANCELLED', status: 'CANCELLED' })], {}],
    ['a life that is over', [order()], { orders: [held({ status: 'CANCELLED' })] }],
    ['a fill that was not booked', [order()], { executions: [execution(), execution({ tradeId: 't2' })] }],
    ['a fill that nobody made', [order()], { executions: [] }],
    ['another price of a fill', [order()], { executions: [execution({ price: '11' })] }],
    ['another fee', [order()], { executions: [execution({ fee: { currency: 'USD', cost: '0.02' } })] }],
    ['another price of the order', [order()], { orders: [held({ price: '9' })] }],
    ['another size of the order', [order()], { orders: [held({ size: '4' })] }],
  ])('%s', (_name, orders, ledger) => {
    expect(compared(orders, ledger)).not.toEqual([]);
  });
});

const NO_JOURNAL: Journal = { accounts: new Map(), orders: new Map() };
const answered = { sentAt: 10, answeredAt: 20, outcome: 'accepted', code: null, doubts: 0 } as const;
const place: Deed = {
  ...{ kind: 'place', clientOrderId: 'c', accountId: 'a', exchange: 'kraken', orderId: ID, ...answered },
  input: { symbol: 'BTC-USD' },
};
const later = { ...answered, sentAt: 30, answeredAt: 40 };
function broken(deeds: readonly Deed[], orders: readonly OrderView[], journal = NO_JOURNAL): readonly string[] {
  const diary = new Diary();
  diary.deeds.push(...deeds);
  return brokenPromises({ diary, orders, journal, mayBeRefused: new Set(), refusing: new Set() }).map(
    ({ text }) => text,
  );
}
const journalWith = (type: string): Journal => {
  const line: JournalLine = {
    ...{ accountId: 'a', position: 1n, orderId: ID, sequence: 1, type, fromState: null, toState: null },
    ...{ reason: null, source: 'exchange', atMs: 35 },
  };
  return { accounts: new Map([['a', [line]]]), orders: new Map([[ID, [line]]]) };
};
const ended = order({ state: 'CANCELLED', status: 'CANCELLED' });

describe('what clients were told', () => {
  test('a kept promise', () => expect(broken([place], [order()])).toEqual([]));
  test('an accepted order that is gone, or another one', () => {
    expect(broken([place], [])).toHaveLength(1);
    expect(broken([place], [order({ clientOrderId: 'other' })])).toHaveLength(1);
  });
  test('a refused order that is there', () =>
    expect(broken([{ ...place, orderId: null, outcome: 'refused', code: 'INVALID_INPUT' }], [order()])).toHaveLength(
      1,
    ));
  test('an accepted order that was given up without need', () =>
    expect(broken([place], [order({ state: 'FAILED', reason: 'gave up' })])).toHaveLength(1));
  test('an accepted cancel: ended, or its refusal is told', () => {
    const cancel: Deed = { kind: 'cancel', orderId: ID, ...later };
    expect(broken([place, cancel], [order()])).toHaveLength(1);
    expect(broken([place, cancel], [ended])).toEqual([]);
    expect(broken([place, cancel], [order()], journalWith('CANCEL_REJECTED'))).toEqual([]);
  });
  test('cancel all means what was placed before', () => {
    const sweep: Deed = { kind: 'cancelAll', accountId: 'a', symbol: null, orderIds: [], ...later };
    expect(broken([place, sweep], [order()])).toHaveLength(1);
    expect(broken([place, { ...sweep, symbol: 'ETH-USD' }], [order()])).toEqual([]);
    expect(broken([place, sweep], [ended])).toEqual([]);
  });
  test('an accepted change: the terms, or its refusal is told, or the order has ended', () => {
    const modify: Deed = { kind: 'modify', orderId: ID, change: { price: '9' }, ...later };
    expect(broken([place, modify], [order()])).toHaveLength(1);
    expect(broken([place, modify], [order({ price: '9' })])).toEqual([]);
    expect(broken([place, modify], [ended])).toEqual([]);
    expect(broken([place, modify], [order()], journalWith('REPLACE_REJECTED'))).toEqual([]);
  });
});
