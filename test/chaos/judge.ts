import { EXCHANGE_IDS, compare, subtract } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { differences, doubledClientIds } from '../support/accounting.ts';
import { ENDED, isQuiet } from '../support/client.ts';
import type { OrderView } from '../support/client.ts';
import type { Ledger, LedgerOrder } from '../support/venue.ts';
import type { Diary } from './diary.ts';
import { journalFlaws } from './journal.ts';
import type { Journal } from './journal.ts';
import { brokenPromises } from './promises.ts';
import type { Finding } from './promises.ts';
import type { Story } from './subscribers.ts';
import { missingEnds, storyFlaws } from './telling.ts';

/** Everything there is to judge by, read when nothing moves any more. */
export interface Case {
  readonly orders: readonly OrderView[];
  readonly ledgers: Readonly<Record<ExchangeId, Ledger>>;
  readonly journal: Journal;
  readonly diary: Diary;
  readonly stories: readonly Story[];
  readonly mayBeRefused: ReadonlySet<string>;
  readonly surprised: ReadonlySet<string>;
  readonly refusing: ReadonlySet<string>;
}

export function judge(evidence: Case): readonly Finding[] {
  const { orders, ledgers, journal, stories } = evidence;
  const general = (text: string): Finding => ({ orderId: null, exchange: null, text });
  return [
    ...orders.flatMap((order) => unsettled(order, evidence.surprised)),
    ...EXCHANGE_IDS.flatMap((exchange) =>
      ledgerFindings(
        exchange,
        orders.filter((order) => order.exchange === exchange),
        ledgers[exchange],
      ),
    ),
    ...outsideFindings(evidence),
    ...journalFlaws(journal).map(general),
    ...orders.flatMap((order) => endFinding(order, journal)),
    ...brokenPromises(evidence),
    ...stories.flatMap((story) => [
      ...storyFlaws(story, journal).map(general),
      ...missingEnds(story, journal).map((accountId) =>
        general(`subscriber ${story.name} never came to the end of account ${accountId}`),
      ),
    ]),
  ];
}

const about = ({ id, exchange, state, clientOrderId }: OrderView, text: string): Finding => ({
  orderId: id,
  exchange,
  text: `${exchange} order ${id} (${clientOrderId}, ${state}) ${text}`,
});

/** Nothing is on its way. A person should look only where the exchange did what it had said it would not. */
export function isSettled(order: OrderView, surprised: ReadonlySet<string>): boolean {
  if (isQuiet(order)) return true;
  const { reconciliation, pendingRequests, state, status, legs, exchange } = order;
  return (
    reconciliation.status === 'NEEDS_ATTENTION' &&
    pendingRequests.length === 0 &&
    (ENDED.has(state) || status === 'OPEN') &&
    legs.some(({ exchangeOrderId }) => surprised.has(`${exchange} ${exchangeOrderId}`))
  );
}

function unsettled(order: OrderView, surprised: ReadonlySet<string>): readonly Finding[] {
  if (isSettled(order, surprised)) return [];
  const { status, lastError } = order.reconciliation;
  const requests = order.pendingRequests.map(({ kind }) => kind).join();
  return [about(order, `is not settled: ${status} ${requests} ${lastError ?? ''}`)];
}

/** The comparison with one exchange's ledger: orders, owners, fills with their fees, terms of what is open. */
export function ledgerFindings(exchange: ExchangeId, orders: readonly OrderView[], ledger: Ledger): readonly Finding[] {
  const ids = new Map(orders.map(({ id }) => [id, id]));
  const mentioned = (text: string): string | null => /order ([0-9a-f-]{36})/.exec(text)?.[1] ?? null;
  const compared = [...differences(orders, ledger), ...doubledClientIds(ledger)].map((text) => ({
    orderId: ids.get(mentioned(text) ?? '') ?? null,
    exchange,
    text,
  }));
  const held = new Map(ledger.orders.map((one) => [one.exchangeOrderId, one]));
  const fees = new Map(
    ledger.executions.map(({ exchangeOrderId, tradeId, fee }) => [`${exchangeOrderId} ${tradeId}`, fee]),
  );
  return [
    ...compared,
    ...orders.flatMap((order) => feeFindings(order, fees)),
    ...orders.flatMap((order) => termFindings(order, held)),
  ];
}

type Fees = ReadonlyMap<string, { readonly currency: string; readonly cost: string } | null>;

