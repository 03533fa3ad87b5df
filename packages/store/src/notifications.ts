import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { CommitResult, OrderRecord } from './contracts.ts';
import { addOrder, execute } from './open-order-cache.ts';
import type { CacheScope } from './open-order-cache.ts';
import type { PayloadVault } from './payloads/vault.ts';

/** Channel of wake-ups for readers of an account's journal. */
export const journalChannel = (accountId: string): string => `orderplane:journal:${accountId}`;

/** Only a wake-up: the reader takes the lines from PostgreSQL, so a lost or repeated one does no harm. Cursors in decimal. */
export const JournalWakeUpSchema = z.object({
  accountId: z.string(),
  orderId: z.string(),
  firstCursor: z.string().regex(/^\d{1,18}$/),
  lastCursor: z.string().regex(/^\d{1,18}$/),
  /** While somebody traces: the trace that changed an order, by order id. */
  traces: z.record(z.string(), z.string()).exactOptional(),
});
export type JournalWakeUp = z.infer<typeof JournalWakeUpSchema>;

/** Null for text that is not a wake-up. */
export function parseJournalWakeUp(message: string): JournalWakeUp | null {
  try {
    const parsed = JournalWakeUpSchema.safeParse(JSON.parse(message));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

interface Told {
  /** Newest state of each order, and where it is cached. */
  readonly orders: Map<string, { readonly scope: CacheScope; readonly record: OrderRecord }>;
  /** Newest line of each account. */
  readonly wakeUps: Map<string, JournalWakeUp>;
  /** By account, then by order. */
  readonly traces: Map<string, Record<string, string>>;
  readonly done: Promise<void>;
}

/**
 * Tells Redis what PostgreSQL has committed: the cached open order and the wake-up, in one round trip for all commits
 * of one turn of the event loop. Never throws: the commit stands whether or not Redis lives, the cache is replaced at
 * the next sync, and readers poll as well.
 */
export class CommitNotifier {
  readonly #redis: Redis;
  readonly #onError: (error: unknown) => void;
  readonly #vault: PayloadVault | null;
  #failures = 0;
  #next: Told | null = null;

  /** Give it a client with `enableOfflineQueue: false`, so that a dead Redis costs nothing here. */
  constructor(
    redis: Redis,
    onError: (error: unknown) => void = () => undefined,
    vault: PayloadVault | null | undefined = null,
  ) {
    this.#redis = redis;
    this.#vault = vault;
    this.#onError = onError;
  }

  /** Notifications that Redis did not take since the start. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Call after every place and commit. `scope` null: no cache entry, only the wake-up. `trace`: the traceparent of whoever
   * committed, where somebody traces. Resolves when Redis was told.
   */
  committed(result: CommitResult, scope: CacheScope | null, trace: string | null = null): Promise<void> {
    if (result.kind !== 'committed') return Promise.resolve();
    const { record, firstCursor, lastCursor } = result;
    const { accountId, orderId } = record.intent;
    const told = (this.#next ??= this.#gather());
    const known = told.orders.get(orderId);
    if (scope !== null && (known === undefined || known.record.actual.version < record.actual.version)) {
      told.orders.set(orderId, { scope, record });
    }
    const before = told.wakeUps.get(accountId);
    if (
      firstCursor !== null &&
      lastCursor !== null &&
      (before === undefined || BigInt(before.lastCursor) < lastCursor)
    ) {
      const first = before === undefined ? firstCursor.toString() : before.firstCursor;
      told.wakeUps.set(accountId, { accountId, orderId, firstCursor: first, lastCursor: lastCursor.toString() });
    }
    if (trace !== null) told.traces.set(accountId, { ...told.traces.get(accountId), [orderId]: trace });
    return told.done;
  }

  #gather(): Told {
    const turn = Promise.withResolvers<void>();
    setImmediate(turn.resolve);
    const orders: Told['orders'] = new Map();
    const wakeUps: Told['wakeUps'] = new Map();
    const traces: Told['traces'] = new Map();
    const done = turn.promise.then(() => {
      this.#next = null;
      return this.#tell({ orders, wakeUps, traces });
    });
    return { orders, wakeUps, traces, done };
  }

  async #tell({ orders, wakeUps, traces }: Omit<Told, 'done'>): Promise<void> {
    try {
      const pipeline = this.#redis.pipeline();
      for (const { scope, record } of orders.values()) addOrder(pipeline, scope, record, this.#vault);
      for (const wakeUp of wakeUps.values()) {
        const traced = traces.get(wakeUp.accountId);
        const message = traced === undefined ? wakeUp : { ...wakeUp, traces: traced };
        pipeline.publish(journalChannel(wakeUp.accountId), JSON.stringify(message));
      }
      if (pipeline.length > 0) await execute(pipeline);
    } catch (error) {
      this.#failures += 1;
      this.#onError(error);
    }
  }
}
