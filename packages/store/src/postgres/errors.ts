import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { AlreadyExistsError, NotFoundError } from '../contracts.ts';

const CauseSchema = z.object({
  kind: z.string().optional(),
  originalCode: z.string().optional(),
  constraint: z.object({ index: z.string().optional(), fields: z.array(z.string()).optional() }).nullish(),
});

/** The shapes a database error comes in: a known request error (P2002, P2010, P2034), the adapter's error itself, or the driver's. */
const ErrorSchema = z.object({
  code: z.string().optional(),
  constraint: z.string().optional().catch(undefined),
  cause: CauseSchema.optional().catch(undefined),
  meta: z.object({ driverAdapterError: z.object({ cause: CauseSchema }).optional().catch(undefined) }).nullish(),
});

export interface DatabaseFailure {
  readonly kind: 'unique' | 'foreignKey' | 'conflict' | 'other';
  /** Name of the violated constraint, where the server said. */
  readonly constraint: string | null;
}

export function databaseFailure(error: unknown): DatabaseFailure {
  const parsed = ErrorSchema.safeParse(error);
  if (!parsed.success) return { kind: 'other', constraint: null };
  const { code, cause: direct, meta, constraint: named } = parsed.data;
  const cause = meta?.driverAdapterError?.cause ?? direct;
  const constraint = named ?? cause?.constraint?.index ?? cause?.constraint?.fields?.join('_') ?? null;
  const state = cause?.originalCode ?? code;
  if (code === 'P2002' || state === '23505' || cause?.kind === 'UniqueConstraintViolation') {
    return { kind: 'unique', constraint };
  }
  if (code === 'P2003' || state === '23503') return { kind: 'foreignKey', constraint };
  if (code === 'P2034' || state === '40001' || state === '40P01' || cause?.kind === 'TransactionWriteConflict') {
    return { kind: 'conflict', constraint: null };
  }
  return { kind: 'other', constraint: null };
}

/** True when the server refused the statement for what it says (SQLSTATE class 22, data, or 23, constraints): nothing of it was done. */
export const isStatementFailure = (error: unknown): boolean => {
  const parsed = ErrorSchema.safeParse(error);
  return parsed.success && /^2[23]/.test(parsed.data.code ?? '');
};

/** Tries of one statement that lost against a concurrent one (serialization failure, deadlock). */
const MAX_TRIES = 5;

/** Runs it again after a serialization failure or deadlock: the transaction was rolled back whole, so nothing happens twice. */
export async function withRetry<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt >= MAX_TRIES || databaseFailure(error).kind !== 'conflict') throw error;
      await sleep(attempt * attempt * 4);
    }
  }
}

interface WrittenIds {
  readonly orderId: string;
  readonly accountId?: string | undefined;
  readonly clientOrderId?: string | undefined;
  readonly venueOrderIds?: readonly string[];
  readonly venueClientIds?: readonly string[];
  readonly tradeIds?: readonly string[];
}

const listed = (ids: readonly string[] | undefined, fallback: string): string =>
  ids === undefined || ids.length === 0 ? fallback : ids.slice(-5).join(', ');

/** What a failed write of an order means in the words of the contract; anything else is handed back as it came. */
export function orderWriteError(error: unknown, ids: WrittenIds): unknown {
  const failure = databaseFailure(error);
  if (failure.kind === 'foreignKey') return new NotFoundError('account', ids.accountId ?? ids.orderId);
  if (failure.kind !== 'unique') return error;
  switch (failure.constraint) {
    case 'orders_account_id_client_order_id_key':
      return new AlreadyExistsError('client order id', ids.clientOrderId ?? ids.orderId);
    case 'order_leg_ids_pkey':
      return new AlreadyExistsError('venue order', listed(ids.venueOrderIds, ids.orderId));
    case 'order_legs_own_client_id_key':
      return new AlreadyExistsError('venue client id', listed(ids.venueClientIds, ids.orderId));
    case 'order_fills_account_id_symbol_exchange_order_id_trade_id_key':
      return new AlreadyExistsError('execution', listed(ids.tradeIds, ids.orderId));
    default:
      return new AlreadyExistsError('order', ids.orderId);
  }
}
