import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GridError } from './orders.ts';

export interface Connection {
  readonly urls: readonly string[];
  readonly token: string;
}

/** From the environment, else from run.json of a system that runs on this machine. Throws GridError. */
export async function findService(
  home: string | null,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Connection> {
  const { ORDERPLANE_URL: url, ORDERPLANE_TOKEN: token } = environment;
  if (home === null && url !== undefined && token !== undefined) return { urls: url.split(','), token };
  // npm runs its scripts in the project's folder; what was typed is meant from where the user stands.
  const base = environment['INIT_CWD'] ?? process.cwd();
  const file = resolve(base, join(home ?? environment['ORDERPLANE_HOME'] ?? '.orderplane', 'run.json'));
  const run = await readRunFile(file);
  const gateways = Array.isArray(run['gateways']) ? run['gateways'] : [run['gateway']];
  const urls = gateways.flatMap((gateway: unknown) => stringAt(gateway, 'http') ?? []);
  const found = stringAt(run, 'traderToken');
  if (urls.length === 0 || found === null) throw new GridError(`${file} is not a run file of this system`);
  return { urls, token: found };
}

async function readRunFile(file: string): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw new GridError(`there is no ${file}: start the system with "npm start", or name its folder with --home`);
  }
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    throw new GridError(`${file} is not a run file of this system`);
  }
}

function stringAt(value: unknown, name: string): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const found = (value as Readonly<Record<string, unknown>>)[name];
  return typeof found === 'string' ? found : null;
}
