import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { createAdapter, simulatorOption } from '@orderplane/exchange';
import type { AccountCredentials } from '@orderplane/exchange';
import { capabilitiesOf, drawCredentials } from '@orderplane/exchange/capabilities';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { cancelOrder, eventually, isQuiet, placeOrder, readOrder, request } from '../support/client.ts';
import type { Endpoint, OrderView, UserErrorView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk, Market } from '../support/desk.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { Exchange, System } from '../support/system.ts';

/** Accounts come, get new credentials and go, while orders rest on them; and no secret is seen anywhere. */
let system: System;
let stranger: Endpoint;
let viewer: Endpoint;
beforeAll(async () => {
  system = await openSystem({ serviceEnv: { gateway: { ACCOUNT_TIMEOUT_MS: '18000' } } });
  stranger = await system.token('trader', 'stranger');
  viewer = await system.token('viewer', 'trader');
});
afterAll(() => system?.stop());

/** Every secret that the tests of this file gave to anybody. */
const secrets: string[] = [];
const draw = (exchange: Exchange): AccountCredentials => {
  const credentials = drawCredentials(capabilitiesOf(exchange).credentials);
  const { apiKey, secret, passphrase } = credentials;
  secrets.push(apiKey, secret, ...(passphrase === undefined ? [] : [passphrase]));
  return credentials;
};

interface AccountView {
  readonly id: string;
  readonly label: string;
  readonly mode: string;
  readonly lastSyncedAt: string | null;
}
interface Answer {
  readonly account: AccountView | null;
  readonly userErrors: readonly UserErrorView[];
}
const ERRORS = 'userErrors { code message field }';
const link = async (input: object, as: Endpoint = system.trader): Promise<Answer> =>
  (
    await request<{ linkAccount: Answer }>(
      as,
      `mutation ($input: LinkAccountInput!) { linkAccount(input: $input) { account { id label mode lastSyncedAt } ${ERRORS} } }`,
      { input },
    )
  ).linkAccount;
const rotate = async (accountId: string, credentials: AccountCredentials, as: Endpoint = system.trader) =>
  (
    await request<{ rotateCredentials: { userErrors: readonly UserErrorView[] } }>(
      as,
      `mutation ($accountId: ID!, $credentials: CredentialsInput!) { rotateCredentials(accountId: $accountId, credentials: $credentials) { ${ERRORS} } }`,
      { accountId, credentials },
    )
  ).rotateCredentials.userErrors;
const unlink = async (accountId: string, as: Endpoint = system.trader): Promise<Answer> =>
  (
    await request<{ unlinkAccount: Answer }>(
      as,
      `mutation ($accountId: ID!) { unlinkAccount(accountId: $accountId) { account { id label mode lastSyncedAt } ${ERRORS} } }`,
      { accountId },
    )
  ).unlinkAccount;
const accounts = async (): Promise<readonly AccountView[]> =>
  (await request<{ accounts: AccountView[] }>(system.trader, '{ accounts { id label mode lastSyncedAt } }')).accounts;

