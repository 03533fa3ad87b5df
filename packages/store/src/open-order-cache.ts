import {
  ExchangeIdSchema,
  OrderSideSchema,
  OrderStatusSchema,
  OrderTypeSchema,
  TimeInForceSchema,
} from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import type { NormalizedOrder } from '@orderplane/normalization';
import type { ChainableCommander, Redis } from 'ioredis';
import { z } from 'zod';
import type { Account, OrderLedger, OrderRecord } from './contracts.ts';
import { isSealed, type PayloadVault } from './payloads/vault.ts';
import { toNormalizedOrder } from './projection.ts';

const text = z.string().nullable();
const CachedOrderSchema = z.object({
  exchange: ExchangeIdSchema,
  orderId: z.string(),
  clientOrderId: text,
  symbol: text,
  side: OrderSideSchema.nullable(),
  type: OrderTypeSchema.nullable(),
  status: OrderStatusSchema,
  size: text,
  filledSize: text,
  remainingSize: text,
  price: text,
  stopPrice: text,
  averageFilledPrice: text,
  quoteSize: text,
  filledValue: text,
  createdAt: text,
  updatedAt: text,
  expiresAt: text,
  timeInForce: TimeInForceSchema.nullable(),
  postOnly: z.boolean().nullable(),
  reduceOnly: z.boolean().nullable(),
  reason: text,
  working: z.boolean().nullable(),
}) satisfies z.ZodType<NormalizedOrder>;

/** Where an account's open orders are kept. */
export interface CacheScope {
  readonly userId: string;
  readonly exchange: ExchangeId;
  readonly accountId: string;
  /** The user has several accounts on this exchange: the account's id is part of the key. */
  readonly several: boolean;
  /** The account's privacy setting `cacheOpenOrders`: false writes nothing and removes what is there. */
  readonly enabled: boolean;
  /** `cacheVersion` of the account as it was read: after a newer one was told, nothing is written under this one. Left out: 0. */
  readonly version?: number;
  /** The account's privacy setting `encryptAtRest`: values are sealed, and without a key to seal them there are none. */
  readonly encrypted?: boolean;
}

/** `accountsOfUser`: all accounts of the account's user, linked or not. */
export const cacheScope = (account: Account, accountsOfUser: readonly Account[]): CacheScope => ({
  userId: account.userId,
  exchange: account.exchange,
  accountId: account.id,
  several:
    accountsOfUser.filter((other) => other.exchange === account.exchange && other.unlinkedAt === null).length > 1,
  enabled: account.privacy.cacheOpenOrders,
  version: account.privacy.cacheVersion ?? 0,
  encrypted: account.privacy.encryptAtRest,
});

const baseKey = (scope: CacheScope): string =>
  `orders:${scope.userId}:${scope.exchange}${scope.several ? `.${scope.accountId}` : ''}`;
/** Hash: our order id → normalized order, JSON. */
export const openOrdersKey = (scope: CacheScope): string => `${baseKey(scope)}:open`;
/** Instant of the sync that filled the hash. */
export const lastSyncKey = (scope: CacheScope): string => `${baseKey(scope)}:last_sync`;

export interface CachedOpenOrders {
  /** By our order id. */
  readonly orders: ReadonlyMap<string, NormalizedOrder>;
  readonly lastSyncedAt: string;
}

/** The least `version` of a scope that may write: no life, for a process may have been stopped for days. */
export const fenceKey = (accountId: string): string => `orders:fence:${accountId}`;
/** KEYS: fence; ARGV: version. A fence never falls. */
const RAISE_FENCE = `local fence = redis.call('GET', KEYS[1])
if not fence or tonumber(fence) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
return 1`;
/** Ends a transaction that has written the list: takes it back where the scope was older than the fence. KEYS: fence, hash, instant; ARGV: version. */
const CHECK_FENCE = `local fence = redis.call('GET', KEYS[1])
if fence and tonumber(fence) > tonumber(ARGV[1]) then redis.call('DEL', KEYS[2], KEYS[3]) end
return 1`;

