import type { UserError } from '@orderplane/domain';
import {
  QueueFullError,
  QueueUnavailableError,
  ResultTimeoutError,
  type SyncJob,
  type SyncOutcome,
} from '@orderplane/queues';
import { redactText } from '@orderplane/service-kit';
import type { Account, OrderRecord } from '@orderplane/store';
import type { GatewayContext } from '../server/context.ts';

/** `syncedAt` of an account that was never synced. */
const NEVER = '1970-01-01T00:00:00.000Z';

export interface SyncAnswer {
  readonly account: Account;
  readonly orders: readonly OrderRecord[];
  readonly syncedAt: string;
  readonly fresh: boolean;
  readonly complete: boolean;
  readonly adopted: number;
  readonly userErrors: readonly UserError[];
}

/** What is known without asking. */
export async function knownOrders(
  context: GatewayContext,
  account: Account,
  symbol: string | null,
  said: Partial<Omit<SyncAnswer, 'account' | 'orders'>>,
): Promise<SyncAnswer> {
  const { ledger } = context.ports;
  const orders = await (symbol === null ? ledger.openOrders(account.id) : ledger.openOrders(account.id, symbol));
  const syncedAt = said.syncedAt ?? account.lastSyncedAt;
  const asOfNow: Account = { ...account, lastSyncedAt: syncedAt };
  // The fields of the orders read their account too, and it was loaded before the exchange was asked.
  context.loaders.account.clear(account.id).prime(account.id, asOfNow);
  return {
    fresh: false,
    complete: false,
    adopted: 0,
    userErrors: [],
    ...said,
    account: asOfNow,
    orders,
    syncedAt: syncedAt ?? NEVER,
  };
}

/** Asks the exchange, then answers with what is known: also when the exchange, or whoever asks it, can't be reached. */
export async function syncedOrders(
  context: GatewayContext,
  account: Account,
  symbol: string | null,
  ask: Pick<SyncJob, 'reason' | 'maxAgeMs'>,
): Promise<SyncAnswer> {
  const job: SyncJob = { accountId: account.id, requestedAt: context.ports.clock.iso(), ...ask };
  let outcome: SyncOutcome;
  try {
    outcome = await context.ports.sync.request(job, context.timeouts.syncMs);
  } catch (cause) {
    return knownOrders(context, account, symbol, { userErrors: [notAsked(context, cause)] });
  }
  const { fresh, complete, adopted, error } = outcome;
  const problem = error ?? (fresh ? null : 'no answer');
  return knownOrders(context, account, symbol, {
    fresh,
    complete,
    adopted,
    ...(outcome.syncedAt === null ? {} : { syncedAt: outcome.syncedAt }),
    userErrors: problem === null ? [] : [unavailable(account, problem)],
  });
}

const unavailable = (account: Account, problem: string): UserError => ({
  code: 'EXCHANGE_UNAVAILABLE',
  message: `${account.exchange} could not be asked (${redactText(problem).slice(0, 300)}): these are the orders known so far`,
  field: null,
});

function notAsked(context: GatewayContext, cause: unknown): UserError {
  const waited = cause instanceof ResultTimeoutError;
  const expected = waited || cause instanceof QueueUnavailableError || cause instanceof QueueFullError;
  if (!expected) context.ports.log.warn({ err: cause }, 'a sync failed');
  const why = waited ? `did not end within ${context.timeouts.syncMs} ms` : 'could not be started';
  return { code: 'TIMEOUT', message: `the sync ${why}: these are the orders known so far`, field: null };
}
