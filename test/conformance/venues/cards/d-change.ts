import { add, compare, subtract } from '@orderplane/domain';
import type { AnyCard } from '../card.ts';
import { ensure, equal } from '../expect.ts';
import { PROOF_MS, SOON_MS } from '../stage.ts';
import type { Stage } from '../stage.ts';
import { isQuiet, modifyOrder } from '../../../support/client.ts';
import type { OrderView } from '../../../support/client.ts';

/** D. Change. */

/** The change is proved, or decided against. */
const decided = (stage: Stage, id: string, generation = 2, ms = SOON_MS): Promise<OrderView> =>
  stage.until(
    () => stage.order(id),
    (order) => isQuiet(order) && order.reconciliation.observedGeneration >= generation,
    'the change is decided',
    ms,
  );
const replaces = async (stage: Stage, id: string) =>
  (await stage.machine(id)).requests.filter(({ kind }) => kind === 'replace').map(({ phase }) => phase);
const live = async (stage: Stage, id: string) => (await stage.held(id)).filter(({ status }) => status === 'OPEN');

/** One order at the exchange, with these terms. */
async function livesAs(stage: Stage, id: string, terms: { price?: string; size?: string }): Promise<void> {
  const [held, ...more] = await live(stage, id);
  equal(more.length, 0, 'further live orders');
  ensure(held !== undefined, 'nothing of it lives');
  if (terms.price !== undefined) equal(held.price, terms.price, 'the price in the ledger');
  if (terms.size !== undefined) equal(held.size, terms.size, 'the size in the ledger');
}

