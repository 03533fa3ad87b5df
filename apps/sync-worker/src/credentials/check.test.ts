import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { UnusableMode, type AccountContext, type CredentialsVerdict } from '@orderplane/exchange';
import { createLogger } from '@orderplane/service-kit';
import {
  createMemoryStore,
  generateMasterKey,
  intakeKey,
  openCredentials,
  openIntake,
  parseKeyRing,
  sealForIntake,
  type AccountCandidate,
  type Credentials,
  type Store,
} from '@orderplane/store';
import { beforeEach, describe, expect, test } from 'vitest';
import { ScriptedAdapter } from '../testing/scripted-adapter.ts';
import { testClock } from '@orderplane/recorder/testing';
import { checkCandidate, type CheckContext } from './check.ts';

const GOOD = { read: true, trade: true, withdraw: false } as const;
const ring = parseKeyRing(generateMasterKey('k1'));
const FIRST: Credentials = { apiKey: 'first-api-key', secret: 'first-secret' };
const SECOND: Credentials = { apiKey: 'second-api-key', secret: 'second-secret' };

let store: Store;
let context: CheckContext;
/** What the exchange says of each API key. */
let verdicts: Map<string, CredentialsVerdict>;
let asked: AccountContext[];
let closed: number;
/** The paper exchange: its keys, in the order in which they came; null: it is away. */
let paperKeys: string[] | null;
let activated: number;
let entered: string[];
const clock = testClock();

beforeEach(async () => {
  store = createMemoryStore({ nowMs: () => clock.nowMs });
  for (const id of ['ada', 'bob']) await store.access.createUser({ id, name: id, createdAt: clock.iso() });
  const intake = await openIntake(store.accounts, ring, clock.iso());
  verdicts = new Map(
    [FIRST, SECOND].map(({ apiKey }) => [apiKey, { kind: 'accepted', permissions: GOOD, owner: null }]),
  );
  asked = [];
  [closed, activated, paperKeys, entered] = [0, 0, [], []];
  const adapterOf = (account: AccountContext): ScriptedAdapter => {
    if (account.mode === 'SANDBOX') throw new UnusableMode(account.exchange, account.mode, 'the exchange has none');
    asked.push(account);
    const adapter = new ScriptedAdapter(clock);
    adapter.verdict = verdicts.get(account.credentials.apiKey) ?? {
      kind: 'refused',
      nativeCode: '-2015',
      message: 'no',
    };
    adapter.close = async () => void (closed += 1);
    return adapter;
  };
  context = {
    access: store.access,
    accounts: store.accounts,
    adapters: {
      get: async (accountId) => {
        const { sealed } = await store.accounts.credentials(accountId);
        const { apiKey, secret } = openCredentials(ring, accountId, sealed);
        return adapterOf({ accountId, exchange: 'binance', mode: 'LIVE', credentials: { apiKey, secret } });
      },
      refresh: async () => [],
    },
    keyRing: ring,
    intake: async () => intake,
    paper: {
      admit: async (_exchange, { apiKey }, sameAs) => {
        if (paperKeys === null) throw new Error('away');
        if (paperKeys.includes(apiKey)) return false;
        paperKeys.push(sameAs === null ? apiKey : `${sameAs} > ${apiKey}`);
        return true;
      },
      revoke: async (_exchange, apiKey) => void paperKeys?.push(`- ${apiKey}`),
    },
    createAdapter: adapterOf,
    capabilities: capabilitiesOf,
    clock,
    checkTimeoutMs: 1_000,
    log: createLogger({ service: 'test', level: 'silent' }),
    sessions: store.sessions,
    crashPoint: () => undefined,
    onActivated: () => void (activated += 1),
    onEntered: async (_accountId, { session }) => void entered.push(session.transition),
  };
});

let candidates = 0;
async function give(credentials: Credentials, over: Partial<AccountCandidate> = {}): Promise<AccountCandidate> {
  const id = `candidate-${(candidates += 1)}`;
  const sealedCredentials = sealForIntake((await intakeKey(store.accounts)) ?? '', id, credentials);
  const candidate: AccountCandidate = {
    ...{ id, kind: 'link', accountId: `account-${id}`, userId: 'ada', exchange: 'binance', label: 'mine' },
    ...{
      mode: 'LIVE',
      sealedCredentials,
      createdAt: clock.iso(),
      expiresAt: new Date(clock.nowMs + 60_000).toISOString(),
    },
    ...over,
  };
  await store.accounts.addCandidate(candidate);
  return candidate;
}
const check = (candidate: AccountCandidate) =>
  checkCandidate(context, { candidateId: candidate.id, accountId: candidate.accountId });
