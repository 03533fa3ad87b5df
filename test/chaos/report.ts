import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import type { OrderView } from '../support/client.ts';
import type { Ledger, ReceivedRequest } from '../support/venue.ts';
import type { Diary } from './diary.ts';
import type { Journal, JournalLine, longestDoubt } from './journal.ts';
import type { Finding } from './promises.ts';
import type { Settling } from './settle.ts';
import type { Story } from './subscribers.ts';
import type { ChaosWorld } from './world.ts';

/** What a run tells: the figures, and for every finding whatever helps to understand it. */

export interface Summary {
  readonly seed: number;
  readonly stormSeconds: number;
  readonly secondsToConverge: number;
  readonly orders: number;
  readonly ordersByExchange: Readonly<Record<string, number>>;
  readonly ordersByState: Readonly<Record<string, number>>;
  readonly fills: number;
  readonly outcomesUnknown: number;
  readonly longestDoubtMs: number;
  readonly longestDoubtOf: string | null;
  readonly requestsRepeated: number;
  readonly updatesTold: number;
  readonly subscriberConnections: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly endsOfProcesses: Readonly<Record<string, number>>;
  readonly findings: number;
}

interface Figures {
  readonly seed: number;
  readonly stormMs: number;
  readonly settling: Settling;
  readonly orders: readonly OrderView[];
  readonly ledgers: Readonly<Record<ExchangeId, Ledger>>;
  readonly diary: Diary;
  readonly stories: readonly Story[];
  readonly ends: Readonly<Record<string, number>>;
  readonly doubt: ReturnType<typeof longestDoubt>;
  readonly findings: readonly Finding[];
}

const tally = (names: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...Map.groupBy(names, (name) => name)]
      .map(([name, all]): [string, number] => [name, all.length])
      .sort(([a], [b]) => a.localeCompare(b)),
  );

export function summarize({ orders, diary, stories, settling, doubt, ...rest }: Figures): Summary {
  const chapters = stories.flatMap((story) => story.chapters);
  return {
    seed: rest.seed,
    stormSeconds: rest.stormMs / 1_000,
    secondsToConverge: Math.round(settling.convergedMs / 1_000),
    orders: orders.length,
    ordersByExchange: tally(orders.map(({ exchange }) => exchange)),
    ordersByState: tally(orders.map(({ state }) => state)),
    fills: EXCHANGE_IDS.reduce((sum, exchange) => sum + rest.ledgers[exchange].executions.length, 0),
    outcomesUnknown: doubt.doubts,
    longestDoubtMs: doubt.ms,
    longestDoubtOf: doubt.orderId,
    requestsRepeated: diary.deeds.reduce((sum, deed) => sum + ('doubts' in deed ? deed.doubts : 0), 0),
    updatesTold: chapters.reduce((sum, { updates }) => sum + updates.length, 0),
    subscriberConnections: chapters.length,
    counts: diary.counts,
    endsOfProcesses: rest.ends,
    findings: rest.findings.length,
  };
}

/** The summary as lines of two columns. */
export function tableOf(summary: Summary): string {
  const rows = Object.entries(summary).flatMap(([name, value]: [string, unknown]): [string, string][] => {
    const label = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    if (typeof value !== 'object' || value === null) return [[label, String(value)]];
    return [[label, ''], ...Object.entries(value).map(([key, one]): [string, string] => [`  ${key}`, String(one)])];
  });
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join('\n');
}

const MOST_DESCRIBED = 8;
const LOG_LINES = 40;

export async function describeFindings(
  world: ChaosWorld,
  findings: readonly Finding[],
  orders: readonly OrderView[],
  journal: Journal,
  diary: Diary,
): Promise<string> {
  if (findings.length === 0) return '';
  const ids = [...new Set(findings.flatMap(({ orderId }) => orderId ?? []))].slice(0, MOST_DESCRIBED);
  const wrong = ids.flatMap((id) => orders.find((order) => order.id === id) ?? []);
  const described: string[] = [];
  for (const order of wrong) {
    const requests = await world.venue.requests(order.exchange).catch(() => []);
    described.push(describeOrder(order, journal.orders.get(order.id) ?? [], requests, diary));
  }
  const logs = world.stack.info.processes
    .filter(({ name }) => !['redis', 'postgres'].includes(name))
    .map(({ name }) => `--- the end of ${name}'s log\n${world.stack.logTail(name, LOG_LINES).join('\n')}`);
  return [...described, ...logs].join('\n\n');
}

const time = (ms: number): string => new Date(ms).toISOString().slice(11, 23);

function describeOrder(
  order: OrderView,
  lines: readonly JournalLine[],
  requests: readonly ReceivedRequest[],
  diary: Diary,
): string {
  const clientIds = new Set(order.legs.map(({ venueClientId }) => venueClientId));
  const exchangeIds = new Set(order.legs.map(({ exchangeOrderId }) => exchangeOrderId));
  const own = requests.filter(
    ({ clientId, orderId }) => clientIds.has(clientId ?? '') || exchangeIds.has(orderId ?? ''),
  );
  const deeds = diary.deeds.filter((deed) => 'orderId' in deed && deed.orderId === order.id);
  return [
    `=== ${order.exchange} order ${order.id} (${order.clientOrderId})`,
    JSON.stringify(order),
    '--- what its client did',
    ...deeds.map((deed) => JSON.stringify(deed)),
    '--- journal',
    ...lines.map(
      ({ position, type, fromState, toState, source, reason, atMs }) =>
        `${time(atMs)} ${position} ${type ?? '(not told)'} ${fromState} → ${toState} by ${source} ${reason ?? ''}`,
    ),
    '--- requests that the exchange received',
    ...own.map(
      ({ at, kind, clientId, orderId, fault, status }) =>
        `${at.slice(11, 23)} ${kind} client id ${clientId} order ${orderId} fault ${fault ?? 'none'} → ${status}`,
    ),
  ].join('\n');
}
