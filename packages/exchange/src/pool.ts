import type { AccountContext, ExchangeAdapter } from './adapter.ts';
import { HeldAdapter } from './held-adapter.ts';

/** One adapter per account and process: markets, sockets and nonces are shared by all calls of the account. */
export interface AdapterPool {
  /** `sessionId`: one that acts in this session at least, so that nothing is sent for whom the account was before. */
  get(accountId: string, sessionId?: string | null): Promise<ExchangeAdapter>;
  /** Forgets an adapter; calls in progress end on the old one, which is closed after the last of them. */
  drop(accountId: string): Promise<void>;
  /** Drops the adapters whose credentials or session were replaced, or whose account is gone; gives their accounts. */
  refresh(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface PooledAccount {
  readonly context: AccountContext;
  /** Which credentials these are: another id, other credentials. */
  readonly credentialsId: string;
  /** The session that it acts in. */
  readonly sessionId?: string;
}

export interface AdapterPoolOptions {
  /** Throws when the account does not exist or its credentials can't be opened. */
  readonly load: (accountId: string) => Promise<PooledAccount>;
  readonly create: (context: AccountContext) => ExchangeAdapter | Promise<ExchangeAdapter>;
  /** The ids of the credentials that these accounts have now; one that is missing is gone. */
  readonly credentialIds: (accountIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

interface Held {
  readonly adapter: HeldAdapter;
  readonly credentialsId: string;
  readonly sessionId: string | null;
}

export function createAdapterPool(options: AdapterPoolOptions): AdapterPool {
  const adapters = new Map<string, Promise<Held>>();

  const start = async (accountId: string): Promise<Held> => {
    const { context, credentialsId, sessionId = null } = await options.load(accountId);
    const isReplaced = async (): Promise<boolean> => {
      const now = (await options.credentialIds([accountId])).get(accountId);
      if (now === credentialsId) return false;
      // Whoever comes next gets one with the new credentials.
      await forget(accountId, credentialsId);
      return true;
    };
    return { adapter: new HeldAdapter(await options.create(context), isReplaced), credentialsId, sessionId };
  };
  const open = (accountId: string): Promise<Held> => {
    const opening = start(accountId);
    adapters.set(accountId, opening);
    // A failed start is not remembered: the next call tries again.
    opening.catch(() => {
      if (adapters.get(accountId) === opening) adapters.delete(accountId);
    });
    return opening;
  };
  /** Only an adapter with these credentials: another call may have put a new one there. */
  const forget = async (accountId: string, credentialsId: string): Promise<void> => {
    const held = await adapters.get(accountId)?.catch(() => null);
    if (held?.credentialsId !== credentialsId) return;
    adapters.delete(accountId);
    void held.adapter.retire();
  };
  const refresh = async (): Promise<readonly string[]> => {
    const known = await Promise.all(
      [...adapters].map(async ([accountId, opening]) => ({ accountId, held: await opening.catch(() => null) })),
    );
    const current = await options.credentialIds(known.map(({ accountId }) => accountId));
    const dropped: string[] = [];
    for (const { accountId, held } of known) {
      if (held === null || held.credentialsId === current.get(accountId)) continue;
      await forget(accountId, held.credentialsId);
      dropped.push(accountId);
    }
    return dropped;
  };
  return {
    get: async (accountId, sessionId = null) => {
      const held = await (adapters.get(accountId) ?? open(accountId));
      if (sessionId === null || held.sessionId === null || held.sessionId === sessionId) return held.adapter;
      // The order's session may also be an older one than this; then the same is loaded again, and will do.
      await forget(accountId, held.credentialsId);
      return (await (adapters.get(accountId) ?? open(accountId))).adapter;
    },
    drop: async (accountId) => {
      const held = await adapters.get(accountId)?.catch(() => null);
      adapters.delete(accountId);
      void held?.adapter.retire();
    },
    refresh,
    close: async () => {
      const all = [...adapters.values()];
      adapters.clear();
      await Promise.all(all.map((opening) => opening.then(({ adapter }) => adapter.close()).catch(() => undefined)));
    },
  };
}
