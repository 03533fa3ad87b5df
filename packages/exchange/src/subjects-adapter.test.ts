import { beforeEach, describe, expect, test } from 'vitest';
import type {
  CancelOutcome,
  CredentialsVerdict,
  ExchangeAdapter,
  LookupResult,
  StreamEvent,
  SwitchOutcome,
} from './adapter.ts';
import { capabilitiesOf } from './capabilities.ts';
import { SubjectsAdapter } from './subjects-adapter.ts';
import { coverage } from './venue.ts';

const AT = '2026-01-01T00:00:00.000Z';
const EARLIER = '2025-12-31T23:59:59.000Z';
const CONTROL = { timeoutMs: 100 };
const CANCEL = { symbol: 'BTC-USDC', venueClientId: 'c', venueOrderId: null, deadlineAt: AT };
const LOOKUP = { symbol: 'BTC-USDC', venueClientId: 'c', venueOrderId: null, since: AT };
const GOOD: CredentialsVerdict = {
  kind: 'accepted',
  permissions: { read: true, trade: true, withdraw: false },
  owner: 'own',
};
const NOTHING: LookupResult = {
  ...{ order: null, fills: [], fillsComplete: true, askedAt: AT, provesAbsence: true },
  ...{ error: null, rateLimitedMs: null, places: ['open orders'] },
};
const refusal = (kind: 'unknownOrder' | 'unknown' | 'refused'): CancelOutcome => ({
  kind,
  nativeCode: '10004',
  message: '',
});

/** What one subject answers, and what it was asked. */
interface Part {
  outcome: CancelOutcome;
  found: LookupResult;
  listed: readonly string[] | null;
  verdict: CredentialsVerdict;
  armed: SwitchOutcome;
  permits: unknown[];
  tell: (event: StreamEvent) => void;
  funds: number;
  closed: number;
}
let present: Part;
let earlier: Part;
let adapter: SubjectsAdapter;

function part(): Part & { readonly adapter: ExchangeAdapter } {
  const own: Part = {
    ...{ outcome: refusal('unknownOrder'), found: NOTHING, listed: [], verdict: GOOD, armed: { kind: 'set' } },
    ...{ permits: [], tell: () => undefined, funds: 0, closed: 0 },
  };
  const asked = async (_: unknown, control: { readonly permit?: unknown }): Promise<CancelOutcome> => {
    own.permits.push(control.permit);
    return own.outcome;
  };
  const listing = async () => ({
    items: (own.listed ?? []) as never[],
    coverage: coverage(AT, own.listed === null ? { complete: false, error: 'no answer' } : {}),
  });
  return Object.assign(own, {
    adapter: {
      capabilities: capabilitiesOf('deribit'),
      reserve: async () => ({ granted: false, waitMs: 1, reason: '' }),
      submit: async () => ({ kind: 'notSent', nativeCode: null, message: '' }),
      cancel: asked,
      amend: asked,
      lookup: async () => own.found,
      funds: async () => {
        own.funds += 1;
        return { balances: [], positions: [], answeredAt: AT, coverage: coverage(AT) };
      },
      openOrders: listing,
      fills: listing,
      watchOrders: (sink) => {
        own.tell = sink;
        return { close: async () => void (own.closed += 1) };
      },
      setDeadMansSwitch: async () => own.armed,
      checkCredentials: async () => own.verdict,
      close: async () => void (own.closed += 1),
    } satisfies ExchangeAdapter,
  });
}

beforeEach(() => {
  const [a, b] = [part(), part()];
  [present, earlier] = [a, b];
  adapter = new SubjectsAdapter({ subject: '17', adapter: a.adapter }, [{ subject: null, adapter: b.adapter }]);
});

