import {
  DatabaseUrlSchema,
  PortSchema,
  readEnvironment,
  RedisUrlSchema,
  SERVICE_ENVIRONMENT,
} from '@orderplane/service-kit';
import { z } from 'zod';

const Milliseconds = z.coerce.number().int().min(1).max(600_000);

const EnvironmentSchema = z.object({
  ...SERVICE_ENVIRONMENT,
  PORT: PortSchema.default(4000).describe('the port of the GraphQL server; 0 takes any free one'),
  HOST: z.string().default('127.0.0.1').describe('the address to bind the GraphQL server to'),
  DATABASE_URL: DatabaseUrlSchema.describe('the address of PostgreSQL, postgresql://user@host:5432/orderplane'),
  REDIS_URL: RedisUrlSchema.describe('the address of Redis, redis://host:6379'),
  COMMAND_TIMEOUT_MS: Milliseconds.default(5_000).describe('the longest wait for the result of a command, in ms'),
  SYNC_TIMEOUT_MS: Milliseconds.default(10_000).describe('the longest wait for a sync of one account, in ms'),
  ACCOUNT_TIMEOUT_MS: Milliseconds.default(15_000).describe('the longest wait until credentials were tried, in ms'),
});
export type Environment = z.infer<typeof EnvironmentSchema>;

export const readGatewayEnvironment = (): Environment => readEnvironment(EnvironmentSchema);
