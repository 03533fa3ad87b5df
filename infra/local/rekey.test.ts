import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  createPostgresStore,
  generateMasterKey,
  openCredentials,
  openIntake,
  parseKeyRing,
  sealCredentials,
} from '@orderplane/store';
import { startTestDatabase, type TestDatabase } from '@orderplane/store/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

const [old, fresh] = [generateMasterKey('old'), generateMasterKey('fresh')];
const secrets = { apiKey: 'KEY-1234', secret: 'SECRET-1234' };
const now = '2026-01-01T00:00:00.000Z';
let database: TestDatabase;
beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database.stop());

async function run(args: readonly string[], masterKey?: string, dataKey?: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'rekey.ts'), ...args], {
    env: {
      PATH: process.env['PATH'],
      ...(dataKey === undefined ? {} : { ORDERPLANE_DATA_KEY: dataKey }),
      ...(masterKey === undefined ? {} : { DATABASE_URL: database.url, ORDERPLANE_MASTER_KEY: masterKey }),
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

test('moves every envelope to the first key, counts, may be repeated, and prints no secret', async () => {
  const store = createPostgresStore({ url: database.url, poolSize: 2 });
  await store.access.createUser({ id: 'ada', name: 'ada', createdAt: now });
  const ring = parseKeyRing(old);
  const intake = await openIntake(store.accounts, ring, now);
  const COUNT = 8;
  for (let n = 0; n < COUNT; n += 1) {
    const id = `candidate-${n}`;
    const place = { exchange: 'binance', mode: 'PAPER' } as const;
    const rest = {
      userId: 'ada',
      label: id,
      sealedCredentials: '',
      createdAt: now,
      expiresAt: '2027-01-01T00:00:00.000Z',
    };
    await store.accounts.addCandidate({ id, kind: 'link', accountId: `account-${n}`, ...place, ...rest });
    const sealedCredentials = sealCredentials(ring, `account-${n}`, secrets);
    const keyFingerprint = intake.fingerprint('key', place, id);
    await store.accounts.activate(id, { sealedCredentials, keyFingerprint, venueOwner: null, at: now });
  }
  const both = `${fresh},${old}`;
  const first = await run([], both);
  expect(first.output).toContain(
    `key "fresh": ${COUNT + 1} sealed anew, 0 were already, 0 replaced meanwhile by others, 0 failed`,
  );
  expect((await run([], both)).output).toContain(`0 sealed anew, ${COUNT + 1} were already`);
  expect(first.output).not.toMatch(/KEY-1234|SECRET/);

  const { sealed, id } = await store.accounts.credentials('account-7');
  expect(openCredentials(parseKeyRing(fresh), 'account-7', sealed)).toEqual(secrets);
  // Services with both keys go on; nobody takes these for new credentials.
  expect(openCredentials(parseKeyRing(both), 'account-7', sealed)).toEqual(secrets);
  expect(id).toBe('candidate-7');

  // Of orders: nobody is encrypted here; a ring that can't be read is told by its name.
  expect((await run([], both, both)).output).toContain('data key "fresh": 0 rows sealed anew, 0 encrypted accounts');
  expect((await run([], both, 'nonsense')).output).toContain('ORDERPLANE_DATA_KEY, key 1');

  const without = await run([], old);
  expect(without.code).not.toBe(0);
  expect(without.output).toContain('do not open with any key of the ring');
  await store.close();
});

test('draws keys, and says what is missing', async () => {
  const drawn = await run(['--draw', 'k2']);
  expect([drawn.code, parseKeyRing(drawn.output.trim()).currentId]).toEqual([0, 'k2']);
  for (const [args, masterKey] of [
    [['--draw', 'a b'], undefined],
    [['--home', '/nowhere'], undefined],
    [[], 'no key at all'],
    [['--nonsense'], undefined],
  ] as const) {
    const { code, output } = await run(args, masterKey);
    expect([code > 0, output.includes('npm run rekey')]).toEqual([true, true]);
    expect(output).not.toMatch(/\n\s+at /);
  }
});
