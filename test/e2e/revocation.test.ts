import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, GraphQLRequestError, request, type Endpoint } from '../support/client.ts';
import { openSystem, type System } from '../support/system.ts';
import { watchOrders } from '../support/watch.ts';

/**
 * A token that is revoked at one gateway is out at the other: at once by a message through Redis, and within 10 s where that
 * does not arrive (docs/security.md).
 */
let system: System;
beforeAll(async () => {
  system = await openSystem({ instances: { gateway: 2 } });
});
afterAll(() => system?.stop());

/** What a busy machine may add to the bound, ms. */
const PATIENCE_MS = 30_000;

/** The same caller at each gateway. */
function atEach(token: string): readonly [Endpoint, Endpoint] {
  const [here, there] = system.stack.info.gateways.map(({ http }) => ({ http, token }));
  if (here === undefined || there === undefined || here.http === there.http) throw new Error('there are not two');
  return [here, there];
}

/** Null: the answer was given. */
const refusalOf = (endpoint: Endpoint): Promise<string | null> =>
  request(endpoint, '{ accounts { id } }').then(
    () => null,
    (error: unknown) => (error instanceof GraphQLRequestError ? error.code : 'NO_ANSWER'),
  );

const run = (admin: Endpoint, mutation: string): Promise<unknown> => request(admin, `mutation { ${mutation} }`);

test('a token that is revoked at one gateway is refused at the other, with its live subscriptions', async () => {
  const [admin] = atEach(system.admin.token);
  const { token } = await system.token('trader', 'trader');
  const others = await system.token('trader', 'trader');
  const [here, there] = atEach(token);
  const accountId = system.account('binance');
  const streams = [here, there].map((endpoint) => watchOrders(endpoint, [accountId]));
  const bystander = watchOrders(atEach(others.token)[1], [accountId]);
  for (const stream of [...streams, bystander])
    await stream.until((items) => items.some(({ kind }) => kind === 'SNAPSHOT_END'), 'start');
  // Both know it by now, and would not look it up again for a while.
  expect(await Promise.all([refusalOf(here), refusalOf(there)])).toEqual([null, null]);

  const list = 'query ($prefix: String) { apiTokens(prefix: $prefix) { nodes { id } } }';
  const { apiTokens } = await request<{ apiTokens: { nodes: { id: string }[] } }>(admin, list, {
    prefix: token.slice(0, 11),
  });
  await run(admin, `revokeApiToken(tokenId: "${apiTokens.nodes[0]?.id}") { userErrors { code } }`);
  for (const endpoint of [here, there])
    await eventually(
      () => refusalOf(endpoint),
      (code) => code === 'UNAUTHENTICATED',
      `${endpoint.http} refuses the token`,
      PATIENCE_MS,
    );
  await eventually(
    () => Promise.resolve(streams.map(({ end }) => end)),
    (ends) => ends.every((end) => end?.includes('4401') === true),
    'both streams end',
    PATIENCE_MS,
  );
  expect(bystander.end).toBeNull();
  expect(await refusalOf(atEach(others.token)[1])).toBeNull();
});

test('so are all tokens of a user who is disabled; enabled again it signs in anywhere', async () => {
  const [admin, otherAdmin] = atEach(system.admin.token);
  const { token } = await system.token('viewer', 'stranger');
  const both = atEach(token);
  expect(await Promise.all(both.map(refusalOf))).toEqual([null, null]);
  const list = 'query ($prefix: String) { apiTokens(prefix: $prefix) { nodes { user { id } } } }';
  const { apiTokens } = await request<{ apiTokens: { nodes: { user: { id: string } }[] } }>(admin, list, {
    prefix: token.slice(0, 11),
  });
  const userId = apiTokens.nodes[0]?.user.id ?? '';
  const become = async (code: string | null): Promise<void> => {
    for (const endpoint of both)
      await eventually(
        () => refusalOf(endpoint),
        (now) => now === code,
        `${endpoint.http} says ${code}`,
        PATIENCE_MS,
      );
  };
  await run(otherAdmin, `disableUser(userId: "${userId}") { userErrors { code } }`);
  await become('UNAUTHENTICATED');
  await run(admin, `enableUser(userId: "${userId}") { userErrors { code } }`);
  await become(null);
});
