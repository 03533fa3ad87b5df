import { compare, decimal, multiply } from '@orderplane/domain';
import { ENDED, isQuiet } from '../../../support/client.ts';
import type { AnyCard } from '../card.ts';
import { ensure, equal, fail } from '../expect.ts';
import { SOON_MS, pause } from '../stage.ts';
import type { Stage } from '../stage.ts';

/** A. Placing. */

/** What the ledger holds is what was asked for, digit by digit. */
async function heldAs(stage: Stage, id: string): Promise<void> {
  const order = await stage.order(id);
  const held = await stage.heldOnce(id);
  equal(
    [held.exchangeOrderId, held.clientId, held.symbol, held.side, held.price, held.size],
    [order.exchangeOrderId, order.legs[0]?.venueClientId, order.symbol, order.side, order.price, order.size],
    'the order in the ledger',
  );
}

/** Somebody offers a third of the usual size at the last price, and nothing else is for sale there. */
const offerThird = (stage: Stage) =>
  stage.other({ side: 'SELL', size: stage.market.third, price: stage.market.last, type: 'LIMIT' });

async function expires(stage: Stage, id: string, filled: string): Promise<void> {
  const order = await stage.reaches(id, 'EXPIRED');
  equal([order.reason, order.filledSize, order.remainingSize], ['tif', filled, '0'], 'reason, filled and remaining');
  ensure(!(await stage.life(id)).includes('FILLED'), 'it was FILLED');
}

/** The answer to a market order is held; the list of executions speaks first, if it is quick enough. */
async function filledBeforeTheAnswer(stage: Stage): Promise<{ readonly id: string; readonly isFirst: boolean }> {
  await stage.silently(5_000);
  await stage.fault('delayAnswer', { method: 'submit', ms: 2_500 });
  const { id } = await stage.placed(stage.buyNow());
  await stage.until(
    () => stage.held(id),
    (held) => held.length > 0,
    'the exchange has it',
  );
  const filled = await stage.until(
    () => stage.sync().then(() => stage.machineEvents(id)),
    (events) => events.some(({ type }) => type === 'Fill'),
    'its fill is seen',
  );
  await stage.heal();
  return { id, isFirst: !filled.some(({ type }) => type === 'Acknowledged' || type === 'SubmitUnknown') };
}

