import type { AdapterPool } from '@orderplane/exchange';
import type { SwitchKeeper } from '@orderplane/recorder';
import { sleep } from '@orderplane/service-kit';

const ROUND_MS = 1_000;

/**
 * Where an exchange cancels what was placed over a connection when that ends, whoever places orders keeps the connection.
 * Resolves after the first round, so that no order is placed before it is known which of them go over one.
 */
export async function keepConnections(
  keeper: SwitchKeeper,
  adapters: Pick<AdapterPool, 'get'>,
  stopping: AbortSignal,
  log: { warn(fields: object, message: string): void },
): Promise<void> {
  const round = async (): Promise<void> => {
    try {
      await keeper.read();
      for (const accountId of keeper.accounts()) {
        const adapter = await adapters.get(accountId).catch(() => null);
        if (adapter === null) keeper.forget(accountId);
        else keeper.tend(accountId, adapter);
      }
    } catch (error) {
      log.warn({ err: error }, 'the connections for orders could not be tended; the next round tries again');
    }
  };
  const rounds = async (): Promise<void> => {
    while (!stopping.aborted) {
      await sleep(ROUND_MS, stopping);
      await round();
    }
  };
  await round();
  await keeper.quiet();
  void rounds();
}
