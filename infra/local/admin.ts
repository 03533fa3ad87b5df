import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  createApiToken,
  createPostgresStore,
  datedCursor,
  PAGE_LIMIT,
  type ApiTokenRecord,
  type PageRequest,
  type Store,
} from '@orderplane/store';
import { z } from 'zod';
import { fromUserDirectory } from './arguments.ts';
import { EXIT, Failure, explain } from './bootstrap/failure.mjs';

/**
 * `npm run admin`: the first admin of an installation, who makes everybody else through the API. Who may write to the
 * database may do this, and nobody else.
 */

const USAGE = [
  'npm run admin -- create NAME [--days N] [--another] [--home DIR] [--json]',
  '  Makes a user and a token of the role admin, and prints the token: it is shown this once.',
  '  --days N    the token ends by itself after N days (default: when it is revoked)',
  '  --another   also where an admin exists already',
  '  --home DIR  the local system that runs from there. Without it: the database of DATABASE_URL.',
];
const usage = (message: string): Failure => new Failure(EXIT.usage, message, USAGE);

interface Wish {
  readonly name: string;
  readonly days: number | null;
  readonly isAnother: boolean;
  readonly home: string | undefined;
  readonly isJson: boolean;
}

const OPTIONS = {
  days: { type: 'string' },
  another: { type: 'boolean' },
  home: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Null: help is wanted. */
function parse(args: readonly string[]): Wish | null {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw usage(cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause));
  }
  const { values, positionals } = parsed;
  if (values.help === true) return null;
  const [verb, name, ...rest] = positionals;
  if (verb !== 'create') throw usage(verb === undefined ? 'What is to be done?' : `There is no command "${verb}".`);
  if (name === undefined || name.trim() === '' || name.length > 200) throw usage('Give a name of 1 to 200 characters.');
  if (rest.length > 0) throw usage('Give one name; one with spaces in quotes.');
  const days = values.days === undefined ? null : Number(values.days);
  if (days !== null && !(Number.isInteger(days) && days >= 1 && days <= 3_650)) throw usage('Give 1 to 3650 days.');
  const { home } = values;
  return { name, days, isAnother: values.another === true, home, isJson: values.json === true };
}

async function databaseOf(home: string | undefined): Promise<string> {
  const { DATABASE_URL } = process.env;
  if (home === undefined) {
    if (DATABASE_URL !== undefined && DATABASE_URL !== '') return DATABASE_URL;
    throw new Failure(EXIT.configuration, 'DATABASE_URL is needed, or --home.', USAGE);
  }
  const file = join(fromUserDirectory(home), 'run.json');
  try {
    return z.object({ postgres: z.string() }).parse(JSON.parse(await readFile(file, 'utf8'))).postgres;
  } catch (cause) {
    throw new Failure(EXIT.configuration, `${file} can't be read.`, ['Is the system running?', ...USAGE], cause);
  }
}

/** Whether anybody can sign in as an admin now. */
async function hasAdmin({ users }: Store, nowMs: number): Promise<boolean> {
  const isActive = ({ role, revokedAt, expiresAt }: ApiTokenRecord): boolean =>
    role === 'admin' && revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > nowMs);
  for (let after: string | null = null; ;) {
    const page: PageRequest = { limit: PAGE_LIMIT, ...(after === null ? {} : { after }) };
    const { items, hasNext } = await users.tokens({}, page);
    const owners = await users.byIds([...new Set(items.filter(isActive).map(({ userId }) => userId))]);
    if (owners.some(({ disabledAt }) => disabledAt === null)) return true;
    const last = items.at(-1);
    if (!hasNext || last === undefined) return false;
    after = datedCursor(last);
  }
}

async function create(store: Store, { name, days, isAnother }: Wish) {
  const nowMs = await store.nowMs().catch((cause: unknown) => {
    throw new Failure(EXIT.failed, 'The database does not answer.', ['Is DATABASE_URL right?'], cause);
  });
  const createdAt = new Date(nowMs).toISOString();
  if (!isAnother && (await hasAdmin(store, nowMs)))
    throw new Failure(EXIT.failed, 'There is an admin already, who can make others: createUser, createApiToken.', [
      'Where nobody has that token any more: --another, and revoke the old one then.',
    ]);
  const [userId, tokenId] = [randomUUID(), randomUUID()];
  const { token, tokenHash, prefix } = createApiToken();
  const expiresAt = days === null ? null : new Date(nowMs + days * 86_400_000).toISOString();
  await store.access.createUser({ id: userId, name, createdAt });
  await store.access.createToken({ id: tokenId, userId, role: 'admin', tokenHash, prefix, createdAt, expiresAt });
  const line = { at: createdAt, userId: null, action: 'createAdmin', target: `${userId} ${tokenId}`, outcome: 'ok' };
  await store.users.writeAudit([{ ...line, remote: null }]);
  return { userId, tokenId, token, expiresAt };
}

try {
  const wish = parse(process.argv.slice(2));
  if (wish === null) process.stdout.write(`${USAGE.join('\n')}\n`);
  else {
    const store = createPostgresStore({ url: await databaseOf(wish.home), poolSize: 1 });
    try {
      const made = await create(store, wish);
      const ends = made.expiresAt === null ? '' : `, until ${made.expiresAt}`;
      const text = `user ${made.userId}, token ${made.tokenId}${ends}. Its token, which is not shown again:\n${made.token}`;
      process.stdout.write(`${wish.isJson ? JSON.stringify(made) : text}\n`);
    } finally {
      await store.close();
    }
  }
} catch (cause) {
  process.exit(explain(cause, 'making an admin'));
}
