import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterPool, PooledAccount } from '@orderplane/exchange';
import {
  NotFoundError,
  openCredentials,
  type AccessStore,
  type AccountStore,
  type KeyRing,
  type SessionStore,
} from '@orderplane/store';

type Accounts = Pick<AccountStore, 'credentials' | 'credentialIds'>;
type Sessions = Pick<SessionStore, 'active' | 'activeIds' | 'subjects'>;

/** What an adapter pool needs of the store: opens sealed credentials, for the services that call exchanges and no others. */
export const pooledAccounts = (
  store: { readonly access: AccessStore; readonly accounts: Accounts; readonly sessions: Sessions },
  keyRing: KeyRing,
) => ({
  load: async (accountId: string): Promise<PooledAccount> => {
    const account = await store.access.account(accountId);
    if (account === null) throw new NotFoundError('account', accountId);
    // The session first: if another begins in between, its id tells at the next look.
    const session = await store.sessions.active(accountId);
    const earlierSubjects = session === null ? [] : await store.sessions.subjects(accountId);
    const { id, sealed } = await store.accounts.credentials(accountId);
    const { apiKey, secret, passphrase } = openCredentials(keyRing, accountId, sealed);
    const credentials = { apiKey, secret, ...(passphrase === undefined ? {} : { passphrase }) };
    const context = { accountId, exchange: account.exchange, mode: account.mode, credentials };
    if (session === null) return { context, credentialsId: id };
    const { subject, name } = session;
    return {
      context: { ...context, session: { subject, name, earlierSubjects } },
      credentialsId: together(id, session.id),
      sessionId: session.id,
    };
  },
  credentialIds: async (accountIds: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const [credentials, sessions] = await Promise.all([
      store.accounts.credentialIds(accountIds),
      store.sessions.activeIds(accountIds),
    ]);
    return new Map([...credentials].map(([accountId, id]) => [accountId, together(id, sessions.get(accountId))]));
  },
});

/** Other credentials, or another session: another adapter. */
const together = (credentialsId: string, sessionId: string | undefined): string =>
  sessionId === undefined ? credentialsId : `${credentialsId} ${sessionId}`;

/** New credentials are taken up within this time, ms; a request that the old ones fail looks at once. */
const REFRESH_MS = 2_000;

/** Drops adapters whose credentials were replaced or destroyed, until `signal` ends it. Never throws. */
export async function keepAdaptersCurrent(
  adapters: Pick<AdapterPool, 'refresh'>,
  signal: AbortSignal,
  log: { info(fields: object, message: string): void; debug(fields: object, message: string): void },
  everyMs: number = REFRESH_MS,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    try {
      for (const accountId of await adapters.refresh()) log.info({ accountId }, 'the credentials were replaced');
    } catch (error) {
      log.debug({ err: error }, 'nothing is known of new credentials now');
    }
  }
}
