import { z } from 'zod';
import { TRACING_ENVIRONMENT } from './tracing/index.ts';

/** The environment is wrong: every fault at once, each with the variable's name. Restarting does not help. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the environment is not usable:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

/** Exit code of a service whose configuration is wrong (EX_CONFIG of sysexits.h): the runner does not restart it. */
export const CONFIGURATION_EXIT_CODE = 78;

type Environment = Readonly<Record<string, string | undefined>>;

/** A TCP port; 0 means any free one. */
export const PortSchema = z.coerce.number().int().min(0).max(65_535);
export const LogLevelSchema = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']);
const UrlOf = (protocols: RegExp, example: string): z.ZodType<string> =>
  z.url({ protocol: protocols, error: `not an address like ${example}` });
export const DatabaseUrlSchema = UrlOf(/^postgres(ql)?$/, 'postgresql://user@host:5432/orderplane');
export const RedisUrlSchema = UrlOf(/^rediss?$/, 'redis://host:6379');

/** What every service reads. Extend it: `z.object({ ...SERVICE_ENVIRONMENT, PORT: PortSchema })`. */
export const SERVICE_ENVIRONMENT = {
  LOG_LEVEL: LogLevelSchema.default('info').describe('one of fatal, error, warn, info, debug, trace, silent'),
  HEALTH_PORT: PortSchema.default(0).describe('the port of /healthz, /readyz and /metrics; 0 takes any free one'),
  HEALTH_HOST: z.string().default('127.0.0.1').describe('the address to bind the health server to'),
  ...TRACING_ENVIRONMENT,
};

/**
 * Parses the environment once. An empty variable counts as absent. Throws ConfigurationError naming every faulty
 * variable and, from the schema's `.describe()`, what to set it to. Values are never repeated: they may be secrets.
 */
export function readEnvironment<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Environment = process.env,
): z.infer<Schema> {
  const present = Object.fromEntries(
    Object.keys(schema.shape)
      .map((name) => [name, environment[name]] as const)
      .filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => describeIssue(schema, issue, present));
  throw new ConfigurationError([...new Set(problems)]);
}

function describeIssue(schema: z.ZodObject, issue: z.core.$ZodIssue, present: Record<string, unknown>): string {
  const name = String(issue.path[0] ?? 'environment');
  const field: unknown = schema.shape[name];
  const description = field instanceof z.ZodType ? field.description : undefined;
  const what = issue.path.length > 0 && !(name in present) ? 'is missing' : `is not valid (${issue.message})`;
  return `${name} ${what}${description === undefined ? '' : `: set it to ${description}`}`;
}
