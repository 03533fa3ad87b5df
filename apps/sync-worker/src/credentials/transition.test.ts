import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import type { AccountContext, CredentialsVerdict } from '@orderplane/exchange';
import { testClock } from '@orderplane/recorder/testing';
import { createLogger } from '@orderplane/service-kit';
import { createMemoryStore, generateMasterKey, openIntake, parseKeyRing, sealCredentials } from '@orderplane/store';
import type { Store, WantedTransition } from '@orderplane/store';
import { beforeEach, describe, expect, test } from 'vitest';
import { ScriptedAdapter } from '../testing/scripted-adapter.ts';
import { checkCandidate, type CheckContext } from './check.ts';

const ring = parseKeyRing(generateMasterKey('k1'));
const clock = testClock();
const KEY = { apiKey: 'the-api-key', secret: 'the-secret' };
const accepted = (owner: string | null, trade = true): CredentialsVerdict => ({
  kind: 'accepted',
  permissions: { read: true, trade, withdraw: false },
  owner,
});

let store: Store;
let context: CheckContext;
let verdict: CredentialsVerdict;
let asked: AccountContext[];
let closed: number;
let entered: string[];
/** Runs between the question and the transaction. */
let meanwhile: () => Promise<void>;

beforeEach(async () => {
  store = createMemoryStore({ nowMs: () => clock.nowMs });
  await store.access.createUser({ id: 'ada', name: 'ada', createdAt: clock.iso() });
  await store.access.createAccount(
    {
      ...{ id: 'acc', userId: 'ada', exchange: 'deribit', label: 'mine', mode: 'PAPER', halted: false },
      ...{ lastSyncedAt: null, createdAt: clock.iso(), unlinkedAt: null },
      privacy: { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays: null },
      risk: {
        ...{ maxOrderNotional: null, maxOpenNotional: null, maxOpenOrders: null, priceCollar: null },
        rejectDuplicates: false,
      },
    },
    sealCredentials(ring, 'acc', KEY),
  );
  const intake = await openIntake(store.accounts, ring, clock.iso());
  [verdict, asked, closed, entered, meanwhile] = [accepted(null), [], 0, [], async () => undefined];
  context = {
    access: store.access,
    accounts: store.accounts,
    sessions: store.sessions,
    adapters: { get: async () => new ScriptedAdapter(clock), refresh: async () => [] },
    keyRing: ring,
    intake: async () => intake,
    paper: null,
    createAdapter: (account) => {
      asked.push(account);
      const adapter = new ScriptedAdapter(clock);
      adapter.checkCredentials = async () => {
        await meanwhile();
        return verdict;
      };
      adapter.close = async () => void (closed += 1);
      return adapter;
    },
    capabilities: capabilitiesOf,
    clock,
    checkTimeoutMs: 1_000,
    log: createLogger({ service: 'test', level: 'silent' }),
    crashPoint: () => undefined,
    onActivated: () => undefined,
    onEntered: async (_accountId, { session }) => void entered.push(session.id),
  };
});

let candidates = 0;
async function wish(session: WantedTransition, userId = 'ada'): Promise<string> {
  const id = `wish-${(candidates += 1)}`;
  await store.accounts.addCandidate({
    ...{ id, kind: 'session', accountId: 'acc', userId, exchange: 'deribit', label: 'mine', mode: 'PAPER' },
    ...{ sealedCredentials: '', session, createdAt: clock.iso() },
    expiresAt: new Date(clock.nowMs + 60_000).toISOString(),
  });
  return id;
}
const go = (candidateId: string) => checkCandidate(context, { candidateId, accountId: 'acc' });
const REFRESH: WantedTransition = { transition: 'REFRESH', name: null, subject: null };
const FORK: WantedTransition = { transition: 'FORK', name: 'desk', subject: null };
const toSubject = (subject: string): WantedTransition => ({ transition: 'EXCHANGE', name: null, subject });
const chain = () => store.sessions.chain('acc', 10);

test('the session is asked for as it will be, with the account’s own key, and begun then', async () => {
  const first = await wish(toSubject('17'));
  expect(await go(first)).toEqual({ accountId: 'acc', sessionId: first, migrated: 0, userErrors: [] });
  const second = await wish(FORK);
  await go(second);
  const third = await wish(REFRESH);
  await go(third);
  expect(asked.map(({ credentials, session }) => [credentials, session?.subject, session?.name])).toEqual([
    [KEY, '17', null],
    [KEY, '17', 'desk'],
    [KEY, '17', 'desk'],
  ]);
  expect((await chain()).map(({ transition, subject, name }) => [transition, subject, name])).toEqual([
    ['REFRESH', '17', 'desk'],
    ['FORK', '17', 'desk'],
    ['EXCHANGE', '17', null],
    ['INITIAL', null, null],
  ]);
  expect([closed, entered]).toEqual([3, [first, second, third]]);
  // The job was given out again: it finds what the first run has begun, and asks nobody.
  expect(await go(first)).toEqual({ accountId: 'acc', sessionId: first, migrated: 0, userErrors: [] });
  expect(asked).toHaveLength(3);
});

