import { LIMITS_ENVIRONMENT } from '@orderplane/recorder';
import { DatabaseUrlSchema, RedisUrlSchema, SERVICE_ENVIRONMENT } from '@orderplane/service-kit';
import { DATA_KEY_ENVIRONMENT, MasterKeySchema } from '@orderplane/store';
import { z } from 'zod';

export const EnvironmentSchema = z.object({
  ...SERVICE_ENVIRONMENT,
  ...LIMITS_ENVIRONMENT,
  DATABASE_URL: DatabaseUrlSchema.describe('the address of PostgreSQL'),
  REDIS_URL: RedisUrlSchema.describe('the address of Redis'),
  ORDERPLANE_MASTER_KEY: MasterKeySchema.describe(
    '"id:base64key", the key ring that seals exchange credentials (several: comma between them, the first seals); secret',
  ),
  ...DATA_KEY_ENVIRONMENT,
  SIMULATOR_URL: z.url().optional().describe('the address of the venue simulator; needed for PAPER accounts'),
  RECONCILE_CONCURRENCY: z.coerce.number().int().min(1).max(256).default(32).describe('orders per exchange at once'),
  RESYNC_INTERVAL_MS: z.coerce
    .number()
    .int()
    .min(200)
    .default(30_000)
    .describe('how often all unsettled orders are woken, ms'),
});
export type Environment = z.infer<typeof EnvironmentSchema>;
