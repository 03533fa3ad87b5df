import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { serveGraphql } from '../testing.ts';
import type { Request } from '../testing.ts';
import { auditCommand, tokensCommand, usersCommand } from './access.ts';

const user = { id: 'u1', name: 'Ann', createdAt: '2026-01-01T00:00:00.000Z', disabledAt: null, identities: [] };
const token = {
  id: 't1',
  prefix: 'op_1a2b3c4d',
  label: 'bot',
  role: 'TRADER',
  status: 'ACTIVE',
  createdAt: user.createdAt,
  expiresAt: null,
  user: { id: 'u1', name: 'Ann' },
};
const pageInfo = { hasNextPage: false, endCursor: null };
let close: () => Promise<void>;
let requests: Request[] = [];
let answers: Record<string, unknown> = {};
let out = '';

beforeAll(async () => {
  const server = await serveGraphql((request) => {
    requests.push(request);
    return { body: { data: answers } };
  });
  close = server.close;
  vi.stubEnv('ORDERPLANE_URL', server.connection.http);
  vi.stubEnv('ORDERPLANE_TOKEN', 'op_test');
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
});
afterAll(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await close();
});
beforeEach(() => {
  [requests, out, answers] = [[], '', {}];
});

describe('users', () => {
  it('lists, and says where more are', async () => {
    answers = { users: { nodes: [user], pageInfo: { hasNextPage: true, endCursor: 'CUR' } } };
    expect(await usersCommand([])).toBe(0);
    expect(out).toMatch(/u1 +Ann/);
    expect(out).toContain('--after CUR');
    answers = { users: { nodes: [], pageInfo } };
    await usersCommand(['list', '--first', '3']);
    expect(requests.at(-1)?.variables).toEqual({ first: 3, after: null });
  });

  it.each([
    [['create', 'Ann'], 'createUser', { input: { name: 'Ann', identity: null } }],
    [
      ['create', 'Ann', '--issuer', 'https://i', '--subject', 's'],
      'createUser',
      { input: { name: 'Ann', identity: { issuer: 'https://i', subject: 's' } } },
    ],
    [['disable', 'u1'], 'disableUser', { userId: 'u1' }],
    [['enable', 'u1'], 'enableUser', { userId: 'u1' }],
    [
      ['link', 'u1', '--issuer', 'i', '--subject', 's'],
      'linkIdentity',
      { userId: 'u1', identity: { issuer: 'i', subject: 's' } },
    ],
    [
      ['unlink', 'u1', '--issuer', 'i', '--subject', 's'],
      'unlinkIdentity',
      { userId: 'u1', identity: { issuer: 'i', subject: 's' } },
    ],
  ])('%j', async (argv, field, variables) => {
    answers = { [field]: { user, userErrors: [] } };
    expect(await usersCommand(argv)).toBe(0);
    expect(requests[0]?.query).toContain(`${field}(`);
    expect(requests[0]?.variables).toEqual(variables);
    expect(out).toContain('u1');
  });

  it.each([
    [['create']],
    [['link', 'u1']],
    [['link', 'u1', '--issuer', 'i']],
    [['destroy', 'u1']],
    [['disable', 'a', 'b']],
  ])('%j is wrongly called', async (argv) => {
    await expect(usersCommand(argv)).rejects.toMatchObject({ exitCode: 2 });
    expect(requests).toEqual([]);
  });
});

describe('tokens', () => {
  it('lists by prefix', async () => {
    answers = { apiTokens: { nodes: [token], pageInfo } };
    expect(await tokensCommand(['--prefix', 'op_1a2b3c4d'])).toBe(0);
    expect(out).toMatch(/op_1a2b3c4d +ACTIVE +TRADER +Ann \(u1\) +bot/);
  });

  it('makes one and shows it once, with its end', async () => {
    answers = { createApiToken: { token: 'op_secret', apiToken: token, userErrors: [] } };
    expect(await tokensCommand(['create', '--user', 'u1', '--role', 'trader', '--days', '30'])).toBe(0);
    expect(out).toBe('op_secret\n');
    const input = requests[0]?.variables['input'] as { expiresAt: string; role: string };
    expect(input.role).toBe('TRADER');
    expect(Date.parse(input.expiresAt)).toBeGreaterThan(Date.now() + 29 * 86_400_000);
  });

  it('revokes by prefix, also when the whole token is given, of which only the prefix is sent', async () => {
    answers = {
      apiTokens: { nodes: [token], pageInfo },
      revokeApiToken: { apiToken: token, userErrors: [] },
    };
    expect(await tokensCommand(['revoke', 'op_1a2b3c4d_SECRET'])).toBe(0);
    expect(requests[0]?.variables).toMatchObject({ prefix: 'op_1a2b3c4d' });
    expect(requests[1]?.variables).toEqual({ id: 't1' });
    expect(JSON.stringify(requests)).not.toContain('SECRET');
    answers = { apiTokens: { nodes: [], pageInfo } };
    await expect(tokensCommand(['revoke', 'op_00000000'])).rejects.toMatchObject({ exitCode: 1 });
    answers = { apiTokens: { nodes: [token, token], pageInfo } };
    await expect(tokensCommand(['revoke', 'op_1a2b3c4d'])).rejects.toThrow(/several/);
  });

  it('says what the service refused', async () => {
    answers = { revokeApiToken: { apiToken: null, userErrors: [{ code: 'NOT_FOUND', message: 'no such token' }] } };
    await expect(tokensCommand(['revoke', 't9'])).rejects.toThrow('NOT_FOUND: no such token');
  });

  it.each([
    [['create']],
    [['create', '--user', 'u', '--role', 'root']],
    [['create', '--user', 'u', '--days', '0']],
    [['revoke']],
    [['list', '--first', '0']],
  ])('%j is wrongly called', async (argv) => {
    await expect(tokensCommand(argv)).rejects.toMatchObject({ exitCode: 2 });
    expect(requests).toEqual([]);
  });
});

describe('audit', () => {
  it('prints lines for people and for machines', async () => {
    const line = {
      id: '1',
      at: user.createdAt,
      userId: null,
      via: null,
      action: 'signIn',
      target: null,
      outcome: 'UNAUTHENTICATED',
      remote: '::1',
    };
    answers = { auditLog: { nodes: [line], pageInfo } };
    expect(await auditCommand(['--user', 'u1', '--action', 'signIn'])).toBe(0);
    expect(out).toMatch(/signIn +UNAUTHENTICATED +- +- +::1 +-/);
    expect(requests[0]?.variables).toMatchObject({ filter: { userId: 'u1', action: 'signIn' } });
    out = '';
    await auditCommand(['--json']);
    expect(JSON.parse(out)).toEqual(line);
    await expect(auditCommand(['x'])).rejects.toMatchObject({ exitCode: 2 });
  });
});
