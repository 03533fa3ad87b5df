import { z } from 'zod';
import { usageFailure } from './failure.ts';

/** Environment by name, so that tests need not change the process's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that this program reads of its environment. */
export const EnvironmentSchema = z.object({
  ORDERPLANE_URL: z
    .url({ protocol: /^(https?|wss?)$/, error: 'not an address like http://127.0.0.1:4000/graphql' })
    .optional()
    .describe('the address of the gateway; unset: the one of run.json'),
  ORDERPLANE_TOKEN: z.string().optional().describe('the API token; unset: the one of run.json; secret'),
  ORDERPLANE_HOME: z.string().default('.orderplane').describe('the folder with run.json; --home goes before it'),
});

/**
 * Throws CommandFailure with everything that is wrong, each with the variable's name; values are not repeated. `needsToken`:
 * nothing but the environment says where the gateway is.
 */
export function readCliEnvironment(environment: Environment, needsToken: boolean): z.infer<typeof EnvironmentSchema> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = EnvironmentSchema.safeParse(given);
  const problems = parsed.error?.issues.map(({ path, message }) => `${String(path[0])} is ${message}`) ?? [];
  if (needsToken && given['ORDERPLANE_URL'] !== undefined && given['ORDERPLANE_TOKEN'] === undefined)
    problems.push('ORDERPLANE_URL is set, but ORDERPLANE_TOKEN is not');
  if (parsed.data === undefined || problems.length > 0) throw usageFailure(problems.join('\n'));
  return parsed.data;
}
