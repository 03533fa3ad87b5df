import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createPostgresStore, hashToken } from '@orderplane/store';
import { startTestDatabase, type TestDatabase } from '@orderplane/store/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

let database: TestDatabase;
beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database.stop());

async function run(args: readonly string[], env: Record<string, string> = { DATABASE_URL: database.url }) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'admin.ts'), ...args], {
    env: { PATH: process.env['PATH'], ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}
const MadeSchema = z.object({
  userId: z.string(),
  tokenId: z.string(),
  token: z.string(),
  expiresAt: z.string().nullable(),
});

test('makes the first admin, whose token works and is told once; another one only when told to', async () => {
  const store = createPostgresStore({ url: database.url, poolSize: 2 });
  try {
    const first = await run(['create', 'Ann', '--days', '90', '--json']);
    const made = MadeSchema.parse(JSON.parse(first.output));
    const principal = await store.access.principalByTokenHash(hashToken(made.token), new Date().toISOString());
    expect(principal).toMatchObject({ userId: made.userId, role: 'admin' });
    expect(made.expiresAt).not.toBeNull();

    const refused = await run(['create', 'Bea']);
    expect([refused.code > 0, refused.output.includes('There is an admin already')]).toEqual([true, true]);
    const another = await run(['create', 'Bea', '--another']);
    expect(another.output).toMatch(/^op_[0-9a-f]{8}_[\w-]{43}$/m);

    const users = await store.users.page({ limit: 10 });
    expect(users.items.map(({ name }) => name).sort()).toEqual(['Ann', 'Bea']);
    const { items: lines } = await store.users.auditLog({ action: 'createAdmin' }, { limit: 10 });
    expect(lines.map(({ target }) => target)).toContain(`${made.userId} ${made.tokenId}`);
    expect(JSON.stringify(lines.map(({ target }) => target))).not.toContain(made.token);

    // A disabled admin is none.
    for (const { id } of users.items) await store.users.setDisabled(id, new Date().toISOString());
    expect((await run(['create', 'Cid'])).code).toBe(0);
  } finally {
    await store.close();
  }
});

test.each([[['create']], [['create', 'Ann', '--days', '0']], [['create', 'Ann', 'Bea']]])(
  '%j is not understood, and says what is',
  async (args) => {
    const { code, output } = await run(args);
    expect([code > 0, output.includes('npm run admin -- create NAME')]).toEqual([true, true]);
  },
);

test('without a database it says what is missing', async () => {
  const { code, output } = await run(['create', 'Ann'], {});
  expect([code > 0, output.includes('DATABASE_URL')]).toEqual([true, true]);
});
