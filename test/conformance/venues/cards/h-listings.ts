import { add, multiply } from '@orderplane/domain';
import { ENDED, isQuiet } from '../../../support/client.ts';
import type { OrderView } from '../../../support/client.ts';
import type { AnyCard } from '../card.ts';
import { ensure, equal, fail } from '../expect.ts';
import { PROOF_MS, SOON_MS, pause } from '../stage.ts';
import type { Stage } from '../stage.ts';

/** H. Listings and reconciliation. */

const withId = async (stage: Stage, exchangeOrderId: string): Promise<readonly OrderView[]> =>
  (await stage.orders()).filter((order) => order.exchangeOrderId === exchangeOrderId);
const adopted = (stage: Stage, exchangeOrderId: string): Promise<OrderView> =>
  stage
    .until(
      () => withId(stage, exchangeOrderId),
      (orders) => orders.length > 0,
      'the order is adopted',
    )
    .then(([order]) => order ?? fail('no order'));
/** So many orders of somebody else's, without end to end haste. */
async function outsiders(stage: Stage, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const price = stage.market.at(`0.${700 + (index % 200)}`);
    ids.push((await stage.outside({ size: stage.market.third, price })).exchangeOrderId);
  }
  return ids;
}
/** Nobody cancels them through us: they were never the point. */
async function clear(stage: Stage, ids: readonly string[]): Promise<void> {
  for (const id of ids) await stage.venueCancels(id).catch(() => undefined);
  await stage.until(
    () => stage.sync().then(() => stage.orders()),
    (orders) => orders.every(({ exchangeOrderId, state }) => !ids.includes(exchangeOrderId ?? '') || ENDED.has(state)),
    'all of them have ended here',
    PROOF_MS,
  );
}

