import { add, divide, multiply } from '@orderplane/domain';
import type { AnyCard } from '../card.ts';
import { ensure, equal } from '../expect.ts';
import { PROOF_MS } from '../stage.ts';
import type { Stage } from '../stage.ts';

/** B. Refusals. */

/** Our submission is held on its way, so that another order can take its client id before. */
async function takenBefore(stage: Stage, terms: Record<string, unknown>) {
  await stage.fault('delay', { method: 'submit', ms: 1_500 });
  const { id } = await stage.placed(stage.limit());
  const clientId = await stage.venueClientId(id);
  const theirs = await stage.outside({ clientId, ...terms });
  return { id, theirs };
}

export const REFUSALS: readonly AnyCard[] = [
  {
    id: 'OP-15',
    title: 'Precision',
    situation: 'Price or size off the step; the smallest step and the largest number of places.',
    required: 'Denied with the allowed step; on the wire stands the exact decimal.',
    run: async (stage) => {
      const { market } = stage;
      const before = (await stage.received('submit')).length;
      const off = {
        price: add(market.at('0.9'), divide(market.priceStep, '10')),
        size: add(market.size, divide(market.sizeStep, '10')),
      };
      for (const [field, step] of [
        ['price', market.priceStep],
        ['size', market.sizeStep],
      ] as const) {
        const { order, userErrors } = await stage.place(stage.limit({ [field]: off[field] }));
        equal([order, userErrors[0]?.code], [null, 'PRECISION'], `the answer to a ${field} off its step`);
        ensure(userErrors[0]?.message.includes(step) === true, `the step ${step} is not named`);
      }
      equal((await stage.received('submit')).length, before, 'submissions received');
      const exact = { price: add(market.at('0.9'), market.priceStep), size: add(market.size, market.sizeStep) };
      const { id } = await stage.resting(exact);
      const held = await stage.heldOnce(id);
      equal([held.price, held.size], [exact.price, exact.size], 'price and size in the ledger');
    },
  },
  {
    id: 'OP-16',
    title: 'Minimum notional',
    situation: 'An order below the minimum that we know.',
    required: 'Denied, nothing is sent.',
    run: async (stage) => {
      const before = (await stage.received('submit')).length;
      const { minNotional, minSize, sizeStep, priceStep } = stage.market;
      // Where there is no least worth, the least size is the minimum; it may be the step itself.
      if (minNotional === null)
        await stage.denied(stage.limit({ size: divide(minSize ?? sizeStep, '2') }), 'PRECISION', 'MIN_NOTIONAL');
      else await stage.denied(stage.limit({ size: minSize ?? sizeStep, price: priceStep }), 'MIN_NOTIONAL');
      equal((await stage.received('submit')).length, before, 'submissions received');
    },
  },
  {
    id: 'OP-17',
    title: 'Rules changed',
    situation: 'The exchange raised its minimum since we read it, and refuses.',
    required: 'Rejected with the native reason; the rules are read again; the next order is judged by the new ones.',
    run: async (stage) => {
      const { market } = stage;
      stage.isSpoiled = true;
      await stage.script('markets', { symbol: market.symbol, minSize: multiply(market.size, '2') });
      const { id } = await stage.placed(stage.limit());
      const { reason } = await stage.reaches(id, 'REJECTED');
      ensure((reason ?? '') !== '', 'no reason');
      equal((await stage.submissions(id)).length, 1, 'submissions');
      const judged = async (): Promise<string | undefined> => {
        const { order, userErrors } = await stage.place(stage.limit());
        if (order !== null) await stage.reaches(order.id, 'REJECTED');
        return userErrors[0]?.code;
      };
      // Where the least size is the step, the step is another one now.
      const isJudged = (code: string | undefined): boolean => code === 'MIN_NOTIONAL' || code === 'PRECISION';
      await stage.until(judged, isJudged, 'the next order is judged by the new rules', 20_000);
    },
  },
  {
    id: 'OP-18',
    title: 'No money',
    situation: 'An order that the balance does not cover.',
    required: 'Rejected with nothing filled; not repeated.',
    run: async (stage) => {
      const quote = stage.market.symbol.split('-')[1] ?? '';
      await stage.balance(quote, '1');
      const { id } = await stage.placed(stage.limit());
      equal((await stage.reaches(id, 'REJECTED')).filledSize, '0', 'filled');
      await stage.sync();
      equal((await stage.submissions(id)).length, 1, 'submissions');
      await stage.balance(quote, '1000000');
      await stage.resting();
    },
  },
  {
    id: 'OP-19',
    title: 'An unknown or delisted instrument',
    situation: 'A market that we do not know; one that the exchange does not trade any more, with an order at rest.',
    required: 'Denied if known to us, else rejected; the order at rest stays watched.',
    run: async (stage) => {
      await stage.denied(stage.limit({ symbol: 'NO-SUCH' }), 'INVALID_INPUT');
      const { id } = await stage.resting();
      await stage.answer('delisted', 'submit');
      const late = await stage.placed(stage.limit());
      await stage.reaches(late.id, 'REJECTED');
      equal((await stage.held(late.id)).length, 0, 'orders in the ledger');
      await stage.price('0.9');
      await stage.reaches(id, 'FILLED');
    },
  },
  {
    id: 'OP-20',
    title: 'A refusal after the acceptance',
    situation: 'The exchange accepts and then refuses; told in either order.',
    required: 'Rejected in both orders of arrival.',
    run: async (stage) => {
      const { id, exchangeOrderId } = await stage.resting();
      await stage.script('orders/reject', { exchangeOrderId });
      await stage.reaches(id, 'REJECTED');
      await stage.fault('streamSilent', { ms: 6_000 });
      await stage.fault('delayAnswer', { method: 'submit', ms: 2_000 });
      const second = await stage.placed(stage.limit());
      const [held] = await stage.until(
        () => stage.held(second.id),
        ({ length }) => length > 0,
        'it is there',
      );
      await stage.script('orders/reject', { exchangeOrderId: held?.exchangeOrderId });
      await stage.reaches(second.id, 'REJECTED', PROOF_MS);
    },
  },
  {
    id: 'OP-21',
    title: 'An unseen code',
    situation: 'A refusal whose code is on no list, and the order lives.',
    required: 'In doubt, not rejected; looked for and found; the code is told.',
    run: async (stage) => {
      await stage.silently();
      await stage.answer('unseen', 'submit', { process: true });
      const { id } = await stage.placed(stage.limit());
      const { events } = await stage.tells(id, 'OUTCOME_UNKNOWN');
      const told = events.nodes.filter(({ type }) => type === 'OUTCOME_UNKNOWN');
      equal(told.length, 1, 'times the doubt was told');
      ensure(/something new|9876/i.test(told[0]?.reason ?? ''), `the code is not told: ${told[0]?.reason}`);
      await stage.reaches(id, 'ACKNOWLEDGED');
      equal((await stage.submissions(id)).length, 1, 'submissions');
    },
  },
  {
    id: 'OP-22',
    title: 'A refused duplicate',
    situation: 'The exchange says that the client id is in use, and that order is ours.',
    required: 'Found by its id and shown as it is; not rejected, no new id.',
    run: async (stage) => {
      const { id, theirs } = await takenBefore(stage, {});
      const order = await stage.reaches(id, 'ACKNOWLEDGED', PROOF_MS);
      equal(order.exchangeOrderId, theirs.exchangeOrderId, 'the order found');
      equal(order.legs.length, 1, 'legs');
      equal((await stage.newOrders()).length, 1, 'orders of ours');
      await stage.heldOnce(id);
    },
  },
  {
    id: 'OP-23',
    title: 'The id belongs to another order',
    situation: 'As before, but that order has another side and size.',
    required: 'Not taken for ours: ours is rejected, the other one stays external.',
    run: async (stage) => {
      const { market } = stage;
      const { id, theirs } = await takenBefore(stage, {
        side: 'SELL',
        size: add(market.size, market.third),
        price: market.at('1.2'),
      });
      const order = await stage.reaches(id, 'REJECTED', PROOF_MS);
      ensure(/in use|duplicate/i.test(order.reason ?? ''), `the reason is ${order.reason}`);
      const adopted = await stage.until(
        async () => (await stage.orders()).find((one) => one.exchangeOrderId === theirs.exchangeOrderId),
        (found) => found !== undefined && found.origin === 'EXTERNAL',
        'the other order is external',
      );
      equal([adopted?.side, adopted?.status], ['SELL', 'OPEN'], 'the other order');
    },
  },
];
