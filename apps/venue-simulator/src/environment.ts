import { LogLevelSchema, PortSchema } from '@orderplane/service-kit';
import { z } from 'zod';
import { DEFAULT_SEED } from './simulator.ts';

export const EnvironmentSchema = z.object({
  SIMULATOR_PORT: PortSchema.default(0).describe('the port to listen on; 0 takes any free one'),
  SIMULATOR_HOST: z.string().default('127.0.0.1').describe('the address to bind to'),
  SIMULATOR_HOME: z.string().optional().describe('the directory in which the exchanges remember; none: in memory only'),
  SIMULATOR_SEED: z.coerce.number().int().min(0).default(DEFAULT_SEED).describe('the seed of the price walks'),
  LOG_LEVEL: LogLevelSchema.default('info').describe('one of fatal, error, warn, info, debug, trace, silent'),
});
export type Environment = z.infer<typeof EnvironmentSchema>;
