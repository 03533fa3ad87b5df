import { AsyncLocalStorage } from 'node:async_hooks';
import type { CcxtInstance } from './ccxt.ts';

/**
 * What happened on the wire during one call, seen below ccxt: whether anything can have left, the status, the headers
 * and the whole body. Outcomes are decided from this and not from ccxt's exception classes.
 */
export interface Answer {
  /** False: no request was handed to the transport, so nothing left. */
  readonly requested: boolean;
  /** Why no connection came about (nothing left), or null. */
  readonly notConnected: string | null;
  readonly status: number | null;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null: the body did not arrive whole. */
  readonly body: string | null;
  /** The body as JSON, parsed once, by ccxt; undefined where it is none. */
  readonly json: unknown;
  /** Our own deadline ended the call, or it was given up before sending (the deadline had passed, no session). */
  readonly timedOut: boolean;
  /** What was thrown, without secrets; null when nothing was. */
  readonly error: string | null;
  /** The last request of the call was not sent, because there was no room for it or the exchange said to wait. */
  readonly heldBack?: HeldBack | null;
}

export interface HeldBack {
  readonly waitMs: number;
  /** What has no room, or the exchange's words. */
  readonly detail: string;
}

export interface Performed<Value> {
  readonly answer: Answer;
  /** What the call resolved to; undefined when it threw or timed out. */
  readonly value: Value | undefined;
}

/** Thrown instead of sending: the deadline of the request had passed. */
export class DeadlinePassed extends Error {
  constructor() {
    super('the deadline passed before the request was sent');
    this.name = 'DeadlinePassed';
  }
}

/** Thrown instead of sending: the session that the request belongs to could not be entered. It may be tried again. */
export class SessionNotEntered extends Error {
  constructor(reason: string) {
    super(`the session was not entered: ${reason}`);
    this.name = 'SessionNotEntered';
  }
}

const isUnsent = (error: unknown): boolean => error instanceof DeadlinePassed || error instanceof SessionNotEntered;

class Trace {
  requested = false;
  notConnected: string | null = null;
  status: number | null = null;
  headers: Record<string, string> = {};
  body: string | null = null;
  json: unknown = undefined;
  heldBack: HeldBack | null = null;
  readonly signal: AbortSignal;
  readonly endsAt: number;

  constructor(signal: AbortSignal, timeoutMs: number) {
    this.signal = signal;
    this.endsAt = performance.now() + timeoutMs;
  }

  /** A call can send more than one request (a refused nonce is repeated): the last one counts. */
  begin(): void {
    this.requested = true;
    this.notConnected = null;
    this.status = null;
    this.headers = {};
    this.body = null;
    this.json = undefined;
    this.heldBack = null;
  }
}

const traces = new AsyncLocalStorage<Trace>();

/** True once the deadline of the surrounding call has passed: nothing may be sent for it any more. */
export const callHasEnded = (): boolean => traces.getStore()?.signal.aborted === true;

/** Aborted when the surrounding call ends; undefined outside of calls. */
export const callSignal = (): AbortSignal | undefined => traces.getStore()?.signal;

/** What the surrounding call has left of its time, ms; null outside of calls. */
export const callLeftMs = (): number | null => {
  const trace = traces.getStore();
  return trace === undefined ? null : trace.endsAt - performance.now();
};

/** Notes for the surrounding call that its request was not sent. */
export const holdBack = (held: HeldBack): void => {
  const trace = traces.getStore();
  if (trace !== undefined) trace.heldBack = held;
};

/** Runs something that several calls share, so that the deadline of the first of them does not end it for all. */
export const outsideCalls = <Value>(run: () => Value): Value => traces.exit(run);

const NOT_CONNECTED_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);
const NOT_CONNECTED_AT_CONNECT = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ETIMEDOUT']);

/**
 * The code of a failure to connect, or null where a connection may have existed. undici writes no byte before its
 * connect callback succeeds, so a failed `connect` or name look-up proves that nothing was sent; a reset does not.
 */
