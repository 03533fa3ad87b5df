import { createAdapter, type AdapterPool, type SessionOptions } from '@orderplane/exchange';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { crashPoints, sleep, type Clock, type Logger } from '@orderplane/service-kit';
import { openIntake, parseKeyRing, type Intake, type Store } from '@orderplane/store';
import type { Environment } from '../environment.ts';
import type { CheckContext } from './check.ts';
import { paperExchange } from './paper-exchange.ts';

const TEND_MS = 10_000;

/** Everything that trying credentials needs. Nothing is opened before it is needed. */
export function openCheckContext(
  env: Environment,
  store: Store,
  adapters: AdapterPool,
  adapterOptions: SessionOptions,
  clock: Clock,
  log: Logger,
  onActivated: () => void,
  onEntered: CheckContext['onEntered'],
): CheckContext {
  const keyRing = parseKeyRing(env.ORDERPLANE_MASTER_KEY);
  let opened: Promise<Intake> | null = null;
  return {
    access: store.access,
    accounts: store.accounts,
    sessions: store.sessions,
    adapters,
    keyRing,
    intake: () => {
      opened ??= openIntake(store.accounts, keyRing, clock.iso());
      // A failure (the database is away) is not remembered.
      opened.catch(() => (opened = null));
      return opened;
    },
    paper: env.SIMULATOR_URL === undefined ? null : paperExchange(env.SIMULATOR_URL),
    createAdapter: (account) => createAdapter(account, adapterOptions),
    capabilities: capabilitiesOf,
    clock,
    checkTimeoutMs: env.CALL_TIMEOUT_MS,
    log,
    crashPoint: crashPoints(),
    onActivated,
    onEntered,
  };
}

/** Makes the key that gateways seal for, and removes candidates that nobody waits for any more. Until `signal` ends it. */
export async function tendCandidates(context: CheckContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await context.intake();
      const swept = await context.accounts.sweepCandidates(context.clock.iso());
      if (swept > 0) context.log.warn({ swept }, 'credentials that were never tried have expired');
    } catch (error) {
      context.log.warn({ err: error }, 'candidates could not be tended; the next round tries again');
    }
    await sleep(TEND_MS, signal);
  }
}
