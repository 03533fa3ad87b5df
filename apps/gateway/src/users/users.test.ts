import { afterEach, beforeEach, expect, test } from 'vitest';
import { World, type Answer } from '../testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world[Symbol.asyncDispose]());

const CREATE_USER = `mutation ($input: CreateUserInput!) { createUser(input: $input) {
  user { id name disabledAt identities { issuer subject } } userErrors { code field message } } }`;
const CREATE_TOKEN = `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) {
  token apiToken { id prefix role label status expiresAt user { id } } userErrors { code field message } } }`;
const REVOKE =
  'mutation ($id: ID!) { revokeApiToken(tokenId: $id) { apiToken { status revokedAt } userErrors { code message } } }';
const AUDIT = '{ auditLog(first: 200) { nodes { userId via action target outcome remote } } }';

const asAdmin = (query: string, variables: Record<string, unknown> = {}): Promise<Answer> =>
  world.query(query, variables, 'root-admin');

interface Made {
  readonly token: string;
  readonly apiToken: { readonly id: string; readonly prefix: string };
}
async function newToken(input: Record<string, unknown>): Promise<Made> {
  const { data } = await asAdmin(CREATE_TOKEN, { input });
  return (data as { createApiToken: Made }).createApiToken;
}
async function audit(): Promise<Record<string, unknown>[]> {
  const { data } = await asAdmin(AUDIT);
  return (data as { auditLog: { nodes: Record<string, unknown>[] } }).auditLog.nodes;
}

test('a new user with a token trades with its own accounts, and with nothing else', async () => {
  const made = await asAdmin(CREATE_USER, { input: { name: ' Cleo ' } });
  expect(made.data).toMatchObject({ createUser: { user: { name: 'Cleo', disabledAt: null }, userErrors: [] } });
  const { id } = (made.data as { createUser: { user: { id: string } } }).createUser.user;
  const { token, apiToken } = await newToken({ userId: id, role: 'TRADER', label: 'bot' });
  expect(token).toMatch(/^op_[0-9a-f]{8}_[\w-]{43}$/);
  expect(apiToken).toMatchObject({ role: 'TRADER', label: 'bot', status: 'ACTIVE', expiresAt: null, user: { id } });
  const seen = await world.query(
    '{ me { user { id name apiTokens { nodes { prefix } } } role via expiresAt } accounts { id } orders { totalCount } }',
    {},
    token,
  );
  expect(seen.data).toEqual({
    me: {
      user: { id, name: 'Cleo', apiTokens: { nodes: [{ prefix: apiToken.prefix }] } },
      role: 'TRADER',
      via: apiToken.prefix,
      expiresAt: null,
    },
    accounts: [],
    orders: { totalCount: 0 },
  });
});

test('the token is shown once: no list and no line of the audit has it', async () => {
  const { token, apiToken } = await newToken({ userId: 'ada', role: 'VIEWER' });
  const list = await asAdmin(
    'query ($prefix: String) { apiTokens(prefix: $prefix) { nodes { id prefix label status } pageInfo { hasNextPage } } users { nodes { id apiTokens { nodes { id prefix } } } } }',
    { prefix: apiToken.prefix },
  );
  expect(list.data).toMatchObject({ apiTokens: { nodes: [{ id: apiToken.id, status: 'ACTIVE' }] } });
  await asAdmin(REVOKE, { id: token });
  const secret = token.split('_').slice(2).join('_');
  expect(JSON.stringify([list, await audit()])).not.toContain(secret);
});

