import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualClock } from '@orderplane/service-kit';
import { createMemoryStore } from '@orderplane/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentId } from './documents/documents.ts';
import { readGatewayEnvironment } from './environment.ts';
import { readPolicy } from './read-policy.ts';

const NEEDED = { DATABASE_URL: 'postgresql://u@h/d', REDIS_URL: 'redis://h' };
const ports = { users: createMemoryStore({ nowMs: () => 0 }).users, clock: manualClock() };
const read = (variables: Record<string, string>) =>
  readPolicy(readGatewayEnvironment({ ...NEEDED, ...variables }), ports);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'orderplane-policy-'));
});
afterAll(() => rm(directory, { recursive: true }));
const file = async (name: string, content: string): Promise<string> => {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
};

test('nothing said: tokens only, any document, no pages, no proxies', async () => {
  expect(await read({})).toMatchObject({
    corsOrigins: [],
    trustedProxies: [],
    introspection: true,
    documents: { isAllowList: false },
    jwt: null,
  });
});

test.each([
  ['CORS_ORIGINS', 'https://desk.example/'],
  ['CORS_ORIGINS', '*'],
  ['TRUSTED_PROXIES', '10.0.0.0/33'],
  ['TRUSTED_PROXIES', 'proxy.local'],
  ['INTROSPECTION', 'maybe'],
  ['DOCUMENTS', 'some'],
  ['JWT_ALGORITHMS', 'HS256'],
  ['JWT_ALGORITHMS', 'RS256,none'],
  ['JWT_KEYS', 'http://id.example/jwks'],
  ['JWT_MAX_ROLE', 'root'],
  ['JWT_CLOCK_SKEW_SECONDS', '3600'],
  ['LIMIT_REQUESTS_PER_SECOND', '0'],
  ['LIMIT_CONNECTIONS_PER_TOKEN', 'many'],
])('%s=%s is refused with its name', async (name, value) => {
  expect(() => readGatewayEnvironment({ ...NEEDED, [name]: value })).toThrow(name);
});

test('half an identity provider is none: what is missing is named', async () => {
  await expect(read({ JWT_ISSUER: 'https://id.example' })).rejects.toThrow(/JWT_AUDIENCE[\s\S]*JWT_KEYS/);
  const keys = await file('broken.json', '{"keys": 1}');
  const all = { JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'orderplane' };
  await expect(read({ ...all, JWT_KEYS: keys })).rejects.toThrow(/JWT_KEYS/);
  const good = await file('good.json', '{"keys": []}');
  expect((await read({ ...all, JWT_KEYS: good })).jwt).not.toBeNull();
});

test('a manifest in either format, and a wrong one stops the start', async () => {
  const text = '{ accounts { id } }';
  const id = documentId(text);
  const manifest = (content: unknown) => file('manifest.json', JSON.stringify(content));
  const only = async (content: unknown) =>
    (await read({ DOCUMENTS: 'manifest-only', DOCUMENTS_MANIFEST: await manifest(content) })).documents;
  const operations = [{ id, name: 'x', type: 'query', body: text }];
  for (const content of [
    { [id]: text },
    { [`sha256:${id}`]: text },
    { format: 'apollo-persisted-query-manifest', version: 1, operations },
  ])
    expect(await only(content)).toEqual({ isAllowList: true, texts: new Map([[id, text]]) });
  await expect(only({ [id]: `${text} ` })).rejects.toThrow(/SHA-256/);
  await expect(only({ [documentId('{')]: '{' })).rejects.toThrow(/can not be read/);
  await expect(only([])).rejects.toThrow(/is not a manifest/);
  await expect(read({ DOCUMENTS: 'manifest-only' })).rejects.toThrow(/DOCUMENTS_MANIFEST is missing/);
  await expect(read({ DOCUMENTS_MANIFEST: join(directory, 'nowhere') })).rejects.toThrow(/can not be read/);
});
