import { subtract } from '@orderplane/domain';
import type { AnyCard } from '../card.ts';
import { ensure, equal } from '../expect.ts';
import { PROOF_MS } from '../stage.ts';
import type { Stage } from '../stage.ts';

/** C. Cancel. */

const cancelsOf = async (stage: Stage): Promise<number> => (await stage.received('cancel')).length;
const cancelRequest = async (stage: Stage, id: string) =>
  (await stage.machine(id)).requests.find(({ kind }) => kind === 'cancel');

/** Ended in the ledger too, with nothing of it open. */
async function gone(stage: Stage, id: string): Promise<void> {
  const open = (await stage.held(id)).filter(({ status }) => status === 'OPEN');
  equal(open.length, 0, 'orders that live in the ledger');
}

/** The order has ended at the exchange, and nobody here has heard of it. */
async function endedUnseen(stage: Stage, end: (exchangeOrderId: string) => Promise<void>): Promise<string> {
  const { id, exchangeOrderId } = await stage.resting();
  await stage.silently(8_000);
  await stage.fault('delay', { method: 'list', ms: 1_500, durationMs: 4_000 });
  await end(exchangeOrderId ?? '');
  return id;
}

export const CANCEL: readonly AnyCard[] = [
  {
    id: 'OP-24',
    title: 'Cancel of a resting order',
    situation: 'An order at rest is cancelled.',
    required: 'The request is wished, sent, and closed as applied; the order is cancelled here and in the ledger.',
    run: async (stage) => {
      const { id } = await stage.resting();
      await stage.cancel(id);
      await stage.reaches(id, 'CANCELLED');
      equal((await cancelRequest(stage, id))?.phase, 'applied', 'the request');
      const types = (await stage.machineEvents(id)).map(({ type }) => type);
      ensure(types.indexOf('CancelRequested') < types.indexOf('CancelSent'), `the order of events: ${types.join()}`);
      equal((await stage.heldOnce(id)).status, 'CANCELLED', 'the status in the ledger');
    },
  },
  {
    id: 'OP-25',
    title: 'A partial fill, then a cancel',
    situation: 'A third is filled, the rest is cancelled.',
    required: 'Cancelled with the fill, nothing remaining; the exchange holds no money for it any more.',
    run: async (stage) => {
      const { id } = await stage.resting();
      await stage.fill(stage.market.third);
      await stage.reaches(id, 'PARTIALLY_FILLED');
      await stage.cancel(id);
      const order = await stage.reaches(id, 'CANCELLED');
      equal([order.filledSize, order.remainingSize], [stage.market.third, '0'], 'filled and remaining');
    },
  },
  {
    id: 'OP-26',
    title: 'A cancel crosses a partial fill',
    situation: 'The report of the fill comes after the confirmation of the cancel.',
    required: 'Cancelled, with everything that was filled.',
    run: async (stage) => {
      const { id } = await stage.resting();
      await stage.fault('streamDelay', { ms: 2_000, durationMs: 3_000 });
      await stage.fill(stage.market.third);
      await stage.cancel(id);
      equal((await stage.reaches(id, 'CANCELLED')).filledSize, stage.market.third, 'filled');
    },
  },
  {
    id: 'OP-27',
    title: 'A cancel crosses the whole fill',
    situation: 'The exchange refuses the cancel since the order is filled; the report of the fill is late.',
    required: 'The request is refused, the order is never cancelled; the fill is fetched; filled.',
    run: async (stage) => {
      const id = await endedUnseen(stage, () => stage.price('0.9'));
      await stage.cancel(id);
      await stage.reaches(id, 'FILLED');
      ensure(!(await stage.life(id)).includes('CANCELLED'), 'it was CANCELLED');
      ensure((await cancelRequest(stage, id))?.phase !== 'applied', 'the cancel counts as applied');
    },
  },
  {
    id: 'OP-28',
    title: 'A cancel before the acknowledgement',
    situation: 'The submission is not answered yet.',
    required: 'The wish is kept and acted upon; the order ends cancelled or filled.',
    run: async (stage) => {
      await stage.fault('delayAnswer', { method: 'submit', ms: 1_500 });
      await stage.fault('streamDelay', { ms: 2_500, durationMs: 1_500 });
      const { id } = await stage.placed(stage.limit());
      await stage.venueClientId(id);
      await stage.cancel(id);
      await stage.reaches(id, 'CANCELLED');
      await gone(stage, id);
    },
  },
  {
    id: 'OP-29',
    title: 'A cancel overtakes the submission',
    situation: 'The wish to cancel comes while the exchange does not know the order yet; then it accepts it.',
    required: 'Nothing is concluded meanwhile; the cancel is sent when the order is there; cancelled.',
    run: async (stage) => {
      await stage.fault('delay', { method: 'submit', ms: 1_200 });
      const { id } = await stage.placed(stage.limit());
      await stage.venueClientId(id);
      await stage.cancel(id);
      await stage.reaches(id, 'CANCELLED', PROOF_MS);
      await gone(stage, id);
      equal((await stage.heldOnce(id)).endReason, 'user', 'who ended it in the ledger');
    },
  },
  {
    id: 'OP-30',
    title: 'A cancel of an order unknown there',
    situation: 'The order ended unseen, by a fill or by the exchange; the cancel meets nothing.',
    required: 'Doubt, then the true end from history and executions; not cancelled on that answer alone.',
    run: async (stage) => {
      const filled = await endedUnseen(stage, () => stage.fill(stage.market.size));
      await stage.cancel(filled);
      await stage.reaches(filled, 'FILLED');
      const ended = await endedUnseen(stage, (exchangeOrderId) => stage.venueCancels(exchangeOrderId));
      await stage.cancel(ended);
      await stage.reaches(ended, 'CANCELLED');
    },
  },
  {
    id: 'OP-31',
    title: 'A cancel twice',
    situation: 'The caller asks twice.',
    required: 'One request at the exchange; cancelled; no error for the caller.',
    run: async (stage) => {
      const { id } = await stage.resting();
      await stage.fault('delay', { method: 'cancel', ms: 700 });
      await Promise.all([stage.cancel(id), stage.cancel(id)]);
      await stage.reaches(id, 'CANCELLED');
      equal(await cancelsOf(stage), 1, 'cancels received');
    },
  },
  {
    id: 'OP-32',
    title: 'A cancel in doubt, applied',
    situation: 'The answer to the cancel is lost.',
    required: 'The request is in doubt, the order is found cancelled; at most one repetition, of the cancel only.',
    run: async (stage) => {
      const { id } = await stage.resting();
      await stage.silently();
      await stage.fault('ackLost', { method: 'cancel', times: 1 });
      await stage.cancel(id);
      await stage.reaches(id, 'CANCELLED');
      ensure(
        (await stage.machineEvents(id)).some(({ type }) => type === 'RequestUnknown'),
        'there was no doubt',
      );
      ensure((await cancelsOf(stage)) <= 2, 'it was repeated too often');
      equal((await stage.submissions(id)).length, 1, 'submissions');
    },
  },
  {
    id: 'OP-33',
    title: 'A cancel in doubt, not applied',
    situation: 'The cancel never arrived.',
    required: 'Found open, sent again, cancelled; nothing is placed meanwhile.',
    run: async (stage) => {
      const { id } = await stage.resting();
      await stage.fault('dropBeforeAccept', { method: 'cancel', times: 1 });
      await stage.cancel(id);
      await stage.reaches(id, 'CANCELLED', PROOF_MS);
      equal(await cancelsOf(stage), 2, 'cancels received');
      equal((await stage.submissions(id)).length, 1, 'submissions');
    },
  },
  {
    id: 'OP-34',
    title: 'A cancel refused, the order lives',
    situation: 'The exchange does not take the cancel at present.',
    required: 'The order is as before, the caller is told, the wish is not repeated for ever.',
    run: async (stage) => {
      const { id } = await stage.resting();
      await stage.answer('cancelRefused', 'cancel', { times: 10 });
      await stage.cancel(id);
      await stage.tells(id, 'CANCEL_REJECTED');
      await stage.reaches(id, 'ACKNOWLEDGED');
      const before = await cancelsOf(stage);
      await stage.sync();
      await stage.sync();
      equal(await cancelsOf(stage), before, 'cancels received after the refusal');
      ensure(before <= 2, `${before} cancels were sent`);
      await stage.heal();
      await stage.cancel(id);
      await stage.reaches(id, 'CANCELLED');
    },
  },
  {
    id: 'OP-35',
    title: 'A fill after the cancel',
    situation: 'An execution comes to light after the end: once in part, once one that completes the order.',
    required: 'Cancelled with more filled; filled. The late event is visible.',
    run: async (stage) => {
      const { market } = stage;
      const { id, exchangeOrderId } = await stage.resting();
      await stage.cancel(id);
      await stage.reaches(id, 'CANCELLED');
      const grown = async (size: string, state: string): Promise<void> => {
        await stage.until(
          () => stage.sync().then(() => stage.order(id)),
          (order) => order.filledSize === size && order.state === state,
          `${state} with ${size} filled`,
        );
      };
      await stage.script('orders/execute-late', { exchangeOrderId, size: market.third });
      await grown(market.third, 'CANCELLED');
      await stage.script('orders/execute-late', { exchangeOrderId, size: subtract(market.size, market.third) });
      await grown(market.size, 'FILLED');
      const types = (await stage.machineEvents(id)).map(({ type }) => type);
      ensure(types.lastIndexOf('Cancelled') < types.indexOf('Fill'), `not shown as late: ${types.join()}`);
    },
  },
  {
    id: 'OP-36',
    title: 'An unsolicited cancel',
    situation: 'The exchange itself cancels.',
    required: 'Cancelled or expired with the reason; nothing is placed again.',
    run: async (stage) => {
      const { id, exchangeOrderId } = await stage.resting();
      await stage.venueCancels(exchangeOrderId ?? '');
      const order = await stage.until(
        () => stage.order(id),
        ({ state }) => state === 'CANCELLED' || state === 'EXPIRED',
        'it has ended',
      );
      ensure((order.reason ?? '') !== '', 'there is no reason');
      await stage.sync();
      equal((await stage.submissions(id)).length, 1, 'submissions');
    },
  },
  {
    id: 'OP-37',
    title: 'Cancel all is scoped',
    situation: 'Two accounts, two instruments, orders of others.',
    required: 'Only the orders that are meant are cancelled.',
    accounts: 2,
    markets: 2,
    run: async (stage) => {
      const [, second] = stage.accounts;
      const [one, other] = stage.markets;
      if (second === undefined || one === undefined || other === undefined) throw new Error('not enough room');
      const elsewhere = { symbol: other.symbol, size: other.size, price: other.at('0.9') };
      const meant = await stage.resting();
      const kept = await stage.resting(elsewhere);
      const neighbour = await stage.resting({}, second);
      const theirs = await stage.outside({ ...elsewhere, price: other.at('0.88') });
      await stage.cancelAll({ symbol: one.symbol });
      await stage.reaches(meant.id, 'CANCELLED');
      await stage.sync();
      const statusOf = async (account = stage.account): Promise<readonly string[]> =>
        (await stage.ledger(account)).orders
          .filter(({ status }) => status === 'OPEN')
          .map((held) => held.exchangeOrderId);
      const own = await statusOf();
      for (const id of [kept.exchangeOrderId, theirs.exchangeOrderId])
        ensure(id !== null && own.includes(id), `${id} was cancelled too`);
      ensure(
        (await statusOf(second)).includes(neighbour.exchangeOrderId ?? ''),
        "the other account's was cancelled too",
      );
    },
  },
];
