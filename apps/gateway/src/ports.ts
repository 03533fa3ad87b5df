import type { ExchangeId } from '@orderplane/domain';
import type { ExchangeCapabilities } from '@orderplane/exchange/capabilities';
import type {
  AccountCheckJob,
  AccountCheckResult,
  CommandResult,
  OrderCommand,
  Producer,
  StandingPause,
  StreamJob,
  SyncJob,
  SyncOutcome,
  TickerMessage,
} from '@orderplane/queues';
import type { BoundedClock, Logger, Metrics } from '@orderplane/service-kit';
import type {
  AccessStore,
  AccountStore,
  AlertStore,
  DeadMansSwitchStore,
  FundsStore,
  GroupStore,
  ObservationStore,
  OrderLedger,
  OrderQueries,
  SessionStore,
  UnattributedFillStore,
  UserStore,
} from '@orderplane/store';

/** Redis pub/sub: hints that something changed. What it says may be lost; nothing is read from it but prices. */
export interface Channels {
  /** Calls `listener` for every message until the returned function is called. Survives reconnects. */
  listen(channel: string, listener: (message: string) => void): () => void;
}

/** What gateways tell each other, this one included. What it says may be lost. */
export interface Gateways {
  listen(listener: (message: string) => void): () => void;
  /** Rejects when nobody can be told. */
  tell(message: string): Promise<void>;
}

/** Newest prices as the streams left them; null where none is fresh or Redis is not there. Never throws. */
export interface LastPrices {
  tickers(exchange: ExchangeId, symbols: readonly string[]): Promise<readonly (TickerMessage | null)[]>;
}

/** Until when exchanges have told us to wait. Empty where none has, or Redis is not there. Never throws. */
export interface Pauses {
  standing(): Promise<ReadonlyMap<ExchangeId, StandingPause>>;
}

/** Requests that one caller may make, over all gateways. Never throws. */
export interface RateLimits {
  /** Takes one request; else how long to wait, ms. */
  ask(who: string): Promise<number | null>;
}

/** What can be told of the reconciler from outside. */
export interface ReconcilerProbe {
  /** Workers connected to the exchange's queue. */
  workers(exchange: ExchangeId): Promise<number>;
}

/** Everything that the gateway needs of the world: the real one in main.ts, another one in tests. */
export interface Ports {
  readonly ledger: Pick<OrderLedger, 'openOrders' | 'accountJournal' | 'accountSnapshot' | 'journalBounds'>;
  readonly groups: Pick<GroupStore, 'byIds' | 'membersOf'>;
  readonly queries: OrderQueries;
  readonly access: Pick<AccessStore, 'principalByTokenHash' | 'accountsOfUser' | 'createToken'>;
  readonly users: UserStore;
  /** Takes in sealed credentials, and can open none. */
  readonly accounts: Pick<
    AccountStore,
    'serviceKey' | 'addCandidate' | 'withdrawCandidate' | 'accountOfCandidate' | 'setRiskLimits'
  >;
  readonly sessions: Pick<SessionStore, 'active' | 'activeIds' | 'byIds' | 'chain' | 'orders'>;
  readonly observations: Pick<ObservationStore, 'lastSyncRun' | 'markets' | 'exchangeHealth' | 'accountHealth'>;
  readonly unattributed: Pick<UnattributedFillStore, 'list' | 'pendingCount'>;
  readonly deadMansSwitches: Pick<DeadMansSwitchStore, 'of'>;
  readonly funds: Pick<FundsStore, 'of'>;
  readonly alerts: Pick<AlertStore, 'byId' | 'page' | 'positions' | 'changes'>;
  readonly commands: Pick<Producer<OrderCommand, CommandResult>, 'request'>;
  readonly accountChecks: Pick<Producer<AccountCheckJob, AccountCheckResult>, 'request'>;
  readonly sync: Pick<Producer<SyncJob, SyncOutcome>, 'request'>;
  readonly streams: Pick<Producer<StreamJob, null>, 'add'>;
  readonly channels: Channels;
  readonly gateways: Gateways;
  readonly prices: LastPrices;
  readonly pauses: Pauses;
  readonly reconciler: ReconcilerProbe;
  readonly rates: RateLimits;
  readonly capabilities: Readonly<Record<ExchangeId, ExchangeCapabilities>>;
  readonly clock: BoundedClock;
  readonly newId: () => string;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface Timeouts {
  /** Longest wait for the result of a command, ms. */
  readonly commandMs: number;
  /** Longest wait for a sync of one account, ms. */
  readonly syncMs: number;
  /** Longest wait until credentials have been tried at the exchange, ms. */
  readonly accountMs: number;
}
