import { LIMITS_ENVIRONMENT } from '@orderplane/recorder';
import { DatabaseUrlSchema, RedisUrlSchema, SERVICE_ENVIRONMENT } from '@orderplane/service-kit';
import { DATA_KEY_ENVIRONMENT, MasterKeySchema } from '@orderplane/store';
import { z } from 'zod';

const Ms = z.coerce.number().int().min(100).max(3_600_000);

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
  SYNC_INTERVAL_STREAMING_MS: Ms.default(30_000).describe('scheduled sync while the order stream is up, ms'),
  SYNC_INTERVAL_BLIND_MS: Ms.default(5_000).describe('scheduled sync while it is not, ms'),
  FUNDS_INTERVAL_MS: Ms.default(30_000).describe(
    'how often balances and positions are read, beside what orders need, ms',
  ),
  STREAM_SILENCE_MS: Ms.default(10_000).describe(
    'how long an order stream may keep silent about what is proved otherwise before it is dialled anew, ms',
  ),
  LEASE_MS: Ms.default(10_000).describe('an account whose owner is silent for this long is taken over, ms'),
  RETENTION_INTERVAL_MS: Ms.default(2_000).describe('how often history that is due is looked for, ms'),
  RETENTION_GRACE_MS: Ms.default(10_000).describe(
    'how long an ended order and its events stay at least, so that those who follow the account have read them, ms',
  ),
  PURGED_IDS_DAYS: z.coerce
    .number()
    .int()
    .min(30)
    .max(36_500)
    .default(400)
    .describe('how long a purged order is known by its ids, so that it is not placed again nor adopted, days'),
  MARKETS_INTERVAL_MS: Ms.default(600_000).describe('how often the markets are read anew, ms'),
});
export type Environment = z.infer<typeof EnvironmentSchema>;