/** Newest version of an order that any process has put, kept for a minute: late writes of older ones are dropped. */
const versionKey = (orderId: string): string => `orders:version:${orderId}`;
const VERSION_TTL_MS = 60_000;

/**
 * Processes tell of their commits after them, so their writes arrive in any order. KEYS: hash, version, fence; ARGV:
 * order id, version, JSON ("" when it has ended), life of the version in ms, version of the scope.
 */
const PUT = `local fence = redis.call('GET', KEYS[3])
if fence and tonumber(fence) > tonumber(ARGV[5]) then return 0 end
local seen = redis.call('GET', KEYS[2])
if seen and tonumber(seen) > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[4])
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return 1`;

/** Fields per HSET: one command of 100,000 orders would stall the server for everybody. */
const FIELDS_PER_COMMAND = 1_000;

const isOpen = (order: NormalizedOrder): boolean => order.status === 'PENDING' || order.status === 'OPEN';

/**
 * Open orders in Redis for fast reads; PostgreSQL stays the truth, and the whole cache may vanish at any moment.
 * Keys have no TTL and are replaced as a whole at every sync; single writes never undo a newer one.
 * Methods throw what Redis throws.
 */
export class OpenOrderCache {
  readonly #redis: Redis;
  readonly #vault: PayloadVault | null;

  constructor(redis: Redis, vault: PayloadVault | null = null) {
    this.#redis = redis;
    this.#vault = vault;
  }

