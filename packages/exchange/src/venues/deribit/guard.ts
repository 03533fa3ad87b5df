import { createHmac, randomUUID } from 'node:crypto';
import { decimal } from '@orderplane/domain';
import type { CcxtInstance, CcxtSocketClient, RawResponse } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { dropSocket, tapSockets } from '../../sockets.ts';
import { callHasEnded, callSignal } from '../../transport.ts';
import type { SwitchCalls } from '../../venue.ts';

/**
 * Cancel on disconnect (doc, "private/enable_cancel_on_disconnect"): Deribit cancels the orders that were created over a
 * WebSocket connection when that closes, also when it does not answer heartbeats; not when it ends by private/logout.
 * Orders over HTTP belong to no connection. So while it is wanted new orders go over a connection of their own.
 */

/** Of the connection's own requests, ms. */
const SETUP_MS = 5_000;
const PLACES = /\/api\/v2\/(private\/(?:buy|sell))\?(.*)$/;

interface Native {
  apiKey: string;
  secret: string;
  milliseconds(): number;
}
type Sendable = CcxtSocketClient & { connect(): Promise<unknown>; send(message: unknown): Promise<unknown> };

/** Nothing has left: told as undici tells of a connection that did not come about. */
const notConnected = (why: string): Error =>
  Object.assign(new Error(why), { code: 'ECONNREFUSED', syscall: 'connect' });

class Guard {
  /** Null: orders go over HTTP. */
  wantedSeconds: number | null = null;
  readonly #instance: CcxtInstance;
  readonly #waiting = new Map<string, { resolve: (message: unknown) => void; reject: (error: Error) => void }>();
  #open: Promise<Sendable> | null = null;

  constructor(instance: CcxtInstance) {
    this.#instance = instance;
  }

  /** Opens the connection, or finds it open. */
  async want(seconds: number | null): Promise<void> {
    const before = this.wantedSeconds;
    this.wantedSeconds = seconds;
    if (seconds === null) return this.leave();
    const client = await this.#connected();
    if (before !== seconds) await this.#heartbeat(client, seconds);
  }

  /** Without a cancel: what was placed over it stays, and belongs to no connection any more. */
  async leave(): Promise<void> {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    try {
      const client = await open;
      await this.#ask(client, 'private/disable_cancel_on_disconnect', { scope: 'connection' });
      await this.#ask(client, 'private/logout', { invalidate_token: true });
    } finally {
      this.#drop('it was left');
    }
  }