test('a revoked token is refused at once, and its connection is closed', async () => {
  const { token, apiToken } = await newToken({ userId: 'ada', role: 'TRADER' });
  expect((await world.query('{ accounts { id } }', {}, token)).status).toBe(200);
  const client = world.client(token);
  const closed = new Promise<unknown>((resolve) => client.on('closed', resolve));
  const updates = client.iterate({ query: 'subscription { orderUpdates(accountIds: ["acc-ada"]) { kind } }' });
  expect((await updates.next()).value).toMatchObject({ data: { orderUpdates: { kind: 'SNAPSHOT_END' } } });
  updates.next().catch(() => undefined);

  const revoked = await asAdmin(REVOKE, { id: apiToken.id });
  expect(revoked.data).toMatchObject({ revokeApiToken: { apiToken: { status: 'REVOKED' }, userErrors: [] } });
  const after = await world.query('{ accounts { id } }', {}, token);
  expect([after.status, after.errors?.[0]?.extensions['code']]).toEqual([401, 'UNAUTHENTICATED']);
  expect(await closed).toMatchObject({ code: 4401 });
  expect((await asAdmin(REVOKE, { id: apiToken.id })).data).toMatchObject({ revokeApiToken: { userErrors: [] } });
});

test('another gateway that remembers the token hears of its revocation', async () => {
  const { token, apiToken } = await newToken({ userId: 'ada', role: 'TRADER' });
  expect((await world.query('{ accounts { id } }', {}, token)).status).toBe(200);
  await world.store.users.revokeToken(apiToken.id, world.clock.iso());
  // Remembered: nobody has told this one.
  expect((await world.query('{ accounts { id } }', {}, token)).status).toBe(200);
  for (const nonsense of ['', '{', '[]', '{"tokenId":1}']) await world.ports.gateways.tell(nonsense);
  await world.ports.gateways.tell(JSON.stringify({ tokenId: apiToken.id }));
  expect((await world.query('{ accounts { id } }', {}, token)).status).toBe(401);
});

test('without any news a revoked token ends within seconds', async () => {
  const { token, apiToken } = await newToken({ userId: 'ada', role: 'TRADER' });
  await world.query('{ accounts { id } }', {}, token);
  await world.store.users.revokeToken(apiToken.id, world.clock.iso());
  world.clock.advance(5_000);
  expect((await world.query('{ accounts { id } }', {}, token)).status).toBe(401);
});

test('a token ends at its own time to the millisecond, remembered or not', async () => {
  const expiresAt = new Date(world.clock.now().getTime() + 2_000).toISOString();
  const { token, apiToken } = await newToken({ userId: 'ada', role: 'TRADER', expiresAt });
  world.clock.advance(1_999);
  expect((await world.query('{ accounts { id } }', {}, token)).status).toBe(200);
  world.clock.advance(1);
  expect((await world.query('{ accounts { id } }', {}, token)).status).toBe(401);
  const { data } = await asAdmin('query ($p: String) { apiTokens(prefix: $p) { nodes { status } } }', {
    p: apiToken.prefix,
  });
  expect(data).toEqual({ apiTokens: { nodes: [{ status: 'EXPIRED' }] } });
});

test('a disabled user is out at once with every token, and comes back', async () => {
  expect((await world.query('{ accounts { id } }', {}, 'bob-trader')).status).toBe(200);
  const DISABLE = 'mutation { disableUser(userId: "bob") { user { id disabledAt } userErrors { code } } }';
  expect((await asAdmin(DISABLE)).data).toMatchObject({ disableUser: { user: { id: 'bob' }, userErrors: [] } });
  expect((await world.query('{ accounts { id } }', {}, 'bob-trader')).status).toBe(401);
  const made = await asAdmin(CREATE_TOKEN, { input: { userId: 'bob', role: 'TRADER' } });
  expect(made.data).toMatchObject({ createApiToken: { token: null, userErrors: [{ code: 'INVALID_INPUT' }] } });
  await asAdmin('mutation { enableUser(userId: "bob") { userErrors { code } } }');
  expect((await world.query('{ accounts { id } }', {}, 'bob-trader')).status).toBe(200);
});

test('nobody locks itself out', async () => {
  const { data } = await asAdmin('mutation { disableUser(userId: "root") { user { id } userErrors { code field } } }');
  expect(data).toEqual({ disableUser: { user: null, userErrors: [{ code: 'INVALID_INPUT', field: ['userId'] }] } });
  const tokens = await asAdmin('{ me { user { apiTokens { nodes { id } } } } }');
  const [own] = (tokens.data as { me: { user: { apiTokens: { nodes: { id: string }[] } } } }).me.user.apiTokens.nodes;
  const refused = await asAdmin(REVOKE, { id: own?.id });
  expect(refused.data).toMatchObject({ revokeApiToken: { apiToken: null, userErrors: [{ code: 'INVALID_INPUT' }] } });
});