export const LISTINGS: readonly AnyCard[] = [
  {
    id: 'OP-78',
    title: 'An external order appears',
    situation: 'Placed by hand, with and without a client id.',
    required: 'Adopted once, shown, changed or cancelled by a command only.',
    run: async (stage) => {
      for (const clientId of ['by-hand-1', undefined]) {
        const { exchangeOrderId } = await stage.outside({ clientId });
        await Promise.all([stage.sync(), stage.sync(), stage.sync()]);
        const order = await adopted(stage, exchangeOrderId);
        equal([order.origin, order.state], ['EXTERNAL', 'ACKNOWLEDGED'], 'the adopted order');
        await stage.sync();
        equal((await withId(stage, exchangeOrderId)).length, 1, 'adoptions');
        const before = (await stage.received('any')).filter(({ kind }) => kind !== 'query').length;
        await stage.sync();
        equal((await stage.received('any')).filter(({ kind }) => kind !== 'query').length, before, 'commands unasked');
        await stage.cancel(order.id);
        await stage.reaches(order.id, 'CANCELLED');
      }
    },
  },
  {
    id: 'OP-79',
    title: 'An order vanishes from the list',
    situation: 'Filled, cancelled, expired, or the list is wrong.',
    required: 'In doubt; history and executions decide; four cases, four right results.',
    run: async (stage) => {
      const filled = await stage.resting({ price: stage.market.at('0.95') });
      const cancelled = await stage.resting({ price: stage.market.at('0.8') });
      const expiresAt = new Date(Date.now() + 6_500).toISOString();
      const expired = stage.capabilities.timesInForce.LIMIT.includes('GTT')
        ? await stage.resting({ price: stage.market.at('0.78'), timeInForce: 'GTT', expiresAt })
        : null;
      const hidden = await stage.resting({ price: stage.market.at('0.76') });
      await stage.silently(12_000);
      await stage.price('0.95');
      await stage.venueCancels(cancelled.exchangeOrderId ?? '');
      const [{ venueClientId } = { venueClientId: '' }] = hidden.legs;
      await stage.fault('hideFromOpenOrders', { clientId: venueClientId, ms: 4_000 });
      await stage.sync();
      await stage.reaches(filled.id, 'FILLED', PROOF_MS);
      await stage.reaches(cancelled.id, 'CANCELLED', PROOF_MS);
      if (expired !== null) await stage.reaches(expired.id, 'EXPIRED', PROOF_MS);
      await stage.reaches(hidden.id, 'ACKNOWLEDGED', PROOF_MS);
      const types = (await stage.machineEvents(hidden.id)).map(({ type }) => type);
      ensure(types.includes('Vanished'), `the hidden order was never in doubt: ${types.join()}`);
    },
  },
  {
    id: 'OP-80',
    title: 'More than a page',
    situation: 'Exactly one page, and two and a half, of open orders and of executions.',
    required: 'All of them are seen.',
    run: async (stage) => {
      const { openOrders = 40, executions = 40 } = stage.pages;
      const first = await outsiders(stage, openOrders);
      await stage.sync();
      const rest = await outsiders(stage, Math.ceil(openOrders * 1.5));
      const ids = [...first, ...rest];
      await stage.until(
        () => stage.sync().then(() => stage.orders()),
        (orders) => ids.every((id) => orders.some(({ exchangeOrderId }) => exchangeOrderId === id)),
        `all ${ids.length} orders are seen`,
        PROOF_MS,
      );
      equal((await stage.sync()).complete, true, 'the look at all of them');
      await clear(stage, ids);
      await stage.silently(60_000);
      const count = Math.ceil(executions * 2.5);
      const pieces = multiply(stage.market.sizeStep, String(count));
      const size = add(pieces, stage.market.size);
      const { id } = await stage.resting({ size, price: stage.market.at('0.95') });
      const piece = stage.market.sizeStep;
      for (let part = 0; part < count; part += 1) await stage.fill(piece, '0.95');
      await stage.until(
        () => stage.sync().then(() => stage.order(id)),
        ({ filledSize }) => filledSize === pieces,
        `all ${count} executions are seen`,
        PROOF_MS,
      );
    },
  },
  {
    id: 'OP-81',
    title: 'The list moves while it is read',
    situation: 'Between two pages one order ends and another comes.',
    required: 'Nothing counts as absent, nothing counts twice.',
    run: async (stage) => {
      const { openOrders = 20 } = stage.pages;
      const ids = [...(await outsiders(stage, Math.ceil(openOrders * 1.2)))];
      await stage.until(
        () => stage.sync().then(() => stage.orders()),
        (orders) => ids.every((id) => orders.some(({ exchangeOrderId }) => exchangeOrderId === id)),
        'all are seen',
        PROOF_MS,
      );
      await stage.fault('delay', { method: 'list', ms: 300, durationMs: 1_500 });
      const looking = stage.sync();
      await pause(350);
      await stage.venueCancels(ids.shift() ?? '');
      ids.push((await stage.outside({ size: stage.market.third })).exchangeOrderId);
      await looking;
      await stage.until(
        () => stage.sync().then(() => stage.orders()),
        (orders) =>
          ids.every(
            (id) => orders.filter((order) => order.exchangeOrderId === id && order.status === 'OPEN').length === 1,
          ),
        'each of them is open here, once',
        SOON_MS,
      );
      const ended = (await stage.orders()).filter(
        ({ exchangeOrderId, state }) => ids.includes(exchangeOrderId ?? '') && ENDED.has(state),
      );
      equal(ended.length, 0, 'orders that count as absent');
      await clear(stage, ids);
    },
  },
  {
    id: 'OP-82',
    title: 'A page fails',
    situation: 'One page of a listing fails, or is an error inside a success.',
    required: 'The listing is incomplete; nothing is concluded from absence.',
    run: async (stage) => {
      const { id } = await stage.resting();
      for (const how of ['error5xxBefore', 'unseen'] as const) {
        const failing = async (): Promise<boolean> => {
          if (how === 'unseen') await stage.answer('unseen', 'list', { times: 2 });
          else await stage.fault(how, { method: 'list', times: 2, status: 503 });
          return (await stage.sync()).complete;
        };
        await stage.until(failing, (complete) => !complete, `a look is incomplete (${how})`);
        await stage.heal();
      }
      await stage.until(
        () => stage.sync(),
        ({ complete }) => complete,
        'a look is complete again',
      );
      equal((await stage.order(id)).state, 'ACKNOWLEDGED', 'the known order');
      const types = (await stage.machineEvents(id)).map(({ type }) => type);
      ensure(!types.includes('Vanished'), 'it was taken for vanished');
    },
  },
  {
    id: 'OP-83',
    title: 'Listings by instrument',
    situation: 'Orders live on an instrument that nothing is traded on now.',
    required: 'Every instrument with open or doubtful orders is asked; how far a look got is recorded.',
    markets: 2,
    run: async (stage) => {
      const [, other] = stage.markets;
      if (other === undefined) throw new Error('a second market is missing');
      const { id } = await stage.resting({ symbol: other.symbol, size: other.size, price: other.at('0.9') });
      await stage.silently(12_000);
      await stage.fill(other.third, '0.9', other);
      await stage.until(
        () => stage.sync().then(() => stage.order(id)),
        ({ filledSize }) => filledSize === other.third,
        'its execution is seen',
      );
      await stage.price('0.9', other);
      await stage.reaches(id, 'FILLED');
      const run = await stage.system.store.observations.lastSyncRun(stage.account.id, true);
      ensure((run?.coverage.length ?? 0) >= 2, 'the coverage is not recorded');
    },
  },
  {
    id: 'OP-84',
    title: 'The exchange forgets',
    situation: 'A cancelled order that was never filled is shown nowhere any more when we return.',
    required: 'An end only with complete executions and the known retention; otherwise a visible doubt.',
    run: async (stage) => {
      const { id, exchangeOrderId } = await stage.resting();
      await stage.silently(30_000);
      await stage.script('orders/forget', { exchangeOrderId, forgotten: true });
      await stage.venueCancels(exchangeOrderId ?? '');
      await stage.sync();
      const order = await stage.until(
        () => stage.order(id),
        ({ state, reconciliation }) => state === 'CANCELLED' || reconciliation.status === 'AMBIGUOUS',
        'a doubt is visible, or the end is proved',
      );
      await pause(3_000);
      equal((await stage.order(id)).filledSize, '0', 'filled');
      ensure(['ACKNOWLEDGED', 'CANCELLED'].includes((await stage.order(id)).state), `it is ${order.state}`);
      await stage.script('orders/forget', { exchangeOrderId, forgotten: false });
      await stage.reaches(id, 'CANCELLED', PROOF_MS);
    },
  },
  {
    id: 'OP-85',
    title: 'Listings lag',
    situation: 'Executions are listed seconds after the order shows them; the open list is behind the stream.',
    required: 'Nothing goes back; the missing executions are awaited, none is invented.',
    run: async (stage) => {
      const { account, market } = stage;
      const { id, legs } = await stage.resting();
      await stage.fault('hideFromOpenOrders', { clientId: legs[0]?.venueClientId, ms: 2_000 });
      await stage.script('executions/hold', { account: account.apiKey, held: true });
      await stage.silently(4_000);
      await stage.fill(market.third);
      await stage.sync();
      await pause(1_500);
      const behind = await stage.order(id);
      ensure(!ENDED.has(behind.state), `it is ${behind.state} meanwhile`);
      await stage.script('executions/hold', { account: account.apiKey, held: false });
      await stage.until(
        () => stage.sync().then(() => stage.order(id)),
        ({ filledSize }) => filledSize === market.third,
        'the execution is there',
      );
      await stage.reaches(id, 'PARTIALLY_FILLED');
      equal((await stage.machine(id)).executions.length, 1, 'executions');
    },
  },
  {
    id: 'OP-86',
    title: 'A restart in every state',
    situation: 'Killed with an order in each state; meanwhile the exchange fills, cancels, or does nothing.',
    required: 'For each pair the result of the ledger; no second order.',
    alone: 'restarts',
    run: async (stage) => {
      const { market } = stage;
      const prices = { FILLED: '0.95', CANCELLED: '0.8', ACKNOWLEDGED: '0.7' };
      const ends = Object.keys(prices) as (keyof typeof prices)[];
      const orders: { readonly id: string; readonly end: string; readonly wish: string | null }[] = [];
      for (const end of ends)
        for (const wish of [null, 'cancel', 'replace'] as const) {
          const { id } = await stage.resting({ price: market.at(prices[end]) });
          orders.push({ id, end, wish });
        }
      const clientOrderId = `restart-${crypto.randomUUID()}`;
      await stage.fault('ackLost', { method: 'submit', times: 1 });
      stage.crashAt('submit:after-call', clientOrderId);
      const unknown = await stage.placed(stage.limit({ clientOrderId, price: market.at('0.66') }));
      const { stack } = stage.system;
      for (const service of ['reconciler', 'reconciler-2', 'sync-worker'])
        await stack.kill(service, { stayDown: true });
      for (const { id, wish } of orders) {
        if (wish === 'cancel') await stage.cancel(id);
        if (wish === 'replace') await stage.modify(id, { price: market.at('0.6') });
      }
      const waiting = await stage.placed(stage.limit({ price: market.at('0.64') }));
      await stage.price('0.95');
      for (const { id, end } of orders)
        if (end === 'CANCELLED') await stage.venueCancels((await stage.order(id)).exchangeOrderId ?? '');
      for (const service of ['reconciler', 'reconciler-2', 'sync-worker']) await stack.up(service);
      await stage.until(
        () => stage.sync(),
        ({ complete }) => complete,
        'a complete look',
        PROOF_MS,
      );
      for (const { id, end, wish } of orders) {
        const expected = [end === 'ACKNOWLEDGED' && wish === 'cancel' ? 'CANCELLED' : end];
        // A change in two steps meets its first step done: the rest goes out with the new terms.
        if (wish === 'replace' && !stage.amends && end === 'CANCELLED') expected.push('ACKNOWLEDGED');
        await stage.until(
          () => stage.order(id),
          (order) => isQuiet(order) && expected.includes(order.state),
          `an order that was ${end} with a wished ${wish} is ${expected.join(' or ')}`,
          PROOF_MS,
        );
      }
      for (const { id } of [unknown, waiting]) {
        await stage.reaches(id, 'ACKNOWLEDGED', PROOF_MS);
        await stage.heldOnce(id);
      }
    },
  },
  {
    id: 'OP-87',
    title: 'Reconciliation twice',
    situation: 'The same account is looked at again and again.',
    required: 'The second look finds nothing, sends nothing, makes the same ids.',
    run: async (stage) => {
      const { id } = await stage.resting();
      await stage.fill(stage.market.third);
      await stage.outside({});
      await stage.reaches(id, 'PARTIALLY_FILLED');
      await stage.sync();
      const shown = async () => {
        const { cursor } = await stage.system.store.ledger.accountSnapshot(stage.account.id);
        const ids = (await stage.orders()).map((order) => [order.id, order.legs, order.fills]);
        return JSON.stringify([String(cursor), ids, await stage.received('any')]);
      };
      const before = await stage.until(
        async () => [await shown(), await stage.sync().then(shown)] as const,
        ([first, second]) => first === second,
        'a further look finds nothing',
      );
      await stage.sync();
      equal(await shown(), before[1], 'what is shown after one more look');
    },
  },
  {
    id: 'OP-88',
    title: 'A busted execution',
    situation: 'The exchange takes an execution back, or corrects it.',
    required: 'Filled size and fees follow; the execution stays in the history.',
    absent: 'the simulation of a bust',
  },
  {
    id: 'OP-89',
    title: 'Other accounts',
    situation: 'Two accounts, the same instrument, the same client id text.',
    required: 'Nothing is mixed.',
    accounts: 2,
    run: async (stage) => {
      const { account, market } = stage;
      const second = stage.accounts[1] ?? fail('a second account is missing');
      const clientOrderId = `same-${crypto.randomUUID().slice(0, 8)}`;
      const own = await stage.resting({ clientOrderId, price: market.at('0.95') }, account);
      const theirs = await stage.resting({ clientOrderId, price: market.at('0.9') }, second);
      ensure(own.id !== theirs.id, 'they are one order');
      for (const one of [account, second]) {
        await stage.outside({ clientId: 'same-text', price: market.at('0.85') }, one);
        await stage.sync(one);
      }
      await stage.price('0.95');
      await stage.reaches(own.id, 'FILLED');
      equal((await stage.order(theirs.id)).state, 'ACKNOWLEDGED', "the other account's order");
      for (const one of [account, second])
        equal(
          (await stage.newOrders(one)).filter(({ origin, status }) => origin === 'EXTERNAL' && status === 'OPEN')
            .length,
          1,
          'external orders of each account',
        );
    },
  },
];
