import type { PauseNotice, RequestBudget, RequestTurns } from '@orderplane/domain';
import {
  createAdapter,
  createAdapterPool,
  simulatorOption,
  type AdapterPool,
  type SessionOptions,
} from '@orderplane/exchange';
import type { ServiceContext, SharedClock } from '@orderplane/service-kit';
import { parseKeyRing, type Store } from '@orderplane/store';
import { keepAdaptersCurrent, pooledAccounts } from './account-contexts.ts';
import { meterExchanges, type ExchangeMeter } from './exchange-meter.ts';
import { showPauses } from './show-pauses.ts';

export interface ExchangeParts {
  readonly meter: ExchangeMeter;
  readonly adapters: AdapterPool;
  /** How sessions with the exchanges are opened here. */
  readonly options: SessionOptions;
}

/**
 * What a service needs that calls exchanges: one adapter for each account, metered, with current credentials, whose
 * requests share the budgets and the turns of all processes.
 */
export function openExchanges(
  { log, metrics, shutdown, stopping }: Pick<ServiceContext, 'log' | 'metrics' | 'shutdown' | 'stopping'>,
  env: {
    readonly SIMULATOR_URL?: string | undefined;
    readonly CALL_TIMEOUT_MS: number;
    readonly ORDERPLANE_MASTER_KEY: string;
  },
  store: Store,
  shared: {
    readonly clock: SharedClock;
    readonly turns: RequestTurns;
    readonly budget: (onPause: (notice: PauseNotice) => void) => RequestBudget;
  },
): ExchangeParts {
  const { clock, turns } = shared;
  const meter = meterExchanges(metrics);
  const show = showPauses(store.observations, clock, (error) => log.warn({ err: error }, 'a rate limit was not shown'));
  const budget = shared.budget((notice) => {
    meter.paused(notice);
    show(notice);
  });
  const options: SessionOptions = {
    ...simulatorOption(env.SIMULATOR_URL),
    ...{ clock: { now: clock.nowMs }, log, callTimeoutMs: env.CALL_TIMEOUT_MS, budget, turns },
  };
  const adapters = createAdapterPool({
    ...pooledAccounts(store, parseKeyRing(env.ORDERPLANE_MASTER_KEY)),
    create: (account) => meter.account(createAdapter(account, options), account),
  });
  shutdown.defer('adapters', () => adapters.close());
  void keepAdaptersCurrent(adapters, stopping, log);
  return { meter, adapters, options };
}
