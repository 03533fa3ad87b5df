import type { Coverage, ExchangeAdapter, Listing, Trouble } from '@orderplane/exchange';
import type { NormalizedFill, NormalizedOrder, OrderReport } from '@orderplane/normalization';
import { Folding } from '@orderplane/planner';
import { observe, record, type AccountKey } from '@orderplane/recorder';
import { currentLeg, isTerminal, type Leg } from '@orderplane/state-machine';
import type { SyncJob, SyncOutcome } from '@orderplane/queues';
import { cacheScope, type Account, type OrderRecord } from '@orderplane/store';
import type { SyncContext } from './context.ts';
import { readFills } from './read-fills.ts';
import { attributeFills } from './unattributed.ts';

/**
 * One complete look at an account: its open orders and its executions since the last look. Writes what the exchange
 * proves and records how far each read got; a failed or partial read never counts as absence.
 */
export async function syncAccount(
  context: SyncContext,
  account: Account,
  reason: SyncJob['reason'],
  onAsking: () => void = () => undefined,
): Promise<SyncOutcome> {
  const startedAt = context.clock.iso();
  const adapter = await context.adapters.get(account.id);
  // Read before asking: an order that was alive then and is missing in a complete list has to be looked up.
  const before = await context.recorder.ledger.openOrders(account.id);
  const control = { timeoutMs: context.env.CALL_TIMEOUT_MS };
  onAsking();
  const [open, { listing: fills, isWhole }] = await Promise.all([
    adapter.openOrders(control),
    readFills(context, account, adapter, before, reason),
  ]);
  const key: AccountKey = { accountId: account.id, userId: account.userId, exchange: account.exchange };

  context.crashPoint('sync:before-booking', account.exchange);
  const observed = await observe(context.recorder, key, reportsOf(open, fills));
  if (observed.late > 0) context.count('lateFill', observed.late);
  const missing = open.coverage.complete ? await markMissing(context, before, observed.seen, open) : [];
  if (observed.untold.size > 0) await context.waker.wakeMany(account.exchange, [...observed.untold], 'cancel');
  const wake = new Set([...observed.questions.map((question) => question.orderId), ...missing]);
  // Looked up at once: what follows may ask the exchange many times.
  if (wake.size > 0) await context.waker.wakeMany(account.exchange, [...wake], 'read');
  const orphans = await attributeFills(context, key, adapter, observed.orphans.filter(isSince(account.createdAt)));

  context.crashPoint('sync:after-booking', account.exchange);
  const adopted = observed.adopted + orphans;
  const complete = open.coverage.complete && fills.coverage.complete;
  await context.observations.saveSyncRun({
    id: context.newId(),
    accountId: account.id,
    reason,
    startedAt,
    finishedAt: context.clock.iso(),
    coverage: [part('open-orders', open), part('fills', fills)],
    complete,
    adopted,
    changed: observed.changed,
  });
  if (isWhole && fills.coverage.complete)
    await context.observations.setFillsWatermark(account.id, fills.coverage.askedAt);
  if (open.coverage.complete) {
    await context.access.setLastSynced(account.id, open.coverage.askedAt);
    await refreshCache(context, account, open.coverage.askedAt);
  }
  const error = open.coverage.error ?? fills.coverage.error;
  const trouble = troubleOf(open.coverage);
  if (trouble !== 'account' || !(await isReplaced(context, account.id, adapter))) {
    const isLimited = !open.coverage.complete && open.coverage.isRateLimited === true;
    await context.health.looked(account, { trouble, isLimited, error });
    await context.keys.judge(account, adapter, open.coverage);
  }
  return {
    accountId: account.id,
    syncedAt: open.coverage.complete ? open.coverage.askedAt : account.lastSyncedAt,
    fresh: open.coverage.complete,
    complete,
    adopted,
    error,
  };
}

/** That a key is refused which was replaced meanwhile says nothing of the account. */
async function isReplaced({ adapters }: SyncContext, accountId: string, adapter: ExchangeAdapter): Promise<boolean> {
  await adapters.refresh();
  return (await adapters.get(accountId)) !== adapter;
}

/** A read that had to wait for a limit says nothing about whether anybody is there. */
function troubleOf(coverage: Coverage): Trouble | null {
  if (coverage.complete) return null;
  if (coverage.keyRefused === true) return 'account';
  return coverage.trouble ?? (coverage.isRateLimited === true ? null : 'unclear');
}