test.each([
  ['an empty name', CREATE_USER, { name: ' ' }, 'INVALID_INPUT', ['input', 'name']],
  ['a long name', CREATE_USER, { name: 'x'.repeat(65) }, 'INVALID_INPUT', ['input', 'name']],
  ['a name with a line end', CREATE_USER, { name: 'a\nb' }, 'INVALID_INPUT', ['input', 'name']],
  [
    'an empty subject',
    CREATE_USER,
    { name: 'x', identity: { issuer: 'https://id.example', subject: '' } },
    'INVALID_INPUT',
    ['input', 'identity', 'subject'],
  ],
  ['a token for nobody', CREATE_TOKEN, { userId: 'nobody', role: 'VIEWER' }, 'NOT_FOUND', ['input', 'userId']],
  ['no id', CREATE_TOKEN, { userId: 'a b', role: 'VIEWER' }, 'INVALID_INPUT', ['input', 'userId']],
  [
    'an expiry in the past',
    CREATE_TOKEN,
    { userId: 'ada', role: 'VIEWER', expiresAt: '2025-01-01T00:00:00.000Z' },
    'INVALID_INPUT',
    ['input', 'expiresAt'],
  ],
  [
    'an expiry that is none',
    CREATE_TOKEN,
    { userId: 'ada', role: 'VIEWER', expiresAt: 'tomorrow' },
    'INVALID_INPUT',
    ['input', 'expiresAt'],
  ],
  [
    'a label that turns around what follows it',
    CREATE_TOKEN,
    { userId: 'ada', role: 'VIEWER', label: '\u202enimda' },
    'INVALID_INPUT',
    ['input', 'label'],
  ],
  [
    'a label with a bell',
    CREATE_TOKEN,
    { userId: 'ada', role: 'VIEWER', label: '\u0007' },
    'INVALID_INPUT',
    ['input', 'label'],
  ],
])('%s is refused with its field, and nothing is made', async (_, query, input, code, field) => {
  const before = await world.store.users.tokens({}, { limit: 200 });
  const { data } = await asAdmin(query, { input });
  const payload = Object.values(data ?? {})[0] as { userErrors: unknown[]; token?: string; user?: unknown };
  expect(payload.userErrors).toMatchObject([{ code, field }]);
  expect(payload.token ?? payload.user ?? null).toBeNull();
  expect(await world.store.users.tokens({}, { limit: 200 })).toEqual(before);
});

test('an identity is linked once, and goes again', async () => {
  const LINK = `mutation ($userId: ID!, $identity: IdentityInput!) { linkIdentity(userId: $userId, identity: $identity) {
    user { identities { issuer subject } } userErrors { code field } } }`;
  const UNLINK = LINK.replaceAll('linkIdentity', 'unlinkIdentity');
  const identity = { issuer: 'https://id.example', subject: 'ada@example' };
  expect((await asAdmin(LINK, { userId: 'ada', identity })).data).toEqual({
    linkIdentity: { user: { identities: [identity] }, userErrors: [] },
  });
  expect((await asAdmin(LINK, { userId: 'bob', identity })).data).toMatchObject({
    linkIdentity: { user: null, userErrors: [{ code: 'ALREADY_EXISTS', field: ['identity'] }] },
  });
  expect((await asAdmin(CREATE_USER, { input: { name: 'x', identity } })).data).toMatchObject({
    createUser: { user: null, userErrors: [{ code: 'ALREADY_EXISTS', field: ['input', 'identity'] }] },
  });
  expect((await asAdmin(LINK, { userId: 'nobody', identity: { ...identity, subject: 'z' } })).data).toMatchObject({
    linkIdentity: { userErrors: [{ code: 'NOT_FOUND' }] },
  });
  expect((await asAdmin(UNLINK, { userId: 'bob', identity })).data).toMatchObject({
    unlinkIdentity: { userErrors: [{ code: 'NOT_FOUND' }] },
  });
  expect((await asAdmin(UNLINK, { userId: 'ada', identity })).data).toEqual({
    unlinkIdentity: { user: { identities: [] }, userErrors: [] },
  });
});

