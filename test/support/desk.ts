import { compare, decimal, divide, multiply } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { ENDED, eventually, isQuiet, placeOrder, readOrder, request } from './client.ts';
import type { OrderView, Payload } from './client.ts';
import type { Exchange, System } from './system.ts';

export interface MarketView {
  readonly symbol: string;
  readonly priceStep: string;
  readonly sizeStep: string;
  readonly minSize: string | null;
  readonly minNotional: string | null;
}

const floorTo = (value: string, step: string): string => multiply(decimal(value).div(step).floor().toFixed(), step);
const ceilTo = (value: string, step: string): string => multiply(decimal(value).div(step).ceil().toFixed(), step);

/** Worth of the usual test order in quote currency: above every minimum, below the first level of the book. */
const WORTH = '120';

/** One market of one exchange, with the numbers that orders in it need. */
export interface Market extends MarketView {
  readonly exchange: ExchangeId;
  readonly accountId: string;
  /** Price when the desk was opened; nothing but the test moves it. */
  readonly last: string;
  /** Three times a part that is an order of its own: sizes of thirds stay on the step. */
  readonly size: string;
  readonly third: string;
  /** `factor` times the last price, on the step. */
  at(factor: string): string;
  onStep(size: string): string;
}

export interface Desk {
  readonly exchange: Exchange;
  readonly accountId: string;
  market(base: string): Market;
  place(input: Record<string, unknown>): Promise<Payload>;
  /** Places and demands acceptance. */
  placed(input: Record<string, unknown>): Promise<OrderView>;
  /** Reads the order until it is in `state` and nothing is on its way any more. */
  reaches(order: string, state: string, timeoutMs?: number): Promise<OrderView>;
  resting(input: Record<string, unknown>): Promise<OrderView>;
}

/** The first of these in which the exchange trades an asset. */
const QUOTES = ['USD', 'USDT', 'USDC'];

/** What a trader of one exchange needs at hand. */
export async function openDesk(
  system: Pick<System, 'account' | 'trader' | 'venue'>,
  exchange: Exchange,
): Promise<Desk> {
  const accountId = system.account(exchange);
  const { markets } = await request<{ markets: MarketView[] }>(
    system.trader,
    'query ($exchange: String!) { markets(exchange: $exchange) { symbol priceStep sizeStep minSize minNotional } }',
    { exchange },
  );
  const prices = await system.venue.prices(exchange);
  const desk: Desk = {
    exchange,
    accountId,
    market: (base) => {
      const names = base.includes('-') ? [base] : QUOTES.map((quote) => `${base}-${quote}`);
      const market = names.flatMap((name) => markets.find(({ symbol }) => symbol === name) ?? [])[0];
      const price = market === undefined ? undefined : prices[market.symbol];
      if (market === undefined || price === undefined) throw new Error(`${exchange} has no ${names.join(' or ')}`);
      return marketOf(exchange, accountId, market, price.last);
    },
    place: (input) => placeOrder(system.trader, { accountId, ...input }),
    placed: async (input) => {
      const { order, userErrors } = await desk.place(input);
      if (order === null || userErrors.length > 0)
        throw new Error(`not accepted: ${JSON.stringify({ input, userErrors })}`);
      return order;
    },
    reaches: async (id, state, timeoutMs) => {
      const found = await eventually(
        () => readOrder(system.trader, id),
        // An end is final: nothing better comes of waiting.
        (order) => order !== null && isQuiet(order) && (order.state === state || ENDED.has(order.state)),
        `${exchange} order ${id} is ${state}`,
        timeoutMs,
      );
      if (found === null || found.state !== state)
        throw new Error(`${exchange} order ${id} is not ${state}: ${JSON.stringify(found)}`);
      return found;
    },
    resting: async (input) => {
      const { id } = await desk.placed(input);
      return desk.reaches(id, 'ACKNOWLEDGED');
    },
  };
  return desk;
}

export function marketOf(exchange: ExchangeId, accountId: string, market: MarketView, last: string): Market {
  const wanted = ceilTo(divide(divide(WORTH, '3'), last), market.sizeStep);
  const third =
    market.minSize !== null && compare(wanted, market.minSize) < 0 ? ceilTo(market.minSize, market.sizeStep) : wanted;
  return {
    ...market,
    exchange,
    accountId,
    last,
    third,
    size: multiply(third, '3'),
    at: (factor) => floorTo(multiply(last, factor), market.priceStep),
    onStep: (size) => floorTo(size, market.sizeStep),
  };
}
