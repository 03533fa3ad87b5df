import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrderSpec } from '@orderplane/domain';
import type { ExchangeAdapter } from '@orderplane/exchange';
import { fitClientId } from '@orderplane/normalization';
import { adapterOf, openAccount, silentLog, startSimulator, SYMBOL, warmUp } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { NO_REDIS, openTurns } from './turns.ts';

/** Generous: a busy machine is no fault. */
const PATIENT_MS = 60_000;
const CONTROL = { timeoutMs: PATIENT_MS };
/** Of three processes, ms: without turns each is refused for what another has sent, again and again. */
const CLOCKS = [0, -20, -40];

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
  await warmUp(simulator);
  await simulator.admin('POST', '/walk', { exchange: 'kraken', running: false });
  await simulator.admin('POST', '/price', { exchange: 'kraken', symbol: SYMBOL.kraken, price: '50000' });
}, 120_000);
afterAll(() => simulator.stop());

const spec: OrderSpec = {
  ...{ symbol: SYMBOL.kraken, side: 'BUY', type: 'LIMIT', size: '0.01', quoteSize: null, price: '40000.1' },
  ...{ stopPrice: null, timeInForce: 'GTC', expiresAt: null, postOnly: false, reduceOnly: false },
};
const placed = async (adapter: ExchangeAdapter): Promise<string> => {
  const venueClientId = fitClientId('kraken', randomUUID());
  const deadlineAt = new Date(Date.now() + PATIENT_MS).toISOString();
  return (await adapter.submit({ venueClientId, deadlineAt, spec }, CONTROL)).kind;
};
const listed = async (adapter: ExchangeAdapter): Promise<string | null> => {
  const { coverage } = await adapter.openOrders(CONTROL);
  return coverage.complete ? 'listed' : coverage.error;
};

/**
 * Kraken bans keys for too many nonces out of order, so a refusal that is repaired is one too many: sync-workers and
 * reconcilers share a key, and none of them may ever be refused.
 */
test.skipIf(NO_REDIS)(
  'three processes of one key, clocks apart: none is ever refused for its nonce',
  { timeout: 180_000 },
  async () => {
    const account = await openAccount(simulator, 'kraken');
    const repeated: string[] = [];
    const log = { ...silentLog, info: (_: object, message: string) => void repeated.push(message) };
    const shared = await Promise.all(CLOCKS.map(() => openTurns()));
    const adapters = CLOCKS.map((offsetMs, at) =>
      adapterOf(simulator, account, { offsetMs, log, turns: shared[at]?.turns ?? null }),
    );
    for (let round = 0; round < 3; round += 1) {
      const outcomes = await Promise.all(
        adapters.flatMap((adapter) => [...Array.from({ length: 5 }, () => placed(adapter)), listed(adapter)]),
      );
      expect(new Set(outcomes)).toEqual(new Set(['placed', 'listed']));
    }
    expect(repeated).toEqual([]);
    await Promise.all(adapters.map((adapter) => adapter.close()));
    for (const one of shared) one?.close();
  },
);
