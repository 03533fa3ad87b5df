import type { EventBody } from '@orderplane/state-machine';
import type { Intent, OrderRecord, PurgeTerms, ReconciliationRecord, Store, UnattributedFill } from '../contracts.ts';
import { accountOf, at, cancelled, changeOf, filled, intentOf, placeOpen } from './fixtures.ts';

export const DAY = 86_400;

/** Orders of a fresh account that keeps its history for so many days, and their purge. */
export async function openHistory(store: Store, id: string, historyRetentionDays: number | null) {
  const privacy = { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays };
  await store.access.createAccount(accountOf(id, { privacy }), 'sealed');
  const intent = (name: string, over: Partial<Intent> = {}): Intent =>
    intentOf(`${id}-${name}`, { accountId: id, ...over });
  /** Everything executed is read by the end of the first day; an order of these tests changes within its first minute. */
  const purge = async (over: Partial<PurgeTerms> = {}): Promise<readonly string[]> => {
    await store.observations.setFillsWatermark(id, at(DAY));
    const terms = { accountId: id, now: at(600), graceMs: 60_000, visibilityMs: 2_000, limit: 100, ...over };
    return (await store.retention.purge(terms)).orderIds.map((orderId) => orderId.slice(id.length + 1));
  };
  const change = async (
    record: OrderRecord,
    bodies: readonly EventBody[],
    reconciliation: Partial<ReconciliationRecord> = {},
  ): Promise<OrderRecord> => {
    const wanted = changeOf(record, bodies);
    const result = await store.ledger.commit({
      ...wanted,
      reconciliation: { ...wanted.reconciliation, ...reconciliation },
    });
    if (result.kind !== 'committed') throw new Error(result.kind);
    return result.record;
  };
  const openOrder = (name: string, over: Partial<Intent> = {}): Promise<OrderRecord> =>
    placeOpen(store, intent(name, over), `v-${name}`);
  /** Filled in part, then cancelled, at second 12. */
  const ended = async (name: string, reconciliation: Partial<ReconciliationRecord> = {}): Promise<OrderRecord> =>
    change(await openOrder(name), [filled(`t-${name}`, '0.4', `v-${name}`), cancelled], reconciliation);
  const fillOf = (over: Partial<UnattributedFill> = {}): UnattributedFill => ({
    accountId: id,
    symbol: 'BTC-USD',
    exchangeOrderId: 'v-a',
    exchangeTradeId: 't-new',
    clientOrderId: null,
    side: 'BUY',
    size: '0.1',
    price: '50000',
    fee: null,
    liquidity: null,
    executedAt: at(60),
    firstSeenAt: at(700),
    tries: 0,
    lastTriedAt: null,
    lastError: null,
    attributedAt: null,
    orderId: null,
    ...over,
  });
  return { intent, purge, change, openOrder, ended, fillOf };
}