export const CHANGE: readonly AnyCard[] = [
  {
    id: 'OP-38',
    title: 'Change of the price',
    situation: 'An order with a part filled gets another price and is filled further.',
    required: 'One order at the new price; the fills before and after are its own.',
    run: async (stage) => {
      const { market } = stage;
      const { id } = await stage.resting();
      await stage.fill(market.third);
      await stage.reaches(id, 'PARTIALLY_FILLED');
      await stage.modify(id, { price: market.at('0.88') });
      await decided(stage, id);
      await livesAs(stage, id, { price: market.at('0.88') });
      await stage.fill(market.third, '0.88');
      await stage.until(
        () => stage.order(id),
        ({ filledSize }) => filledSize === add(market.third, market.third),
        'both',
      );
      await stage.heldOnce(id);
    },
  },
  {
    id: 'OP-39',
    title: 'Raise and lower the size',
    situation: 'With a part filled, the total is raised, then lowered.',
    required: 'The totals are those of the order; never more is open than the total less the fills.',
    run: async (stage) => {
      const { market } = stage;
      const { id } = await stage.resting();
      await stage.fill(market.third);
      await stage.reaches(id, 'PARTIALLY_FILLED');
      for (const [generation, size] of [
        [2, add(market.size, market.third)],
        [3, add(market.third, market.third)],
      ] as const) {
        await stage.modify(id, { size });
        const order = await decided(stage, id, generation);
        equal([order.size, order.filledSize], [size, market.third], 'size and filled');
        const [held] = await live(stage, id);
        ensure(held !== undefined, 'nothing of it lives');
        equal(subtract(held.size ?? '0', held.filledSize), subtract(size, market.third), 'open at the exchange');
      }
      await stage.price('0.9');
      equal((await stage.reaches(id, 'FILLED')).filledSize, add(market.third, market.third), 'filled in the end');
    },
  },
  {
    id: 'OP-40',
    title: 'Lower to or below what is filled',
    situation: 'Asked so, to the filled size and below it; and fills that cross the request.',
    required: 'Filled, with the size set to what is filled; nothing is executed or placed beyond.',
    run: async (stage) => {
      const { market } = stage;
      const two = add(market.third, market.third);
      for (const size of [two, market.third]) {
        const { id } = await stage.resting();
        await stage.fill(two);
        await stage.reaches(id, 'PARTIALLY_FILLED');
        await stage.modify(id, { size });
        const order = await stage.reaches(id, 'FILLED');
        equal([order.size, order.filledSize], [two, two], 'size and filled');
        equal((await live(stage, id)).length, 0, 'live orders');
        equal((await stage.submissions(id)).length, 1, 'submissions');
      }
      const { id } = await stage.resting();
      await stage.fault('delay', { method: stage.amends ? 'amend' : 'cancel', ms: 800, times: 1 });
      await stage.modify(id, { size: market.third });
      await stage.fill(two);
      const order = await stage.reaches(id, 'FILLED', PROOF_MS);
      equal([order.size, order.filledSize], [two, two], 'size and filled after the fills had crossed');
      equal((await live(stage, id)).length, 0, 'live orders');
    },
  },
  {
    id: 'OP-41',
    title: 'A change crosses the whole fill',
    situation: 'The order is filled while the amendment is on its way.',
    required: 'Filled; the request is refused; no new order.',
    run: async (stage) => {
      const { id } = await stage.resting();
      await stage.fault('delay', { method: 'amend', ms: 800, times: 1 });
      await stage.modify(id, { price: stage.market.at('0.88') });
      await stage.until(
        () => stage.received('amend'),
        ({ length }) => length > 0,
        'the amendment is on its way',
      );
      await stage.price('0.9');
      await stage.reaches(id, 'FILLED');
      const phases = await replaces(stage, id);
      ensure(!phases.includes('applied'), `the change counts as ${phases.join()}`);
      await stage.heldOnce(id);
    },
  },
  {
    id: 'OP-42',
    title: 'A change in doubt',
    situation: 'The answer is lost: once the change is applied, once not.',
    required: 'In doubt, then the values come from the exchange.',
    run: async (stage) => {
      const { id } = await stage.resting();
      for (const [generation, fault, factor] of [
        [2, 'ackLost', '0.88'],
        [3, 'dropBeforeAccept', '0.86'],
      ] as const) {
        await stage.silently(1_500);
        await stage.fault(fault, { method: 'amend', times: 1 });
        await stage.modify(id, { price: stage.market.at(factor) });
        await decided(stage, id, generation, PROOF_MS);
        const doubts = (await stage.machineEvents(id)).filter(({ type }) => type === 'RequestUnknown').length;
        equal(doubts, generation - 1, `doubts after ${fault}`);
        await livesAs(stage, id, { price: stage.market.at(factor) });
      }
      await stage.heldOnce(id);
    },
  },
  {
    id: 'OP-43',
    title: 'A change gives a new exchange id',
    situation: 'The stream says that the order under the old id is cancelled.',
    required: 'One order with two exchange ids; it is not cancelled; late fills under the old id are its own.',
    run: async (stage) => {
      const { market } = stage;
      const { id, exchangeOrderId } = await stage.resting();
      await stage.fault('streamDelay', { ms: 1_500, durationMs: 1_500 });
      await stage.fill(market.third);
      await stage.modify(id, { price: market.at('0.88') });
      const order = await decided(stage, id);
      ensure(order.exchangeOrderId !== exchangeOrderId, 'the id is the old one');
      ensure(!(await stage.life(id)).includes('CANCELLED'), 'it was CANCELLED');
      equal((await live(stage, id)).length, 1, 'live orders');
      await stage.until(
        () => stage.order(id),
        ({ filledSize }) => filledSize === market.third,
        'the fill is its own',
      );
    },
  },
  {
    id: 'OP-44',
    title: 'Two steps: the old leg fills',
    situation: 'The cancel is refused as the leg was filled; a part fills while it is cancelled and is told late.',
    required: 'Nothing is placed; or a new leg for the true rest only.',
    run: async (stage) => {
      const { market } = stage;
      const { id } = await stage.resting();
      await stage.fault('delay', { method: 'cancel', ms: 800, times: 1 });
      await stage.modify(id, { price: market.at('0.88') });
      await stage.until(
        () => stage.received('cancel'),
        ({ length }) => length > 0,
        'the cancel is on its way',
      );
      await stage.price('0.9');
      await stage.reaches(id, 'FILLED');
      equal((await stage.submissions(id)).length, 1, 'submissions');
      const second = await stage.resting({ price: market.at('0.8') });
      await stage.fault('streamDelay', { ms: 1_500, durationMs: 2_000 });
      await stage.fault('delay', { method: 'cancel', ms: 600, times: 1 });
      await stage.modify(second.id, { price: market.at('0.78') });
      await stage.fill(market.third, '0.8');
      const order = await decided(stage, second.id, 2, PROOF_MS);
      equal(order.filledSize, market.third, 'filled');
      const [held, ...more] = await live(stage, second.id);
      equal([held?.size, more.length], [subtract(market.size, market.third), 0], 'the new leg in the ledger');
    },
  },
  {
    id: 'OP-45',
    title: 'Two steps: the new leg fails',
    situation: 'The old leg is over; the new one is refused, in doubt, never received, or its sender is killed.',
    required:
      'Refused: cancelled with that reason and the fills. In doubt: found, or proved absent and sent again under its id.',
    alone: 'restarts',
    run: async (stage) => {
      const { market } = stage;
      const change = { price: market.at('0.88') };
      const refused = await stage.resting();
      await stage.fill(market.third);
      await stage.reaches(refused.id, 'PARTIALLY_FILLED');
      await stage.answer('delisted', 'submit');
      await stage.modify(refused.id, change);
      const over = await stage.reaches(refused.id, 'CANCELLED', PROOF_MS);
      equal(over.filledSize, market.third, 'filled');
      ensure((over.reason ?? '') !== '', 'there is no reason');
      for (const fault of ['ackLost', 'dropBeforeAccept', 'killed']) {
        const { id, clientOrderId } = await stage.resting();
        if (fault === 'killed') stage.crashAt('cancel:after-outcome', clientOrderId);
        else await stage.fault(fault, { method: 'submit', times: 1 });
        await stage.modify(id, change);
        const order = await decided(stage, id, 2, PROOF_MS);
        equal(order.price, change.price, `the price after ${fault}`);
        equal(order.legs.length, 2, `legs after ${fault}`);
        await livesAs(stage, id, { ...change, size: market.size });
      }
    },
  },
  {
    id: 'OP-46',
    title: 'Two changes at once',
    situation: 'The second is asked for before the first is answered; the first is refused.',
    required: 'The values of the last one applied; every answer closes its own request.',
    run: async (stage) => {
      const { market } = stage;
      const { id } = await stage.resting();
      await stage.fault('delayAnswer', { method: 'amend', ms: 800, times: 2 });
      await Promise.all([
        modifyOrder(stage.system.trader, { orderId: id, price: market.at('0.88') }),
        modifyOrder(stage.system.trader, { orderId: id, price: market.at('0.86') }),
      ]);
      const order = await decided(stage, id, 3);
      await livesAs(stage, id, { price: order.price ?? '' });
      ensure(compare(order.price ?? '0', market.at('0.9')) < 0, 'neither change is applied');
      await stage.answer('cancelOnly', 'amend');
      await stage.modify(id, { price: market.at('0.84') });
      await stage.modify(id, { price: market.at('0.82') });
      await decided(stage, id, 5);
      await livesAs(stage, id, { price: market.at('0.82') });
      await stage.heldOnce(id);
    },
  },
];
