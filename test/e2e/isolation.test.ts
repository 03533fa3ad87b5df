import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { differences } from '../support/accounting.ts';
import { allOrders, eventually, isQuiet, ordersOf, placeOrder, readOrder, request } from '../support/client.ts';
import type { Endpoint, OrderView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { openSystem } from '../support/system.ts';
import type { Exchange, System } from '../support/system.ts';
import { watch, watchOrders } from '../support/watch.ts';
import { nothing, OF_ADMINS, probes, type Belongings } from './isolation-probes.ts';

/** Two users made by an admin trade at once; what one has looks to the other, in every way of asking, as if it did not exist. */
const PLACES = ['binance', 'kraken'] as const satisfies readonly Exchange[];

interface User {
  readonly endpoint: Endpoint;
  readonly userId: string;
  readonly accounts: ReadonlyMap<Exchange, string>;
}
let system: System;
let [ann, ben]: User[] = [];
const desks = new Map<Exchange, Desk>();

beforeAll(async () => {
  system = await openSystem();
  for (const exchange of PLACES) desks.set(exchange, await openDesk(system, exchange));
  [ann, ben] = [await newUser('Ann'), await newUser('Ben')];
});
afterAll(() => system?.stop());

const both = (): readonly [User, User] => {
  if (ann === undefined || ben === undefined) throw new Error('no users');
  return [ann, ben];
};
const deskOf = (exchange: Exchange): Desk => {
  const desk = desks.get(exchange);
  if (desk === undefined) throw new Error(`no desk at ${exchange}`);
  return desk;
};

async function newUser(name: string): Promise<User> {
  const { createUser } = await request<{ createUser: { user: { id: string } } }>(
    system.admin,
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } userErrors { code } } }',
    { input: { name } },
  );
  const userId = createUser.user.id;
  const endpoint = { http: system.admin.http, token: await newToken(userId) };
  const accounts = new Map<Exchange, string>();
  for (const exchange of PLACES) {
    const { linkAccount } = await request<{ linkAccount: { account: { id: string } } }>(
      endpoint,
      'mutation ($input: LinkAccountInput!) { linkAccount(input: $input) { account { id } userErrors { code message } } }',
      { input: { exchange, label: `${name} ${exchange}`, mode: 'PAPER' } },
    );
    accounts.set(exchange, linkAccount.account.id);
  }
  return { endpoint, userId, accounts };
}

async function newToken(userId: string, role = 'TRADER'): Promise<string> {
  const { createApiToken } = await request<{ createApiToken: { token: string } }>(
    system.admin,
    'mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { token userErrors { code } } }',
    { input: { userId, role } },
  );
  return createApiToken.token;
}

const accountOf = ({ accounts }: User, exchange: Exchange): string => accounts.get(exchange) ?? '';
const buy = (exchange: Exchange, factor: string) => {
  const market = deskOf(exchange).market('BTC');
  const { symbol, size } = market;
  return { symbol, side: 'BUY', type: 'LIMIT', size, price: market.at(factor) };
};

const PROBES = () => probes((factor) => buy('binance', factor));

async function placed(user: User, exchange: Exchange, factor: string): Promise<OrderView> {
  const input = { accountId: accountOf(user, exchange), ...buy(exchange, factor) };
  const { order, userErrors } = await placeOrder(user.endpoint, input);
  if (order === null) throw new Error(JSON.stringify(userErrors));
  return order;
}

/** One of everything that has an id, on Binance. */
async function belongings(user: User): Promise<Belongings> {
  const accountId = accountOf(user, 'binance');
  const { id } = await placed(user, 'binance', '0.9');
  const order = await eventually(
    () => readOrder(user.endpoint, id),
    (one) => one !== null && isQuiet(one) && one.exchangeOrderId !== null,
    'the order rests',
  );
  const legs = ['0.8', '0.7'].map((factor) => ({ accountId, ...buy('binance', factor) }));
  const trigger = { direction: 'AT_OR_BELOW', price: deskOf('binance').market('BTC').at('0.1') };
  const made = await request<{
    placeOrderGroup: { group: { id: string } };
    createAlert: { alert: { id: string } };
  }>(
    user.endpoint,
    `mutation ($group: PlaceOrderGroupInput!, $alert: CreateAlertInput!) {
      placeOrderGroup(input: $group) { group { id } userErrors { message } }
      createAlert(input: $alert) { alert { id } userErrors { message } } }`,
    {
      group: { kind: 'OCO', orders: legs },
      alert: { accountId, symbol: deskOf('binance').market('BTC').symbol, trigger },
    },
  );
  const cursors = await request<{
    orders: { pageInfo: { endCursor: string } };
    order: { events: { nodes: { cursor: string }[] } };
  }>(
    user.endpoint,
    'query ($id: ID!) { orders(first: 1) { pageInfo { endCursor } } order(id: $id) { events(first: 1) { nodes { cursor } } } }',
    { id },
  );
  return {
    accountId,
    orderId: id,
    clientOrderId: order?.clientOrderId ?? '',
    exchangeOrderId: order?.exchangeOrderId ?? '',
    groupId: made.placeOrderGroup.group.id,
    alertId: made.createAlert.alert.id,
    orderCursor: cursors.orders.pageInfo.endCursor,
    eventCursor: cursors.order.events.nodes[0]?.cursor ?? '',
  };
}

