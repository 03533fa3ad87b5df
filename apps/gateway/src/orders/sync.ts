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
import { requestError } from '../server/errors.ts';

/** `syncedAt` of an account that was never synced. */
const NEVER = '1970-01-01T00:00:00.000Z';
const MAX_AGE_SECONDS = 86_400;
const DEFAULT_AGE_SECONDS = 30;

export interface SyncAnswer {
  readonly account: Account;
  readonly orders: readonly OrderRecord[];
  readonly syncedAt: string;
  readonly fresh: boolean;
  readonly complete: boolean;
  readonly adopted: number;
  readonly userErrors: readonly UserError[];
}

/** How old an answer may be, ms. Throws INVALID_INPUT. */
export function maxAgeMsOf(given: number | null | undefined): number {
  const maxAgeSeconds = given ?? DEFAULT_AGE_SECONDS;
  if (maxAgeSeconds < 0 || maxAgeSeconds > MAX_AGE_SECONDS)
    throw requestError('INVALID_INPUT', `maxAgeSeconds must be from 0 to ${MAX_AGE_SECONDS}`, ['maxAgeSeconds']);
  return maxAgeSeconds * 1_000;
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
  const asked = await askedFor(context, account, ask, 'orders');
  if ('code' in asked) return knownOrders(context, account, symbol, { userErrors: [asked] });
  const { outcome, userErrors } = asked;
  const { fresh, complete, adopted, syncedAt } = outcome;
  const said = { fresh, complete, adopted, userErrors };
  return knownOrders(context, account, symbol, syncedAt === null ? said : { ...said, syncedAt });
}

/** Has the exchange asked: what came of it, or why nobody could be told to. `what`: what is answered with then. */
export async function askedFor(
  context: GatewayContext,
  account: Account,
  ask: Pick<SyncJob, 'parts' | 'reason' | 'maxAgeMs'>,
  what: 'orders' | 'balances',
): Promise<{ readonly outcome: SyncOutcome; readonly userErrors: readonly UserError[] } | UserError> {
  const job: SyncJob = { accountId: account.id, requestedAt: context.ports.clock.iso(), ...ask };
  try {
    const outcome = await context.ports.sync.request(job, context.timeouts.syncMs);
    const problem = outcome.error ?? (outcome.fresh ? null : 'no answer');
    return { outcome, userErrors: problem === null ? [] : [unavailable(account, problem, what)] };
  } catch (cause) {
    return notAsked(context, cause, what);
  }
}

const unavailable = (account: Account, problem: string, what: string): UserError => ({
  code: 'EXCHANGE_UNAVAILABLE',
  message: `${account.exchange} could not be asked (${redactText(problem).slice(0, 300)}): these are the ${what} known so far`,
  field: null,
});

function notAsked(context: GatewayContext, cause: unknown, what: string): UserError {
  const waited = cause instanceof ResultTimeoutError;
  const expected = waited || cause instanceof QueueUnavailableError || cause instanceof QueueFullError;
  if (!expected) context.ports.log.warn({ err: cause }, 'a sync failed');
  const why = waited ? `did not end within ${context.timeouts.syncMs} ms` : 'could not be started';
  return { code: 'TIMEOUT', message: `the sync ${why}: these are the ${what} known so far`, field: null };
}
