import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { connect } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { CommandFailure, EXIT, messageOf, usageFailure } from '../failure.ts';
import { query } from '../graphql.ts';
import { table } from '../table.ts';
import { LIMIT_OPTIONS, limits } from './limits.ts';
import { clearCache, setPrivacy } from './account-privacy.ts';

/** Trying credentials at an exchange takes this long at most, ms: longer than the service waits by itself. */
const CHECK_MS = 30_000;
/** Credentials are short texts; anything longer is another file. */
const MAX_INPUT = 64 * 1024;

const AccountSchema = z.object({
  id: z.string(),
  exchange: z.string(),
  label: z.string(),
  mode: z.string(),
  halted: z.boolean(),
  lastSyncedAt: z.string().nullable(),
});
type Account = z.infer<typeof AccountSchema>;
const ACCOUNT = 'id exchange label mode halted lastSyncedAt';

const UserErrorsSchema = z.array(
  z.object({ code: z.string(), message: z.string(), field: z.array(z.string()).nullable() }),
);
const ERRORS = 'userErrors { code message field }';

const CredentialsSchema = z.strictObject({
  apiKey: z.string(),
  secret: z.string(),
  passphrase: z.string().exactOptional(),
});
type Credentials = z.infer<typeof CredentialsSchema>;

const OPTIONS = {
  home: { type: 'string' },
  json: { type: 'boolean' },
  exchange: { type: 'string' },
  label: { type: 'string' },
  mode: { type: 'string' },
  credentials: { type: 'string' },
  'keep-open': { type: 'boolean' },
  ...LIMIT_OPTIONS,
  cache: { type: 'string' },
  encrypt: { type: 'string' },
  'keep-days': { type: 'string' },
} as const;

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: true });
  } catch (error) {
    throw usageFailure(`${messageOf(error).split('\n')[0] ?? ''} See "orderplane accounts --help".`);
  }
}
type Values = ReturnType<typeof parse>['values'];

const OF_ONE = new Set([
  ...['sessions', 'rotate', 'unlink', 'halt', 'resume', 'dead-mans-switch'],
  ...['limits', 'privacy', 'clear-cache'],
]);

/** Lists, shows sessions, links, gives new credentials, unlinks, halts and resumes. Secrets come from a file or from stdin, never from the arguments. */
export async function accountsCommand(argv: readonly string[], stdin: Readable = process.stdin): Promise<number> {
  const { values, positionals } = parse(argv);
  const [action = 'list', id, ...further] = positionals;
  const [seconds, ...rest] = action === 'dead-mans-switch' ? further : [undefined, ...further];
  const takesId = OF_ONE.has(action);
  if (rest.length > 0 || (id !== undefined) !== takesId)
    throw usageFailure(`accounts ${action} takes ${takesId ? 'one account id' : 'no further words'}`);
  switch (action) {
    case 'list':
      return list(await connect(values.home ?? null, 'trader'), values);
    case 'link':
      return link(values, stdin);
    case 'sessions':
      return sessions(values, id ?? '');
    case 'rotate':
      return rotate(values, id ?? '', stdin);
    case 'unlink':
      return unlink(values, id ?? '');
    case 'halt':
      return halt(values, id ?? '');
    case 'resume':
      return resume(values, id ?? '');
    case 'limits':
      return limits(values, id ?? '');
    case 'dead-mans-switch':
      return deadMansSwitch(values, id ?? '', seconds ?? '');
    case 'privacy':
    case 'clear-cache': {
      const done = await (action === 'privacy' ? setPrivacy : clearCache)(values, id ?? '');
      return report(values, done.userErrors, done.account ?? { id: id ?? '' }, done.said);
    }
    default:
      throw usageFailure(`unknown: accounts ${action}. See "orderplane accounts --help"`);
  }
}

async function list(connection: Connection, values: Values): Promise<number> {
  const schema = z.object({ accounts: z.array(AccountSchema) });
  const { accounts } = await query(connection, schema, `{ accounts { ${ACCOUNT} } }`);
  if (values.json === true) for (const account of accounts) print(account);
  else if (accounts.length === 0) process.stdout.write('No accounts.\n');
  else {
    const rows = accounts.map(({ id, exchange, label, mode, halted, lastSyncedAt }) => [
      id,
      exchange,
      mode,
      label,
      halted ? 'yes' : 'no',
      lastSyncedAt ?? 'never',
    ]);
    process.stdout.write(`${table(['ID', 'EXCHANGE', 'MODE', 'LABEL', 'HALTED', 'SYNCED'], rows)}\n`);
  }
  return 0;
}

