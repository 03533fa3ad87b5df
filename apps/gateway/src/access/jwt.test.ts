import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { manualClock } from '@orderplane/service-kit';
import { createMemoryStore } from '@orderplane/store';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { World } from '../testing/world.ts';
import { createJwtVerifier, type JwtSettings, type JwtVerifier } from './jwt.ts';

const ISSUER = 'https://id.example/realms/desk';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 });

const jwk = async (key: KeyObject, kid: string, alg: string) => ({ ...(await exportJWK(key)), kid, alg, use: 'sig' });
let directory: string;
let file: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'orderplane-jwt-'));
  file = join(directory, 'keys.json');
});
afterAll(() => rm(directory, { recursive: true }));

const clock = manualClock();
const nowSeconds = (): number => Math.floor(clock.now().getTime() / 1_000);
const settings = (over: Partial<JwtSettings> = {}): JwtSettings => ({
  issuer: ISSUER,
  audience: 'orderplane',
  keys: file,
  algorithms: ['RS256', 'ES256'],
  roleClaim: 'orderplane_role',
  maxRole: 'trader',
  clockSkewSeconds: 30,
  ...over,
});

let store: ReturnType<typeof createMemoryStore>;
let verifier: JwtVerifier;
beforeEach(async () => {
  const keys = [await jwk(rsa.publicKey, 'one', 'RS256'), await jwk(ec.publicKey, 'two', 'ES256')];
  await writeFile(file, JSON.stringify({ keys }));
  store = createMemoryStore({ nowMs: () => 0 });
  await store.users.create({ id: 'ada', name: 'ada', createdAt: clock.iso() }, { issuer: ISSUER, subject: 'sub-ada' });
  verifier = await createJwtVerifier(settings(), { users: store.users, clock });
});

interface Making {
  readonly claims?: JWTPayload;
  readonly header?: Record<string, unknown>;
  readonly key?: KeyObject | Uint8Array;
}
const token = ({ claims = {}, header = {}, key = rsa.privateKey }: Making = {}): Promise<string> =>
  new SignJWT({
    iss: ISSUER,
    aud: 'orderplane',
    sub: 'sub-ada',
    exp: nowSeconds() + 300,
    orderplane_role: 'trader',
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid: 'one', ...header })
    .sign(key);

test.each([
  ['RS256', {}],
  ['ES256', { header: { alg: 'ES256', kid: 'two' }, key: ec.privateKey }],
  ['a list of audiences', { claims: { aud: ['other', 'orderplane'] } }],
  ['a list of roles, of which the highest counts', { claims: { orderplane_role: ['x', 'viewer', 'trader'] } }],
  ['expired within the skew', { claims: { exp: nowSeconds() - 29 } }],
  ['not before within the skew', { claims: { nbf: nowSeconds() + 29 } }],
] as const)('%s: accepted', async (_, making) => {
  const known = await verifier.verify(await token(making as Making));
  expect(known).toMatchObject({ principal: { userId: 'ada', role: 'trader', tokenId: 'jwt:ada' }, via: ISSUER });
});

test.each([
  ['another issuer', { claims: { iss: 'https://evil.example' } }, /iss/],
  ['another audience', { claims: { aud: 'somebody-else' } }, /aud/],
  ['no audience', { claims: { aud: undefined } }, /aud/],
  ['expired', { claims: { exp: nowSeconds() - 31 } }, /expired/],
  ['without expiry', { claims: { exp: undefined } }, /exp/],
  ['not valid yet', { claims: { nbf: nowSeconds() + 31 } }, /nbf/],
  ['without subject', { claims: { sub: undefined } }, /sub/],
  ['an empty subject', { claims: { sub: '' } }, /subject/],
  ['an unknown subject', { claims: { sub: 'sub-eve' } }, /no user here/],
  ['no role', { claims: { orderplane_role: undefined } }, /without a role/],
  ['an unknown role', { claims: { orderplane_role: 'root' } }, /without a role/],
  ['a role that is an object', { claims: { orderplane_role: { trader: true } } }, /without a role/],
  ['an unknown key id', { header: { kid: 'three' } }, /not known/],
  ['the key of somebody else under a known id', { key: stranger.privateKey }, /signature/],
  ['an algorithm that is not allowed', { header: { alg: 'RS512' } }, /not allowed/],
  ['a critical header that nobody knows', { header: { crit: ['x'], x: 1 } }, /read|crit/],
] as const)('%s: refused', async (_, making, why) => {
  const made = await token(making as Making).catch((cause: unknown) => String(cause));
  expect(await verifier.verify(made)).toMatch(why);
});

