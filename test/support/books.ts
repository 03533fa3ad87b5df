import { EXCHANGE_IDS, decimal, sum } from '@orderplane/domain';
import { differences } from './accounting.ts';
import { allOrders, eventually, isQuiet } from './client.ts';
import type { Detail } from './detail.ts';
import type { System } from './system.ts';
import type { Ledger } from './venue.ts';

/**
 * Waits until nothing is on its way, then compares all orders with all exchanges' ledgers. Throws with every difference:
 * lost, doubled, strange orders; executions booked never, twice or otherwise.
 */
export async function booksAgree(system: System, timeoutMs = 30_000): Promise<void> {
  await eventually(
    async () => {
      const orders = await allOrders(system.trader);
      const found = orders
        .filter((order) => !isQuiet(order))
        .map(
          (order) =>
            `${order.exchange} ${order.id} ${order.state} ${order.reconciliation.status} ${order.reconciliation.lastError ?? ''}`,
        );
      for (const exchange of EXCHANGE_IDS) {
        const own = orders.filter((order) => order.exchange === exchange);
        found.push(...differences(own, await system.venue.ledger(exchange)));
      }
      return found;
    },
    (found) => found.length === 0,
    'the books agree with the ledgers',
    timeoutMs,
  );
}

interface Money {
  readonly filledSize: string;
  readonly filledValue: string;
  readonly averageFilledPrice: string | null;
  readonly fees: Readonly<Record<string, string>>;
}

/** What the exchange's own executions of the order's legs add up to. */
export function ledgerMoney(detail: Detail, ledger: Ledger): Money {
  const ids = new Set(detail.legs.map((leg) => leg.exchangeOrderId));
  const own = ledger.executions.filter(
    (execution) => ids.has(execution.exchangeOrderId) && execution.symbol === detail.symbol,
  );
  const size = sum(own.map((execution) => execution.size));
  const value = sum(own.map((execution) => decimal(execution.size).times(execution.price).toFixed()));
  const fees: Record<string, string> = {};
  for (const { fee } of own)
    if (fee !== null)
      fees[fee.currency] = decimal(fees[fee.currency] ?? '0')
        .plus(fee.cost)
        .toFixed();
  return {
    filledSize: size,
    filledValue: value,
    averageFilledPrice: own.length === 0 ? null : rounded(decimal(value).div(size).toFixed()),
    fees,
  };
}

/** The same numbers as the order tells them. */
export const orderMoney = (detail: Detail): Money => ({
  filledSize: detail.filledSize,
  filledValue: detail.filledValue,
  averageFilledPrice: detail.averageFilledPrice === null ? null : rounded(detail.averageFilledPrice),
  fees: Object.fromEntries(detail.fees.map(({ currency, cost }) => [currency, cost])),
});

/** An average rarely ends; twelve places are beyond every price step. */
const rounded = (price: string): string => decimal(price).toDecimalPlaces(12).toFixed();
