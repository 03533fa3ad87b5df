import type { ExchangeAdapter } from '@orderplane/exchange';
import type { OrderReport } from '@orderplane/normalization';
import { adopt, adoptSecond, indexRecords, keptAs, observe, type AccountKey } from '@orderplane/recorder';
import type { OrderRecord, UnattributedFill } from '@orderplane/store';
import type { SyncContext } from './context.ts';

/** Orders of executions that are asked for in one run, and how many of those were asked for before. */
const MAX_ORDERS = 20;
const MAX_AGAIN = 5;
/** Kept executions that one run looks through. */
const MAX_PENDING = 200;
/** How long before its execution an order may have been placed, as far as the look-up is concerned. */
const LOOKBACK_MS = 120_000;
const NOT_SHOWN = 'the exchange shows no such order';

/**
 * Executions that belong to no order here: their orders are asked for, whatever became of them, and adopted with them.
 * Those whose order is not found are kept, shown, and asked for again at every sync, some at a time, until one is found:
 * an execution is never dropped. Gives how many orders were adopted.
 */
export async function attributeFills(
  context: SyncContext,
  key: AccountKey,
  adapter: ExchangeAdapter,
  orphans: readonly OrderReport[],
): Promise<number> {
  const seenAt = context.clock.iso();
  const pending = await withoutPurged(context, key, await context.unattributed.pending(key.accountId, MAX_PENDING));
  const known = new Set(pending.map(nameOf));
  const fresh = orphans
    .flatMap((orphan) => orphan.fills.map((fill) => keptAs(key.accountId, fill, seenAt)))
    .filter((fill) => !known.has(nameOf(fill)));
  const groups = byOrder(fresh);
  let adopted = 0;
  for (const group of groups.slice(0, MAX_ORDERS)) if (await attribute(context, key, adapter, group)) adopted += 1;
  // More than are asked for in one run: the next ones do.
  await keep(context, key, groups.slice(MAX_ORDERS).flat());
  const rest = Math.max(0, MAX_ORDERS - groups.length);
  for (const group of again(pending).slice(0, rest)) if (await attribute(context, key, adapter, group)) adopted += 1;
  return adopted;
}

/** Known ones stay as they are. */
async function keep(
  context: SyncContext,
  { accountId }: AccountKey,
  fills: readonly UnattributedFill[],
): Promise<void> {
  const added = await context.unattributed.add(fills);
  if (added === 0) return;
  context.count('unattributedFill', added);
  context.log.warn({ accountId, added }, 'executions belong to no order that the exchange shows');
}

/** Of an order that was purged while these were looked for: they are late news of it, and wait no longer. */
async function withoutPurged(
  context: SyncContext,
  { accountId }: AccountKey,
  pending: readonly UnattributedFill[],
): Promise<readonly UnattributedFill[]> {
  if (pending.length === 0) return pending;
  const { purged } = context.recorder.ledger;
  const owners = await purged.byVenueNames(
    accountId,
    pending.map((fill) => ({
      venueOrderId: fill.exchangeOrderId,
      symbol: fill.symbol === '' ? null : fill.symbol,
      venueClientId: fill.clientOrderId,
    })),
  );
  const late = pending.flatMap((fill, index) => {
    const orderId = owners[index]?.orderId;
    return orderId === undefined ? [] : [{ orderId, fill: { ...fill, firstSeenAt: context.clock.iso() } }];
  });
  if (late.length > 0) await purged.bookLate(accountId, late);
  return pending.filter((_, index) => (owners[index] ?? null) === null);
}

type Group = readonly [UnattributedFill, ...UnattributedFill[]];

const nameOf = (fill: UnattributedFill): string =>
  JSON.stringify([fill.symbol, fill.exchangeOrderId, fill.exchangeTradeId]);

function byOrder(fills: readonly UnattributedFill[]): readonly Group[] {
  const groups = new Map<string, [UnattributedFill, ...UnattributedFill[]]>();
  for (const fill of fills) {
    const place = JSON.stringify([fill.symbol, fill.exchangeOrderId]);
    const group = groups.get(place);
    if (group === undefined) groups.set(place, [fill]);
    else group.push(fill);
  }
  return [...groups.values()];
}

/** Kept ones to ask for in this run: those that nobody has asked for yet, then some others, the longest untried first. */
function again(pending: readonly UnattributedFill[]): readonly Group[] {
  const groups = byOrder(pending);
  const untried = groups.filter(([first]) => first.tries === 0);
  return [...untried, ...groups.filter(([first]) => first.tries > 0).slice(0, MAX_AGAIN)];
}

