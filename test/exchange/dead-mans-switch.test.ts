import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import type { ExchangeAdapter } from '@orderplane/exchange';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { adapterOf, openAccount, startSimulator } from './simulator.ts';
import type { Account, Simulator } from './simulator.ts';

/** What is said to each exchange, signed by the real ccxt classes, to the real simulator process. */

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.stop());
const CONTROL = { timeoutMs: 10_000 };

async function usingAccount<Result>(
  exchange: ExchangeId,
  run: (adapter: ExchangeAdapter, account: Account) => Promise<Result>,
): Promise<Result> {
  const account = await openAccount(simulator, exchange);
  const adapter = adapterOf(simulator, account);
  try {
    return await run(adapter, account);
  } finally {
    await adapter.close();
    await simulator.admin('DELETE', '/faults');
  }
}

const WITH = EXCHANGE_IDS.filter((exchange) => capabilitiesOf(exchange).deadMansSwitch !== null);

describe.each(WITH)('%s', (exchange) => {
  const { minimumSeconds = 0, maximumSeconds = 0 } = capabilitiesOf(exchange).deadMansSwitch ?? {};

  it('takes its bounds, and off, which may be said twice', async () => {
    await usingAccount(exchange, async (adapter) => {
      for (const seconds of [minimumSeconds, maximumSeconds, null, null])
        expect(await adapter.setDeadMansSwitch(seconds, CONTROL), String(seconds)).toEqual({ kind: 'set' });
    });
  });

  it('what it refuses, and what has no whole answer, is not confirmed', async () => {
    await usingAccount(exchange, async (adapter, account) => {
      expect((await adapter.setDeadMansSwitch(maximumSeconds + 1, CONTROL)).kind).toBe('unset');
      for (const fault of ['authFail', 'ackLost', 'error5xxAfterAccept', 'bodyCut', 'rateLimit']) {
        await simulator.admin('POST', '/faults', {
          exchange,
          fault,
          method: 'cancel',
          times: 1,
          account: account.apiKey,
        });
        const outcome = await adapter.setDeadMansSwitch(60, CONTROL);
        expect(outcome.kind, fault).toBe('unset');
        if (fault === 'rateLimit') expect(outcome).toMatchObject({ retryAfterMs: expect.any(Number) as number });
        await simulator.admin('DELETE', '/faults');
      }
      expect(await adapter.setDeadMansSwitch(60, CONTROL)).toEqual({ kind: 'set' });
    });
  });
});

it.each(EXCHANGE_IDS.filter((exchange) => !WITH.includes(exchange)))('%s has none', async (exchange) => {
  await usingAccount(exchange, async (adapter) => {
    const outcome = await adapter.setDeadMansSwitch(60, CONTROL);
    expect(outcome).toMatchObject({
      kind: 'unset',
      message: expect.stringContaining("no dead man's switch") as string,
    });
  });
});
