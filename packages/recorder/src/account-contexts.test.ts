import {
  createMemoryStore,
  CredentialsError,
  generateMasterKey,
  NotFoundError,
  parseKeyRing,
  sealCredentials,
} from '@orderplane/store';
import { expect, test } from 'vitest';
import { keepAdaptersCurrent, pooledAccounts } from './account-contexts.ts';
import { accountOf } from './testing/world.ts';

const at = '2026-01-01T00:00:00.000Z';
const ring = parseKeyRing(generateMasterKey('k1'));

test('an account is opened with its credentials and their id; an unlinked one is not', async () => {
  const store = createMemoryStore({ nowMs: () => 0 });
  await store.access.createUser({ id: 'ada', name: 'ada', createdAt: at });
  for (const id of ['one', 'two'])
    await store.access.createAccount(
      accountOf(id, 'ada', 'kraken', at),
      sealCredentials(ring, 'one', { apiKey: 'k', secret: 's', passphrase: 'p' }),
    );
  const accounts = pooledAccounts(store, ring);
  expect(await accounts.load('one')).toEqual({
    context: {
      accountId: 'one',
      exchange: 'kraken',
      mode: 'PAPER',
      credentials: { apiKey: 'k', secret: 's', passphrase: 'p' },
      session: { subject: null, name: null, earlierSubjects: [null] },
    },
    credentialsId: 'initial one.1',
    sessionId: 'one.1',
  });
  expect(await accounts.credentialIds(['one', 'nobody'])).toEqual(new Map([['one', 'initial one.1']]));
  // Sealed for another account.
  await expect(accounts.load('two')).rejects.toThrow(CredentialsError);
  await store.accounts.unlink('ada', 'one', at);
  await expect(accounts.load('one')).rejects.toThrow(NotFoundError);
  await expect(accounts.load('nobody')).rejects.toThrow(NotFoundError);
});

test('adapters are refreshed again and again, also after a failure, until the end', async () => {
  const ending = new AbortController();
  const told: string[] = [];
  let refreshes = 0;
  const refresh = async (): Promise<readonly string[]> => {
    refreshes += 1;
    if (refreshes === 1) throw new Error('the database is away');
    if (refreshes === 3) ending.abort();
    return ['one'];
  };
  const log = {
    info: (_: object, text: string) => void told.push(text),
    debug: (_: object, text: string) => void told.push(text),
  };
  await keepAdaptersCurrent({ refresh }, ending.signal, log, 1);
  expect(refreshes).toBe(3);
  expect(told).toHaveLength(3);
});