  /**
   * One MULTI: readers see the old list or the new one, never a mixture. Orders that have ended are left out. Under a
   * scope older than the account's fence nothing stays: a sync that was under way when the cache was cleared or switched off.
   */
  async replaceAll(scope: CacheScope, records: readonly OrderRecord[], syncedAt: string): Promise<void> {
    const fence = await this.#redis.get(fenceKey(scope.accountId));
    if (Number(fence ?? 0) > (scope.version ?? 0)) return;
    const multi = this.#redis.multi();
    multi.del(openOrdersKey(scope), lastSyncKey(scope));
    // From the time before the user's second account here came or went.
    const before = { ...scope, several: !scope.several };
    multi.del(openOrdersKey(before), lastSyncKey(before));
    if (isWritten(scope, this.#vault)) {
      const fields = records.flatMap((record) => {
        const value = valueOf(scope, record, this.#vault);
        return value === null ? [] : [record.intent.orderId, value];
      });
      for (let start = 0; start < fields.length; start += 2 * FIELDS_PER_COMMAND) {
        multi.hset(openOrdersKey(scope), ...fields.slice(start, start + 2 * FIELDS_PER_COMMAND));
      }
      multi.set(lastSyncKey(scope), syncedAt);
      const keys = [fenceKey(scope.accountId), openOrdersKey(scope), lastSyncKey(scope)];
      multi.eval(CHECK_FENCE, keys.length, ...keys, scope.version ?? 0);
    }
    await execute(multi);
  }

  /** Keeps the order while it is open, removes it when it has ended. */
  async put(scope: CacheScope, record: OrderRecord): Promise<void> {
    const pipeline = this.#redis.pipeline();
    addOrder(pipeline, scope, record, this.#vault);
    if (pipeline.length > 0) await execute(pipeline);
  }

  async remove(scope: CacheScope, orderId: string): Promise<void> {
    await this.#redis.hdel(openOrdersKey(scope), orderId);
  }

  /** Null when nothing was synced yet, the cache was lost, or a value is not one of ours: rebuild, or read PostgreSQL. */
  async read(scope: CacheScope): Promise<CachedOpenOrders | null> {
    const multi = this.#redis.multi();
    multi.hgetall(openOrdersKey(scope)).get(lastSyncKey(scope));
    const [hash, lastSyncedAt] = ReadSchema.parse(await execute(multi));
    if (lastSyncedAt === null) return null;
    const orders = new Map<string, NormalizedOrder>();
    for (const [orderId, json] of Object.entries(hash)) {
      const order = parseOrder(orderId, json, this.#vault);
      if (order === null) return null;
      orders.set(orderId, order);
    }
    return { orders, lastSyncedAt };
  }

  /** From PostgreSQL. `lastSyncedAt` is the account's, for a rebuild is not a sync. Gives the number of orders. */
  async rebuild(
    scope: CacheScope,
    ledger: Pick<OrderLedger, 'openOrders' | 'find'>,
    lastSyncedAt: string,
  ): Promise<number> {
    const records = await ledger.openOrders(scope.accountId);
    await this.replaceAll(scope, records, lastSyncedAt);
    for (const orderId of await this.#overtaken(scope, records)) {
      const newest = await ledger.find(orderId);
      if (newest !== null) await this.put(scope, newest);
    }
    return records.length;
  }

  /** Orders that somebody put in a newer version while these were read. */
  async #overtaken(scope: CacheScope, records: readonly OrderRecord[]): Promise<readonly string[]> {
    const overtaken: string[] = [];
    for (let start = 0; scope.enabled && start < records.length; start += FIELDS_PER_COMMAND) {
      const part = records.slice(start, start + FIELDS_PER_COMMAND);
      const versions = await this.#redis.mget(part.map(({ intent }) => versionKey(intent.orderId)));
      part.forEach(({ intent, actual }, index) => {
        if (Number(versions[index] ?? 0) > actual.version) overtaken.push(intent.orderId);
      });
    }
    return overtaken;
  }

  /**
   * Removes what is there, and whoever has read an older scope of the account puts nothing back. To be called with the
   * scope as it is after the change that made it new.
   */
  async forget(scope: CacheScope): Promise<void> {
    const multi = this.#redis.multi();
    multi.eval(RAISE_FENCE, 1, fenceKey(scope.accountId), scope.version ?? 0);
    for (const several of [true, false])
      multi.del(openOrdersKey({ ...scope, several }), lastSyncKey({ ...scope, several }));
    await execute(multi);
  }

  async clear(scope: CacheScope): Promise<void> {
    await this.#redis.del(openOrdersKey(scope), lastSyncKey(scope));
  }
}

/** Adds the write that `put` makes to a pipeline; nothing when caching is off. */
export function addOrder(
  pipeline: ChainableCommander,
  scope: CacheScope,
  record: OrderRecord,
  vault: PayloadVault | null,
): void {
  if (!isWritten(scope, vault)) return;
  const { orderId } = record.intent;
  const value = valueOf(scope, record, vault) ?? '';
  pipeline.eval(
    PUT,
    3,
    openOrdersKey(scope),
    versionKey(orderId),
    fenceKey(scope.accountId),
    orderId,
    record.actual.version,
    value,
    VERSION_TTL_MS,
    scope.version ?? 0,
  );
}

const ReadSchema = z.tuple([z.record(z.string(), z.string()), z.string().nullable()]);

const cachePlace = (orderId: string): string => `cache:${orderId}`;

const isWritten = (scope: CacheScope, vault: PayloadVault | null): boolean =>
  scope.enabled && (scope.encrypted !== true || vault !== null);

/** What the hash holds of an order; null: it has ended. */
function valueOf(scope: CacheScope, record: OrderRecord, vault: PayloadVault | null): string | null {
  const order = toNormalizedOrder(record);
  if (!isOpen(order)) return null;
  const json = JSON.stringify(order);
  return scope.encrypted === true && vault !== null ? vault.seal(cachePlace(record.intent.orderId), json) : json;
}

function parseOrder(orderId: string, value: string, vault: PayloadVault | null): NormalizedOrder | null {
  try {
    const json = isSealed(value) ? (vault?.open(cachePlace(orderId), value) ?? '') : value;
    const parsed = CachedOrderSchema.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Replies in order; throws the first error among them, or one that says the transaction was dropped. */
export async function execute(commands: ChainableCommander): Promise<readonly unknown[]> {
  const replies = await commands.exec();
  if (replies === null) throw new Error('Redis dropped the transaction');
  return replies.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}
