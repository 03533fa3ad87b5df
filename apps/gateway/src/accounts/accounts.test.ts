import { generateKeyPairSync } from 'node:crypto';
import { ResultTimeoutError, type AccountCheckJob } from '@orderplane/queues';
import { generateMasterKey, openIntake, parseKeyRing, sealCredentials, type Intake } from '@orderplane/store';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { World } from '../testing/world.ts';

const SECRETS = { apiKey: 'the-api-key-0123', secret: 'the-secret-4567', passphrase: 'the-pass-89' };
const SECRET_TEXT = /the-(api-key|secret|pass)/;
const KEYS = { apiKey: SECRETS.apiKey, secret: SECRETS.secret };
const ring = parseKeyRing(generateMasterKey('k1'));

let world: World;
let intake: Intake;
let jobs: AccountCheckJob[];
beforeEach(async () => {
  world = await World.start();
  intake = await openIntake(world.store.accounts, ring, world.clock.iso());
  jobs = [];
  world.onAccountCheck = async (job) => {
    jobs.push(job);
    return keep(job);
  };
});
afterEach(() => world[Symbol.asyncDispose]());

/** What the service that tries credentials does when they are good. */
async function keep({ candidateId, accountId }: AccountCheckJob) {
  const candidate = await world.store.accounts.candidate(candidateId);
  const credentials = intake.open(candidateId, candidate?.sealedCredentials ?? '');
  await world.store.accounts.activate(candidateId, {
    sealedCredentials: sealCredentials(ring, accountId, credentials),
    keyFingerprint: intake.fingerprint('key', { exchange: 'binance', mode: 'LIVE' }, credentials.apiKey),
    venueOwner: null,
    at: world.clock.iso(),
  });
  return { accountId, userErrors: [] };
}

interface Payload {
  readonly account: { readonly id: string } | null;
  readonly userErrors: readonly { readonly code: string; readonly message: string; readonly field: string[] | null }[];
}
const LINK = `mutation ($input: LinkAccountInput!) { linkAccount(input: $input) { account { id exchange label mode halted } userErrors { code message field } } }`;
async function link(input: object, token?: string): Promise<Payload> {
  const whole = { exchange: 'binance', label: 'mine', mode: 'LIVE', credentials: KEYS, ...input };
  const answer = await world.query(LINK, { input: whole }, token);
  expect(JSON.stringify(answer)).not.toMatch(SECRET_TEXT);
  return answer.data?.['linkAccount'] as Payload;
}
const ROTATE = `mutation ($accountId: ID!, $credentials: CredentialsInput!) { rotateCredentials(accountId: $accountId, credentials: $credentials) { session { id } migrated userErrors { code message field } } }`;
async function rotate(accountId: string, credentials: object = KEYS, token?: string) {
  const answer = await world.query(ROTATE, { accountId, credentials }, token);
  expect(JSON.stringify(answer)).not.toMatch(SECRET_TEXT);
  return answer.data?.['rotateCredentials'] as Payload & { migrated: number };
}
const UNLINK = `mutation ($id: ID!) { unlinkAccount(accountId: $id) { account { id } userErrors { code field } } }`;

