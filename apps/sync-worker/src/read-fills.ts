import type { ExchangeAdapter, Listing } from '@orderplane/exchange';
import type { NormalizedFill } from '@orderplane/normalization';
import type { SyncJob } from '@orderplane/queues';
import type { Account, OrderRecord } from '@orderplane/store';
import type { SyncContext } from './context.ts';

/** Executions are read from a little before the last complete read: exchanges may show them late. */
const OVERLAP_MS = 120_000;
/** All markets of an account are asked about at least this often, where executions are listed market by market. */
const ALL_MARKETS_EVERY_MS = 60_000;
/** Of those in which the account ever had an order, the latest: a bound on the requests of one look. */
const MOST_MARKETS = 40;
/** Executions without an order whose markets are asked about too. */
const MOST_KEPT = 20;
/** What the stream would have told may have been missed. */
const AFTER_A_GAP: ReadonlySet<SyncJob['reason']> = new Set(['stream-connected', 'takeover', 'forced']);

export interface FillsRead {
  readonly listing: Listing<NormalizedFill>;
  /** Everything that the account executed up to now is in it: the next read may begin here. */
  readonly isWhole: boolean;
}

/**
 * Executions since the last whole read. Some exchanges list them market by market: asking about the markets of open
 * orders is enough for those, but an order that somebody else placed and that was filled at once, or the late execution
 * of an ended one, happens in a market where nothing is open. So all markets of the account are asked about after every
 * gap of the stream and once a minute, and only then the beginning of the next read moves on. Executions in a market
 * where the account never had an order are told by the stream alone: no such exchange lists the markets of an account.
 */
export async function readFills(
  context: SyncContext,
  account: Account,
  adapter: ExchangeAdapter,
  before: readonly OrderRecord[],
  reason: SyncJob['reason'],
): Promise<FillsRead> {
  const read = await context.observations.fillsWatermark(account.id);
  const readMs = Date.parse(read ?? account.createdAt);
  const open = before.map((order) => order.intent.spec.symbol);
  const isDue =
    read === null || AFTER_A_GAP.has(reason) || context.clock.now().getTime() - readMs >= ALL_MARKETS_EVERY_MS;
  const isByMarket = adapter.capabilities.executionsByMarket === true;
  const others = isByMarket && isDue ? await otherMarkets(context, account.id) : [];
  const from = new Date(readMs - OVERLAP_MS).toISOString();
  const symbols = [...new Set([...open, ...others])];
  const listing = await adapter.fills(from, symbols, { timeoutMs: context.env.CALL_TIMEOUT_MS });
  return { listing, isWhole: !isByMarket || isDue };
}

async function otherMarkets(context: SyncContext, accountId: string): Promise<readonly string[]> {
  const [known, kept] = await Promise.all([
    context.recorder.ledger.marketsOf(accountId, MOST_MARKETS),
    context.unattributed.pending(accountId, MOST_KEPT),
  ]);
  return [...known, ...kept.flatMap(({ symbol }) => (symbol === '' ? [] : [symbol]))];
}