const part = (name: string, listing: Listing<unknown>) => ({
  part: name,
  askedAt: listing.coverage.askedAt,
  complete: listing.coverage.complete,
  from: listing.coverage.from,
  pages: listing.coverage.pages,
  items: listing.items.length,
  error: listing.coverage.error,
});

/** One report per listed order with its executions, and one per order that is spoken of only by executions. */
function reportsOf(open: Listing<NormalizedOrder>, fills: Listing<NormalizedFill>): OrderReport[] {
  const byOrder = new Map<string, NormalizedFill[]>();
  const keyOf = (item: { readonly symbol: string | null; readonly orderId: string }): string =>
    placeOf(item.symbol, item.orderId);
  for (const fill of fills.items) byOrder.set(keyOf(fill), [...(byOrder.get(keyOf(fill)) ?? []), fill]);
  const reports: OrderReport[] = open.items.map((order) => {
    const own = byOrder.get(keyOf(order)) ?? [];
    byOrder.delete(keyOf(order));
    return { source: 'open-list', order, fills: own, fillsComplete: false, askedAt: open.coverage.askedAt };
  });
  for (const rest of byOrder.values()) {
    reports.push({ source: 'fills', order: null, fills: rest, fillsComplete: false, askedAt: fills.coverage.askedAt });
  }
  return reports;
}

/** Orders that we took for alive before the exchange was asked, and that its complete list does not show: doubt, not an end. */
async function markMissing(
  context: SyncContext,
  before: readonly OrderRecord[],
  seen: ReadonlySet<string>,
  open: Listing<NormalizedOrder>,
): Promise<string[]> {
  const listed = new Set(open.items.map((order) => placeOf(order.symbol, order.orderId)));
  const missing: string[] = [];
  for (const order of before) {
    const leg = currentLeg(order.actual.machine);
    if (leg === null) continue;
    const { orderId, spec } = order.intent;
    if (leg.phase !== 'live') {
      // In flight or in doubt: a list that does not show it proves nothing, but it is time to look.
      if (!seen.has(orderId)) missing.push(orderId);
      continue;
    }
    // A listed order is not missing; one that is only spoken of by its executions may be over.
    if (leg.venueOrderIds.some((id) => listed.has(placeOf(spec.symbol, id)))) continue;
    missing.push(orderId);
    await doubtRest(context, order, leg, open.coverage.askedAt);
  }
  return missing;
}

/** Ids of some exchanges are unique within a market only. */
const placeOf = (symbol: string | null, orderId: string): string => `${symbol ?? ''}/${orderId}`;

/** Only if the leg is still the one that was alive before the exchange was asked: a newer one could not be listed. */
async function doubtRest(context: SyncContext, order: OrderRecord, leg: Leg, askedAt: string): Promise<void> {
  await record(context.recorder, order.intent.orderId, (current, at) => {
    const now = currentLeg(current.actual.machine);
    const same = now?.venueClientId === leg.venueClientId && now.venueOrderIds.length === leg.venueOrderIds.length;
    if (!same || now.phase !== 'live' || isTerminal(current.actual.machine)) return null;
    const folding = new Folding(current.actual.machine, { at, visibilityDelayMs: 0 });
    folding.apply({ type: 'Vanished', reason: `missing in the complete list of open orders asked at ${askedAt}` });
    const folded = folding.result();
    return { machine: folded.machine, journal: folded.journal };
  });
}

/**
 * What was over before the account was linked is not its history: the same account at the exchange may have been linked
 * before, and has it in its books. An order that was open then comes with the list of open orders.
 */
const isSince =
  (linkedAt: string) =>
  (orphan: OrderReport): boolean =>
    orphan.fills.some((fill) => fill.executedAt >= linkedAt);

/**
 * The Redis hash of open orders is replaced as a whole, from PostgreSQL; losing it costs nothing. Under the settings that
 * the account had when the sync began: a cache that was cleared or switched off since then stays so.
 */
async function refreshCache(context: SyncContext, account: Account, syncedAt: string): Promise<void> {
  try {
    const scope = await context.scopes(account.id);
    if (scope === null) return;
    const then = { ...cacheScope(account, []), several: scope.several };
    await context.cache.rebuild(then, context.recorder.ledger, syncedAt);
  } catch (error) {
    context.log.debug({ err: error, accountId: account.id }, 'the open-order cache was not written');
  }
}