test('alg none, and a public key used as a shared secret, are refused', async () => {
  const claims = { iss: ISSUER, aud: 'orderplane', sub: 'sub-ada', exp: nowSeconds() + 300, orderplane_role: 'trader' };
  expect(await verifier.verify(new UnsecuredJWT(claims).encode())).toBeTypeOf('string');
  const pem = Buffer.from(rsa.publicKey.export({ type: 'spki', format: 'pem' }));
  const confused = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(pem);
  expect(await verifier.verify(confused)).toMatch(/not allowed/);
});

test.each(['', 'x', 'a.b.c', 'a.b.c.d.e', `${'A'.repeat(7_000)}.e30.x`, 'eyJhbGciOiJSUzI1NiJ9..'])(
  'nonsense %#: refused without a word of it',
  async (text) => {
    const why = await verifier.verify(text);
    expect(why).toBeTypeOf('string');
    if (text.length > 3) expect(why).not.toContain(text);
  },
);

test('a provider gives no more than it may', async () => {
  const admin = await token({ claims: { orderplane_role: 'admin' } });
  expect(await verifier.verify(admin)).toMatchObject({ principal: { role: 'trader' } });
  const generous = await createJwtVerifier(settings({ maxRole: 'admin' }), { users: store.users, clock });
  expect(await generous.verify(admin)).toMatchObject({ principal: { role: 'admin' } });
});

test('the role may lie deep inside, or under a name with dots', async () => {
  const nested = await createJwtVerifier(settings({ roleClaim: 'realm_access.roles' }), { users: store.users, clock });
  const claims = { orderplane_role: undefined, realm_access: { roles: ['offline', 'viewer'] } };
  expect(await nested.verify(await token({ claims }))).toMatchObject({ principal: { role: 'viewer' } });
  const dotted = await createJwtVerifier(settings({ roleClaim: 'https://x.example/role' }), {
    users: store.users,
    clock,
  });
  const named = await token({ claims: { 'https://x.example/role': 'viewer' } });
  expect(await dotted.verify(named)).toMatchObject({ principal: { role: 'viewer' } });
});

test('a disabled user is nobody', async () => {
  const made = await token();
  await store.users.setDisabled('ada', clock.iso());
  expect(await verifier.verify(made)).toMatch(/disabled/);
});

test('a file with new keys is read again when a key is not in it, and a broken one stays unread', async () => {
  const next = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const made = await token({ header: { kid: 'next' }, key: next.privateKey, claims: { exp: nowSeconds() + 9_000 } });
  await writeFile(file, JSON.stringify({ keys: [await jwk(next.publicKey, 'next', 'RS256')] }));
  expect(await verifier.verify(made)).toMatch(/not known/);
  clock.advance(30_000);
  expect(await verifier.verify(made)).toMatchObject({ principal: { userId: 'ada' } });
  await writeFile(file, 'nothing');
  await expect(createJwtVerifier(settings(), { users: store.users, clock })).rejects.toThrow();
});

let server: Server | null = null;
afterEach(() => server?.close());

test('keys from an address: fetched once, and a provider that is away is no reason to refuse a token', async () => {
  let asked = 0;
  const keys = [await jwk(rsa.publicKey, 'one', 'RS256')];
  let status = 503;
  server = createServer((_, response) => {
    asked += 1;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  const remote = await createJwtVerifier(settings({ keys: address }), { users: store.users, clock });
  await expect(remote.verify(await token())).rejects.toThrow();
  status = 200;
  for (let n = 0; n < 3; n += 1) expect(await remote.verify(await token())).toMatchObject({ via: ISSUER });
  for (let n = 0; n < 5; n += 1) expect(await remote.verify(await token({ header: { kid: `x${n}` } }))).toMatch(/key/);
  expect(asked).toBe(2);
});

test('end to end: a JWT signs in, is bounded by its role, ends with its user, and is refused where none is configured', async () => {
  const jwt = await createJwtVerifier(settings(), { users: store.users, clock });
  await using world = await World.start({ jwt });
  const made = await token({ claims: { orderplane_role: 'viewer' } });
  const me = await world.query('{ me { role via user { id } } accounts { id } }', {}, made);
  expect(me.data).toEqual({
    me: { role: 'VIEWER', via: ISSUER, user: { id: 'ada' } },
    accounts: [{ id: 'acc-ada' }],
  });
  const refused = await world.query('mutation { cancelOrder(orderId: "x") { userErrors { code } } }', {}, made);
  expect(refused.data).toEqual({ cancelOrder: { userErrors: [{ code: 'FORBIDDEN' }] } });
  await store.users.setDisabled('ada', clock.iso());
  await world.query('mutation { disableUser(userId: "ada") { userErrors { code } } }', {}, 'root-admin');
  expect((await world.query('{ me { via } }', {}, made)).status).toBe(401);
  const lines = await world.store.users.auditLog({ action: 'signIn' }, { limit: 5 });
  expect(JSON.stringify(lines)).not.toContain(made.slice(-20));

  await using without = await World.start();
  expect((await without.query('{ me { via } }', {}, made)).status).toBe(401);
});
