import { join } from 'node:path';
import { EXIT, Failure } from '../bootstrap/failure.mjs';
import type { Attempt, ProcessSpec, ReadyInfo } from './managed-process.ts';
import { getJson, until } from './poll.ts';

/** The checkout. */
export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** In the order in which they stop being fed: the gateway stops first. */
export const SERVICE_NAMES = ['gateway', 'order-command', 'reconciler', 'sync-worker'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];
export const SIMULATOR = 'venue-simulator';
/** What `npm run service -- NAME` can start. */
export const STARTABLE = [...SERVICE_NAMES, SIMULATOR] as const;
export type StartableName = (typeof STARTABLE)[number];

export const entryOf = (name: StartableName): string => join(ROOT, 'apps', name, 'src', 'main.ts');
export const NODE_FLAGS = ['--disable-warning=ExperimentalWarning'];

/** Of this process's environment, what a service of the stack may see: never a DATABASE_URL or key of another system. */
const INHERITED =
  /^(PATH|HOME|USER|LANG|LC_.*|TZ|TMPDIR|SSL_CERT_(FILE|DIR)|(HTTPS?|NO)_PROXY|NODE_EXTRA_CA_CERTS|OTEL_.*)$/i;
/** What an operator says of callers (docs/security.md): it holds no secret. */
const OF_CALLERS =
  /^(JWT_(ISSUER|AUDIENCE|KEYS|ALGORITHMS|ROLE_CLAIM|MAX_ROLE|CLOCK_SKEW_SECONDS)|LIMIT_\w+|CORS_ORIGINS|TRUSTED_PROXIES|INTROSPECTION|DOCUMENTS(_MANIFEST)?)$/;
export const inheritedEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        (INHERITED.test(entry[0]) || OF_CALLERS.test(entry[0])) && entry[1] !== undefined,
    ),
  );

interface ServiceOptions {
  readonly name: string;
  readonly service: StartableName;
  /** Asked at each start. */
  readonly environment: () => Record<string, string>;
  readonly ready: (attempt: Attempt) => Promise<ReadyInfo>;
}

/** One service process of the stack: `name` is unique, `service` names the program. */
export function serviceSpec({ name, service, environment, ready }: ServiceOptions): ProcessSpec {
  return {
    name,
    command: process.execPath,
    args: [...NODE_FLAGS, entryOf(service)],
    environment: () => ({
      ...inheritedEnvironment(),
      ORDERPLANE_PARENT_PID: String(process.pid),
      // Compiled code of all checkouts' services, shared by all homes: saves a third of each start.
      NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'node-compile'),
      // Libraries leave out their checks for developers; graphql's alone are a tenth of the gateway's work.
      NODE_ENV: 'production',
      ...environment(),
    }),
    cwd: ROOT,
    kind: 'service',
    stopSignal: 'SIGTERM',
    stopDeadlineMs: 12_000,
    hardSignal: 'SIGKILL',
    readyDeadlineMs: 60_000,
    ready,
  };
}

/** The service announced itself and its `/readyz` passes. */
export async function announcedAndReady({ announced, ended }: Attempt): Promise<ReadyInfo> {
  const info = await announced;
  const { health } = info;
  if (typeof health === 'string') await until(ended, 50, () => getJson(`${health}/readyz`));
  return info;
}

/** Checks a name from the command line. */
export function startable(name: string | undefined): StartableName {
  const known = STARTABLE.find((candidate) => candidate === name);
  if (known !== undefined) return known;
  throw new Failure(EXIT.usage, name === undefined ? 'Which service?' : `There is no service "${name}".`, [
    `npm run service -- NAME, with one of: ${STARTABLE.join(', ')}.`,
  ]);
}
