import type { Addresses } from './addresses.ts';
import type { TypedDocument } from './document.ts';
import { OrderplaneError, aborted, withDoubt } from './errors.ts';
import { post } from './http.ts';
import type { Fetch } from './http.ts';
import { backoffMs, pause } from './timing.ts';

export interface CallOptions {
  /** The call ends by then, with a result or an error, ms. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** How a mutation may be sent once more while nobody knows what became of it. */
export interface Repetition<Result> {
  /** True: the same request twice has the effect of one. Otherwise only what surely was not accepted goes again. */
  readonly isSafe: boolean;
  /** An answer that says "nobody knows": goes again like no answer. */
  readonly isOpen?: (result: Result) => boolean;
}

export interface Told<Result> {
  readonly result: Result;
  /** An earlier try of the same call had no answer: it may have been carried out, or may still be. */
  readonly isAfterDoubt: boolean;
}

export interface CallerSettings {
  readonly addresses: Addresses;
  readonly fetch: Fetch;
  readonly token: () => Promise<string>;
  readonly deadlineMs: number;
  /** Longest wait for one answer while the call can be repeated, ms. */
  readonly tryMs: number;
  readonly signal: AbortSignal;
}

const PAUSES = { firstMs: 100, lastMs: 2_000 };
const NEVER: Repetition<unknown> = { isSafe: false };

interface Call<Result, Variables> {
  readonly document: TypedDocument<Result, Variables>;
  readonly body: string;
  readonly repetition: Repetition<Result>;
  readonly until: number;
  readonly signal: AbortSignal | undefined;
}

type Try<Result> = { readonly result: Result } | { readonly error: OrderplaneError };

/** Sends requests: to the gateway that works, as often as it is safe, until the deadline. */
export class Caller {
  readonly #settings: CallerSettings;

  constructor(settings: CallerSettings) {
    this.#settings = settings;
  }

  /** Throws OrderplaneError. */
  async call<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables,
    options: CallOptions = {},
    repetition: Repetition<Result> = NEVER,
  ): Promise<Told<Result>> {
    const call: Call<Result, Variables> = {
      document,
      body: JSON.stringify({ operationName: document.name, query: document.text, variables }),
      repetition,
      until: Date.now() + (options.deadlineMs ?? this.#settings.deadlineMs),
      signal: options.signal,
    };
    let isAfterDoubt = false;
    for (let tries = 1; ; tries += 1) {
      const tried = await this.#try(call);
      const isOpen = 'result' in tried && repetition.isOpen?.(tried.result) === true;
      if ('result' in tried && !isOpen) return { result: tried.result, isAfterDoubt };
      const waitMs = this.#waitMs(tried, tries);
      const goesAgain = 'result' in tried || this.#mayGoAgain(repetition.isSafe, tried.error);
      if (!goesAgain || Date.now() + waitMs >= call.until) {
        if ('result' in tried) return { result: tried.result, isAfterDoubt: true };
        throw isAfterDoubt ? withDoubt(tried.error) : tried.error;
      }
      isAfterDoubt ||= 'result' in tried || tried.error.mayHaveBeenAccepted;
      await pause(waitMs, call.signal);
      if (call.signal?.aborted === true) throw aborted(isAfterDoubt);
    }
  }

  #mayGoAgain(isSafe: boolean, error: OrderplaneError): boolean {
    if (this.#settings.signal.aborted || !error.isPassing) return false;
    return isSafe || !error.mayHaveBeenAccepted;
  }

  /** Another gateway is asked at once; the same one after a pause. */
  #waitMs(tried: Try<unknown>, tries: number): number {
    const asked = 'error' in tried ? tried.error.retryAfterMs : null;
    const rounds = Math.ceil(tries / this.#settings.addresses.count);
    const isRoundOver = tries % this.#settings.addresses.count === 0;
    return Math.max(asked ?? 0, isRoundOver ? backoffMs(PAUSES, rounds) : 0);
  }

  async #try<Result, Variables>(call: Call<Result, Variables>): Promise<Try<Result>> {
    const { addresses, fetch, tryMs } = this.#settings;
    const address = addresses.current;
    const remainingMs = Math.max(1, call.until - Date.now());
    const isMutation = call.document.kind === 'mutation';
    // Where a late answer could not be followed by a repeat, giving up early would only be a loss.
    const timeoutMs = isMutation && !call.repetition.isSafe ? remainingMs : Math.min(tryMs, remainingMs);
    try {
      if (this.#settings.signal.aborted) throw closed();
      if (call.signal?.aborted === true) throw aborted(false);
      const token = await this.#settings.token();
      const request = { address, token, body: call.body, isMutation, timeoutMs, signal: call.signal };
      // The types of the document were generated from the schema that the service executes it by.
      return { result: (await post(fetch, request)) as Result };
    } catch (error) {
      if (!(error instanceof OrderplaneError)) throw error;
      if (error.isPassing) addresses.leave(address);
      return { error };
    }
  }
}

export const closed = (): OrderplaneError =>
  new OrderplaneError({
    code: 'CLOSED',
    message: 'this client was closed',
    mayHaveBeenAccepted: false,
    isPassing: false,
  });
