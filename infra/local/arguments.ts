import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT, Failure } from './bootstrap/failure.mjs';

export const DEFAULT_PORT = 4000;
const USAGE = [
  'npm start -- [--port N] [--home DIR] [--no-simulator]',
  `  --port N        port of the GraphQL server, default ${DEFAULT_PORT}; 0 takes any free one`,
  '  --home DIR      data, secrets, logs and run.json, default .orderplane',
  '  --no-simulator  without the simulated exchanges (paper accounts then have none)',
  'With DATABASE_URL and REDIS_URL set, those servers are used and none is started.',
];

export interface StartArguments {
  readonly port: number;
  readonly home: string;
  readonly simulator: boolean;
}

/** Directories are meant from where the user stands; npm runs scripts in the checkout's root. */
export const fromUserDirectory = (directory: string): string => {
  const expanded = directory === '~' || directory.startsWith('~/') ? `${homedir()}${directory.slice(1)}` : directory;
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), expanded);
};

/** Throws a Failure that shows the usage. */
export function parseStartArguments(args: readonly string[], root: string): StartArguments {
  const values = parse(args);
  if (values.help === true) throw new Failure(EXIT.usage, USAGE.join('\n'));
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!/^\d+$/.test(values.port ?? '0') || port > 65_535) {
    throw new Failure(EXIT.usage, `"${values.port}" is not a port: a whole number from 0 to 65535.`, USAGE);
  }
  if (values.home === '') throw new Failure(EXIT.usage, '--home needs a directory.', USAGE);
  const home = values.home === undefined ? resolve(root, '.orderplane') : fromUserDirectory(values.home);
  return { port, home, simulator: values['no-simulator'] !== true };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        home: { type: 'string' },
        'no-simulator': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (cause) {
    const message = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new Failure(EXIT.usage, message, USAGE);
  }
}