describe('linkAccount', () => {
  test('hands over keys only; the credentials wait sealed, and are kept', async () => {
    const { account, userErrors } = await link({ label: '  mine ' });
    expect(userErrors).toEqual([]);
    expect(account).toMatchObject({ exchange: 'binance', label: 'mine', mode: 'LIVE', halted: false });
    expect(jobs).toEqual([{ candidateId: expect.any(String) as string, accountId: account?.id }]);
    const all = await world.query('{ accounts { id } }');
    expect((all.data?.['accounts'] as { id: string }[]).map(({ id }) => id).sort()).toEqual(
      ['acc-ada', account?.id].sort(),
    );
  });

  test('a paper account gets credentials of its own', async () => {
    for (const exchange of ['binance', 'kraken'])
      expect((await link({ exchange, mode: 'PAPER', credentials: null })).userErrors).toEqual([]);
    expect(jobs).toHaveLength(2);
  });

  test.each([
    [{ exchange: 'nyse' }, 'INVALID_INPUT', ['input', 'exchange']],
    [{ label: ' ' }, 'INVALID_INPUT', ['input', 'label']],
    [{ label: 'x'.repeat(65) }, 'INVALID_INPUT', ['input', 'label']],
    [{ label: 'a\nb' }, 'INVALID_INPUT', ['input', 'label']],
    [{ exchange: 'kraken', mode: 'SANDBOX' }, 'UNSUPPORTED_BY_EXCHANGE', ['input', 'mode']],
    [{ credentials: null }, 'INVALID_INPUT', ['input', 'credentials']],
    [{ mode: 'SANDBOX', credentials: null }, 'INVALID_INPUT', ['input', 'credentials']],
    [{ credentials: { ...KEYS, apiKey: '' } }, 'INVALID_INPUT', ['input', 'credentials', 'apiKey']],
    [
      { credentials: { ...KEYS, secret: 'the-secret with a space' } },
      'INVALID_INPUT',
      ['input', 'credentials', 'secret'],
    ],
    [
      { credentials: { ...KEYS, secret: 'the-secret'.repeat(200) } },
      'INVALID_INPUT',
      ['input', 'credentials', 'secret'],
    ],
    [{ credentials: SECRETS }, 'INVALID_INPUT', ['input', 'credentials', 'passphrase']],
  ])('%j is refused by name, and nothing is handed over', async (input, code, field) => {
    const { account, userErrors } = await link(input);
    expect([account, userErrors.map((error) => [error.code, error.field])]).toEqual([null, [[code, field]]]);
    expect(jobs).toEqual([]);
  });

  test('the service’s refusal is the answer', async () => {
    const refusal = {
      code: 'INVALID_INPUT',
      message: 'this key may withdraw',
      field: ['input', 'credentials'],
    } as const;
    world.onAccountCheck = async () => ({ accountId: null, userErrors: [{ ...refusal, field: [...refusal.field] }] });
    expect(await link({})).toEqual({ account: null, userErrors: [refusal] });
  });

  test('without an answer the candidate is taken back: nothing is linked, then or later', async () => {
    let candidateId = '';
    world.onAccountCheck = (job) => {
      candidateId = job.candidateId;
      return Promise.reject(new ResultTimeoutError('account-checks', 50));
    };
    const { account, userErrors } = await link({});
    expect([account, userErrors[0]?.code]).toEqual([null, 'TIMEOUT']);
    expect(userErrors[0]?.message).toMatch(/nothing was kept/);
    expect(await world.store.accounts.candidate(candidateId)).toBeNull();
  });

  test('an answer that is lost after the account was linked is found', async () => {
    world.onAccountCheck = async (job) => {
      await keep(job);
      throw new ResultTimeoutError('account-checks', 50);
    };
    expect((await link({})).userErrors).toEqual([]);
  });

  test('a viewer may not, and a service that could try them must have started', async () => {
    expect((await link({}, 'ada-viewer')).userErrors[0]?.code).toBe('FORBIDDEN');
    world.ports.accounts.serviceKey = async () => null;
    expect((await link({})).userErrors[0]?.code).toBe('EXCHANGE_UNAVAILABLE');
    expect(jobs).toEqual([]);
  });
});

describe('rotateCredentials', () => {
  test('hands the new ones over for the account; whose it is not, sees none', async () => {
    expect(await rotate('acc-ada')).toEqual({ session: null, migrated: 0, userErrors: [] });
    expect(jobs).toEqual([{ candidateId: expect.any(String) as string, accountId: 'acc-ada' }]);
    for (const [id, token, code] of [
      ['acc-ada', 'bob-trader', 'NOT_FOUND'],
      ['acc-ada', 'ada-viewer', 'FORBIDDEN'],
      ['nobody', 'ada-trader', 'NOT_FOUND'],
      ['a b', 'ada-trader', 'NOT_FOUND'],
    ] as const)
      expect((await rotate(id, KEYS, token)).userErrors[0]?.code).toBe(code);
    expect((await rotate('acc-ada', { ...KEYS, secret: '' })).userErrors[0]?.field).toEqual(['credentials', 'secret']);
    expect(jobs).toHaveLength(1);
  });
});

