import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { OrderSpec } from '@orderplane/domain';
import { fitClientId } from '@orderplane/normalization';
import type { ExchangeAdapter } from '@orderplane/exchange';
import { adapterOf, openAccount, silentLog, startSimulator, SYMBOL, warmUp } from './simulator.ts';
import { NO_REDIS, openTurns } from './turns.ts';

const CONTROL = { timeoutMs: 20_000 };
/** Of three processes, ms: without turns each is refused for what another has sent, again and again. */
const CLOCKS = [0, -20, -40];

/**
 * Kraken bans keys for too many nonces out of order, so a refusal that is repaired is one too many: sync-workers and
 * reconcilers share a key, and none of them may ever be refused.
 */
test.skipIf(NO_REDIS)(
  'three processes of one key, their clocks apart: no request is refused for its nonce',
  async () => {
    const simulator = await startSimulator();
    await warmUp(simulator);
    await simulator.admin('POST', '/walk', { exchange: 'kraken', running: false });
    await simulator.admin('POST', '/price', { exchange: 'kraken', symbol: SYMBOL.kraken, price: '50000' });
    const account = await openAccount(simulator, 'kraken');
    const repeated: string[] = [];
    const log = { ...silentLog, info: (_: object, message: string) => void repeated.push(message) };
    const shared = await Promise.all(CLOCKS.map(() => openTurns()));
    const adapters = CLOCKS.map((offsetMs, at) =>
      adapterOf(simulator, account, { offsetMs, log, turns: shared[at]?.turns ?? null }),
    );
    const spec: OrderSpec = {
      ...{ symbol: SYMBOL.kraken, side: 'BUY', type: 'LIMIT', size: '0.01', quoteSize: null, price: '40000.1' },
      ...{ stopPrice: null, timeInForce: 'GTC', expiresAt: null, postOnly: false, reduceOnly: false },
    };
    const placed = async (adapter: ExchangeAdapter): Promise<string> => {
      const venueClientId = fitClientId('kraken', randomUUID());
      const deadlineAt = new Date(Date.now() + 20_000).toISOString();
      return (await adapter.submit({ venueClientId, deadlineAt, spec }, CONTROL)).kind;
    };
    for (let round = 0; round < 4; round += 1) {
      const kinds = await Promise.all(
        adapters.flatMap((adapter) => [
          ...Array.from({ length: 8 }, () => placed(adapter)),
          adapter.openOrders(CONTROL).then(({ coverage }) => (coverage.complete ? 'read' : coverage.error)),
        ]),
      );
      expect(new Set(kinds)).toEqual(new Set(['placed', 'read']));
    }
    expect(repeated).toEqual([]);
    await Promise.all(adapters.map((adapter) => adapter.close()));
    for (const one of shared) one?.close();
    await simulator.stop();
  },
);
