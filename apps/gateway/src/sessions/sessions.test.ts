import type { AccountCheckResult } from '@orderplane/queues';
import { ResultTimeoutError } from '@orderplane/queues';
import type { Account, WantedTransition } from '@orderplane/store';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { World } from '../testing/world.ts';

let world: World;
/** What the worker was given. */
let given: { readonly kind: string; readonly sealed: string; readonly session: WantedTransition | undefined }[];

beforeAll(async () => {
  world = await World.start();
  const [own] = await world.store.access.accountsOfUser('ada');
  if (own === undefined) throw new Error('no account');
  const account: Account = { ...own, id: 'acc-deribit', exchange: 'deribit' };
  await world.store.access.createAccount(account, 'sealed');
});
afterAll(() => world[Symbol.asyncDispose]());

/** As the sync-worker does it, when the exchange says yes. */
async function begin(job: { readonly candidateId: string; readonly accountId: string }): Promise<AccountCheckResult> {
  const { accounts, sessions } = world.store;
  const candidate = await accounts.candidate(job.candidateId);
  given.push({
    kind: candidate?.kind ?? '',
    sealed: candidate?.sealedCredentials ?? '',
    session: candidate?.session,
  });
  const fromSessionId = (await sessions.active(job.accountId))?.id ?? '';
  const { name = null, subject = null } = candidate?.session ?? {};
  const result = await sessions.transition(job.candidateId, { fromSessionId, name, subject, at: world.clock.iso() });
  if (result.kind !== 'entered') throw new Error(result.kind);
  const { id: sessionId, migrated } = result.session;
  return { accountId: job.accountId, sessionId, migrated, userErrors: [] };
}
beforeEach(() => {
  given = [];
  world.onAccountCheck = begin;
});

const SESSION = 'id transition name subject active endedAt previous { id } account { id }';
const TRANSITION = `mutation ($input: SessionTransitionInput!) { transitionSession(input: $input) { session { ${SESSION} } migrated userErrors { code message field } } }`;
interface Answer {
  readonly session: Record<string, unknown> | null;
  readonly migrated: number;
  readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] | null }[];
}
const transition = async (input: object, token?: string): Promise<Answer> => {
  const { data, errors } = await world.query(TRANSITION, { input }, token);
  expect(errors).toBeUndefined();
  return (data as { transitionSession: Answer }).transitionSession;
};

test('an order knows the session that made it and the one that tracks it; sessions know their orders and their chain', async () => {
  const orderId = await world.orders.place('ada', 'acc-deribit');
  await world.orders.acknowledge(orderId);
  const { session, migrated, userErrors } = await transition({
    ...{ accountId: 'acc-deribit', transition: 'FORK', name: 'desk' },
  });
  expect([userErrors, migrated]).toEqual([[], 1]);
  expect(session).toMatchObject({
    ...{ transition: 'FORK', name: 'desk', subject: null, active: true, endedAt: null },
    ...{ previous: { id: 'acc-deribit.1' }, account: { id: 'acc-deribit' } },
  });
  expect(given).toEqual([
    { kind: 'session', sealed: '', session: { transition: 'FORK', name: 'desk', subject: null } },
  ]);

  const { data, errors } = await world.query(
    `query ($id: ID!) {
      order(id: $id) { session { id } createdSession { id active } events { nodes { type fromState toState source } } }
      account(id: "acc-deribit") { activeSession { id } }
      sessions(accountId: "acc-deribit") { id orders { id } active: orders(activeOnly: true) { id } all: orders(byChain: true) { id } }
      orders(filter: { sessionId: "acc-deribit.1" }) { totalCount }
    }`,
    { id: orderId },
  );
  expect(errors).toBeUndefined();
  const own = [{ id: orderId }];
  expect(data).toMatchObject({
    order: { session: { id: session?.['id'] }, createdSession: { id: 'acc-deribit.1', active: false } },
    account: { activeSession: { id: session?.['id'] } },
    sessions: [
      { id: session?.['id'], orders: own, active: own, all: own },
      { id: 'acc-deribit.1', orders: [], active: [], all: own },
    ],
    orders: { totalCount: 0 },
  });
  const { nodes } = (data as { order: { events: { nodes: Record<string, unknown>[] } } }).order.events;
  expect(nodes.at(-1)).toMatchObject({ type: 'SESSION_MIGRATED', source: 'client' });
});