const SessionSchema = z.object({
  id: z.string(),
  transition: z.string(),
  name: z.string().nullable(),
  subject: z.string().nullable(),
  active: z.boolean(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  previous: z.object({ id: z.string() }).nullable(),
});

/** The chain, newest first. */
async function sessions(values: Values, accountId: string): Promise<number> {
  const document = `query ($accountId: ID!) { sessions(accountId: $accountId, first: 200) {
    id transition name subject active startedAt endedAt previous { id } } }`;
  const connection = await connect(values.home ?? null, 'trader');
  const found = await query(connection, z.object({ sessions: z.array(SessionSchema) }), document, { accountId });
  if (values.json === true) for (const session of found.sessions) print(session);
  else {
    const rows = found.sessions.map(({ id, transition, name, subject, startedAt, endedAt }) => [
      ...[id, transition, name ?? '', subject ?? ''],
      ...[startedAt, endedAt ?? 'active'],
    ]);
    process.stdout.write(`${table(['ID', 'TRANSITION', 'NAME', 'SUBJECT', 'STARTED', 'ENDED'], rows)}\n`);
  }
  return 0;
}

async function link(values: Values, stdin: Readable): Promise<number> {
  const { exchange, label, mode = 'PAPER' } = values;
  if (exchange === undefined) throw usageFailure('accounts link needs --exchange');
  const credentials = values.credentials === undefined ? null : await readCredentials(values.credentials, stdin);
  const input = {
    exchange,
    label: label ?? `${mode.toLowerCase()} ${exchange}`,
    mode: mode.toUpperCase(),
    credentials,
  };
  const document = `mutation ($input: LinkAccountInput!) { linkAccount(input: $input) { account { ${ACCOUNT} } ${ERRORS} } }`;
  const schema = z.object({
    linkAccount: z.object({ account: AccountSchema.nullable(), userErrors: UserErrorsSchema }),
  });
  const connection = await connect(values.home ?? null, 'trader');
  const { linkAccount } = await query(connection, schema, document, { input }, CHECK_MS);
  return report(values, linkAccount.userErrors, linkAccount.account, 'linked');
}

async function rotate(values: Values, accountId: string, stdin: Readable): Promise<number> {
  if (values.credentials === undefined) throw usageFailure('accounts rotate needs --credentials FILE, or - for stdin');
  const credentials = await readCredentials(values.credentials, stdin);
  const document = `mutation ($accountId: ID!, $credentials: CredentialsInput!) {
    rotateCredentials(accountId: $accountId, credentials: $credentials) { ${ERRORS} } }`;
  const schema = z.object({ rotateCredentials: z.object({ userErrors: UserErrorsSchema }) });
  const connection = await connect(values.home ?? null, 'trader');
  const { rotateCredentials } = await query(connection, schema, document, { accountId, credentials }, CHECK_MS);
  return report(values, rotateCredentials.userErrors, { id: accountId }, 'has new credentials');
}

async function unlink(values: Values, accountId: string): Promise<number> {
  const document = `mutation ($accountId: ID!) { unlinkAccount(accountId: $accountId) { ${ERRORS} } }`;
  const schema = z.object({ unlinkAccount: z.object({ userErrors: UserErrorsSchema }) });
  const connection = await connect(values.home ?? null, 'trader');
  const { unlinkAccount } = await query(connection, schema, document, { accountId });
  return report(values, unlinkAccount.userErrors, { id: accountId }, 'unlinked');
}

async function halt(values: Values, accountId: string): Promise<number> {
  const document = `mutation ($accountId: ID!, $cancelOpen: Boolean!) {
    haltAccount(accountId: $accountId, cancelOpen: $cancelOpen) { account { id halt { since remainingCount } } ${ERRORS} } }`;
  const account = z.object({
    id: z.string(),
    halt: z.object({ since: z.string(), remainingCount: z.number() }).nullable(),
  });
  const schema = z.object({ haltAccount: z.object({ account: account.nullable(), userErrors: UserErrorsSchema }) });
  const connection = await connect(values.home ?? null, 'trader');
  const cancelOpen = values['keep-open'] !== true;
  const { haltAccount } = await query(connection, schema, document, { accountId, cancelOpen });
  const left = haltAccount.account?.halt?.remainingCount ?? 0;
  const done = left === 0 ? 'halted' : `halted; ${left} ${left === 1 ? 'order is' : 'orders are'} being cancelled`;
  return report(values, haltAccount.userErrors, haltAccount.account ?? { id: accountId }, done);
}

async function resume(values: Values, accountId: string): Promise<number> {
  const document = `mutation ($accountId: ID!) { resumeAccount(accountId: $accountId) { ${ERRORS} } }`;
  const schema = z.object({ resumeAccount: z.object({ userErrors: UserErrorsSchema }) });
  const connection = await connect(values.home ?? null, 'trader');
  const { resumeAccount } = await query(connection, schema, document, { accountId });
  return report(values, resumeAccount.userErrors, { id: accountId }, 'takes orders again');
}

/** `off`, or so many seconds. */
async function deadMansSwitch(values: Values, accountId: string, wish: string): Promise<number> {
  if (wish !== 'off' && !/^[1-9]\d{0,8}$/.test(wish))
    throw usageFailure('accounts dead-mans-switch takes an account id, and whole seconds or "off"');
  const document = `mutation ($accountId: ID!, $timeoutSeconds: Int) {
    setDeadMansSwitch(accountId: $accountId, timeoutSeconds: $timeoutSeconds) {
      account { id deadMansSwitch { timeoutSeconds armedUntil lastError } } ${ERRORS} } }`;
  const known = z.object({
    timeoutSeconds: z.number().nullable(),
    armedUntil: z.string().nullable(),
    lastError: z.string().nullable(),
  });
  const account = z.object({ id: z.string(), deadMansSwitch: known.nullable() });
  const schema = z.object({
    setDeadMansSwitch: z.object({ account: account.nullable(), userErrors: UserErrorsSchema }),
  });
  const connection = await connect(values.home ?? null, 'trader');
  const timeoutSeconds = wish === 'off' ? null : Number(wish);
  const { setDeadMansSwitch } = await query(connection, schema, document, { accountId, timeoutSeconds });
  const now = setDeadMansSwitch.account?.deadMansSwitch ?? null;
  const what = timeoutSeconds === null ? "has no dead man's switch" : `has a dead man's switch of ${timeoutSeconds} s`;
  const isConfirmed = now === null ? timeoutSeconds === null : timeoutSeconds !== null && now.armedUntil !== null;
  const doubt =
    isConfirmed && !now?.lastError ? '' : `; not confirmed by the exchange yet: ${now?.lastError ?? 'wait'}`;
  return report(values, setDeadMansSwitch.userErrors, setDeadMansSwitch.account ?? { id: accountId }, what + doubt);
}

function report(
  values: Values,
  userErrors: z.infer<typeof UserErrorsSchema>,
  account: Account | { readonly id: string } | null,
  done: string,
): number {
  if (userErrors.length > 0)
    throw new CommandFailure(userErrors.map(({ code, message }) => `${code}: ${message}`).join('\n'), EXIT.failed);
  if (values.json === true && account !== null) print(account);
  else process.stdout.write(`${account?.id ?? 'the account'} ${done}\n`);
  return 0;
}

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

/** JSON `{"apiKey", "secret", "passphrase"?}`; `-` is stdin. No message quotes what was read. */
async function readCredentials(file: string, stdin: Readable): Promise<Credentials> {
  const where = file === '-' ? 'standard input' : file;
  let text: string;
  try {
    text = file === '-' ? await readAll(stdin) : await readFile(file, 'utf8');
  } catch (cause) {
    throw new CommandFailure(`${where} can't be read: ${messageOf(cause)}`, EXIT.usage);
  }
  try {
    return CredentialsSchema.parse(JSON.parse(text));
  } catch {
    throw usageFailure(`${where} does not hold credentials: {"apiKey": "…", "secret": "…", "passphrase": "… if any"}`);
  }
}

async function readAll(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk as Buffer));
    length += (chunk as Buffer).length;
    if (length > MAX_INPUT) throw new Error(`more than ${MAX_INPUT} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
