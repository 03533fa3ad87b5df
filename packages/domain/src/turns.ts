/** Requests of one API key that must reach the exchange in the order of their numbers (nonces), from whatever process. */

export interface TurnQuestion {
  /** Exchange and mode, as in a budget's question. */
  readonly place: string;
  /** Hash of the API key. */
  readonly key: string;
  /** The asker's own next number. A safe integer. */
  readonly atLeast: number;
  /** How long it can wait, ms. */
  readonly patienceMs: number;
}

export interface Turn {
  /** To be signed with: above all that were given for this key before, and never below `atLeast`. */
  readonly number: number;
  /** The request has been handed over: the next may go. */
  end(): void;
}

/**
 * Hands out turns. `take` neither throws nor hangs: without an answer, and past the patience, it gives the asker's own
 * number out of turn. A request with such a number may be refused; it may not do harm.
 */
export interface RequestTurns {
  take(question: TurnQuestion): Promise<Turn>;
}

/** For processes that share no key with another. */
export const OWN_TURNS: RequestTurns = {
  take: ({ atLeast }) => Promise.resolve({ number: atLeast, end: () => undefined }),
};