async function linked(credentials: Credentials, over: Partial<AccountCandidate> = {}): Promise<string> {
  const { accountId, userErrors } = await check(await give(credentials, over));
  expect(userErrors).toEqual([]);
  return accountId ?? '';
}
const kept = async (accountId: string): Promise<Credentials> =>
  openCredentials(ring, accountId, (await store.accounts.credentials(accountId)).sealed);

describe('linking', () => {
  test('credentials are kept after they were tried, sealed with the master key', async () => {
    const candidate = await give({ ...FIRST, passphrase: 'pass-phrase' });
    expect(await check(candidate)).toEqual({ accountId: candidate.accountId, userErrors: [] });
    expect(asked.map(({ credentials }) => credentials)).toEqual([{ ...FIRST, passphrase: 'pass-phrase' }]);
    expect(await kept(candidate.accountId)).toEqual({ ...FIRST, passphrase: 'pass-phrase' });
    expect([closed, activated, await store.accounts.candidate(candidate.id)]).toEqual([1, 1, null]);
    // Its job was given out again: it finds what the first run has kept, and asks nobody.
    expect(await check(candidate)).toEqual({ accountId: candidate.accountId, userErrors: [] });
    expect(asked).toHaveLength(1);
  });

  const VERDICTS: readonly (readonly [string, CredentialsVerdict, string, RegExp, string[] | null])[] = [
    [
      'a wrong key',
      { kind: 'refused', nativeCode: '-2015', message: 'Invalid API-key' },
      'INVALID_INPUT',
      /Binance does not take .*-2015: Invalid API-key.*check apiKey and secret/,
      ['input', 'credentials'],
    ],
    [
      'no answer',
      { kind: 'unknown', message: 'HTTP 503', retryAfterMs: null },
      'EXCHANGE_UNAVAILABLE',
      /nothing was kept: try again later/,
      null,
    ],
    [
      'a limit',
      { kind: 'unknown', message: 'too fast', retryAfterMs: 2_500 },
      'EXCHANGE_UNAVAILABLE',
      /try again in 3 s/,
      null,
    ],
    [
      'withdrawal',
      { kind: 'accepted', permissions: { ...GOOD, withdraw: true }, owner: null },
      'INVALID_INPUT',
      /may withdraw/,
      ['input', 'credentials'],
    ],
    [
      'no trading',
      { kind: 'accepted', permissions: { ...GOOD, trade: false }, owner: null },
      'INVALID_INPUT',
      /may not trade/,
      ['input', 'credentials'],
    ],
    [
      'no reading',
      { kind: 'accepted', permissions: { ...GOOD, read: false }, owner: null },
      'INVALID_INPUT',
      /may not read/,
      ['input', 'credentials'],
    ],
  ];
  test.each(VERDICTS)('%s: nothing is kept', async (_name, verdict, code, message, field) => {
    verdicts.set(FIRST.apiKey, verdict);
    const candidate = await give(FIRST);
    const { accountId, userErrors } = await check(candidate);
    expect(accountId).toBeNull();
    expect(userErrors).toEqual([{ code, message: expect.stringMatching(message) as string, field }]);
    expect(JSON.stringify(userErrors)).not.toMatch(/first-(api-key|secret)/);
    expect(await store.access.account(candidate.accountId)).toBeNull();
    expect([await store.accounts.candidate(candidate.id), closed]).toEqual([null, 1]);
  });

  test('what the exchange does not tell is no objection', async () => {
    verdicts.set(FIRST.apiKey, {
      kind: 'accepted',
      permissions: { read: null, trade: null, withdraw: null },
      owner: null,
    });
    await linked(FIRST);
  });

  test('a key serves one account: another user does not learn whose', async () => {
    const id = await linked(FIRST);
    const [own] = (await check(await give(FIRST))).userErrors;
    expect(own).toMatchObject({ code: 'ALREADY_EXISTS', message: expect.stringContaining(id) as string });
    const [foreign] = (await check(await give(FIRST, { userId: 'bob' }))).userErrors;
    expect(foreign?.code).toBe('ALREADY_EXISTS');
    expect(foreign?.message).not.toContain(id);
  });

  test('a candidate that was given up, expired, or is sealed for another one', async () => {
    const candidate = await give(FIRST);
    await store.accounts.withdrawCandidate(candidate.id);
    expect((await check(candidate)).userErrors[0]?.code).toBe('TIMEOUT');
    const late = await give(FIRST, { expiresAt: clock.iso() });
    expect((await check(late)).userErrors[0]?.code).toBe('TIMEOUT');
    const moved = await give(FIRST, { sealedCredentials: late.sealedCredentials });
    await expect(check(moved)).rejects.toThrow(/do not open/);
  });

  test('a mode that can’t be had here', async () => {
    const { userErrors } = await check(await give(FIRST, { mode: 'SANDBOX' }));
    expect(userErrors[0]).toMatchObject({ code: 'UNSUPPORTED_BY_EXCHANGE', field: ['input', 'mode'] });
  });
});

