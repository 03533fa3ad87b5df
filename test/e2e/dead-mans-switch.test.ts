import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { eventually, readOrder, request } from '../support/client.ts';
import type { Endpoint, UserErrorView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import { openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';

/** The exchange cancels when all of us are silent for too long, and only then. */
let system: System;
const WORKERS = ['sync-worker', 'sync-worker-2'] as const;
const SERVICES = ['gateway', 'order-command', 'reconciler'] as const;
beforeAll(async () => {
  system = await openSystem({
    instances: { 'sync-worker': WORKERS.length },
    serviceEnv: { 'sync-worker': { LEASE_MS: '2000' } },
  });
});
afterAll(() => system?.stop());

/** Longer than a busy machine needs for a restart of everything; the shortest that all of them take. Seconds. */
const SECONDS = 60;
const SHORTEST_SECONDS = 10;
const WITH = EXCHANGE_IDS.filter((exchange) => capabilitiesOf(exchange).deadMansSwitch !== null);
/** A timer of the account at the exchange; Deribit's is of the connection over which orders are placed. */
const TIMERS = WITH.filter((exchange) => capabilitiesOf(exchange).deadMansSwitch?.bound === undefined);
const WITHOUT = EXCHANGE_IDS.filter((exchange) => capabilitiesOf(exchange).deadMansSwitch === null);

interface SwitchView {
  readonly timeoutSeconds: number | null;
  readonly armedUntil: string | null;
  readonly lastError: string | null;
}
interface Answer {
  readonly account: { readonly deadMansSwitch: SwitchView | null } | null;
  readonly userErrors: readonly UserErrorView[];
}
const SWITCH = 'deadMansSwitch { timeoutSeconds armedUntil lastError }';
const set = async (accountId: string, seconds: number | null, as: Endpoint = system.trader): Promise<Answer> =>
  (
    await request<{ setDeadMansSwitch: Answer }>(
      as,
      `mutation ($id: ID!, $seconds: Int) { setDeadMansSwitch(accountId: $id, timeoutSeconds: $seconds) {
        account { ${SWITCH} } userErrors { code message field } } }`,
      { id: accountId, seconds },
    )
  ).setDeadMansSwitch;
const switchOf = async (accountId: string): Promise<SwitchView | null> =>
  (
    await request<{ account: { deadMansSwitch: SwitchView | null } }>(
      system.trader,
      `query ($id: ID!) { account(id: $id) { ${SWITCH} } }`,
      { id: accountId },
    )
  ).account.deadMansSwitch;
/** The instants before which the exchanges do not fire, ms. */
const armedUntil = (): Promise<number[]> =>
  Promise.all(TIMERS.map(async (exchange) => Date.parse((await switchOf(system.account(exchange)))?.armedUntil ?? '')));
const link = async (exchange: ExchangeId): Promise<string> => {
  const { linkAccount } = await request<{ linkAccount: { account: { id: string } | null } }>(
    system.trader,
    'mutation ($input: LinkAccountInput!) { linkAccount(input: $input) { account { id } userErrors { code } } }',
    { input: { exchange, label: 'second', mode: 'PAPER' } },
  );
  return linkAccount.account?.id ?? expect.unreachable('not linked');
};
const resting = async (exchange: ExchangeId, accountId: string): Promise<string> => {
  const desk = await openDesk(system, exchange);
  const market = desk.market('BTC');
  const { symbol, size } = market;
  const { id } = await desk.placed({ accountId, symbol, side: 'BUY', type: 'LIMIT', size, price: market.at('0.9') });
  await desk.reaches(id, 'ACKNOWLEDGED');
  return id;
};
const ledgerOf = async (exchange: ExchangeId, orderId: string) => {
  const order = await readOrder(system.trader, orderId);
  const { orders } = await system.venue.ledger(exchange);
  return orders.find(({ exchangeOrderId }) => exchangeOrderId === order?.exchangeOrderId);
};
const submitsTo = (exchange: ExchangeId): Promise<number> =>
  system.venue.counters(exchange).then((counters) => counters['submit'] ?? 0);
describe('what is refused', () => {
  test.each(WITHOUT)('%s has none', async (exchange) => {
    const { account, userErrors } = await set(system.account(exchange), 60);
    expect([account, userErrors[0]?.code]).toEqual([null, 'UNSUPPORTED_BY_EXCHANGE']);
    expect((await set(system.account(exchange), null)).userErrors).toEqual([]);
  });

  test.each(WITH)('%s: what is out of its bounds, and who may not', async (exchange) => {
    const id = system.account(exchange);
    const { minimumSeconds = 0, maximumSeconds = 0 } = capabilitiesOf(exchange).deadMansSwitch ?? {};
    for (const seconds of [minimumSeconds - 1, 0, -1, maximumSeconds + 1])
      expect((await set(id, seconds)).userErrors[0]).toMatchObject({
        code: 'INVALID_INPUT',
        field: ['timeoutSeconds'],
      });
    expect((await set(id, 60, await system.token('viewer', 'trader'))).userErrors[0]?.code).toBe('FORBIDDEN');
    expect((await set(id, 60, await system.token('trader', 'stranger'))).userErrors[0]?.code).toBe('NOT_FOUND');
    expect(await switchOf(id)).toBeNull();
  });
});

describe('what is armed', () => {
  const orders = new Map<ExchangeId, string>();
  /** On an account of the same exchange that never had one, and on one where it was switched off. */
  const spared = new Map<ExchangeId, string>();

  const allRest = async (what: string): Promise<void> => {
    for (const [exchange, id] of orders)
      expect((await ledgerOf(exchange, id))?.status, `${exchange} ${what}`).toBe('OPEN');
  };

  test('is told with the first answer, and by each that has one', async () => {
    for (const exchange of TIMERS) {
      const { account, userErrors } = await set(system.account(exchange), SECONDS);
      expect(userErrors).toEqual([]);
      expect(account?.deadMansSwitch).toMatchObject({ timeoutSeconds: SECONDS, lastError: null });
      expect(Date.parse(account?.deadMansSwitch?.armedUntil ?? '')).toBeGreaterThan(Date.now());
      orders.set(exchange, await resting(exchange, system.account(exchange)));
      const other = await link(exchange);
      if (exchange === 'okx') {
        await set(other, SECONDS);
        expect((await set(other, null)).account?.deadMansSwitch).toBeNull();
      }
      spared.set(exchange, await resting(exchange, other));
    }
  });

  test('cancels nothing when its owner is killed and replaced, nor when everything restarts', async () => {
    await system.stack.kill('sync-worker', { stayDown: true });
    const before = Math.max(...(await armedUntil()));
    await eventually(armedUntil, (all) => all.every((until) => until > before), 'the other worker keeps them armed');
    await allRest('after a takeover');
    await Promise.all([...SERVICES, 'sync-worker-2'].map((name) => system.stack.kill(name)));
    const killedAt = Date.now();
    await Promise.all([...SERVICES, 'sync-worker-2'].map((name) => system.stack.whenReady(name)));
    await eventually(
      armedUntil,
      (all) => all.every((until) => until > killedAt + SECONDS * 1_000),
      'they are kept armed after the restart',
    );
    // Told anew in time, so it has not fired, and counts from then on.
    await allRest('after a restart of everything');
  });

  test('fires when all are down for longer, and what it cancelled is CANCELLED by evidence', async () => {
    for (const exchange of TIMERS) await set(system.account(exchange), SHORTEST_SECONDS);
    const submits = await Promise.all(TIMERS.map(submitsTo));
    const [last] = await Promise.all([
      armedUntil().then((all) => Math.min(...all)),
      ...['sync-worker-2', 'reconciler'].map((name) => system.stack.kill(name, { stayDown: true })),
    ]);
    const ended = await eventually(
      () => Promise.all([...orders].map(([exchange, id]) => ledgerOf(exchange, id))),
      (all) => all.every((order) => order?.status === 'CANCELLED'),
      'the exchanges have cancelled',
    );
    for (const order of ended) {
      expect(order?.endReason).toBe('deadMan');
      expect(Date.parse(order?.endedAt ?? '')).toBeGreaterThanOrEqual(last);
    }
    await Promise.all(['sync-worker', 'reconciler'].map((name) => system.stack.up(name)));
    for (const [exchange, id] of orders) {
      const order = await (await openDesk(system, exchange)).reaches(id, 'CANCELLED');
      if (exchange === 'okx') expect(order.reason).toBe('Cancel all after triggered');
    }
    for (const [exchange, id] of spared) expect((await ledgerOf(exchange, id))?.status, exchange).toBe('OPEN');
    expect(await Promise.all(TIMERS.map(submitsTo))).toEqual(submits);
  });

  test('is armed again by itself, and switched off before the account goes', async () => {
    const now = Date.now();
    await eventually(armedUntil, (all) => all.every((until) => until > now + 5_000), 'armed again');
    for (const exchange of TIMERS) {
      const id = system.account(exchange);
      const { unlinkAccount } = await request<{ unlinkAccount: { userErrors: readonly UserErrorView[] } }>(
        system.trader,
        'mutation ($id: ID!) { unlinkAccount(accountId: $id) { userErrors { code message field } } }',
        { id },
      );
      expect(unlinkAccount.userErrors, exchange).toEqual([]);
      const [known] = await system.store.deadMansSwitches.of([id]);
      expect(known).toMatchObject({ timeoutSeconds: null, armed: null, mayFireUntil: null });
    }
  });
});

describe('Deribit', () => {
  const id = (): string => system.account('deribit');

  test('cancels what was placed over a connection when that breaks; not when it is left', async () => {
    expect((await set(id(), SECONDS)).account?.deadMansSwitch).toMatchObject({
      timeoutSeconds: SECONDS,
      lastError: null,
    });
    const left = await resting('deribit', id());
    // The owner of the account has nothing to do with it.
    await system.stack.kill('sync-worker');
    await system.stack.restart('reconciler');
    expect((await ledgerOf('deribit', left))?.status).toBe('OPEN');
    const guarded = await resting('deribit', id());
    await system.stack.kill('reconciler');
    const desk = await openDesk(system, 'deribit');
    expect((await desk.reaches(guarded, 'CANCELLED')).reason).toBe('cancel_on_disconnect');
    expect((await ledgerOf('deribit', left))?.status).toBe('OPEN');
    expect((await set(id(), null)).account?.deadMansSwitch).toBeNull();
  });

  test('the books agree with the ledgers', () => booksAgree(system));
});