/** The operator's side of the exchange. */
const operate = async (path: string, body?: object): Promise<unknown> => {
  const response = await fetch(`${system.stack.info.simulator?.admin}${path}`, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
};
/** What the exchange says of a key to whoever has it. */
const verdictOn = async (exchange: Exchange, credentials: AccountCredentials): Promise<string> => {
  const adapter = createAdapter(
    { accountId: 'test', exchange, mode: 'PAPER', credentials },
    {
      ...simulatorOption(system.stack.info.simulator?.admin),
      clock: { now: () => Date.now() },
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
      callTimeoutMs: 5_000,
    },
  );
  const { kind } = await adapter.checkCredentials({ timeoutMs: 5_000 });
  await adapter.close();
  return kind;
};

const isKnown = async (apiKey: string): Promise<boolean> =>
  ((await operate('/accounts?exchange=binance')) as { apiKey: string }[]).some((one) => one.apiKey === apiKey);

describe.each(EXCHANGES)('%s', (exchange) => {
  let desk: Desk;
  let market: Market;
  let accountId: string;
  const [first, second] = [draw(exchange), draw(exchange)];
  beforeAll(async () => {
    desk = await openDesk(system, exchange);
    market = desk.market('ETH');
  });
  const resting = () => ({ accountId, symbol: market.symbol, side: 'BUY', type: 'LIMIT', size: market.size });
  const reaches = async (id: string, state: string): Promise<OrderView | null> =>
    eventually(
      () => readOrder(system.trader, id),
      (order) => order !== null && isQuiet(order) && order.state === state,
      `${exchange} order ${id} is ${state}`,
    );
  const place = async (price: string): Promise<string> => {
    const { order, userErrors } = await placeOrder(system.trader, { ...resting(), price });
    expect(userErrors).toEqual([]);
    return order?.id ?? '';
  };

  test('a paper account needs no credentials, and brings its own if it is given some', async () => {
    const plain = await link({ exchange, label: 'plain', mode: 'PAPER' });
    expect(plain).toMatchObject({ account: { label: 'plain', mode: 'PAPER' }, userErrors: [] });
    const given = await link({ exchange, label: 'given', mode: 'PAPER', credentials: first });
    expect(given.userErrors).toEqual([]);
    accountId = given.account?.id ?? '';
    await eventually(
      accounts,
      (all) =>
        [plain, given].every(({ account }) => all.some((one) => one.id === account?.id && one.lastSyncedAt !== null)),
      'both are synced',
    );
    expect((await unlink(plain.account?.id ?? '')).userErrors).toEqual([]);
  });

  test('orders rest, are on their way and fill while the credentials are replaced', async () => {
    const before = await place(market.at('0.9'));
    await reaches(before, 'ACKNOWLEDGED');
    const [rotated, ...during] = await Promise.all([
      rotate(accountId, second),
      ...Array.from({ length: 10 }, (_, n) => place(market.at(`0.8${n}`))),
    ]);
    expect(rotated).toEqual([]);
    const after = await place(market.at('0.79'));
    for (const id of [...during, after]) await reaches(id, 'ACKNOWLEDGED');
    expect([await verdictOn(exchange, first), await verdictOn(exchange, second)]).toEqual(['refused', 'accepted']);

    await system.venue.price(exchange, market.symbol, market.at('0.9'));
    await reaches(before, 'FILLED');
    await cancelOrder(system.trader, after);
    await reaches(after, 'CANCELLED');
    await eventually(
      () => operate(`/streams?exchange=${exchange}`) as Promise<{ accounts: string[] }>,
      (streams) => streams.accounts.includes(first.apiKey),
      'the stream is up with the new key',
    );
  });

  test('credentials that are wrong, may withdraw, or serve an account already are not kept', async () => {
    const known = draw(exchange);
    await operate('/accounts', { exchange, ...known });
    const wrong = { ...draw(exchange), apiKey: known.apiKey };
    const mighty = draw(exchange);
    await operate('/accounts', { exchange, ...mighty, permissions: { withdraw: true } });
    const count = (await accounts()).length;
    for (const [credentials, code, text] of [
      [wrong, 'INVALID_INPUT', /does not take these credentials/],
      [mighty, 'INVALID_INPUT', /may withdraw/],
      [second, 'ALREADY_EXISTS', /serves your account/],
    ] as const) {
      const { account, userErrors } = await link({ exchange, label: 'no', mode: 'PAPER', credentials });
      expect([account, userErrors[0]?.code, userErrors[0]?.field]).toEqual([null, code, ['input', 'credentials']]);
      expect(userErrors[0]?.message).toMatch(text);
      if (code === 'INVALID_INPUT')
        expect((await rotate(accountId, credentials))[0]).toMatchObject({ code, field: ['credentials'] });
    }
    // A key of another account there would leave this one's orders alone.
    expect((await rotate(accountId, known))[0]?.message).toMatch(/another account/);
    expect(await accounts()).toHaveLength(count);
    expect(await verdictOn(exchange, second)).toBe('accepted');
  });

  test('a stranger sees no account, a viewer changes none', async () => {
    expect((await rotate(accountId, draw(exchange), stranger))[0]?.code).toBe('NOT_FOUND');
    expect((await unlink(accountId, stranger)).userErrors[0]?.code).toBe('NOT_FOUND');
    const mine = { exchange, label: 'x', mode: 'PAPER' };
    expect((await link(mine, viewer)).userErrors[0]?.code).toBe('FORBIDDEN');
    expect((await rotate(accountId, draw(exchange), viewer))[0]?.code).toBe('FORBIDDEN');
    expect((await unlink(accountId, viewer)).userErrors[0]?.code).toBe('FORBIDDEN');
    const foreign = (await link({ ...mine, credentials: second }, stranger)).userErrors[0];
    expect([foreign?.code, foreign?.message.includes(accountId)]).toEqual(['ALREADY_EXISTS', false]);
  });

  test('unlinked when nothing is open any more; its history stays, its stream and credentials are gone', async () => {
    expect((await unlink(accountId)).userErrors[0]).toMatchObject({ code: 'INVALID_STATE_TRANSITION' });
    const { cancelAllOrders } = await request<{ cancelAllOrders: { requested: { id: string }[] } }>(
      system.trader,
      'mutation ($accountId: ID!) { cancelAllOrders(input: { accountId: $accountId }) { requested { id } } }',
      { accountId },
    );
    expect(cancelAllOrders.requested.length).toBeGreaterThan(5);
    await eventually(
      () => unlink(accountId),
      ({ userErrors }) => userErrors.length === 0,
      'it is unlinked',
    );
    expect((await unlink(accountId)).userErrors).toEqual([]);
    expect((await accounts()).map(({ id }) => id)).not.toContain(accountId);
    const [order] = cancelAllOrders.requested;
    expect(await readOrder(system.trader, order?.id ?? '')).toMatchObject({ state: 'CANCELLED' });
    const refused = await placeOrder(system.trader, { ...resting(), price: market.at('0.5') });
    expect(refused.userErrors[0]?.code).toBe('NOT_FOUND');
    await eventually(
      () => operate(`/streams?exchange=${exchange}`) as Promise<{ accounts: string[] }>,
      (streams) => !streams.accounts.includes(first.apiKey),
      'its stream has ended',
    );
    // The key is free again.
    const again = await link({ exchange, label: 'again', mode: 'PAPER', credentials: second });
    expect(again.userErrors).toEqual([]);
    expect(again.account?.id).not.toBe(accountId);
  });

  test('a live account is tried at the live exchange, which is not here', async () => {
    const { account, userErrors } = await link({ exchange, label: 'live', mode: 'LIVE', credentials: draw(exchange) });
    expect([account, ['EXCHANGE_UNAVAILABLE', 'INVALID_INPUT']]).toEqual([
      null,
      expect.arrayContaining([userErrors[0]?.code]),
    ]);
  });
});

test('a service that dies while it tries credentials leaves an account or nothing', async () => {
  await system.venue.fault({ exchange: 'binance', fault: 'delay', ms: 2_000, method: 'any', times: 2 });
  const credentials = draw('binance');
  const linking = link({ exchange: 'binance', label: 'survivor', mode: 'PAPER', credentials });
  await eventually(() => isKnown(credentials.apiKey), Boolean, 'the paper exchange knows the key');
  await system.stack.kill('sync-worker');
  const { account, userErrors } = await linking;
  await system.venue.heal();
  const linked = (await accounts()).filter(({ label }) => label === 'survivor').map(({ id }) => id);
  // The job is given out again, and mostly in time; the answer is true in any case.
  if (userErrors.length === 0) expect(linked).toEqual([account?.id]);
  else expect([userErrors[0]?.code, linked]).toEqual(['TIMEOUT', []]);
  await system.stack.whenReady('sync-worker');
});

test('the books agree', () => booksAgree(system));

describe('no secret', () => {
  const found = (text: string): number => secrets.filter((secret) => text.includes(secret)).length;
  const filesBelow = async (directory: string): Promise<string[]> =>
    (await readdir(directory, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  test('stands in a log, or in what Redis has ever written', async () => {
    expect(secrets.length).toBeGreaterThan(20);
    for (const directory of ['logs', 'redis']) {
      const files = await filesBelow(join(system.home, directory));
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) expect([file, found(await readFile(file, 'latin1'))]).toEqual([file, 0]);
    }
  });

  test('stands in the database, but sealed; and no candidate is left', async () => {
    const client = new pg.Client({ connectionString: system.stack.info.postgres });
    await client.connect();
    const { rows: tables } = await client.query<{ name: string }>(
      "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
    );
    for (const { name } of tables) {
      const { rows } = await client.query<{ text: string | null }>(
        `SELECT string_agg(t::text, ' ') AS text FROM ${name} t`,
      );
      expect([name, found(rows[0]?.text ?? '')]).toEqual([name, 0]);
    }
    const { rows } = await client.query<{ left: string }>('SELECT count(*) AS left FROM account_candidates');
    const { rows: audited } = await client.query<{ action: string }>('SELECT DISTINCT action FROM audit ORDER BY 1');
    await client.end();
    expect(rows[0]?.left).toBe('0');
    const actions = audited.map(({ action }) => action);
    // One line for a mutation, also where a service has carried it out.
    expect(actions.filter((action) => action.startsWith('account.'))).toEqual([]);
    expect(actions).toEqual(expect.arrayContaining(['linkAccount', 'rotateCredentials', 'unlinkAccount']));
  });
});
