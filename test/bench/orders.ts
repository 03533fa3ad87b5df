import { z } from 'zod';
import { GraphQLCaller } from './graphql.ts';
import type { Timed } from './graphql.ts';

export const SYMBOL = 'BTC-USDT';
/** Where the market stands, where an order of the latency rows rests, and where one of the throughput row does. */
export const MARKET_PRICE = '90000';
export const NEAR_PRICE = '89000';
export const FAR_PRICE = '45000';
export const SIZE = '0.0002';

const PLACE = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id clientOrderId status state createdAt } userErrors { code message } }
}`;
const PlaceSchema = z.object({
  placeOrder: z.object({
    order: z.object({ id: z.string() }).nullable(),
    userErrors: z.array(z.object({ code: z.string(), message: z.string() })),
  }),
});
const CANCEL_ALL = `mutation ($input: CancelAllInput!) { cancelAllOrders(input: $input) { userErrors { code } } }`;
const CancelAllSchema = z.object({
  cancelAllOrders: z.object({ userErrors: z.array(z.object({ code: z.string() })) }),
});
const COUNT = `query ($accountIds: [ID!]!, $states: [OrderState!]!) {
  orders(filter: { accountIds: $accountIds, states: $states }, first: 1) { totalCount }
}`;
const CountSchema = z.object({ orders: z.object({ totalCount: z.number() }) });
const PENDING = 'query { reconciler { pendingReconciliations } }';
const PendingSchema = z.object({ reconciler: z.object({ pendingReconciliations: z.number() }) });

export interface OrderTerms {
  readonly symbol: string;
  readonly size: string;
  readonly price?: string;
  readonly type?: string;
  readonly mode?: string;
  readonly trigger?: { readonly direction: string; readonly price: string };
}

/** Our system, as a trader's client sees it. */
export class Trader {
  readonly #caller: GraphQLCaller;
  readonly #accountId: string;

  constructor(url: string, token: string, accountId: string) {
    this.#caller = new GraphQLCaller(url, token);
    this.#accountId = accountId;
  }

  place(price: string): Promise<Timed<string>> {
    return this.placeOrder({ symbol: SYMBOL, size: SIZE, price });
  }

  /** Ends everything that is open. */
  async cancelAll(): Promise<void> {
    await this.#caller.call(CancelAllSchema, CANCEL_ALL, { input: { accountId: this.#accountId } });
  }

  /** Places a limit order, unless the terms say otherwise, and gives its id. Throws when it is refused. */
  async placeOrder(terms: OrderTerms): Promise<Timed<string>> {
    const input = { accountId: this.#accountId, side: 'BUY', type: 'LIMIT', ...terms };
    const { data, sentUs, answeredUs } = await this.#caller.call(PlaceSchema, PLACE, { input });
    const { order, userErrors } = data.placeOrder;
    if (order === null) throw new Error(`refused: ${userErrors.map(({ message }) => message).join('; ')}`);
    return { data: order.id, sentUs, answeredUs };
  }

  async count(states: readonly string[]): Promise<number> {
    const { data } = await this.#caller.call(CountSchema, COUNT, { accountIds: [this.#accountId], states });
    return data.orders.totalCount;
  }

  /** Waits until the exchange has answered for every order, at most a minute. Cheap to ask, however many have ended. */
  async untilSettled(): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const { data } = await this.#caller.call(PendingSchema, PENDING, {});
      const pending = data.reconciler.pendingReconciliations;
      if (pending === 0) return;
      if (Date.now() > deadline) throw new Error(`${pending} orders are not settled after a minute`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Waits until no order of the account is open, at most a minute. */
  async untilNoneOpen(): Promise<void> {
    const deadline = Date.now() + 60_000;
    while ((await this.count(['CREATED', 'VALIDATED', 'SUBMITTED', 'ACKNOWLEDGED', 'PARTIALLY_FILLED'])) > 0) {
      if (Date.now() > deadline) throw new Error('orders are still open after a minute');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  close(): void {
    this.#caller.close();
  }
}