describe('unlinkAccount', () => {
  test('the account is gone, its orders can be read', async () => {
    const orderId = await world.orders.place('ada', 'acc-ada');
    await world.orders.acknowledge(orderId);
    await world.orders.apply(orderId, { type: 'Cancelled', reason: null });
    expect((await world.query(UNLINK, { id: 'acc-ada' }, 'bob-trader')).data).toMatchObject({
      unlinkAccount: { account: null, userErrors: [{ code: 'NOT_FOUND' }] },
    });
    const done = { unlinkAccount: { account: { id: 'acc-ada' }, userErrors: [] } };
    expect((await world.query(UNLINK, { id: 'acc-ada' })).data).toEqual(done);
    expect((await world.query(UNLINK, { id: 'acc-ada' })).data).toEqual(done);
    const seen = await world.query(
      '{ accounts { id } account(id: "acc-ada") { id } orders { nodes { id account { id } } } }',
    );
    expect(seen.data).toEqual({
      accounts: [],
      account: null,
      orders: { nodes: [{ id: orderId, account: { id: 'acc-ada' } }] },
    });
    const open = await world.query('{ openOrders(accountId: "acc-ada") { fresh } }');
    expect(open.errors?.[0]?.extensions['code']).toBe('NOT_FOUND');
    expect((await rotate('acc-ada')).userErrors[0]?.code).toBe('NOT_FOUND');
    expect((await world.query(UNLINK, { id: 'acc-ada' }, 'ada-viewer')).data).toMatchObject({
      unlinkAccount: { userErrors: [{ code: 'FORBIDDEN' }] },
    });
  });
});

describe('what an answer quotes of a wrong document', () => {
  test.each([
    [
      'a misspelled field',
      LINK,
      { input: { exchange: 'b', label: 'l', mode: 'LIVE', credentials: { ...KEYS, pass: 'the-pass; x' } } },
    ],
    [
      'a missing field',
      LINK,
      { input: { exchange: 'b', label: 'l', mode: 'LIVE', credentials: { secret: 'the-secret; at "x"; y' } } },
    ],
    [
      'another kind',
      ROTATE,
      { accountId: 'a', credentials: { apiKey: ['the-api-key;'], secret: { a: 'the-secret' } } },
    ],
    [
      'a literal of another kind',
      'mutation { rotateCredentials(accountId: "a", credentials: "the-secret") { migrated } }',
      {},
    ],
    [
      'a literal in a list',
      'mutation { rotateCredentials(accountId: "a", credentials: { apiKey: ["the-api-key"], secret: {s: "the-secret"} }) { migrated } }',
      {},
    ],
    [
      'no document',
      'mutation { rotateCredentials(accountId: "a", credentials: { apiKey "the-api-key" }) { migrated } }',
      {},
    ],
    [
      'no document, in a block',
      'mutation { rotateCredentials(accountId: "a", credentials: { """the-secret""" }) { migrated } }',
      {},
    ],
  ])('%s', async (_name, document, variables) => {
    const answer = await world.query(document, variables);
    expect(answer.errors?.length).toBeGreaterThan(0);
    expect(JSON.stringify(answer)).not.toMatch(SECRET_TEXT);
  });
});

test('a P-256 key is recognized, others are not, and none is quoted', async () => {
  const { parseCredentials } = await import('./credentials.ts');
  const shape = { ...world.ports.capabilities.binance, credentials: { secret: 'es256', passphrase: true } } as const;
  const pem = (namedCurve: string): string =>
    generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  const parse = (secret: string) => parseCredentials({ ...SECRETS, secret }, shape, []);
  const good = pem('P-256');
  expect(parse(good)).toMatchObject({ ok: true, value: { passphrase: SECRETS.passphrase } });
  expect(parse(good.replaceAll('\n', '\\n')).ok).toBe(true);
  for (const bad of [pem('P-384'), 'the-secret', '', good.slice(0, 60)]) {
    const result = parse(bad);
    expect(result.ok).toBe(false);
    if (bad !== '') expect(JSON.stringify(result)).not.toContain(bad.slice(0, 40));
  }
  expect(parseCredentials({ ...KEYS, secret: good }, shape, ['credentials'])).toMatchObject({
    ok: false,
    userErrors: [{ field: ['credentials', 'passphrase'] }],
  });
});

