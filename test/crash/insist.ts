import { GraphQLRequestError, cancelOrder, modifyOrder, placeOrder, readOrder } from '../support/client.ts';
import type { Endpoint, OrderView, Payload } from '../support/client.ts';

/** A client that does what every answer in doubt asks for: repeat the same request. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 100;

export interface Told {
  /** The order as the answer showed it. */
  readonly order: OrderView;
  /** How often the answer was missing or in doubt before. */
  readonly doubts: number;
}

/** What a request without an answer may be: the connection broke, or the service says that it can't now. */
const isPassing = (error: unknown): boolean =>
  error instanceof GraphQLRequestError
    ? ['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR', 'INTERNAL_ERROR'].includes(error.code ?? '')
    : error instanceof Error;

/** Repeats until the answer is not in doubt. Throws on a refusal; `done` may take a refusal after a doubt for success. */
async function insist(
  what: string,
  send: () => Promise<Payload>,
  done: (code: string) => Promise<OrderView | null> = async () => null,
): Promise<Told> {
  const until = Date.now() + PATIENCE_MS;
  const doubted: string[] = [];
  for (;;) {
    try {
      const { order, userErrors } = await send();
      const code = userErrors[0]?.code ?? null;
      if (code === null && order !== null) return { order, doubts: doubted.length };
      // The markets of an exchange that is down just now can't be read: "try again later".
      if (code !== 'TIMEOUT' && code !== 'EXCHANGE_UNAVAILABLE' && code !== null) {
        const order = doubted.length === 0 ? null : await done(code);
        if (order !== null) return { order, doubts: doubted.length };
        throw new TypeError(`${what}: refused with ${JSON.stringify(userErrors)} after ${JSON.stringify(doubted)}`);
      }
      doubted.push(code ?? 'no order in the answer');
    } catch (error) {
      if (error instanceof TypeError && error.message.startsWith(what)) throw error;
      if (!isPassing(error)) throw error;
      doubted.push(error instanceof Error ? error.message : String(error));
    }
    if (Date.now() > until) throw new Error(`${what}: in doubt for ${PATIENCE_MS} ms: ${doubted.slice(-3).join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** `input` must have a clientOrderId: without one a repeat would be another order. */
export const insistPlace = (
  endpoint: Endpoint,
  input: Record<string, unknown> & { readonly clientOrderId: string },
): Promise<Told> => insist(`place ${input.clientOrderId}`, () => placeOrder(endpoint, input));

const ENDED_OR_ASKED = new Set(['INVALID_STATE_TRANSITION', 'ALREADY_EXISTS']);

export const insistCancel = (endpoint: Endpoint, orderId: string): Promise<Told> =>
  insist(
    `cancel ${orderId}`,
    () => cancelOrder(endpoint, orderId),
    // The first try was carried out although its answer was lost.
    (code) => (ENDED_OR_ASKED.has(code) ? readOrder(endpoint, orderId) : Promise.resolve(null)),
  );

export const insistModify = (
  endpoint: Endpoint,
  input: Record<string, unknown> & { readonly orderId: string },
): Promise<Told> =>
  insist(
    `modify ${input.orderId}`,
    () => modifyOrder(endpoint, input),
    // "The change asks for nothing new."
    (code) => (code === 'INVALID_INPUT' ? readOrder(endpoint, input.orderId) : Promise.resolve(null)),
  );