async function ask({ http, token }: Endpoint, query: string, variables: Record<string, unknown>): Promise<string> {
  const response = await fetch(http, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(30_000),
  });
  return `${response.status} ${await response.text()}`;
}
/** The answer without the ids that were asked for. */
const masked = (answer: string, of: Belongings): string =>
  Object.values<string>({ ...of }).reduce((text, id) => (id === '' ? text : text.replaceAll(id, 'ID')), answer);

test('every field that takes an id is asked below', async () => {
  const INTROSPECTION = `{ __schema { queryType { fields { name args { ...a } } } mutationType { fields { name args { ...a } } }
    types { name inputFields { name type { ...t } } } } }
    fragment a on __InputValue { name type { ...t } }
    fragment t on __Type { name ofType { name ofType { name ofType { name } } } }`;
  interface TypeRef {
    readonly name: string | null;
    readonly ofType?: TypeRef | null;
  }
  interface Input {
    readonly name: string;
    readonly type: TypeRef;
  }
  interface Root {
    readonly fields: readonly { readonly name: string; readonly args: readonly Input[] }[];
  }
  const { __schema: schema } = await request<{
    __schema: {
      queryType: Root;
      mutationType: Root;
      types: readonly { readonly name: string; readonly inputFields: readonly Input[] | null }[];
    };
  }>(system.trader, INTROSPECTION);
  const named = ({ name, ofType }: TypeRef): string => name ?? (ofType ? named(ofType) : '');
  const takesId = ({ type }: Input): boolean => {
    const name = named(type);
    const inner = schema.types.find((one) => one.name === name)?.inputFields ?? [];
    return name === 'ID' || inner.some(takesId);
  };
  const fields = [...schema.queryType.fields, ...schema.mutationType.fields]
    .filter(({ args }) => args.some(takesId))
    .map(({ name }) => name);
  const asked = new Set([...PROBES().map(({ field }) => field), ...OF_ADMINS]);
  expect(fields.filter((name) => !asked.has(name))).toEqual([]);
});

