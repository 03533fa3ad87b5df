import { parseArgs } from 'node:util';
import { z } from 'zod';
import { connect } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { CommandFailure, EXIT, messageOf, usageFailure } from '../failure.ts';
import { query } from '../graphql.ts';
import { table } from '../table.ts';

const OPTIONS = {
  home: { type: 'string' },
  json: { type: 'boolean' },
  first: { type: 'string' },
  after: { type: 'string' },
  user: { type: 'string' },
  action: { type: 'string' },
  role: { type: 'string' },
  label: { type: 'string' },
  days: { type: 'string' },
  prefix: { type: 'string' },
  issuer: { type: 'string' },
  subject: { type: 'string' },
} as const;
type Option = keyof typeof OPTIONS;

const ALLOWED: Readonly<Record<'users' | 'tokens' | 'audit', readonly Option[]>> = {
  users: ['issuer', 'subject'],
  tokens: ['user', 'role', 'label', 'days', 'prefix'],
  audit: ['user', 'action'],
};

function parse(command: keyof typeof ALLOWED, argv: readonly string[]) {
  const names: readonly Option[] = ['home', 'json', 'first', 'after', ...ALLOWED[command]];
  const options = Object.fromEntries(names.map((name) => [name, OPTIONS[name]])) as typeof OPTIONS;
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: true });
  } catch (error) {
    throw usageFailure(`${messageOf(error).split('\n')[0] ?? ''} See "orderplane ${command} --help".`);
  }
}
type Values = ReturnType<typeof parse>['values'];

const UserErrors = z.array(z.object({ code: z.string(), message: z.string() }));
const ERRORS = 'userErrors { code message }';
const PAGE = 'pageInfo { hasNextPage endCursor }';
const PageInfo = z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() });

const User = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.string(),
  disabledAt: z.string().nullable(),
  identities: z.array(z.object({ issuer: z.string(), subject: z.string() })),
});
const USER = 'id name createdAt disabledAt identities { issuer subject }';

const Token = z.object({
  id: z.string(),
  prefix: z.string(),
  label: z.string(),
  role: z.string(),
  status: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  user: z.object({ id: z.string(), name: z.string() }),
});
const TOKEN = 'id prefix label role status createdAt expiresAt user { id name }';

const Line = z.object({
  id: z.string(),
  at: z.string(),
  userId: z.string().nullable(),
  via: z.string().nullable(),
  action: z.string(),
  target: z.string().nullable(),
  outcome: z.string(),
  remote: z.string().nullable(),
});

const admin = ({ home }: Values): Promise<Connection> => connect(home ?? null, 'admin');

/** Refuses what the service refused, with its words. */
function demand(userErrors: z.infer<typeof UserErrors>): void {
  if (userErrors.length > 0)
    throw new CommandFailure(userErrors.map(({ code, message }) => `${code}: ${message}`).join('\n'), EXIT.failed);
}

interface List<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: z.infer<typeof PageInfo>;
}
interface Columns<T> {
  readonly headings: readonly string[];
  readonly row: (item: T) => readonly (string | null)[];
  readonly none: string;
}

function show<T>(values: Values, { nodes, pageInfo }: List<T>, { headings, row, none }: Columns<T>): number {
  if (values.json === true) for (const node of nodes) print(node);
  else if (nodes.length === 0) process.stdout.write(`${none}\n`);
  else
    process.stdout.write(
      table(
        headings,
        nodes.map((node) => row(node).map((cell) => cell ?? '-')),
      ),
    );
  if (values.json !== true && pageInfo.hasNextPage)
    process.stdout.write(`There are more: --after ${pageInfo.endCursor ?? ''}\n`);
  return 0;
}

function report(values: Values, thing: { readonly id: string }, done: string): number {
  if (values.json === true) print(thing);
  else process.stdout.write(`${thing.id} ${done}\n`);
  return 0;
}

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

function page({ first = '50', after }: Values): { readonly first: number; readonly after: string | null } {
  if (!/^\d{1,3}$/.test(first) || Number(first) < 1 || Number(first) > 200)
    throw usageFailure(`--first takes a number from 1 to 200, not "${first}"`);
  return { first: Number(first), after: after ?? null };
}