describe('a cancel or a change', () => {
  test('goes on to the next subject only while nobody knows the order', async () => {
    earlier.outcome = { kind: 'accepted', report: null };
    expect((await adapter.cancel(CANCEL, CONTROL)).kind).toBe('accepted');
    expect(
      (await adapter.amend({ ...CANCEL, side: 'BUY', type: 'LIMIT', size: '1', price: '1', stopPrice: null }, CONTROL))
        .kind,
    ).toBe('accepted');
    for (const kind of ['unknown', 'refused'] as const) {
      present.outcome = refusal(kind);
      const before = earlier.permits.length;
      expect((await adapter.cancel(CANCEL, CONTROL)).kind).toBe(kind);
      expect(earlier.permits).toHaveLength(before);
    }
  });

  test('uses the granted room once', async () => {
    const permit = { class: 'cancel', used: false } as const;
    expect((await adapter.cancel(CANCEL, { ...CONTROL, permit })).kind).toBe('unknownOrder');
    expect([present.permits, earlier.permits]).toEqual([[permit], [undefined]]);
  });
});

describe('a look-up', () => {
  test('proves absence only where every subject does', async () => {
    expect(await adapter.lookup(LOOKUP, CONTROL)).toMatchObject({
      provesAbsence: true,
      places: ['open orders of subject 17', 'open orders of the key’s own account'],
    });
    earlier.found = { ...NOTHING, provesAbsence: false, fillsComplete: false, error: 'no answer', rateLimitedMs: 5 };
    expect(await adapter.lookup(LOOKUP, CONTROL)).toMatchObject({
      ...{ provesAbsence: false, fillsComplete: false, error: 'no answer', rateLimitedMs: 5 },
    });
  });

  test('finds the order wherever it is', async () => {
    const order = { venueOrderId: 'x' } as unknown as LookupResult['order'];
    earlier.found = { ...NOTHING, order, provesAbsence: false, askedAt: EARLIER };
    expect(await adapter.lookup(LOOKUP, CONTROL)).toMatchObject({ order, provesAbsence: false, askedAt: EARLIER });
  });
});

test('a list is complete when every part is', async () => {
  [present.listed, earlier.listed] = [['a'], ['b']];
  expect(await adapter.openOrders(CONTROL)).toMatchObject({
    items: ['a', 'b'],
    coverage: { complete: true, pages: 2 },
  });
  earlier.listed = null;
  expect(await adapter.fills(AT, [], CONTROL)).toMatchObject({
    items: ['a'],
    coverage: { complete: false, error: 'no answer' },
  });
});

test('the stream is connected when all are, again after each reconnect, and down with the first', () => {
  const told: string[] = [];
  adapter.watchOrders((event) => told.push(event.type));
  present.tell({ type: 'connected' });
  expect(told).toEqual([]);
  earlier.tell({ type: 'connected' });
  earlier.tell({ type: 'disconnected', error: 'x' });
  present.tell({ type: 'reports', reports: [] });
  present.tell({ type: 'connected' });
  earlier.tell({ type: 'connected' });
  expect(told).toEqual(['connected', 'disconnected', 'reports', 'connected']);
});

test('a dead man’s switch is set when every subject has it', async () => {
  expect(await adapter.setDeadMansSwitch(60, CONTROL)).toEqual({ kind: 'set' });
  earlier.armed = { kind: 'unset', nativeCode: null, message: 'no answer', retryAfterMs: null };
  expect(await adapter.setDeadMansSwitch(60, CONTROL)).toEqual(earlier.armed);
});

test('credentials are good when they open every subject; the key’s own account says whose they are', async () => {
  present.verdict = { ...GOOD, owner: '17' };
  expect(await adapter.checkCredentials(CONTROL)).toEqual(GOOD);
  present.verdict = { kind: 'refused', nativeCode: '-32602', message: 'wrong subject' };
  expect(await adapter.checkCredentials(CONTROL)).toEqual(present.verdict);
  await adapter.close();
  expect([present.closed, earlier.closed]).toEqual([1, 1]);
});

test('what is owned is asked of the present subject alone', async () => {
  expect(await adapter.funds(CONTROL)).toMatchObject({ coverage: { complete: true } });
  expect([present.funds, earlier.funds]).toEqual([1, 0]);
});