test('every mutation leaves a line: who, with what, from where, what came of it', async () => {
  const orderId = await world.orders.place('ada', 'acc-ada');
  const CANCEL = 'mutation ($id: ID!) { cancelOrder(orderId: $id) { userErrors { code } } }';
  await world.query(CANCEL, { id: orderId }, 'ada-trader');
  await world.query(CANCEL, { id: orderId }, 'bob-trader');
  await world.query(CANCEL, { id: orderId }, 'ada-viewer');
  await world.query(CANCEL, { id: world.tokens['ada-trader'] }, 'ada-trader');
  await world.query('mutation { createUser(input: { name: "x" }) { userErrors { code } } }', {}, 'ada-trader');
  await asAdmin(CREATE_USER, { input: { name: 'new' } });
  const lines = await audit();
  const prefixOf = (name: string): string => (world.tokens[name] ?? '').slice(0, 11);
  const from = (name: string) => ({ userId: name.split('-')[0], via: prefixOf(name), remote: '127.0.0.1' });
  expect(lines.slice(0, 6).reverse()).toMatchObject([
    { ...from('ada-trader'), action: 'cancelOrder', target: orderId, outcome: 'ok' },
    { ...from('bob-trader'), action: 'cancelOrder', target: orderId, outcome: 'NOT_FOUND' },
    { ...from('ada-viewer'), action: 'cancelOrder', target: orderId, outcome: 'FORBIDDEN' },
    { ...from('ada-trader'), action: 'cancelOrder', target: `${prefixOf('ada-trader')}…` },
    { ...from('ada-trader'), action: 'createUser', target: null, outcome: 'FORBIDDEN' },
    { ...from('root-admin'), action: 'createUser', outcome: 'ok' },
  ]);
});

test('a failed mutation leaves a line too', async () => {
  world.onCommand = () => Promise.reject(new Error('password=hunter2'));
  await world.query('mutation { cancelAllOrders(input: { accountId: "acc-ada" }) { userErrors { code } } }');
  expect(JSON.stringify(await audit())).not.toContain('hunter2');
  expect((await audit())[0]).toMatchObject({ action: 'cancelAllOrders', target: 'acc-ada', outcome: 'TIMEOUT' });
});

test('the audit is read in pages, by user and by action', async () => {
  for (let n = 0; n < 3; n += 1) await asAdmin(CREATE_USER, { input: { name: `u${n}` } });
  await asAdmin('mutation { enableUser(userId: "bob") { userErrors { code } } }');
  const PAGE =
    'query ($f: AuditFilter, $after: String) { auditLog(filter: $f, first: 2, after: $after) { nodes { id action } pageInfo { hasNextPage endCursor } } }';
  const one = await asAdmin(PAGE, { f: { action: 'createUser' } });
  const page = (one.data as { auditLog: { nodes: { id: string }[]; pageInfo: { endCursor: string } } }).auditLog;
  expect(page).toMatchObject({ nodes: [{ action: 'createUser' }, {}], pageInfo: { hasNextPage: true } });
  const two = await asAdmin(PAGE, { f: { action: 'createUser' }, after: page.pageInfo.endCursor });
  expect(two.data).toMatchObject({ auditLog: { nodes: [{ action: 'createUser' }], pageInfo: { hasNextPage: false } } });
  expect((await asAdmin(PAGE, { f: { userId: 'ada' } })).data).toMatchObject({ auditLog: { nodes: [] } });
  expect((await asAdmin(PAGE, { after: 'x' })).errors?.[0]?.extensions['code']).toBe('INVALID_INPUT');
});
