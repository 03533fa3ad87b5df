import type { AccountContext, ExchangeAdapter } from './adapter.ts';

/** One adapter per account and process: markets, sockets and nonces are shared by all calls of the account. */
export interface AdapterPool {
  get(accountId: string): Promise<ExchangeAdapter>;
  /** Forgets an adapter, e.g. after new credentials; calls in progress end on the old one. */
  drop(accountId: string): Promise<void>;
  close(): Promise<void>;
}

export interface AdapterPoolOptions {
  /** Throws when the account does not exist or its credentials can't be opened. */
  readonly load: (accountId: string) => Promise<AccountContext>;
  readonly create: (context: AccountContext) => ExchangeAdapter | Promise<ExchangeAdapter>;
}

export function createAdapterPool(options: AdapterPoolOptions): AdapterPool {
  const adapters = new Map<string, Promise<ExchangeAdapter>>();
  const open = (accountId: string): Promise<ExchangeAdapter> => {
    const opening = options.load(accountId).then((context) => options.create(context));
    adapters.set(accountId, opening);
    // A failed start is not remembered: the next call tries again.
    opening.catch(() => adapters.delete(accountId));
    return opening;
  };
  const drop = async (accountId: string): Promise<void> => {
    const adapter = adapters.get(accountId);
    adapters.delete(accountId);
    await adapter?.then((opened) => opened.close()).catch(() => undefined);
  };
  return {
    get: (accountId) => adapters.get(accountId) ?? open(accountId),
    drop,
    close: async () => {
      await Promise.all([...adapters.keys()].map(drop));
    },
  };
}
