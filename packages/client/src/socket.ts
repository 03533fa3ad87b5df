import { failureOfAnswer, readAnswer, readError, redactor } from './answers.ts';
import { OrderplaneError } from './errors.ts';

/** The part of a WebSocket that is used: the browsers', Node's (from 22 on) and that of the package `ws` have it. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}
export type WebSocketConstructor = new (address: string, protocol: string) => SocketLike;

export interface OperationSink {
  /** The service has let the caller in. */
  readonly connected: () => void;
  readonly next: (data: unknown) => void;
  /** Once, at the end. Null: the service has completed the operation. */
  readonly ended: (error: OrderplaneError | null) => void;
}

export interface OperationRequest {
  readonly WebSocket: WebSocketConstructor;
  readonly address: string;
  readonly token: string;
  readonly payload: { readonly operationName: string; readonly query: string; readonly variables: unknown };
}

/** The protocol's name; its messages are those of graphql-ws (PROTOCOL.md there). */
const PROTOCOL = 'graphql-transport-ws';
/** Longest wait for the connection and its acknowledgement, ms. */
const CONNECT_MS = 10_000;
/** A connection on which nothing came for this long is asked for a sign of life, ms. */
const QUIET_MS = 10_000;
/** And is dead when none comes for this long, ms. */
const PONG_MS = 10_000;

/** Close codes with which the service refuses the caller, or what it says, rather than the moment. */
const REFUSALS: Readonly<Record<number, string>> = {
  4400: 'BAD_ANSWER',
  4401: 'UNAUTHENTICATED',
  4403: 'FORBIDDEN',
  4406: 'BAD_ANSWER',
};

/**
 * One subscription on a connection of its own: whoever reads slowly holds up nobody else. Never reconnects; `ended` says
 * why it is over, and whether another try makes sense. After `close` nothing is told any more.
 */
export class Operation {
  readonly #request: OperationRequest;
  readonly #sink: OperationSink;
  readonly #socket: SocketLike;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  /** Throws what the WebSocket's constructor throws. */
  constructor(request: OperationRequest, sink: OperationSink) {
    this.#request = request;
    this.#sink = sink;
    const socket = new request.WebSocket(request.address, PROTOCOL);
    this.#socket = socket;
    this.#limit(CONNECT_MS, 'it could not be opened in time');
    socket.onopen = () => {
      const authorization = `Bearer ${request.token}`;
      this.#send({ type: 'connection_init', payload: { authorization } });
    };
    socket.onmessage = (event: { readonly data: unknown }) => this.#receive(event.data);
    socket.onerror = (event: unknown) => this.#end(broken(this.#redact(describe(event))));
    socket.onclose = (event: { readonly code: number; readonly reason: unknown }) =>
      this.#end(this.#closedBy(event.code, typeof event.reason === 'string' ? event.reason : ''));
  }

  close(): void {
    if (this.#isOver) return;
    this.#send({ id: ID, type: 'complete' });
    this.#finish();
  }

  #send(message: Readonly<Record<string, unknown>>): void {
    try {
      this.#socket.send(JSON.stringify(message));
    } catch {
      // Not open yet, or not any more: its own event tells.
    }
  }

  #receive(data: unknown): void {
    if (this.#isOver) return;
    const message = typeof data === 'string' ? parse(data) : null;
    if (message === null) return this.#end(strange('a message that can not be read'));
    switch (message['type']) {
      case 'connection_ack':
        this.#sink.connected();
        this.#send({ id: ID, type: 'subscribe', payload: this.#request.payload });
        return this.#watch();
      case 'ping':
        this.#send({ type: 'pong' });
        return this.#watch();
      case 'pong':
        return this.#watch();
      case 'next':
        this.#watch();
        return this.#next(message['payload']);
      case 'error':
        return this.#end(this.#refusalOf(message['payload']));
      case 'complete':
        return this.#end(null);
      default:
        return this.#end(strange('a message of a kind that is not known'));
    }
  }

  #next(payload: unknown): void {
    const answer = readAnswer(payload);
    if (answer === null) return this.#end(strange('an update that can not be read'));
    const failure = failureOfAnswer(answer, false, (text) => this.#redact(text));
    if (failure !== null) return this.#end(failure);
    this.#sink.next(answer.data);
  }

  #refusalOf(payload: unknown): OrderplaneError {
    const errors = Array.isArray(payload) ? payload.map(readError) : [];
    const failure = failureOfAnswer({ data: null, errors }, false, (text) => this.#redact(text));
    return failure ?? strange('an error without a reason');
  }

  #closedBy(code: number, reason: string): OrderplaneError {
    const refusal = REFUSALS[code];
    const text = `the connection was closed with code ${code}${reason === '' ? '' : ` (${this.#redact(reason)})`}`;
    return refusal === undefined ? broken(text) : failed(refusal, text, false);
  }

  /** Every sign of life puts off the next question for one. */
  #watch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#send({ type: 'ping' });
      this.#limit(PONG_MS, 'it gives no sign of life');
    }, QUIET_MS);
  }

  #limit(ms: number, what: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(broken(`the connection was given up: ${what}`)), ms);
  }

  #end(error: OrderplaneError | null): void {
    if (this.#isOver) return;
    this.#finish();
    this.#sink.ended(error);
  }

  /** The handlers stay: the package `ws` throws an error that nobody hears. */
  #finish(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    try {
      this.#socket.close(1000, 'done');
    } catch {
      // Closed already.
    }
  }

  #redact(text: string): string {
    return redactor(this.#request.token)(text);
  }
}

/** A connection has one operation. */
const ID = '1';

const failed = (code: string, message: string, isPassing: boolean): OrderplaneError =>
  new OrderplaneError({ code, message, mayHaveBeenAccepted: false, isPassing });
const broken = (message: string): OrderplaneError => failed('NO_ANSWER', message, true);
const strange = (what: string): OrderplaneError => failed('BAD_ANSWER', `the service sent ${what}`, false);

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

/** Browsers say nothing about why; Node's and that of `ws` do. */
function describe(event: unknown): string {
  const said = typeof event === 'object' && event !== null && 'message' in event ? event.message : null;
  return typeof said === 'string' && said !== '' ? `the connection failed: ${said}` : 'the connection failed';
}