  /** One order, answered as HTTP would answer it. `token`: of the session for which it is placed, where it is not the key's own. */
  async place(method: string, query: string, token: string | null): Promise<RawResponse> {
    const client = await this.#connected().catch((error: unknown) => {
      throw notConnected(error instanceof Error ? error.message : String(error));
    });
    if (callHasEnded()) throw notConnected('the deadline passed before the order was sent');
    const params = Object.fromEntries(
      [...new URLSearchParams(query)].map(([name, text]) => [name, valueOf(name, text)]),
    );
    const named = token === null ? params : { ...params, access_token: token };
    const message = await this.#exchange(client, method, named, callSignal());
    const status = isRecord(message) && message['error'] !== undefined ? 400 : 200;
    const headers = { 'content-type': 'application/json' };
    return { status, headers, text: () => Promise.resolve(JSON.stringify(message)) };
  }

  #connected(): Promise<Sendable> {
    if (this.#open !== null) return this.#open;
    const opening = this.#dial();
    this.#open = opening;
    opening.catch((error: unknown) => {
      if (this.#open !== opening) return;
      this.#open = null;
      this.#drop(error instanceof Error ? error.message : String(error));
    });
    return opening;
  }

  get #url(): string {
    const { ws } = this.#instance.urls.api as { ws: string };
    // The port that it has anyway: ccxt keeps one socket by address, and the order stream has that without a port.
    return ws.replace(/^(wss:\/\/[^/:]+)\//, '$1:443/');
  }

  async #dial(): Promise<Sendable> {
    const url = this.#url;
    dropSocket(this.#instance, url);
    tapSockets(this.#instance, url, {
      message: (message) => this.#receive(message),
      alive: () => undefined,
      closed: (reason) => this.#lost(reason),
    });
    const client = this.#instance.client(url) as Sendable;
    await within(client.connect(), 'no connection');
    await this.#ask(client, 'public/auth', this.#signature());
    await this.#ask(client, 'private/enable_cancel_on_disconnect', { scope: 'connection' });
    await this.#heartbeat(client, this.wantedSeconds ?? 20);
    return client;
  }

  /** A connection is closed when it has not answered the question of an interval by the end of the next. */
  async #heartbeat(client: Sendable, seconds: number): Promise<void> {
    await this.#ask(client, 'public/set_heartbeat', { interval: Math.max(10, Math.floor(seconds / 2)) });
  }

  #signature(): Readonly<Record<string, unknown>> {
    const native = this.#instance as unknown as Native;
    const { apiKey, secret } = native;
    const timestamp = native.milliseconds();
    const nonce = randomUUID();
    const signature = createHmac('sha256', secret).update(`${timestamp}\n${nonce}\n`).digest('hex');
    return { grant_type: 'client_signature', client_id: apiKey, timestamp, signature, nonce, data: '' };
  }

  async #ask(client: Sendable, method: string, params: Readonly<Record<string, unknown>>): Promise<void> {
    const message = await within(this.#exchange(client, method, params), `${method}: no answer`);
    if (isRecord(message) && message['error'] !== undefined)
      throw new Error(`${method}: ${JSON.stringify(message['error']).slice(0, 200)}`);
  }

  /** Who waits for an answer leaves when the call ends, so that none are kept that nobody waits for. */
  async #exchange(
    client: Sendable,
    method: string,
    params: Readonly<Record<string, unknown>>,
    signal: AbortSignal = AbortSignal.timeout(SETUP_MS),
  ): Promise<unknown> {
    const id = randomUUID();
    const answer = Promise.withResolvers<unknown>();
    answer.promise.catch(() => undefined);
    this.#waiting.set(id, answer);
    const leave = (): void => answer.reject(new Error(`${method}: no answer in time`));
    signal.addEventListener('abort', leave, { once: true });
    try {
      await client.send({ jsonrpc: '2.0', id, method, params });
      return await answer.promise;
    } finally {
      signal.removeEventListener('abort', leave);
      this.#waiting.delete(id);
    }
  }

  /** Nothing of it is ccxt's. */
  #receive(message: unknown): false {
    if (!isRecord(message)) return false;
    if (message['method'] === 'heartbeat') {
      const { params } = message;
      if (isRecord(params) && params['type'] === 'test_request') void this.#alive();
    } else this.#waiting.get(String(message['id']))?.resolve(message);
    return false;
  }

  async #alive(): Promise<void> {
    const client = await this.#open?.catch(() => null);
    if (client !== null && client !== undefined) await this.#exchange(client, 'public/test', {}).catch(() => undefined);
  }

  #lost(reason: string): void {
    this.#open = null;
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
  }

  #drop(reason: string): void {
    this.#lost(reason);
    dropSocket(this.#instance, this.#url);
  }
}

/** A request of a token's session carries it in a header; a message over a WebSocket among its parameters (doc). */
function tokenIn(headers: unknown): string | null {
  const value = isRecord(headers) ? headers['Authorization'] : undefined;
  return typeof value === 'string' && value.startsWith('Bearer ') ? value.slice('Bearer '.length) : null;
}

/** JSON-RPC wants what a query writes as text with its own type. */
function valueOf(name: string, text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  if (!/^(amount|price|trigger_price|valid_until)$/.test(name)) return text;
  const value = Number(text);
  // A double holds 15 digits; what it would change is not sent.
  if (!decimal(text).eq(value)) throw notConnected(`${name} ${text} can't be written exactly`);
  return value;
}

async function within<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} within ${SETUP_MS} ms`)), SETUP_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const guards = new WeakMap<CcxtInstance, Guard>();

function guardOf(instance: CcxtInstance): Guard {
  const guard = guards.get(instance) ?? new Guard(instance);
  guards.set(instance, guard);
  return guard;
}

/** New orders of this instance go over the guarded connection while that is wanted; everything else stays as it is. */
export function placeOverGuard(instance: CcxtInstance): void {
  const request = instance.undiciRequest.bind(instance);
  instance.undiciRequest = (url, parameters) => {
    const [, method, query] = PLACES.exec(url) ?? [];
    const guard = guards.get(instance);
    if (method === undefined || query === undefined || guard === undefined || guard.wantedSeconds === null)
      return request(url, parameters);
    return guard.place(method, query, tokenIn(parameters['headers']));
  };
}

export const leaveGuard = async (instance: CcxtInstance): Promise<void> => guards.get(instance)?.leave();

export const deribitSwitch: SwitchCalls = {
  overSocket: true,
  set: (instance, seconds) => guardOf(instance).want(seconds),
  confirms: () => true,
};