describe('new credentials', () => {
  test('replace the old ones after they were tried', async () => {
    const id = await linked(FIRST);
    const rotation = await give(SECOND, { kind: 'rotate', accountId: id });
    const done = { accountId: id, sessionId: rotation.id, migrated: 0, userErrors: [] };
    expect(await check(rotation)).toEqual(done);
    expect(entered).toEqual(['ROTATE']);
    expect(await kept(id)).toEqual(SECOND);
    expect((await store.accounts.credentials(id)).id).toBe(rotation.id);
    expect(await check(rotation)).toEqual(done);
    // The first key is free again.
    await linked(FIRST);
  });

  test('that are refused leave the old ones', async () => {
    const id = await linked(FIRST);
    const { userErrors } = await check(
      await give({ apiKey: 'unknown-key', secret: 'x' }, { kind: 'rotate', accountId: id }),
    );
    expect(userErrors[0]).toMatchObject({ code: 'INVALID_INPUT', field: ['credentials'] });
    expect(await kept(id)).toEqual(FIRST);
  });

  test('of another account at the exchange are refused, also when the owner was not known before', async () => {
    const id = await linked(FIRST);
    verdicts.set(FIRST.apiKey, { kind: 'accepted', permissions: GOOD, owner: 'one' });
    verdicts.set(SECOND.apiKey, { kind: 'accepted', permissions: GOOD, owner: 'two' });
    const unknownBefore = await check(await give(SECOND, { kind: 'rotate', accountId: id }));
    expect(unknownBefore.userErrors[0]?.message).toMatch(/another account at Binance/);
    expect(await kept(id)).toEqual(FIRST);
    // The same key again tells the owner, which is remembered.
    expect((await check(await give(FIRST, { kind: 'rotate', accountId: id }))).userErrors).toEqual([]);
    const before = asked.length;
    expect((await check(await give(SECOND, { kind: 'rotate', accountId: id }))).userErrors).toHaveLength(1);
    expect(asked).toHaveLength(before + 1);
  });

  test('for an account of somebody else, or one that is unlinked, are not even tried', async () => {
    const id = await linked(FIRST);
    const before = asked.length;
    const foreign = await check(await give(SECOND, { kind: 'rotate', accountId: id, userId: 'bob' }));
    expect(foreign.userErrors[0]).toMatchObject({ code: 'NOT_FOUND', field: ['accountId'] });
    const rotation = await give(SECOND, { kind: 'rotate', accountId: id });
    await store.accounts.unlink('ada', id, clock.iso());
    expect((await check(rotation)).accountId).toBeNull();
    expect(asked).toHaveLength(before);
  });
});

describe('at the paper exchange', () => {
  const paper = { mode: 'PAPER' } as const;

  test('a key is made known, and revoked when it is replaced', async () => {
    const id = await linked(FIRST, paper);
    await check(await give(SECOND, { ...paper, kind: 'rotate', accountId: id }));
    expect(paperKeys).toEqual(['first-api-key', 'first-api-key > second-api-key', '- first-api-key']);
  });

  test('a key that was not kept is revoked, unless it was there before', async () => {
    verdicts.clear();
    await check(await give(FIRST, paper));
    paperKeys?.push(SECOND.apiKey);
    await check(await give(SECOND, paper));
    expect(paperKeys).toEqual(['first-api-key', '- first-api-key', 'second-api-key']);
  });

  test('when it is away nothing is kept', async () => {
    paperKeys = null;
    expect((await check(await give(FIRST, paper))).userErrors[0]?.code).toBe('EXCHANGE_UNAVAILABLE');
    context = { ...context, paper: null };
    expect((await check(await give(FIRST, paper))).userErrors[0]?.code).toBe('EXCHANGE_UNAVAILABLE');
    expect(asked).toEqual([]);
  });
});