describe('two users at once', () => {
  const PER_EXCHANGE = 6;
  let [annHas, benHas]: Belongings[] = [];

  test('each sees its own orders only, in lists and in streams', async () => {
    const users = both();
    const watches = users.map((user) => watchOrders(user.endpoint, [...user.accounts.values()]));
    for (const one of watches) await one.until((items) => items.some(({ kind }) => kind === 'SNAPSHOT_END'), 'start');
    const factors = Array.from({ length: PER_EXCHANGE }, (_, n) => `0.9${n}`);
    const mine = await Promise.all(
      users.map((user) =>
        Promise.all(PLACES.flatMap((exchange) => factors.map((factor) => placed(user, exchange, factor)))),
      ),
    );
    for (const [index, user] of users.entries()) {
      const own = new Set(mine[index]?.map(({ id }) => id));
      for (const id of own)
        await eventually(
          () => readOrder(user.endpoint, id),
          (order) => order !== null && isQuiet(order) && order.state === 'ACKNOWLEDGED',
          `order ${id} rests`,
        );
      const acknowledged = await watches[index]?.until(
        (items) => items.filter(({ event }) => event?.type === 'ORDER_ACKNOWLEDGED').length >= own.size,
        'all are told',
      );
      expect(new Set(acknowledged?.flatMap(({ event }) => event?.orderId ?? []))).toEqual(own);
      const { orders } = await request<{ orders: { totalCount: number; nodes: { id: string }[] } }>(
        user.endpoint,
        '{ orders(first: 200) { totalCount nodes { id } } }',
      );
      expect(new Set(orders.nodes.map(({ id }) => id))).toEqual(own);
      expect(orders.totalCount).toBe(own.size);
      const { accounts } = await request<{ accounts: { id: string }[] }>(user.endpoint, '{ accounts { id } }');
      expect(new Set(accounts.map(({ id }) => id))).toEqual(new Set(user.accounts.values()));
      await watches[index]?.close();
    }
  });

  test('everything of the other answers as if it did not exist, and nothing of it changes', async () => {
    const [one, two] = both();
    [annHas, benHas] = [await belongings(one), await belongings(two)];
    const before = await ordersOf(one.endpoint, annHas.accountId);
    for (const { field, query, variables } of PROBES()) {
      const none = nothing();
      const ofOther = await ask(two.endpoint, query, variables(annHas));
      const ofNobody = await ask(two.endpoint, query, variables(none));
      expect(masked(ofOther, annHas), field).toBe(masked(ofNobody, none));
    }
    expect(await ordersOf(one.endpoint, annHas.accountId)).toEqual(before);
    const state = await request(
      one.endpoint,
      'query ($a: ID!) { account(id: $a) { halted } alerts(accountId: $a, status: ARMED) { nodes { id } } }',
      { a: annHas.accountId },
    );
    expect(state).toEqual({ account: { halted: false }, alerts: { nodes: [{ id: annHas.alertId }] } });
  });

  test('a cursor of the other leads nowhere but into what is one’s own', async () => {
    const [, two] = both();
    const { orderCursor = '', eventCursor = '', accountId = '' } = annHas ?? {};
    const own = new Set((await ordersOf(two.endpoint, accountOf(two, 'binance'))).map(({ id }) => id));
    const { orders } = await request<{ orders: { nodes: { id: string; account: { id: string } }[] } }>(
      two.endpoint,
      'query ($after: String) { orders(first: 200, after: $after) { nodes { id account { id } } } }',
      { after: orderCursor },
    );
    const accounts = [...two.accounts.values()];
    expect(orders.nodes.every(({ account }) => accounts.includes(account.id))).toBe(true);
    expect(own.size).toBeGreaterThan(0);
    for (const ids of [[accountOf(two, 'binance')], [accountId], [accountId, accountOf(two, 'binance')]]) {
      const stolen = watchOrders(two.endpoint, ids, eventCursor);
      await expect(stolen.until((items) => items.length > 0, 'nothing', 10_000)).rejects.toThrow(
        ids.includes(accountId) ? /NOT_FOUND/ : /INVALID_INPUT/,
      );
      await stolen.close();
    }
  });

  test('a subscription to the other ends as one to nobody', async () => {
    const [, two] = both();
    const ALERTS = 'subscription ($ids: [ID!]!) { alertUpdates(accountIds: $ids) { id } }';
    const ORDERS = 'subscription ($ids: [ID!]!) { orderUpdates(accountIds: $ids) { kind } }';
    for (const query of [ALERTS, ORDERS]) {
      const ends: string[] = [];
      for (const id of [annHas?.accountId ?? '', randomUUID()]) {
        const refused = watch(
          two.endpoint,
          { query, variables: { ids: [accountOf(two, 'kraken'), id] } },
          (data) => data,
        );
        await expect(refused.until((items) => items.length > 0, 'nothing', 10_000)).rejects.toThrow(/NOT_FOUND/);
        ends.push((refused.end ?? '').replaceAll(id, 'ID'));
        await refused.close();
      }
      expect(ends[0]).toBe(ends[1]);
    }
  });

  test('an admin keeps the users, and sees none of their orders', async () => {
    for (const { accountId, orderId, groupId } of [annHas, benHas].flatMap((one) => one ?? []))
      expect(
        await request(
          system.admin,
          'query ($a: ID!, $o: ID!, $g: ID!) { account(id: $a) { id } order(id: $o) { id } orderGroup(id: $g) { id } }',
          { a: accountId, o: orderId, g: groupId },
        ),
      ).toEqual({ account: null, order: null, orderGroup: null });
    const [one] = both();
    for (const query of [
      '{ users { nodes { id } } }',
      '{ auditLog { nodes { id } } }',
      '{ apiTokens { nodes { id } } }',
    ])
      await expect(request(one.endpoint, query)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

test('a revoked token ends at once, with its subscription; the audit says who did it', async () => {
  const [one] = both();
  const endpoint = { ...one.endpoint, token: await newToken(one.userId) };
  const stream = watchOrders(endpoint, [accountOf(one, 'binance')]);
  await stream.until((items) => items.some(({ kind }) => kind === 'SNAPSHOT_END'), 'start');
  const prefix = endpoint.token.slice(0, 11);
  const { apiTokens } = await request<{ apiTokens: { nodes: { id: string }[] } }>(
    system.admin,
    'query ($prefix: String) { apiTokens(prefix: $prefix) { nodes { id } } }',
    { prefix },
  );
  const id = apiTokens.nodes[0]?.id ?? '';
  await request(system.admin, 'mutation ($id: ID!) { revokeApiToken(tokenId: $id) { userErrors { code } } }', { id });
  await expect(request(endpoint, '{ accounts { id } }')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await eventually(
    () => Promise.resolve(stream.end),
    (end) => end?.includes('4401') === true,
    'the stream ends',
  );
  const { auditLog } = await request<{ auditLog: { nodes: { target: string; outcome: string; remote: string }[] } }>(
    system.admin,
    '{ auditLog(filter: { action: "revokeApiToken" }, first: 1) { nodes { target outcome remote } } }',
  );
  expect(auditLog.nodes).toEqual([{ target: id, outcome: 'ok', remote: '127.0.0.1' }]);
});

test('the books of both agree with the ledgers', async () => {
  const all = async (): Promise<readonly string[]> => {
    const orders = (
      await Promise.all([...both(), { endpoint: system.trader }].map((one) => allOrders(one.endpoint)))
    ).flat();
    const perExchange = PLACES.map(async (exchange) =>
      differences(
        orders.filter((order) => order.exchange === exchange),
        await system.venue.ledger(exchange),
      ),
    );
    return (await Promise.all(perExchange)).flat();
  };
  await eventually(all, (found) => found.length === 0, 'the books agree');
});
