import { add, multiply, subtract } from '@orderplane/domain';
import type { AnyCard } from '../card.ts';
import { equal } from '../expect.ts';

/** I. Numbers. */
export const NUMBERS: readonly AnyCard[] = [
  {
    id: 'OP-90',
    title: 'Exact decimals',
    situation: 'The smallest steps of price and size, on several markets, over many executions.',
    required: 'What is in the ledger is what we hold, digit by digit.',
    markets: 3,
    run: async (stage) => {
      for (const market of stage.markets) {
        const price = add(market.at('0.9'), market.priceStep);
        const size = add(market.size, multiply(market.sizeStep, '7'));
        const { id } = await stage.resting({ symbol: market.symbol, size, price });
        for (const steps of ['1', '2', '3'])
          await stage.system.venue.partialPrice(stage.exchange, market.symbol, price, multiply(market.sizeStep, steps));
        const filled = multiply(market.sizeStep, '6');
        await stage.until(
          () => stage.order(id),
          (order) => order.filledSize === filled,
          `${filled} is filled`,
        );
        const order = await stage.order(id);
        const held = await stage.heldOnce(id);
        equal([order.price, order.size, order.filledSize], [held.price, held.size, held.filledSize], market.symbol);
        equal(
          [order.remainingSize, order.filledValue],
          [subtract(size, filled), multiply(filled, price)],
          market.symbol,
        );
      }
    },
  },
  {
    id: 'OP-91',
    title: 'Fees',
    situation: 'Bought and sold, as maker and as taker, in one piece and in several.',
    required: 'Booked as the exchange charges them; their sum is that of the ledger.',
    run: async (stage) => {
      const ids: string[] = [];
      for (const side of ['BUY', 'SELL']) {
        const taker = await stage.placed(stage.buyNow({ side }));
        await stage.reaches(taker.id, 'FILLED');
        const factor = side === 'BUY' ? '0.9' : '1.1';
        const maker = await stage.resting({ side, price: stage.market.at(factor) });
        await stage.fill(stage.market.third, factor);
        await stage.price(factor);
        await stage.reaches(maker.id, 'FILLED');
        await stage.system.venue.price(stage.exchange, stage.market.symbol, stage.market.last);
        ids.push(taker.id, maker.id);
      }
      const { executions } = await stage.ledger();
      for (const id of ids) {
        const { exchangeOrderId } = await stage.order(id);
        const sums: Record<string, string> = {};
        for (const { fee, exchangeOrderId: of } of executions)
          if (fee !== null && of === exchangeOrderId) sums[fee.currency] = add(sums[fee.currency] ?? '0', fee.cost);
        const { fees } = await stage.detail(id);
        equal(Object.fromEntries(fees.map(({ currency, cost }) => [currency, cost])), sums, 'the fees');
      }
    },
  },
];