describe('what was observed of an account', () => {
  const at = (second: number): string => `2026-01-01T00:00:0${second}.000Z`;
  const QUERY = `query ($first: Int, $after: String, $pendingOnly: Boolean) { account(id: "acc-ada") {
    lastSyncRun { reason complete adopted changed coverage { part complete items pages error } }
    unattributedFills(first: $first, after: $after, pendingOnly: $pendingOnly) { pendingCount pageInfo { hasNextPage endCursor }
      nodes { symbol exchangeOrderId exchangeTradeId side size price fee { currency cost } executedAt tries lastError attributedAt order { id } } } } }`;
  const fill = (trade: string, second: number) => ({
    accountId: 'acc-ada',
    symbol: 'BTC-USDT',
    exchangeOrderId: 'x1',
    exchangeTradeId: trade,
    clientOrderId: null,
    side: 'SELL' as const,
    size: '0.5',
    price: '100',
    fee: { currency: 'USDT', cost: '0.05' },
    liquidity: null,
    executedAt: at(second),
    firstSeenAt: at(9),
    tries: 0,
    lastTriedAt: null,
    lastError: null,
    attributedAt: null,
    orderId: null,
  });

  test('the newest look with what it covered, and executions without an order', async () => {
    expect((await world.query(QUERY)).data).toEqual({
      account: {
        lastSyncRun: null,
        unattributedFills: { pendingCount: 0, pageInfo: { hasNextPage: false, endCursor: null }, nodes: [] },
      },
    });
    await world.store.observations.saveSyncRun({
      id: 'run-1',
      accountId: 'acc-ada',
      reason: 'takeover',
      startedAt: at(1),
      finishedAt: at(2),
      coverage: [
        { part: 'open-orders', askedAt: at(1), complete: false, from: null, pages: 2, items: 100, error: 'page 3' },
      ],
      complete: false,
      adopted: 1,
      changed: 2,
    });
    await world.store.unattributed.add([fill('t1', 1), fill('t2', 2), { ...fill('t3', 3), symbol: '' }]);
    await world.store.unattributed.attribute(fill('t1', 1), 'gone', at(4));
    const first = (await world.query(QUERY, { first: 1 })).data?.['account'] as {
      unattributedFills: { pageInfo: { endCursor: string } };
    };
    expect(first).toMatchObject({
      lastSyncRun: {
        reason: 'takeover',
        complete: false,
        coverage: [{ part: 'open-orders', complete: false, items: 100, pages: 2, error: 'page 3' }],
      },
      unattributedFills: {
        pendingCount: 2,
        pageInfo: { hasNextPage: true },
        nodes: [{ exchangeTradeId: 't3', symbol: null, fee: { currency: 'USDT', cost: '0.05' }, order: null }],
      },
    });
    const after = first.unattributedFills.pageInfo.endCursor;
    expect((await world.query(QUERY, { after, pendingOnly: false })).data?.['account']).toMatchObject({
      unattributedFills: { nodes: [{ exchangeTradeId: 't2' }, { exchangeTradeId: 't1', attributedAt: at(4) }] },
    });
    const wrong = await world.query(QUERY, { after: 'nowhere' });
    expect(wrong.errors?.[0]?.extensions['code']).toBe('INVALID_INPUT');
  });
});

describe('the health of an account', () => {
  const read = async (id: string, token?: string) => {
    const document = 'query ($id: ID!) { account(id: $id) { health { reachable since lastError keyRefusedSince } } }';
    return (await world.query(document, { id }, token)).data?.['account'] as { health: object | null } | null;
  };

  test('is nothing before anybody has looked, then what was seen, then why its key is refused', async () => {
    const { account } = await link({});
    const id = account?.id ?? '';
    const { observations } = world.store;
    expect(await read(id)).toEqual({ health: null });
    const at = world.clock.iso();
    await observations.setAccountReachable({ accountId: id, reachable: false, lastError: 'EService:Busy', at });
    expect(await read(id)).toEqual({
      health: { reachable: false, since: at, lastError: 'EService:Busy', keyRefusedSince: null },
    });
    await observations.setKeyRefused(id, 'EAPI:Invalid key', at);
    expect(await read(id)).toMatchObject({ health: { lastError: 'EAPI:Invalid key', keyRefusedSince: at } });
  });
});