function feeFindings(order: OrderView, fees: Fees): readonly Finding[] {
  return order.fills.nodes.flatMap(({ exchangeTradeId, fee }) => {
    const known = order.legs.flatMap(
      ({ exchangeOrderId }) => fees.get(`${exchangeOrderId} ${exchangeTradeId}`) ?? [],
    )[0];
    if (known === undefined) return [];
    if (fee !== null && fee.currency === known.currency && compare(fee.cost, known.cost) === 0) return [];
    const [ours, theirs] = [fee, known].map((one) => (one === null ? 'none' : `${one.cost} ${one.currency}`));
    return [about(order, `books trade ${exchangeTradeId} with fee ${ours}, the exchange took ${theirs}`)];
  });
}

/** An open order wishes what the exchange holds: it is in sync with that, by its own account. */
function termFindings(order: OrderView, held: ReadonlyMap<string, LedgerOrder>): readonly Finding[] {
  if (order.status !== 'OPEN') return [];
  const live = order.legs.flatMap(({ exchangeOrderId }) => held.get(exchangeOrderId ?? '') ?? []);
  const current = live.find(({ status }) => status === 'OPEN' || status === 'PENDING');
  // Compared elsewhere: that there is exactly one.
  if (current === undefined) return [];
  const found: string[] = [];
  if (current.symbol !== order.symbol || current.side !== order.side)
    found.push(`is ${order.side} ${order.symbol}, the exchange holds ${current.side} ${current.symbol}`);
  for (const field of ['price', 'stopPrice'] as const) {
    const [ours, theirs] = [order[field], current[field]];
    if (ours !== null && theirs !== null && compare(ours, theirs) !== 0)
      found.push(`has ${field} ${ours}, the exchange ${theirs}`);
  }
  const rest = current.size === null ? null : subtract(current.size, current.filledSize);
  if (rest !== null && order.remainingSize !== null && compare(rest, order.remainingSize) !== 0)
    found.push(`has ${order.remainingSize} left, the exchange ${rest}`);
  return found.map((text) => about(order, text));
}

/** Orders of others are adopted once each; an own order is never mistaken for one. */
function outsideFindings({ orders, ledgers, diary }: Case): readonly Finding[] {
  const owners = new Map<string, OrderView[]>();
  for (const order of orders)
    for (const { exchangeOrderId } of order.legs) {
      const key = `${order.exchange} ${exchangeOrderId}`;
      owners.set(key, [...(owners.get(key) ?? []), order]);
    }
  const placed = new Set(
    diary.ofKind('outside').map(({ exchange, exchangeOrderId }) => `${exchange} ${exchangeOrderId}`),
  );
  return EXCHANGE_IDS.flatMap((exchange) =>
    ledgers[exchange].orders.flatMap(({ exchangeOrderId, clientId }) => {
      const key = `${exchange} ${exchangeOrderId}`;
      const found = owners.get(key) ?? [];
      const wanted = placed.has(key) ? 'EXTERNAL' : 'API';
      const distinct = new Set(found.map(({ id }) => id));
      if (distinct.size > 1)
        return [
          {
            orderId: null,
            exchange,
            text: `${exchange} ${exchangeOrderId} has the owners ${[...distinct].join(', ')}`,
          },
        ];
      // A change of an adopted order may be a new order of ours at the exchange: origin is the order's, not the leg's.
      const isWrong = placed.has(key)
        ? found[0]?.origin === 'API'
        : found[0]?.origin === 'EXTERNAL' && !isOwnLeg(found[0], exchangeOrderId);
      return found[0] !== undefined && isWrong
        ? [
            about(
              found[0],
              `has origin ${found[0].origin}, ${exchangeOrderId} (client id ${clientId}) was placed as ${wanted}`,
            ),
          ]
        : [];
    }),
  );
}

/** A later leg of an adopted order was placed by us. */
const isOwnLeg = (order: OrderView, exchangeOrderId: string): boolean =>
  order.legs.findIndex((leg) => leg.exchangeOrderId === exchangeOrderId) > 0;

/** The order is what its journal ended in; one whose time is over has ended. */
function endFinding(order: OrderView, journal: Journal): readonly Finding[] {
  const last = (journal.orders.get(order.id) ?? []).findLast(({ type }) => type !== null);
  if (last?.toState !== order.state) return [about(order, `has a journal that ends in ${last?.toState}`)];
  if (order.expiresAt !== null && !ENDED.has(order.state))
    return [about(order, `lives, its time was over at ${order.expiresAt}`)];
  if (order.state === 'FILLED' && order.remainingSize !== null && compare(order.remainingSize, '0') !== 0)
    return [about(order, `is filled and has ${order.remainingSize} left`)];
  return [];
}