/** True when the order was adopted for it. */
async function attribute(
  context: SyncContext,
  key: AccountKey,
  adapter: ExchangeAdapter,
  group: Group,
): Promise<boolean> {
  const [first] = group;
  if ((await ownerOf(context, key, first)) !== null) {
    await settle(context, key, group, null);
    return false;
  }
  let adopted = false;
  let problem: string | null;
  try {
    ({ adopted, problem } = await askFor(context, key, adapter, first));
  } catch (error) {
    // One order that can't be asked for must not stop the others, nor the sync.
    problem = error instanceof Error ? error.message.slice(0, 200) : String(error);
  }
  await settle(context, key, group, problem);
  return adopted;
}

interface Asked {
  readonly adopted: boolean;
  readonly problem: string | null;
}

async function askFor(
  context: SyncContext,
  key: AccountKey,
  adapter: ExchangeAdapter,
  fill: UnattributedFill,
): Promise<Asked> {
  if (fill.symbol === '') return { adopted: false, problem: 'the exchange does not say of which market it is' };
  const answer = await adapter.lookup(
    {
      symbol: fill.symbol,
      venueClientId: fill.clientOrderId ?? '',
      venueOrderId: fill.exchangeOrderId,
      since: new Date(Date.parse(fill.executedAt) - LOOKBACK_MS).toISOString(),
    },
    { timeoutMs: context.env.CALL_TIMEOUT_MS },
  );
  if (answer.order === null) return { adopted: false, problem: answer.error ?? NOT_SHOWN };
  return { adopted: await take(context, key, { source: 'lookup', ...answer }), problem: null };
}

async function ownerOf(context: SyncContext, key: AccountKey, fill: UnattributedFill): Promise<OrderRecord | null> {
  const found = await context.recorder.ledger.findByVenueIds(fill.accountId, {
    venueClientIds: fill.clientOrderId === null ? [] : [fill.clientOrderId],
    venueOrderIds: [fill.exchangeOrderId],
  });
  return indexRecords(found).find(fillsReport(key, [fill], fill.firstSeenAt));
}

/** The order as it was found is booked, or adopted: as one of its own also under the client id of an order of ours. */
async function take(context: SyncContext, key: AccountKey, report: OrderReport): Promise<boolean> {
  const observed = await observe(context.recorder, key, [report]);
  if (observed.orphans.length === 0) return observed.adopted > 0;
  const clientId = report.order?.clientOrderId ?? null;
  const ids = { venueClientIds: clientId === null ? [] : [clientId], venueOrderIds: [] };
  const original = indexRecords(await context.recorder.ledger.findByVenueIds(key.accountId, ids)).original(report);
  const adopted = await (original === null
    ? adopt(context.recorder, key, report)
    : adoptSecond(context.recorder, key, report, original));
  return adopted !== null;
}

/** Booked as well where the order's own listing lags behind; attributed is what an order has booked, the rest was a try. */
async function settle(context: SyncContext, key: AccountKey, group: Group, problem: string | null): Promise<void> {
  const at = context.clock.iso();
  if (problem === null) await observe(context.recorder, key, [fillsReport(key, group, at)]);
  const owner = problem === null ? await ownerOf(context, key, group[0]) : null;
  const booked = new Set(owner?.actual.machine.executions.map((execution) => execution.id));
  const left = group.filter((fill) => owner === null || !booked.has(fill.exchangeTradeId));
  await keep(context, key, left);
  for (const fill of left)
    await context.unattributed.tried(fill, at, problem ?? 'its order says too little to be adopted');
  if (owner === null) return;
  // Those that were never kept are simply booked.
  for (const fill of group)
    if (booked.has(fill.exchangeTradeId)) await context.unattributed.attribute(fill, owner.intent.orderId, at);
}

const fillsReport = (key: AccountKey, fills: readonly UnattributedFill[], askedAt: string): OrderReport => ({
  source: 'fills',
  order: null,
  fills: fills.map((fill) => ({
    exchange: key.exchange,
    tradeId: fill.exchangeTradeId,
    orderId: fill.exchangeOrderId,
    clientOrderId: fill.clientOrderId,
    symbol: fill.symbol === '' ? null : fill.symbol,
    side: fill.side,
    size: fill.size,
    price: fill.price,
    fee: fill.fee,
    liquidity: fill.liquidity,
    executedAt: fill.executedAt,
  })),
  fillsComplete: false,
  askedAt,
});