describe('is refused, and nobody is asked', () => {
  const deribit = { accountId: 'acc-deribit' };
  test.each([
    [{ accountId: 'acc-ada', transition: 'FORK', name: 'x' }, 'UNSUPPORTED_BY_EXCHANGE', 'transition'],
    [{ accountId: 'acc-ada', transition: 'EXCHANGE', subject: '1' }, 'UNSUPPORTED_BY_EXCHANGE', 'transition'],
    [{ ...deribit, transition: 'INITIAL' }, 'INVALID_INPUT', 'transition'],
    [{ ...deribit, transition: 'ROTATE' }, 'INVALID_INPUT', 'transition'],
    [{ ...deribit, transition: 'refresh' }, 'INVALID_INPUT', 'transition'],
    [{ ...deribit, transition: 'FORK' }, 'INVALID_INPUT', 'name'],
    [{ ...deribit, transition: 'FORK', name: '' }, 'INVALID_INPUT', 'name'],
    [{ ...deribit, transition: 'FORK', name: 'a trade:read' }, 'INVALID_INPUT', 'name'],
    [{ ...deribit, transition: 'FORK', name: 'x', subject: '1' }, 'INVALID_INPUT', 'subject'],
    [{ ...deribit, transition: 'EXCHANGE' }, 'INVALID_INPUT', 'subject'],
    [{ ...deribit, transition: 'EXCHANGE', subject: '0' }, 'INVALID_INPUT', 'subject'],
    [{ ...deribit, transition: 'EXCHANGE', subject: '1', name: 'x' }, 'INVALID_INPUT', 'name'],
    [{ ...deribit, transition: 'REFRESH', name: 'x' }, 'INVALID_INPUT', 'name'],
    [{ accountId: 'acc-bob', transition: 'REFRESH' }, 'NOT_FOUND', 'accountId'],
    [{ accountId: 'no id', transition: 'REFRESH' }, 'NOT_FOUND', 'accountId'],
  ] as const)('%j', async (input, code, field) => {
    const { session, migrated, userErrors } = await transition(input);
    expect([session, migrated]).toEqual([null, 0]);
    expect(userErrors).toMatchObject([{ code, field: ['input', field] }]);
    expect(given).toEqual([]);
  });

  test('a viewer’s wish; and what others may not see', async () => {
    const { userErrors } = await transition({ ...deribit, transition: 'REFRESH' }, 'ada-viewer');
    expect(userErrors[0]?.code).toBe('FORBIDDEN');
    const { errors } = await world.query('{ sessions(accountId: "acc-deribit") { id } }', {}, 'bob-trader');
    expect(errors?.[0]?.extensions['code']).toBe('NOT_FOUND');
    expect(given).toEqual([]);
  });
});

describe('when the answer does not come in time', () => {
  test('the wish is taken back, or what has become of it is told', async () => {
    const late = (): Error => new ResultTimeoutError('account-checks', 50);
    world.onAccountCheck = () => Promise.reject(late());
    const before = (await world.store.sessions.chain('acc-deribit', 10)).length;
    const wish = { accountId: 'acc-deribit', transition: 'REFRESH' };
    expect((await transition(wish)).userErrors[0]?.code).toBe('TIMEOUT');
    expect(await world.store.sessions.chain('acc-deribit', 10)).toHaveLength(before);

    world.onAccountCheck = async (job) => {
      await begin(job);
      throw late();
    };
    const { session, userErrors } = await transition(wish);
    expect([session?.['transition'], userErrors]).toEqual(['REFRESH', []]);
  });
});
