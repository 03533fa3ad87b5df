import { GraphQLRequestError, cancelOrder, modifyOrder, placeOrder, readOrder } from './client.ts';
import type { Endpoint, OrderView, Payload } from './client.ts';

/** A client that does what every answer in doubt asks for: repeat the same request. */
const PATIENCE_MS = 120_000;
/** Longer after each doubt, so that many clients do not keep down what tries to come back. */
const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

export interface Told {
  /** The order as the answer showed it. */
  readonly order: OrderView;
  /** How often the answer was missing or in doubt before. */
  readonly doubts: number;
}

/** What came of a request in the end. */
export type Outcome<Answer> =
  | { readonly kind: 'accepted'; readonly answer: Answer; readonly doubts: readonly string[] }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly doubts: readonly string[] }
  | { readonly kind: 'unanswered'; readonly doubts: readonly string[] };

/** One try: what was answered, or why not. */
type Try<Answer> =
  { readonly answer: Answer } | { readonly code: string; readonly message: string } | { readonly doubt: string };

/** What a request without an answer may be: the connection broke, or the service says that it can't now. */
const isPassing = (error: unknown): boolean =>
  error instanceof GraphQLRequestError
    ? ['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR', 'INTERNAL_ERROR'].includes(error.code ?? '')
    : error instanceof Error;

/** The markets of an exchange that is down just now can't be read: "try again later". */
const DOUBTFUL = new Set(['TIMEOUT', 'EXCHANGE_UNAVAILABLE']);

/**
 * Repeats until the answer is not in doubt. `settles` may take a refusal after a doubt for success: the first try was
 * carried out although its answer was lost.
 */
export async function insist<Answer>(
  send: () => Promise<Try<Answer>>,
  settles: (code: string) => Promise<Answer | null> = async () => null,
  patienceMs: number = PATIENCE_MS,
): Promise<Outcome<Answer>> {
  const until = Date.now() + patienceMs;
  const doubts: string[] = [];
  for (;;) {
    try {
      const tried = await send();
      if ('answer' in tried) return { kind: 'accepted', answer: tried.answer, doubts };
      if ('code' in tried && !DOUBTFUL.has(tried.code)) {
        const answer = doubts.length === 0 ? null : await settles(tried.code);
        return answer === null ? { kind: 'refused', ...tried, doubts } : { kind: 'accepted', answer, doubts };
      }
      doubts.push('code' in tried ? tried.code : tried.doubt);
    } catch (error) {
      if (!isPassing(error)) throw error;
      doubts.push(error instanceof Error ? error.message : String(error));
    }
    if (Date.now() > until) return { kind: 'unanswered', doubts };
    await new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_PAUSE_MS, PAUSE_MS * doubts.length)));
  }
}

async function ofOrder(sent: Promise<Payload>): Promise<Try<OrderView>> {
  const { order, userErrors } = await sent;
  const [error] = userErrors;
  if (error !== undefined) return { code: error.code, message: error.message };
  return order === null ? { doubt: 'no order in the answer' } : { answer: order };
}

type Input = Record<string, unknown>;
const ENDED_OR_ASKED = new Set(['INVALID_STATE_TRANSITION', 'ALREADY_EXISTS']);

/** `input` must have a clientOrderId: without one a repeat would be another order. */
export const tryPlace = (
  endpoint: Endpoint,
  input: Input & { readonly clientOrderId: string },
  patienceMs?: number,
): Promise<Outcome<OrderView>> => insist(() => ofOrder(placeOrder(endpoint, input)), undefined, patienceMs);

export const tryCancel = (endpoint: Endpoint, orderId: string, patienceMs?: number): Promise<Outcome<OrderView>> =>
  insist(
    () => ofOrder(cancelOrder(endpoint, orderId)),
    (code) => (ENDED_OR_ASKED.has(code) ? readOrder(endpoint, orderId) : Promise.resolve(null)),
    patienceMs,
  );

export const tryModify = (
  endpoint: Endpoint,
  input: Input & { readonly orderId: string },
  patienceMs?: number,
): Promise<Outcome<OrderView>> =>
  insist(
    () => ofOrder(modifyOrder(endpoint, input)),
    // "The change asks for nothing new."
    (code) => (code === 'INVALID_INPUT' ? readOrder(endpoint, input.orderId) : Promise.resolve(null)),
    patienceMs,
  );

/** The order, or an error that says what came instead. */
async function demand(what: string, outcome: Promise<Outcome<OrderView>>): Promise<Told> {
  const came = await outcome;
  switch (came.kind) {
    case 'accepted':
      return { order: came.answer, doubts: came.doubts.length };
    case 'refused':
      throw new Error(`${what}: refused with ${came.code} ${came.message} after ${JSON.stringify(came.doubts)}`);
    case 'unanswered':
      throw new Error(`${what}: in doubt for ${PATIENCE_MS} ms: ${came.doubts.slice(-3).join('; ')}`);
  }
}

export const insistPlace = (endpoint: Endpoint, input: Input & { readonly clientOrderId: string }): Promise<Told> =>
  demand(`place ${input.clientOrderId}`, tryPlace(endpoint, input));

export const insistCancel = (endpoint: Endpoint, orderId: string): Promise<Told> =>
  demand(`cancel ${orderId}`, tryCancel(endpoint, orderId));

export const insistModify = (endpoint: Endpoint, input: Input & { readonly orderId: string }): Promise<Told> =>
  demand(`modify ${input.orderId}`, tryModify(endpoint, input));
