import { LIMITS_ENVIRONMENT } from '@orderplane/recorder';
import { DatabaseUrlSchema, RedisUrlSchema, SERVICE_ENVIRONMENT } from '@orderplane/service-kit';
import { DATA_KEY_ENVIRONMENT } from '@orderplane/store';
import { z } from 'zod';

export const EnvironmentSchema = z.object({
  ...SERVICE_ENVIRONMENT,
  ...LIMITS_ENVIRONMENT,
  DATABASE_URL: DatabaseUrlSchema.describe('the address of PostgreSQL'),
  REDIS_URL: RedisUrlSchema.describe('the address of Redis'),
  ...DATA_KEY_ENVIRONMENT,
  MAX_ARMED_ALERTS: z.coerce.number().int().min(1).max(100_000).default(1_000).describe('armed alerts of one account'),
  COMMAND_CONCURRENCY: z.coerce.number().int().min(1).max(256).default(32).describe('commands at once'),
});
export type Environment = z.infer<typeof EnvironmentSchema>;
