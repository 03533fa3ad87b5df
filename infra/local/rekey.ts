import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  createPostgresStore,
  CredentialsError,
  generateMasterKey,
  parseKeyRing,
  payloadVault,
  rekeyPayloads,
  reseal,
  type PayloadStore,
  type PayloadVault,
} from '@orderplane/store';
import { z } from 'zod';
import { fromUserDirectory } from './arguments.ts';
import { EXIT, Failure, explain } from './bootstrap/failure.mjs';
import { ROOT } from './stack/services.ts';

/**
 * `npm run rekey`: seals all exchange credentials and all encrypted orders anew, each under the first key of its ring.
 * Beside running services, which go on: they open what any key of their ring has sealed.
 */

const USAGE = [
  'npm run rekey -- [--home DIR]     seal everything under the first keys of ORDERPLANE_MASTER_KEY',
  '                                  (credentials) and ORDERPLANE_DATA_KEY (orders)',
  'npm run rekey -- --draw ID        print a new key, to be put into one of them',
  '  --home DIR  the local system that runs from there: its database, and the keys of its secrets.json.',
  '              Without it DATABASE_URL and ORDERPLANE_MASTER_KEY say where; without those .orderplane does.',
];

interface Place {
  readonly databaseUrl: string;
  readonly masterKey: string;
  /** Undefined: nothing of orders is sealed here. */
  readonly dataKey: string | undefined;
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { home: { type: 'string' }, draw: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    return values;
  } catch (cause) {
    throw new Failure(EXIT.usage, cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause), USAGE);
  }
}

async function read<T>(file: string, schema: z.ZodType<T>, todo: string): Promise<T> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new Failure(EXIT.configuration, `${file} can't be read.`, [todo, ...USAGE], cause);
  }
}

async function placeOf(home: string | undefined): Promise<Place> {
  const { DATABASE_URL: databaseUrl, ORDERPLANE_MASTER_KEY: masterKey, ORDERPLANE_DATA_KEY: dataKey } = process.env;
  if (home === undefined && databaseUrl !== undefined && masterKey !== undefined)
    return { databaseUrl, masterKey, dataKey };
  if (home === undefined && (databaseUrl !== undefined || masterKey !== undefined))
    throw new Failure(
      EXIT.configuration,
      'DATABASE_URL and ORDERPLANE_MASTER_KEY are needed, and one is missing.',
      USAGE,
    );
  const directory = home === undefined ? resolve(ROOT, '.orderplane') : fromUserDirectory(home);
  const run = await read(join(directory, 'run.json'), z.object({ postgres: z.string() }), 'Is the system running?');
  const SecretsSchema = z.object({ masterKey: z.string(), dataKey: z.string().optional() });
  const secrets = await read(join(directory, 'secrets.json'), SecretsSchema, 'Is it a home?');
  return { databaseUrl: run.postgres, ...secrets, dataKey: secrets.dataKey };
}

function orFailure<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (cause instanceof CredentialsError) throw new Failure(EXIT.configuration, cause.message, USAGE);
    throw cause;
  }
}

async function rekey(home: string | undefined): Promise<void> {
  const { databaseUrl, masterKey, dataKey } = await placeOf(home);
  const ring = orFailure(() => parseKeyRing(masterKey));
  const vault = orFailure(() => payloadVault(dataKey));
  const store = createPostgresStore({ url: databaseUrl, poolSize: 2, vault });
  try {
    const so = await reseal(store.accounts, ring, ({ resealed, current }) => {
      process.stderr.write(`  … ${resealed} sealed anew, ${current} were already\n`);
    });
    const rest = `${so.current} were already, ${so.overtaken} replaced meanwhile by others, ${so.failed.length} failed`;
    process.stdout.write(`key "${ring.currentId}": ${so.resealed} sealed anew, ${rest}\n`);
    if (so.overtaken > 0) process.stdout.write('Run it once more: what was replaced meanwhile may have another key.\n');
    await rekeyOrders(store.payloads, vault);
    if (so.failed.length === 0) return;
    throw new Failure(EXIT.failed, `${so.failed.length} envelopes do not open with any key of the ring.`, [
      'Put the key that sealed them into ORDERPLANE_MASTER_KEY (not first), and run it again. They are those of:',
      ...so.failed.slice(0, 20).map((name) => `  ${name}`),
    ]);
  } finally {
    await store.close();
  }
}

/** Without a data key there is nothing to do: a system that had one before says so where it reads its orders. */
async function rekeyOrders(payloads: PayloadStore, vault: PayloadVault | null): Promise<void> {
  if (vault === null) return;
  const so = await rekeyPayloads(payloads, ({ accounts, changed }) => {
    process.stderr.write(`  … ${accounts} encrypted accounts, ${changed} rows sealed anew\n`);
  });
  const rest = `${so.accounts} encrypted accounts, ${so.failed.length} payloads failed`;
  process.stdout.write(`data key "${vault.currentKeyId}": ${so.changed} rows sealed anew, ${rest}\n`);
  if (so.failed.length === 0) return;
  throw new Failure(EXIT.failed, `${so.failed.length} payloads of orders do not open with any key of the ring.`, [
    'Put the key that sealed them into ORDERPLANE_DATA_KEY (not first), and run it again:',
    ...so.failed.slice(0, 20).map((place) => `  ${place}`),
  ]);
}

try {
  const values = parse(process.argv.slice(2));
  if (values.help === true) throw new Failure(EXIT.usage, USAGE.join('\n'));
  if (values.draw === undefined) await rekey(values.home);
  else {
    const key = generateMasterKey(values.draw);
    orFailure(() => parseKeyRing(key));
    process.stdout.write(`${key}\n`);
  }
} catch (cause) {
  process.exit(explain(cause, 'sealing anew'));
}
