import type { AccessStore } from './contracts/access.ts';
import type { AccountStore } from './contracts/accounts.ts';
import type { AlertStore } from './contracts/alerts.ts';
import type { DarkOrderStore } from './contracts/dark.ts';
import type { DeadMansSwitchStore } from './contracts/dead-mans-switches.ts';
import type { FundsStore } from './contracts/funds.ts';
import type { OrderLedger } from './contracts/ledger.ts';
import type { ObservationStore } from './contracts/observations.ts';
import type { UnattributedFillStore } from './contracts/unattributed.ts';
import type { PayloadStore } from './contracts/payloads.ts';
import type { OrderQueries } from './contracts/queries.ts';
import type { RetentionStore } from './contracts/retention.ts';
import type { SessionStore } from './contracts/sessions.ts';
import type { UserStore } from './contracts/users.ts';

export * from './contracts/access.ts';
export * from './contracts/accounts.ts';
export * from './contracts/alerts.ts';
export * from './contracts/dark.ts';
export * from './contracts/dead-mans-switches.ts';
export * from './contracts/errors.ts';
export * from './contracts/funds.ts';
export * from './contracts/groups.ts';
export * from './contracts/ledger.ts';
export * from './contracts/limits.ts';
export * from './contracts/observations.ts';
export * from './contracts/orders.ts';
export * from './contracts/paging.ts';
export * from './contracts/payloads.ts';
export * from './contracts/queries.ts';
export * from './contracts/retention.ts';
export * from './contracts/sessions.ts';
export * from './contracts/unattributed.ts';
export * from './contracts/users.ts';

/** One backend with all contracts: PostgreSQL or in memory. */
export interface Store {
  readonly ledger: OrderLedger;
  readonly queries: OrderQueries;
  readonly access: AccessStore;
  readonly users: UserStore;
  readonly accounts: AccountStore;
  readonly observations: ObservationStore;
  readonly unattributed: UnattributedFillStore;
  readonly alerts: AlertStore;
  readonly dark: DarkOrderStore;
  readonly deadMansSwitches: DeadMansSwitchStore;
  readonly sessions: SessionStore;
  readonly retention: RetentionStore;
  readonly funds: FundsStore;
  readonly payloads: PayloadStore;
  /** Answers when the database does; throws otherwise. For readiness checks. */
  ping(): Promise<void>;
  /** The database's clock, ms since the epoch: the one that all processes share. */
  nowMs(): Promise<number>;
  close(): Promise<void>;
}