const REFUSED: CredentialsVerdict = { kind: 'refused', nativeCode: '-32602', message: 'wrong subject' };
const UNKNOWN: CredentialsVerdict = { kind: 'unknown', message: 'HTTP 503', retryAfterMs: 2_500 };
describe('nothing changes', () => {
  test.each([
    [
      'a wrong subject',
      toSubject('7'),
      REFUSED,
      'INVALID_INPUT',
      'subject',
      /does not let this key act for 7.*wrong subject/,
    ],
    ['a fork that is refused', FORK, REFUSED, 'INVALID_INPUT', 'name', /opens no session desk/],
    [
      'a session that is not renewed',
      REFRESH,
      REFUSED,
      'INVALID_INPUT',
      'accountId',
      /replace the account’s credentials/,
    ],
    [
      'one that may only look',
      toSubject('7'),
      accepted('7', false),
      'INVALID_INPUT',
      'subject',
      /may not read and trade/,
    ],
    ['no answer', REFRESH, UNKNOWN, 'EXCHANGE_UNAVAILABLE', null, /nothing was changed: try again in 3 s/],
  ] as const)('%s', async (_name, session, said, code, field, message) => {
    verdict = said;
    const id = await wish(session);
    const { accountId, userErrors } = await go(id);
    expect(accountId).toBeNull();
    expect(userErrors).toEqual([
      { code, message: expect.stringMatching(message) as string, field: field === null ? null : ['input', field] },
    ]);
    expect([(await chain()).length, await store.accounts.candidate(id), entered, closed]).toEqual([1, null, [], 1]);
  });

  test('a name or a subject that is there already is not even asked for', async () => {
    await go(await wish(FORK));
    await go(await wish(toSubject('17')));
    const before = asked.length;
    expect((await go(await wish(FORK))).userErrors[0]).toMatchObject({
      code: 'ALREADY_EXISTS',
      field: ['input', 'name'],
    });
    expect((await go(await wish(toSubject('17')))).userErrors[0]).toMatchObject({ field: ['input', 'subject'] });
    expect(asked).toHaveLength(before);
  });

  test('for an account of somebody else, or one that was unlinked', async () => {
    await store.access.createUser({ id: 'bob', name: 'bob', createdAt: clock.iso() });
    expect((await go(await wish(REFRESH, 'bob'))).userErrors[0]?.code).toBe('NOT_FOUND');
    await store.accounts.unlink('ada', 'acc', clock.iso());
    expect((await go(await wish(REFRESH))).userErrors[0]?.code).toBe('NOT_FOUND');
    expect(asked).toEqual([]);
  });
});

test('the key’s own account is no other subject', async () => {
  verdict = accepted('1');
  const intake = await context.intake();
  const own = intake.fingerprint('owner', { exchange: 'deribit', mode: 'PAPER' }, '1');
  const { accounts } = store;
  const credentials = accounts.credentials.bind(accounts);
  accounts.credentials = async (id) => ({ ...(await credentials(id)), venueOwner: own });
  expect((await go(await wish(toSubject('1')))).userErrors[0]).toMatchObject({ field: ['input', 'subject'] });
  verdict = accepted('17');
  await go(await wish(toSubject('17')));
  verdict = accepted('1');
  await go(await wish(toSubject('1')));
  expect((await chain())[0]).toMatchObject({ transition: 'EXCHANGE', subject: null });
});

test('a session that another one has overtaken is asked for anew', async () => {
  const other = await wish(toSubject('17'));
  let times = 0;
  meanwhile = async () => {
    times += 1;
    if (times > 1) return;
    const fromSessionId = (await store.sessions.active('acc'))?.id ?? '';
    await store.sessions.transition(other, { fromSessionId, name: null, subject: '17', at: clock.iso() });
  };
  const fork = await wish(FORK);
  expect((await go(fork)).sessionId).toBe(fork);
  expect(asked.map(({ session }) => session?.subject)).toEqual([null, '17']);
  expect((await chain()).map(({ id }) => id)).toEqual([fork, other, 'acc.1']);
});
