import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { AccountSession, ExchangeAdapter, StreamEvent, SubmitRequest } from '@orderplane/exchange';
import { adapterOf, openAccount, startSimulator, SYMBOL } from './simulator.ts';
import type { Account, Simulator } from './simulator.ts';

/** Deribit's sessions by tokens, through the real ccxt class against the real simulator process. */

const CONTROL = { timeoutMs: 20_000 };
let simulator: Simulator;
let account: Account;
/** Numbers of the main account and of its subaccount, as a refusal tells them. */
let own: string;
let sub: string;
const open: ExchangeAdapter[] = [];

beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(async () => {
  await Promise.all(open.map((adapter) => adapter.close()));
  await simulator.stop();
});
beforeEach(async () => {
  await simulator.admin('POST', '/reset', { exchange: 'deribit' });
  await simulator.admin('POST', '/walk', { exchange: 'deribit', running: false });
  await simulator.admin('POST', '/price', { exchange: 'deribit', symbol: SYMBOL.deribit, price: '50000' });
  account = await openAccount(simulator, 'deribit');
  const verdict = await inSession({ subject: '7', renew: true }).checkCredentials(CONTROL);
  if (verdict.kind !== 'refused') throw new Error(`not refused: ${JSON.stringify(verdict)}`);
  const found = /exchange_token: .*wrong subject; its accounts are (\d+) \(main\), (\d+) \(subaccount\)$/.exec(
    verdict.message,
  );
  [own, sub] = [found?.[1] ?? '', found?.[2] ?? ''];
  expect([own, sub]).not.toContain('');
});

function inSession(session: Partial<AccountSession>, of: Account = account): ExchangeAdapter {
  const whole = { subject: null, name: null, earlierSubjects: [], ...session };
  const adapter = adapterOf(simulator, { ...of, session: whole });
  open.push(adapter);
  return adapter;
}
const order = (price: string): SubmitRequest => ({
  venueClientId: randomUUID(),
  deadlineAt: new Date(Date.now() + CONTROL.timeoutMs).toISOString(),
  spec: {
    ...{ symbol: SYMBOL.deribit, side: 'BUY', type: 'LIMIT', size: '0.01', quoteSize: null, price, stopPrice: null },
    ...{ timeInForce: 'GTC', expiresAt: null, postOnly: false, reduceOnly: false },
  },
});
async function placed(adapter: ExchangeAdapter, price: string): Promise<SubmitRequest> {
  const request = order(price);
  const outcome = await adapter.submit(request, CONTROL);
  expect(outcome).toMatchObject({ kind: 'placed' });
  return request;
}
const cancelOf = ({ venueClientId, deadlineAt }: SubmitRequest) => ({
  ...{ symbol: SYMBOL.deribit, venueClientId, venueOrderId: null, deadlineAt },
});
const lookupOf = ({ venueClientId }: SubmitRequest) => ({
  ...{ symbol: SYMBOL.deribit, venueClientId, venueOrderId: null },
  since: new Date(Date.now() - 60_000).toISOString(),
});
const labelsAt = async (name: string): Promise<readonly (string | null)[]> =>
  (await simulator.ledger('deribit', name)).orders.map(({ clientId }) => clientId);

it('tries a session as it will be: renewed, of another subject, forked', async () => {
  const check = (session: Partial<AccountSession>) => inSession({ ...session, renew: true }).checkCredentials(CONTROL);
  const permissions = { read: true, trade: true, withdraw: false };
  expect(await check({})).toEqual({ kind: 'accepted', permissions, owner: own });
  expect(await check({ subject: sub })).toEqual({ kind: 'accepted', permissions, owner: sub });
  expect(await check({ subject: sub, name: 'second' })).toEqual({ kind: 'accepted', permissions, owner: sub });
  const wrong = inSession({ subject: sub, renew: true }, { ...account, secret: 'another' });
  expect(await wrong.checkCredentials(CONTROL)).toMatchObject({ kind: 'refused', nativeCode: '13004' });
  await simulator.admin('POST', '/faults', { exchange: 'deribit', fault: 'maintenance', times: 1 });
  expect((await check({ subject: sub })).kind).toBe('unknown');
  await simulator.admin('DELETE', '/faults');
});

it('acts for the subject alone, and looks after the orders of earlier ones', async () => {
  const before = inSession({});
  const [resting, filling, ending] = [
    await placed(before, '40000'),
    await placed(before, '45000'),
    await placed(before, '41000'),
  ];
  const after = inSession({ subject: sub, earlierSubjects: [null] });
  const told: StreamEvent[] = [];
  after.watchOrders((event) => told.push(event));
  await expect.poll(() => told.map(({ type }) => type)).toContain('connected');
  const fresh = await placed(after, '42000');
  expect(await labelsAt(`${account.apiKey}/1`)).toEqual([fresh.venueClientId]);
  expect(await labelsAt(account.apiKey)).not.toContain(fresh.venueClientId);

  const { items, coverage } = await after.openOrders(CONTROL);
  expect(coverage.complete).toBe(true);
  const listed = items.map(({ clientOrderId }) => clientOrderId).sort();
  expect(listed).toEqual([resting, filling, ending, fresh].map(({ venueClientId }) => venueClientId).sort());
  for (const request of [resting, fresh])
    expect(await after.lookup(lookupOf(request), CONTROL)).toMatchObject({
      order: { clientOrderId: request.venueClientId },
      provesAbsence: false,
    });
  expect(await after.lookup(lookupOf(order('1')), CONTROL)).toMatchObject({ order: null, provesAbsence: true });
  expect((await after.cancel(cancelOf(ending), CONTROL)).kind).toBe('accepted');
  expect((await after.cancel(cancelOf(fresh), CONTROL)).kind).toBe('accepted');
  await simulator.admin('POST', '/price', { exchange: 'deribit', symbol: SYMBOL.deribit, price: '45000' });
  const fills = async () =>
    (await after.fills(new Date(Date.now() - 60_000).toISOString(), [SYMBOL.deribit], CONTROL)).items;
  await expect.poll(async () => (await fills()).length).toBeGreaterThan(0);
  const news = JSON.stringify(told);
  for (const { venueClientId } of [filling, fresh])
    await expect.poll(() => JSON.stringify(told)).toContain(venueClientId);
  expect(news).not.toMatch(/access_token|refresh_token/);
});

it('enters anew when the exchange has forgotten its tokens, and without a session nothing is sent', async () => {
  const adapter = inSession({ subject: sub, name: 'desk' });
  const first = await placed(adapter, '40000');
  // The simulator forgets every token with its orders, as a revoked session would be.
  await simulator.admin('POST', '/reset', { exchange: 'deribit' });
  await simulator.admin('POST', '/price', { exchange: 'deribit', symbol: SYMBOL.deribit, price: '50000' });
  const second = await placed(adapter, '40000');
  expect(await labelsAt(`${account.apiKey}/1`)).toEqual([second.venueClientId]);
  expect(first.venueClientId).not.toBe(second.venueClientId);

  const stranger = inSession({ subject: '7' });
  const outcome = await stranger.submit(order('40000'), CONTROL);
  expect(outcome).toMatchObject({ kind: 'notSent', nativeCode: null });
  expect(JSON.stringify(outcome)).not.toMatch(/refresh_token=\S|[0-9]{13}\.[\w-]{20}/);
});
