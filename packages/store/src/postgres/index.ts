import type { Store } from '../contracts.ts';
import { PostgresAccessStore } from './access.ts';
import { PostgresAccountStore } from './accounts.ts';
import { openDatabase } from './client.ts';
import type { PostgresOptions } from './client.ts';
import { PostgresOrderLedger } from './ledger.ts';
import { PostgresObservationStore } from './observations.ts';
import { PostgresUnattributedFillStore } from './unattributed.ts';
import { PostgresOrderQueries } from './queries.ts';

export type { PostgresOptions } from './client.ts';

/** Connects lazily: the first statement opens the first connection. The schema must have been migrated (migrate.ts). */
export function createPostgresStore(options: PostgresOptions): Store {
  const { prisma, sql, close } = openDatabase(options);
  return {
    ledger: new PostgresOrderLedger(sql),
    queries: new PostgresOrderQueries(sql),
    access: new PostgresAccessStore(prisma),
    accounts: new PostgresAccountStore(prisma),
    unattributed: new PostgresUnattributedFillStore(sql),
    observations: new PostgresObservationStore(prisma),
    ping: async () => {
      await sql.$queryRaw`SELECT 1`;
    },
    close,
  };
}
