import type { Store } from '../contracts.ts';
import { createMemoryStore } from '../memory/index.ts';
import { createPostgresStore } from '../postgres/index.ts';
import { seedAccounts } from './fixtures.ts';
import { startTestDatabase } from './postgres.ts';

export interface Backend {
  readonly name: string;
  /** A fresh, seeded store; `another` process on the same one; `close` drops what they stand on. */
  readonly open: () => Promise<{
    readonly store: Store;
    readonly another: () => Store;
    readonly close: () => Promise<void>;
  }>;
}

/** Both implementations of the contracts: every test of the shared suite runs on each. */
export const BACKENDS: readonly Backend[] = [
  {
    name: 'memory',
    open: async () => {
      const store = createMemoryStore({ nowMs: () => performance.now() });
      await seedAccounts(store);
      return { store, another: () => store, close: () => store.close() };
    },
  },
  {
    name: 'postgres',
    open: async () => {
      const database = await startTestDatabase();
      const store = createPostgresStore({ url: database.url, poolSize: 20 });
      await seedAccounts(store);
      const others: Store[] = [];
      const another = (): Store => {
        const other = createPostgresStore({ url: database.url, poolSize: 10 });
        others.push(other);
        return other;
      };
      const close = async (): Promise<void> => {
        await Promise.all([store, ...others].map((one) => one.close()));
        await database.stop();
      };
      return { store, another, close };
    },
  },
];