export const PLACING: readonly AnyCard[] = [
  {
    id: 'OP-01',
    title: 'A limit order rests',
    situation: 'A limit order away from the market.',
    required:
      'Submitted, then acknowledged under the exchange id; the ledger holds it with our exact terms and client id.',
    run: async (stage) => {
      const { id } = await stage.resting();
      equal(await stage.life(id), ['CREATED', 'VALIDATED', 'SUBMITTED', 'ACKNOWLEDGED'], 'the life');
      equal((await stage.heldOnce(id)).status, 'OPEN', 'the status in the ledger');
      await heldAs(stage, id);
    },
  },
  {
    id: 'OP-02',
    title: 'A market order filled at once',
    situation: 'The first news of the order is its whole fill; the acknowledgement comes later.',
    required: 'From submitted to filled without an acknowledgement; the late one changes nothing.',
    run: async (stage) => {
      for (let tries = 0; tries < 4; tries += 1) {
        const { id, isFirst } = await filledBeforeTheAnswer(stage);
        await stage.reaches(id, 'FILLED');
        // The answer comes meanwhile.
        await pause(2_500);
        const life = (await stage.life(id)).filter((state) => state !== 'PARTIALLY_FILLED');
        equal(life.at(-1), 'FILLED', 'the last state');
        if (!isFirst) continue;
        equal(life, ['CREATED', 'VALIDATED', 'SUBMITTED', 'FILLED'], 'the life');
        return;
      }
      fail('the answer came before the list of executions every time');
    },
  },
  {
    id: 'OP-03',
    title: 'Many executions',
    situation: 'Fifty executions within moments, equal in price and size.',
    required: 'All fifty are booked, told apart by their ids; filled once.',
    run: async (stage) => {
      const { market } = stage;
      const fiftieth = market.onStep(decimal(market.size).div(50).toFixed());
      const piece = compare(fiftieth, '0') > 0 ? fiftieth : market.sizeStep;
      const size = multiply(piece, '50');
      const { id } = await stage.resting({ size: compare(size, market.third) < 0 ? market.size : size });
      const whole = (await stage.order(id)).size ?? '0';
      const parts = decimal(whole).div(piece).toNumber();
      await Promise.all(Array.from({ length: parts }, () => stage.fill(piece)));
      await stage.reaches(id, 'FILLED');
      equal((await stage.machine(id)).executions.length, parts, 'executions booked');
      equal((await stage.life(id)).filter((state) => state === 'FILLED').length, 1, 'times it became FILLED');
    },
  },
  {
    id: 'OP-04',
    title: 'A native stop',
    situation: 'The exchange holds a stop order, triggers it, then fills it.',
    required:
      'Acknowledged as not working, then activated, then filled; nothing is deduced from the change of its kind.',
    run: async (stage) => {
      const { market } = stage;
      const stop = { side: 'SELL', type: 'STOP_LIMIT', stopPrice: market.at('0.95'), price: market.at('0.94') };
      const { id } = await stage.resting(stop);
      equal((await stage.machine(id)).working, false, 'working before the trigger');
      await stage.price('0.94');
      const working = async (): Promise<boolean> => (await stage.machine(id)).working;
      await stage.until(() => stage.sync().then(working), Boolean, 'its activation is seen');
      equal((await stage.order(id)).state, 'ACKNOWLEDGED', 'the state after the trigger');
      await stage.price('0.98');
      await stage.reaches(id, 'FILLED');
      const types = (await stage.machineEvents(id)).map(({ type }) => type);
      ensure(types.indexOf('Activated') < types.indexOf('Fill'), `activated after the fill: ${types.join()}`);
    },
  },
  {
    id: 'OP-05',
    title: 'A dark stop',
    situation: 'The condition of an order held here comes true and turns back.',
    required: 'Nothing at the exchange before the trigger; then submitted exactly once.',
    run: async (stage) => {
      const { market } = stage;
      const before = (await stage.received('submit')).length;
      const stop = { side: 'SELL', type: 'STOP_LIMIT', stopPrice: market.at('0.95'), price: market.at('0.94') };
      const { id } = await stage.placed(stage.limit({ ...stop, mode: 'DARK' }));
      await stage.price('0.96');
      // Whoever watches has seen that price once what was armed after it has fired.
      const seen = await stage.placed(stage.limit({ ...stop, stopPrice: market.at('0.97'), mode: 'DARK' }));
      await stage.reaches(seen.id, 'FILLED');
      equal((await stage.order(id)).state, 'DARK_OPEN', 'the state before its price');
      equal((await stage.received('submit')).length, before + 1, 'submissions before its price');
      await stage.price('0.93');
      await stage.price('0.96');
      await stage.price('0.93');
      await stage.price('0.96');
      await stage.reaches(id, 'FILLED');
      equal((await stage.heldOnce(id)).type, 'LIMIT', 'its type at the exchange');
      equal((await stage.received('submit')).length, before + 2, 'submissions');
      const life = await stage.life(id);
      for (const state of ['DARK_OPEN', 'TRIGGERED', 'SUBMITTED'])
        equal(life.filter((entered) => entered === state).length, 1, `times it became ${state}`);
    },
  },
  {
    id: 'OP-06',
    title: 'Post-only rests',
    situation: 'A post-only order that would not cross.',
    required: 'It rests as it is, and its fill pays the fee of a maker.',
    run: async (stage) => {
      const { id } = await stage.resting({ postOnly: true });
      await heldAs(stage, id);
      equal((await stage.heldOnce(id)).postOnly, true, 'post-only in the ledger');
      await stage.price('0.9');
      await stage.reaches(id, 'FILLED');
      const { executions } = await stage.ledger();
      const own = executions.filter(({ exchangeOrderId }) => exchangeOrderId === executions.at(-1)?.exchangeOrderId);
      ensure(
        own.every(({ maker }) => maker),
        'the exchange counts it as a taker',
      );
      const { fills } = await stage.detail(id);
      ensure(
        fills.nodes.every(({ liquidity }) => liquidity !== 'TAKER'),
        'booked as a taker',
      );
    },
  },
  {
    id: 'OP-07',
    title: 'Post-only would cross',
    situation: 'The exchange refuses it, or accepts and cancels it at once.',
    required: 'Rejected, or cancelled if it was accepted; no fill; never sent again by itself.',
    run: async (stage) => {
      const { id } = await stage.placed(stage.limit({ price: stage.market.at('1.05'), postOnly: true }));
      const order = await stage.until(
        () => stage.order(id),
        ({ state }) => ['REJECTED', 'CANCELLED', 'EXPIRED', 'FILLED'].includes(state),
        'it has ended',
      );
      ensure(['REJECTED', 'CANCELLED'].includes(order.state), `it is ${order.state}`);
      equal(order.filledSize, '0', 'filled');
      await stage.sync();
      equal((await stage.submissions(id)).length, 1, 'submissions');
    },
  },
  {
    id: 'OP-08',
    title: 'Immediate-or-cancel, partly filled',
    situation: 'A part trades at once, the rest can not.',
    required: 'Expired for its time in force with what was filled; never filled as a whole.',
    run: async (stage) => {
      await offerThird(stage);
      const { id } = await stage.placed(stage.limit({ price: stage.market.last, timeInForce: 'IOC' }));
      await expires(stage, id, stage.market.third);
    },
  },
  {
    id: 'OP-09',
    title: 'Immediate-or-cancel, nothing filled',
    situation: 'Nothing is on offer at its price; a market order is larger than the whole book.',
    required: 'Expired with nothing filled; what a market order leaves unfilled expires too.',
    run: async (stage) => {
      const { market } = stage;
      const { id } = await stage.placed(stage.limit({ timeInForce: 'IOC' }));
      await expires(stage, id, '0');
      const all = market.onStep(decimal('950000').div(market.last).toFixed());
      const large = await stage.placed({ symbol: market.symbol, side: 'SELL', type: 'MARKET', size: all });
      const order = await stage.reaches(large.id, 'EXPIRED');
      equal(order.reason, 'tif', 'the reason');
      ensure(compare(order.filledSize, '0') > 0 && compare(order.filledSize, all) < 0, `filled ${order.filledSize}`);
    },
  },
  {
    id: 'OP-10',
    title: 'Fill-or-kill',
    situation: 'Once it can be filled, once not.',
    required: 'Filled, or expired with nothing filled; never in part.',
    run: async (stage) => {
      await offerThird(stage);
      const none = await stage.placed(stage.limit({ price: stage.market.last, timeInForce: 'FOK' }));
      await expires(stage, none.id, '0');
      const all = await stage.placed(stage.limit({ price: stage.market.at('1.02'), timeInForce: 'FOK' }));
      equal((await stage.reaches(all.id, 'FILLED')).filledSize, stage.market.size, 'filled');
    },
  },
  {
    id: 'OP-11',
    title: 'A time limit',
    situation: 'The order is over by time with a part filled.',
    required: 'Expired with the fill where the exchange ends it; cancelled by our timer where it does not.',
    run: async (stage) => {
      const isNative = stage.capabilities.timesInForce.LIMIT.includes('GTT');
      const expiresAt = new Date(Date.now() + 8_000).toISOString();
      const { id } = await stage.resting({ timeInForce: 'GTT', expiresAt });
      await stage.fill(stage.market.third);
      const order = await stage.reaches(id, isNative ? 'EXPIRED' : 'CANCELLED', SOON_MS);
      equal(order.filledSize, stage.market.third, 'filled');
      const { events } = await stage.detail(id);
      equal(events.nodes.at(-1)?.source, 'exchange', 'who says that it is over');
      ensure((await stage.heldOnce(id)).status !== 'OPEN', 'it lives in the ledger');
    },
  },
  {
    id: 'OP-12',
    title: 'By amount of money',
    situation: 'Buy for 100 of the quote currency.',
    required: 'No size is made up; the exchange says when it is complete; no more than 100 is spent.',
    run: async (stage) => {
      const input = { symbol: stage.market.symbol, side: 'BUY', type: 'MARKET', quoteSize: '100' };
      const { id } = await stage.placed(input);
      const [created] = await stage.machineEvents(id);
      ensure(created?.type === 'Created' && created.terms.size === null, 'a size was made up');
      const { filledValue, filledSize } = await stage.reaches(id, 'FILLED');
      ensure(compare(filledValue, '100') <= 0, `${filledValue} was spent`);
      equal(filledSize, (await stage.heldOnce(id)).filledSize, 'filled');
    },
  },
  {
    id: 'OP-13',
    title: 'Reduce-only',
    situation: 'An order larger than the position.',
    required: 'Shown as the exchange does it; the position never changes its sign.',
    contract: true,
    run: async (stage) => {
      const { market } = stage;
      const long = await stage.placed(stage.buyNow({ size: market.third }));
      await stage.reaches(long.id, 'FILLED');
      const { id } = await stage.placed(stage.buyNow({ side: 'SELL', reduceOnly: true }));
      const order = await stage.until(
        () => stage.order(id),
        (one) => isQuiet(one) && ENDED.has(one.state),
        'it has ended',
      );
      ensure(compare(order.filledSize, market.third) <= 0, `${order.filledSize} were sold of ${market.third}`);
      equal(order.filledSize, (await stage.heldOnce(id).catch(() => order)).filledSize, 'what the exchange did');
    },
  },
  {
    id: 'OP-14',
    title: 'An unsupported kind',
    situation: 'A kind, time in force or flag that the exchange has not, or that the client library would drop.',
    required: 'Denied before anything is sent, never replaced by a similar order.',
    run: async (stage) => {
      const { market, capabilities } = stage;
      const before = (await stage.received('submit')).length;
      const stops = {
        STOP_LIMIT: { stopPrice: market.at('1.1') },
        STOP_MARKET: { stopPrice: market.at('1.1'), price: undefined },
      };
      for (const [type, terms] of Object.entries(stops))
        // A stop that the exchange lacks is held here (OP-05), and sent as what is left of it.
        if (capabilities.orderTypes.some((known) => known === type))
          for (const timeInForce of ['IOC', 'FOK'])
            if (!capabilities.timesInForce[type as 'STOP_LIMIT'].some((known) => known === timeInForce))
              await stage.denied(stage.limit({ type, timeInForce, ...terms }), 'UNSUPPORTED_BY_EXCHANGE');
      if (!capabilities.reduceOnly) await stage.denied(stage.limit({ reduceOnly: true }), 'UNSUPPORTED_BY_EXCHANGE');
      if (!capabilities.marketByQuoteSize.SELL)
        await stage.denied(
          stage.buyNow({ side: 'SELL', size: undefined, quoteSize: '100' }),
          'UNSUPPORTED_BY_EXCHANGE',
        );
      await stage.denied(stage.limit({ stopPrice: market.at('0.8') }), 'INVALID_INPUT');
      await stage.denied(stage.limit({ postOnly: true, timeInForce: 'IOC' }), 'INVALID_INPUT');
      await stage.denied(stage.buyNow({ timeInForce: 'FOK' }), 'INVALID_INPUT');
      equal((await stage.received('submit')).length, before, 'submissions received');
    },
  },
];
