import type { ExchangeId } from '@orderplane/domain';
import type { AdapterPool } from '@orderplane/exchange';
import type { Waker } from '@orderplane/queues';
import type { CacheScopes, RecorderOptions } from '@orderplane/recorder';
import type { CrashPoint, Logger } from '@orderplane/service-kit';
import type {
  AccessStore,
  DeadMansSwitchStore,
  FundsStore,
  ObservationStore,
  OpenOrderCache,
  UnattributedFillStore,
} from '@orderplane/store';
import type { HealthBoard } from './health-board.ts';
import type { KeyStanding } from './key-standing.ts';
import type { Environment } from './environment.ts';

export interface SyncContext {
  readonly env: Environment;
  readonly recorder: RecorderOptions;
  readonly access: AccessStore;
  readonly observations: ObservationStore;
  readonly unattributed: UnattributedFillStore;
  readonly deadMansSwitches: DeadMansSwitchStore;
  readonly funds: FundsStore;
  readonly cache: OpenOrderCache;
  readonly scopes: CacheScopes;
  readonly adapters: Pick<AdapterPool, 'get' | 'refresh'>;
  readonly waker: Waker;
  readonly health: HealthBoard;
  readonly keys: KeyStanding;
  readonly clock: { now(): Date; iso(): string };
  readonly newId: () => string;
  readonly log: Logger;
  readonly count: (what: 'unattributedFill' | 'lateFill' | 'muteStream', by: number) => void;
  /** Told of every sync that was run. Left out: nobody is. */
  readonly onSync?: (exchange: ExchangeId, outcome: 'complete' | 'partial' | 'failed', ms: number) => void;
  /** Before a sync that somebody waits for: those who ask at the same moment gather. Left out: nobody is waited for. */
  readonly gather?: () => Promise<void>;
  /** Where crash tests kill this process, by exchange; does nothing in operation. */
  readonly crashPoint: CrashPoint;
}
