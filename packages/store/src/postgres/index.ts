import type { Store } from '../contracts.ts';
import { z } from 'zod';
import { PostgresAccessStore } from './access.ts';
import { PostgresAccountStore } from './accounts.ts';
import { PostgresAlertStore } from './alerts.ts';
import { PostgresDeadMansSwitchStore } from './dead-mans-switches.ts';
import { openDatabase } from './client.ts';
import type { PostgresOptions } from './client.ts';
import { PostgresDarkOrderStore } from './dark.ts';
import { PostgresOrderLedger } from './ledger.ts';
import { PostgresFundsStore } from './funds.ts';
import { PostgresObservationStore } from './observations.ts';
import { PostgresRetentionStore } from './retention-store.ts';
import { PostgresSessionStore } from './sessions.ts';
import { PostgresUserStore } from './users.ts';
import { PostgresUnattributedFillStore } from './unattributed.ts';
import { PostgresPayloadStore } from './payloads.ts';
import { PostgresOrderQueries } from './queries.ts';

const NowSchema = z.tuple([z.object({ ms: z.number() })]);

export type { PostgresOptions } from './client.ts';

/** Connects lazily: the first statement opens the first connection. The schema must have been migrated (migrate.ts). */
export function createPostgresStore(options: PostgresOptions): Store {
  const { prisma, sql, rows, close } = openDatabase(options);
  const vault = options.vault ?? null;
  return {
    ledger: new PostgresOrderLedger(sql, vault),
    queries: new PostgresOrderQueries(sql),
    access: new PostgresAccessStore(prisma, sql),
    users: new PostgresUserStore(prisma, sql),
    accounts: new PostgresAccountStore(prisma),
    unattributed: new PostgresUnattributedFillStore(sql),
    observations: new PostgresObservationStore(prisma),
    alerts: new PostgresAlertStore(prisma, sql),
    dark: new PostgresDarkOrderStore(sql),
    deadMansSwitches: new PostgresDeadMansSwitchStore(prisma),
    funds: new PostgresFundsStore(prisma, sql),
    sessions: new PostgresSessionStore(prisma, sql),
    retention: new PostgresRetentionStore(prisma, sql),
    payloads: new PostgresPayloadStore(prisma, rows, vault),
    ping: async () => {
      await sql.$queryRaw`SELECT 1`;
    },
    nowMs: async () => {
      const rows = await sql.$queryRaw`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms`;
      return NowSchema.parse(rows)[0].ms;
    },
    close,
  };
}