/** Lists users, makes them, ends and reopens their ways in, and links outside identities. */
export async function usersCommand(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse('users', argv);
  const [action = 'list', subject, ...rest] = positionals;
  if (rest.length > 0) throw usageFailure(`users ${action} takes one word`);
  if (action === 'list' && subject === undefined) return listUsers(values);
  if (subject === undefined) throw usageFailure(`users ${action} needs a ${action === 'create' ? 'name' : 'user id'}`);
  switch (action) {
    case 'create': {
      const input = { name: subject, identity: identityOf(values) };
      return changeUser(values, 'createUser', ['$input: CreateUserInput!', 'input: $input'], { input }, 'created');
    }
    case 'disable':
    case 'enable': {
      const variables = { userId: subject };
      return changeUser(values, `${action}User`, ['$userId: ID!', 'userId: $userId'], variables, `${action}d`);
    }
    case 'link':
    case 'unlink': {
      const identity = identityOf(values);
      if (identity === null) throw usageFailure(`users ${action} needs --issuer and --subject`);
      const signature = ['$userId: ID!, $identity: IdentityInput!', 'userId: $userId, identity: $identity'] as const;
      return changeUser(values, `${action}Identity`, signature, { userId: subject, identity }, `${action}ed`);
    }
    default:
      throw usageFailure(`unknown: users ${action}. See "orderplane users --help"`);
  }
}

function identityOf({ issuer, subject }: Values): { readonly issuer: string; readonly subject: string } | null {
  if (issuer === undefined && subject === undefined) return null;
  if (issuer === undefined || subject === undefined) throw usageFailure('--issuer and --subject go together');
  return { issuer, subject };
}

async function listUsers(values: Values): Promise<number> {
  const schema = z.object({ users: z.object({ nodes: z.array(User), pageInfo: PageInfo }) });
  const document = `query ($first: Int, $after: String) { users(first: $first, after: $after) { nodes { ${USER} } ${PAGE} } }`;
  const { users } = await query(await admin(values), schema, document, page(values));
  return show(values, users, {
    headings: ['ID', 'NAME', 'CREATED', 'DISABLED', 'IDENTITIES'],
    row: ({ id, name, createdAt, disabledAt, identities }) => [
      id,
      name,
      createdAt,
      disabledAt ?? 'no',
      identities.map(({ issuer, subject }) => `${subject} of ${issuer}`).join(', '),
    ],
    none: 'No users.',
  });
}

async function changeUser(
  values: Values,
  field: string,
  [declared, given]: readonly [string, string] | readonly string[],
  variables: Readonly<Record<string, unknown>>,
  done: string,
): Promise<number> {
  const payload = z.object({ user: User.nullable(), userErrors: UserErrors });
  const document = `mutation (${declared ?? ''}) { ${field}(${given ?? ''}) { user { ${USER} } ${ERRORS} } }`;
  const answer = await query(await admin(values), z.record(z.string(), payload), document, variables);
  const { user = null, userErrors = [] } = answer[field] ?? {};
  demand(userErrors);
  return report(values, user ?? { id: 'the user' }, done);
}

/** Lists tokens by their prefixes, makes and revokes them. A new one goes to standard output once and is kept nowhere. */
export async function tokensCommand(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse('tokens', argv);
  const [action = 'list', name, ...rest] = positionals;
  if (rest.length > 0 || (name !== undefined) !== (action === 'revoke'))
    throw usageFailure(`tokens ${action} takes ${action === 'revoke' ? 'one prefix or id' : 'no further words'}`);
  switch (action) {
    case 'list':
      return listTokens(values);
    case 'create':
      return createToken(values);
    case 'revoke':
      return revokeToken(values, name ?? '');
    default:
      throw usageFailure(`unknown: tokens ${action}. See "orderplane tokens --help"`);
  }
}

const TokenList = z.object({ apiTokens: z.object({ nodes: z.array(Token), pageInfo: PageInfo }) });
const LIST_TOKENS = `query ($userId: ID, $prefix: String, $first: Int, $after: String) {
  apiTokens(userId: $userId, prefix: $prefix, first: $first, after: $after) { nodes { ${TOKEN} } ${PAGE} } }`;

