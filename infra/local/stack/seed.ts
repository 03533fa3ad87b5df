import {
  AlreadyExistsError,
  createPostgresStore,
  hashToken,
  openIntake,
  parseKeyRing,
  sealCredentials,
} from '@orderplane/store';
import type { AccessStore, Store } from '@orderplane/store';
import type { Secrets } from './secrets.ts';

/** Creates what the database lacks of the home's users, tokens and paper accounts. Runs at every start; changes nothing that is there. */
export async function seed(databaseUrl: string, secrets: Secrets, now: string): Promise<void> {
  const store = createPostgresStore({ url: databaseUrl, poolSize: 2 });
  try {
    await seedUser(store.access, 'admin', secrets.admin, now);
    await seedUser(store.access, 'trader', secrets.trader, now);
    await seedAccounts(store, secrets, now);
  } finally {
    await store.close();
  }
}

/** A crash between two of these steps leaves the first done: then its repeat says that it exists. */
async function unlessThere(create: Promise<void>): Promise<void> {
  await create.catch((cause: unknown) => {
    if (!(cause instanceof AlreadyExistsError)) throw cause;
  });
}

async function seedUser(
  access: AccessStore,
  role: 'admin' | 'trader',
  user: { readonly userId: string; readonly tokenId: string; readonly token: string },
  now: string,
): Promise<void> {
  const tokenHash = hashToken(user.token);
  if ((await access.principalByTokenHash(tokenHash, now)) !== null) return;
  await unlessThere(access.createUser({ id: user.userId, name: role, createdAt: now }));
  const prefix = user.token.split('_').slice(0, 2).join('_');
  const token = { id: user.tokenId, userId: user.userId, role, tokenHash, prefix, createdAt: now, expiresAt: null };
  await unlessThere(access.createToken(token));
}

/** Accounts that were unlinked stay so. */
async function seedAccounts({ access, accounts }: Store, secrets: Secrets, now: string): Promise<void> {
  const ring = parseKeyRing(secrets.masterKey);
  const intake = await openIntake(accounts, ring, now);
  for (const { id, exchange, label, apiKey, secret, passphrase } of secrets.accounts) {
    if ((await access.account(id)) !== null) continue;
    const sealed = sealCredentials(ring, id, { apiKey, secret, ...(passphrase === undefined ? {} : { passphrase }) });
    const account = {
      id,
      userId: secrets.trader.userId,
      exchange,
      label,
      mode: 'PAPER' as const,
      halted: false,
      lastSyncedAt: null,
      createdAt: now,
      unlinkedAt: null,
      privacy: { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays: null },
      risk: {
        maxOrderNotional: null,
        maxOpenNotional: null,
        maxOpenOrders: null,
        priceCollar: null,
        rejectDuplicates: false,
      },
    };
    await unlessThere(access.createAccount(account, sealed, intake.fingerprint('key', account, apiKey)));
  }
}
