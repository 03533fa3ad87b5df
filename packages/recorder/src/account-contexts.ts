import type { AccountContext } from '@orderplane/exchange';
import { NotFoundError, openCredentials, type AccessStore, type KeyRing } from '@orderplane/store';

/** Opens the sealed credentials of an account, for the services that call exchanges and no others. */
export const accountContextLoader =
  (access: AccessStore, keyRing: KeyRing) =>
  async (accountId: string): Promise<AccountContext> => {
    const account = await access.account(accountId);
    if (account === null) throw new NotFoundError('account', accountId);
    const { apiKey, secret, passphrase } = openCredentials(
      keyRing,
      accountId,
      await access.sealedCredentials(accountId),
    );
    const credentials = { apiKey, secret, ...(passphrase === undefined ? {} : { passphrase }) };
    return { accountId, exchange: account.exchange, mode: account.mode, credentials };
  };
