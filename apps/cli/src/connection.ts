import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readCliEnvironment, type Environment } from './environment.ts';
import { CommandFailure, EXIT, messageOf } from './failure.ts';

/** The parts of run.json that this program uses; it is written by the running system and may hold more. */
const RunFileSchema = z.object({
  gateway: z.object({ http: z.string(), ws: z.string().optional() }),
  adminToken: z.string().optional(),
  traderToken: z.string().optional(),
  processes: z.array(z.object({ name: z.string(), pid: z.number().int() })).default([]),
  accounts: z.array(z.object({ id: z.string(), exchange: z.string(), label: z.string() })).default([]),
});
export type RunFile = z.infer<typeof RunFileSchema>;

export interface Connection {
  readonly http: string;
  readonly ws: string;
  readonly token: string;
  /** Null when the address came from the environment. */
  readonly run: RunFile | null;
}

/** An address without a path means the gateway's usual one. */
function endpoint(address: string, scheme: 'http' | 'ws'): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch (cause) {
    throw new CommandFailure(`"${address}" is not an address like http://127.0.0.1:4000/graphql`, EXIT.usage, cause);
  }
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  if (url.pathname === '/') url.pathname = '/graphql';
  url.protocol = secure ? `${scheme}s:` : `${scheme}:`;
  return url.href;
}

async function readRunFile(home: string): Promise<RunFile> {
  const file = join(home, 'run.json');
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const why = missing ? `there is no ${file}: nothing runs from that folder` : `${file}: ${messageOf(cause)}`;
    const hint =
      'Start the system with "npm start", name its folder with --home, or set ORDERPLANE_URL and ORDERPLANE_TOKEN.';
    throw new CommandFailure(`${why}. ${hint}`, EXIT.unreachable, cause);
  }
  try {
    return RunFileSchema.parse(JSON.parse(content));
  } catch (cause) {
    throw new CommandFailure(`${file} is not a run file of this system`, EXIT.failed, cause);
  }
}

/**
 * Where the gateway is: the environment, else run.json of `home`. `role` chooses between the two tokens of run.json.
 * Throws CommandFailure.
 */
export async function connect(
  home: string | null,
  role: 'admin' | 'trader',
  environment: Environment = process.env,
): Promise<Connection> {
  const {
    ORDERPLANE_URL: url,
    ORDERPLANE_TOKEN: token,
    ORDERPLANE_HOME: usual,
  } = readCliEnvironment(environment, home === null);
  if (home === null && url !== undefined && token !== undefined)
    return { http: endpoint(url, 'http'), ws: endpoint(url, 'ws'), token, run: null };
  const folder = home ?? usual;
  const run = await readRunFile(folder);
  const preferred = role === 'admin' ? (run.adminToken ?? run.traderToken) : (run.traderToken ?? run.adminToken);
  const chosen = token ?? preferred;
  if (chosen === undefined) throw new CommandFailure(`${folder}/run.json holds no token`, EXIT.refused);
  const { http } = run.gateway;
  return { http: endpoint(http, 'http'), ws: endpoint(run.gateway.ws ?? http, 'ws'), token: chosen, run };
}