async function listTokens(values: Values): Promise<number> {
  const variables = { userId: values.user ?? null, prefix: values.prefix ?? null, ...page(values) };
  const { apiTokens } = await query(await admin(values), TokenList, LIST_TOKENS, variables);
  return show(values, apiTokens, {
    headings: ['PREFIX', 'STATUS', 'ROLE', 'USER', 'LABEL', 'CREATED', 'EXPIRES'],
    row: ({ prefix, status, role, user, label, createdAt, expiresAt }) => [
      prefix,
      status,
      role,
      `${user.name} (${user.id})`,
      label,
      createdAt,
      expiresAt ?? 'never',
    ],
    none: 'No tokens.',
  });
}

const DAY_MS = 86_400_000;

async function createToken(values: Values): Promise<number> {
  const { user: userId, role = 'viewer', label = '', days } = values;
  if (userId === undefined) throw usageFailure('tokens create needs --user');
  if (!/^(viewer|trader|admin)$/i.test(role)) throw usageFailure('--role is viewer, trader or admin');
  if (days !== undefined && (!/^\d{1,5}$/.test(days) || Number(days) < 1))
    throw usageFailure('--days takes a whole number from 1');
  const expiresAt = days === undefined ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
  const schema = z.object({
    createApiToken: z.object({ token: z.string().nullable(), apiToken: Token.nullable(), userErrors: UserErrors }),
  });
  const document = `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { token apiToken { ${TOKEN} } ${ERRORS} } }`;
  const input = { userId, role: role.toUpperCase(), label, expiresAt };
  const { createApiToken } = await query(await admin(values), schema, document, { input });
  demand(createApiToken.userErrors);
  if (values.json === true) print(createApiToken);
  else process.stdout.write(`${createApiToken.token ?? ''}\n`);
  process.stderr.write('Keep it now: it is not shown again.\n');
  return 0;
}

/** By its prefix, as lists and logs have it, or by its id. */
async function revokeToken(values: Values, name: string): Promise<number> {
  const connection = await admin(values);
  const tokenId = name.startsWith('op_') ? await idOf(connection, name) : name;
  const schema = z.object({
    revokeApiToken: z.object({ apiToken: Token.nullable(), userErrors: UserErrors }),
  });
  const document = `mutation ($id: ID!) { revokeApiToken(tokenId: $id) { apiToken { ${TOKEN} } ${ERRORS} } }`;
  const { revokeApiToken } = await query(connection, schema, document, { id: tokenId });
  demand(revokeApiToken.userErrors);
  return report(values, revokeApiToken.apiToken ?? { id: name }, 'revoked');
}

async function idOf(connection: Connection, name: string): Promise<string> {
  // A whole token is taken too, and only its prefix is sent.
  const prefix = name.split('_').slice(0, 2).join('_');
  const { apiTokens } = await query(connection, TokenList, LIST_TOKENS, { prefix, first: 2 });
  const [found, another] = apiTokens.nodes;
  if (found === undefined) throw new CommandFailure(`there is no token ${prefix}`, EXIT.failed);
  if (another !== undefined)
    throw new CommandFailure(
      `several tokens begin with ${prefix}: revoke by id (tokens --prefix ${prefix} --json)`,
      EXIT.failed,
    );
  return found.id;
}

/** Who did what, newest first. */
export async function auditCommand(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse('audit', argv);
  if (positionals.length > 0) throw usageFailure('audit takes no further words');
  const schema = z.object({ auditLog: z.object({ nodes: z.array(Line), pageInfo: PageInfo }) });
  const document = `query ($filter: AuditFilter, $first: Int, $after: String) {
    auditLog(filter: $filter, first: $first, after: $after) { nodes { id at userId via action target outcome remote } ${PAGE} } }`;
  const filter = { userId: values.user ?? null, action: values.action ?? null };
  const { auditLog } = await query(await admin(values), schema, document, { filter, ...page(values) });
  return show(values, auditLog, {
    headings: ['AT', 'ACTION', 'OUTCOME', 'USER', 'VIA', 'FROM', 'TARGET'],
    row: ({ at, action, outcome, userId, via, remote, target }) => [at, action, outcome, userId, via, remote, target],
    none: 'No lines.',
  });
}
