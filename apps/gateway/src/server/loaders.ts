import DataLoader from 'dataloader';
import {
  PAGE_LIMIT,
  type Account,
  type AccountHealthRecord,
  type DeadMansSwitch,
  type EventPage,
  type ExchangeSession,
  type OrderGroup,
  type OrderRecord,
  type Principal,
} from '@orderplane/store';
import type { Ports } from '../ports.ts';

export interface EventsRequest {
  readonly orderId: string;
  readonly limit: number;
  readonly after: string | null;
}

/** Reads of one request, joined: a list of orders reads its accounts once, and the journals of its orders together. */
export interface Loaders {
  /** Null for an account of somebody else. */
  readonly account: DataLoader<string, Account | null>;
  /** Null: nothing is known of it. Asked for accounts that the caller sees. */
  readonly accountHealth: DataLoader<string, AccountHealthRecord | null>;
  /** Null: it never had one. Asked for accounts that the caller sees. */
  readonly deadMansSwitch: DataLoader<string, DeadMansSwitch | null>;
  readonly events: DataLoader<EventsRequest, EventPage, string>;
  /** Null for a session of somebody else. */
  readonly session: DataLoader<string, ExchangeSession | null>;
  /** Of an account that the caller sees; null: unlinked. */
  readonly activeSession: DataLoader<string, ExchangeSession | null>;
  /** Null for a group of somebody else. */
  readonly group: DataLoader<string, OrderGroup | null>;
  /** Orders of a group, in the order in which they were placed. */
  readonly groupOrders: DataLoader<string, readonly OrderRecord[]>;
}

export function createLoaders(ports: Ports, principal: Principal, cache: boolean): Loaders {
  return {
    account: new DataLoader(
      async (ids) => {
        const known = new Map(
          (await ports.access.accountsOfUser(principal.userId)).map((account) => [account.id, account]),
        );
        return ids.map((id) => known.get(id) ?? null);
      },
      { cache },
    ),
    accountHealth: new DataLoader(
      async (ids) => {
        const rows = await ports.observations.accountHealth(ids);
        const known = new Map(rows.map((row) => [row.accountId, row]));
        return ids.map((id) => known.get(id) ?? null);
      },
      { cache },
    ),
    deadMansSwitch: new DataLoader(
      async (ids) => {
        const known = new Map((await ports.deadMansSwitches.of(ids)).map((one) => [one.accountId, one]));
        return ids.map((id) => known.get(id) ?? null);
      },
      { cache },
    ),
    session: new DataLoader((ids) => readSessions(ports, principal, ids), { cache }),
    activeSession: new DataLoader(
      async (accountIds) => {
        const active = await ports.sessions.activeIds(accountIds);
        const sessions = await readSessions(ports, principal, [...active.values()]);
        const known = new Map(sessions.flatMap((one) => (one === null ? [] : [[one.accountId, one] as const])));
        return accountIds.map((id) => known.get(id) ?? null);
      },
      { cache },
    ),
    group: new DataLoader(
      async (ids) => {
        const groups = await ports.groups.byIds(principal.userId, ids);
        const known = new Map(groups.map((group) => [group.groupId, group]));
        return ids.map((id) => known.get(id) ?? null);
      },
      { cache },
    ),
    groupOrders: new DataLoader(
      async (ids) => {
        const orders = await ports.groups.membersOf(principal.userId, ids);
        const byGroup = Map.groupBy(orders, ({ intent }) => intent.groupId ?? '');
        return ids.map((id) => byGroup.get(id) ?? []);
      },
      { cache },
    ),
    events: new DataLoader((requests) => readEvents(ports, requests), {
      cache,
      cacheKeyFn: ({ orderId, limit, after }) => `${pageKey(orderId, after)} ${limit}`,
    }),
  };
}

async function readSessions(
  { sessions }: Ports,
  { userId }: Principal,
  ids: readonly string[],
): Promise<(ExchangeSession | null)[]> {
  const known = new Map((await sessions.byIds(userId, ids)).map((session) => [session.id, session]));
  return ids.map((id) => known.get(id) ?? null);
}

/**
 * One read for each cursor, page size and 200 orders. An order is read once, with the largest page that is asked of it:
 * its latency and its events are often asked together.
 */
async function readEvents({ queries }: Ports, requests: readonly EventsRequest[]): Promise<EventPage[]> {
  const reads = [...Map.groupBy(requests, ({ after }) => after)].flatMap(([after, together]) => {
    const largest = new Map<string, number>();
    for (const { orderId, limit } of together) largest.set(orderId, Math.max(limit, largest.get(orderId) ?? 0));
    const byLimit = Map.groupBy(largest.keys(), (orderId) => largest.get(orderId) ?? 0);
    return [...byLimit].flatMap(([limit, orderIds]) =>
      chunks(orderIds, PAGE_LIMIT).map(async (ids) => {
        const pages = await queries.firstEvents(ids, limit, after ?? undefined);
        return [...pages].map(([orderId, page]) => [pageKey(orderId, after), page] as const);
      }),
    );
  });
  const pages = new Map((await Promise.all(reads)).flat());
  return requests.map(({ orderId, limit, after }) => {
    const page = pages.get(pageKey(orderId, after)) ?? { items: [], hasNext: false };
    return page.items.length <= limit ? page : { items: page.items.slice(0, limit), hasNext: true };
  });
}

const pageKey = (orderId: string, after: string | null): string => `${orderId} ${after ?? ''}`;

const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
