import type { Store } from '../contracts.ts';
import { MemoryAccessStore } from './access.ts';
import { MemoryAccountStore } from './accounts.ts';
import { MemoryAlertStore } from './alerts.ts';
import { MemoryDarkOrderStore } from './dark.ts';
import { MemoryDeadMansSwitchStore } from './dead-mans-switches.ts';
import { MemoryOrderLedger } from './ledger.ts';
import { MemoryFundsStore } from './funds.ts';
import { MemoryObservationStore } from './observations.ts';
import { MemoryPayloadStore } from './payloads.ts';
import { MemoryOrderQueries } from './queries.ts';
import { MemoryRetentionStore } from './retention-store.ts';
import { MemorySessionStore } from './sessions.ts';
import { MemoryUserStore } from './users.ts';
import { MemoryUnattributedFillStore } from './unattributed.ts';
import { MemoryTables } from './tables.ts';

/**
 * The contracts in memory: no clock of its own, no randomness, and each call is done before it first awaits, so the same
 * calls give the same answers. Values are kept as handed in: they are immutable by their types.
 */
export function createMemoryStore(options: { readonly nowMs: () => number }): Store {
  const tables = new MemoryTables();
  return {
    ledger: new MemoryOrderLedger(tables, options.nowMs),
    queries: new MemoryOrderQueries(tables),
    access: new MemoryAccessStore(tables),
    users: new MemoryUserStore(tables),
    accounts: new MemoryAccountStore(tables),
    unattributed: new MemoryUnattributedFillStore(tables),
    observations: new MemoryObservationStore(options.nowMs, tables),
    alerts: new MemoryAlertStore(tables),
    dark: new MemoryDarkOrderStore(tables),
    deadMansSwitches: new MemoryDeadMansSwitchStore(tables),
    funds: new MemoryFundsStore(tables),
    sessions: new MemorySessionStore(tables),
    retention: new MemoryRetentionStore(tables),
    payloads: new MemoryPayloadStore(),
    ping: () => Promise.resolve(),
    nowMs: () => Promise.resolve(options.nowMs()),
    close: () => Promise.resolve(),
  };
}