export function connectFailure(error: unknown, depth = 0): string | null {
  if (typeof error !== 'object' || error === null || depth > 3) return null;
  const { code, syscall, cause } = error as { code?: unknown; syscall?: unknown; cause?: unknown };
  if (error instanceof AggregateError && error.errors.length > 0) {
    const codes = error.errors.map((one) => connectFailure(one, depth + 1));
    return codes.every((one) => one !== null) ? (codes[0] ?? null) : null;
  }
  if (typeof code === 'string') {
    if (NOT_CONNECTED_CODES.has(code)) return code;
    if (syscall === 'connect' && NOT_CONNECTED_AT_CONNECT.has(code)) return code;
  }
  return cause === undefined ? null : connectFailure(cause, depth + 1);
}

/** Short and free of query strings, which carry signatures. */
export function safeMessage(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replace(/\?[^\s"']*(signature|token|key)[^\s"']*/gi, '?…').slice(0, 300);
}

const flatHeaders = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> => {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
};

/** What came back, of every request. */
export interface Arrived {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** False for requests that belong to no call: nobody else looks at their answers. */
  readonly inCall: boolean;
}

/**
 * Records every HTTP exchange of this instance for the call it belongs to, and puts the call's own deadline over the
 * whole of it: ccxt's timeout ends at the response headers, ours destroys the socket of a stalled body too. Requests
 * outside a call (a stream's token) get the instance's timeout, body included.
 */
export function tapTransport(instance: CcxtInstance, arrived: (answer: Arrived) => void = () => undefined): void {
  const original = instance.undiciRequest.bind(instance);
  const parse = instance.parseJson.bind(instance);
  const told = (answer: Arrived): string => {
    arrived(answer);
    return answer.body;
  };
  instance.parseJson = (text) => {
    const json = parse(text);
    const trace = traces.getStore();
    // The first text parsed after a body has arrived is that body; later ones are parts of it.
    if (trace !== undefined && trace.body !== null && trace.json === undefined) trace.json = json;
    return json;
  };
  instance.undiciRequest = async (url, parameters) => {
    const trace = traces.getStore();
    if (trace === undefined) {
      const response = await original(url, { ...parameters, signal: AbortSignal.timeout(instance.timeout) });
      const { status } = response;
      const headers = flatHeaders(response.headers);
      return { ...response, text: async () => told({ status, headers, body: await response.text(), inCall: false }) };
    }
    trace.signal.throwIfAborted();
    trace.begin();
    try {
      const response = await original(url, { ...parameters, signal: trace.signal });
      trace.status = response.status;
      const { status } = response;
      const headers = flatHeaders(response.headers);
      trace.headers = headers;
      return {
        ...response,
        text: async () => {
          const body = await response.text();
          trace.body = body;
          return told({ status, headers, body, inCall: true });
        },
      };
    } catch (error) {
      trace.notConnected = connectFailure(error);
      throw error;
    }
  };
}

const wireOf = (trace: Trace): Omit<Answer, 'timedOut' | 'error'> => ({
  heldBack: trace.heldBack,
  requested: trace.requested,
  notConnected: trace.notConnected,
  status: trace.status,
  headers: trace.headers,
  body: trace.body,
  json: trace.json,
});

/**
 * Runs one call under a deadline of `timeoutMs`, body included. Never throws: what happened is in the answer. After
 * the deadline the request is abandoned (its socket destroyed) and its late result ignored.
 */
export async function perform<Value>(timeoutMs: number, run: () => Promise<Value>): Promise<Performed<Value>> {
  const controller = new AbortController();
  const trace = new Trace(controller.signal, timeoutMs);
  if (timeoutMs <= 0) return { value: undefined, answer: { ...wireOf(trace), timedOut: true, error: 'no time left' } };
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<'expired'>((resolve) => {
    timer = setTimeout(
      () => {
        // Resolve first: the abort rejects the call, and the deadline must win that race.
        resolve('expired');
        controller.abort();
      },
      Math.max(0, timeoutMs),
    );
  });
  const settled = traces.run(trace, async () => {
    try {
      return { value: await run(), error: null, late: false };
    } catch (error) {
      return { value: undefined, error: safeMessage(error), late: isUnsent(error) };
    }
  });
  const result = await Promise.race([settled, expired]);
  clearTimeout(timer);
  const wire = wireOf(trace);
  if (result === 'expired') {
    return { value: undefined, answer: { ...wire, timedOut: true, error: `no answer within ${timeoutMs} ms` } };
  }
  return { value: result.value, answer: { ...wire, timedOut: result.late, error: result.error } };
}
