import type { IncomingHttpHeaders } from 'node:http';
import type { Engine, EngineEvent, EngineSettings } from '../engine/model.ts';

/** One HTTP request as it arrived, body read whole. `path` has no query; `query` has no "?"; both are raw (not decoded). */
export interface VenueRequest {
  readonly method: string;
  /** Host header without a port, lower case. */
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

export interface VenueAnswer {
  readonly status: number;
  readonly body: string;
  /** Default content type: application/json. */
  readonly headers?: Readonly<Record<string, string>>;
}

export const REQUEST_KINDS = ['submit', 'cancel', 'amend', 'query', 'list', 'other'] as const;
/** submit, cancel, amend: trading · query: one order · list: orders, executions, balances · other: public, tokens. */
export type RequestKind = (typeof REQUEST_KINDS)[number];

/** What a request is about, read without judging it; faults and the record of requests go by this. Absent fields: null. */
export interface RequestClass {
  readonly kind: RequestKind;
  /** True for requests of an account (signed). */
  readonly isPrivate: boolean;
  readonly account: string | null;
  /** Canonical. */
  readonly symbol: string | null;
  readonly clientId: string | null;
  readonly orderId: string | null;
}

/** What a key may do, as the exchange tells it. */
export interface SimPermissions {
  readonly read: boolean;
  readonly trade: boolean;
  readonly withdraw: boolean;
}
export const DEFAULT_PERMISSIONS: SimPermissions = { read: true, trade: true, withdraw: false };

/**
 * An account, as the key that asks opens it. `apiKey` names the account everywhere: it is its first key, also when
 * another one asks.
 */
export interface SimAccount {
  readonly exchange: string;
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string | null;
  /** Of the key that asks; absent: DEFAULT_PERMISSIONS. */
  readonly permissions?: SimPermissions;
}

export interface AccountBook {
  find(apiKey: string): SimAccount | undefined;
}

/** One WebSocket connection. The server owns the transport, the faults and the order of what leaves. */
export interface VenueSocket {
  readonly id: number;
  /** Path and query of the upgrade request. */
  readonly path: string;
  readonly host: string;
  /** The answer to something the client asked: stream faults leave it alone. */
  answer(data: string | Uint8Array): void;
  /** Something told unasked. Private pushes pass through streamDuplicate, streamReorder, streamSilent. */
  push(data: string | Uint8Array, scope: 'private' | 'public'): void;
  /** Marks the socket as an account's private stream: streamDrop closes it. */
  markPrivate(account: string): void;
  close(code?: number): void;
}

export interface SocketHandler {
  message(text: string): void;
  closed(): void;
}

export interface Limits {
  /** False: nothing is counted or refused. */
  readonly enabled: boolean;
  /** Multiplies the venue's retail limits; 1 is retail, the default is 20. */
  readonly scale: number;
}

/** What the server gives a venue. */
export interface VenueContext {
  readonly engine: Engine;
  readonly accounts: AccountBook;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly limits: () => Limits;
  /**
   * Asked once for each listing of open orders: true leaves an order out of it (fault hideFromOpenOrders).
   * Null when no such fault is active.
   */
  readonly hideOpenOrder: (
    symbol: string | null,
  ) => ((order: { readonly id: string; readonly clientId: string | null }) => boolean) | null;
  log(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** The venue's own words for what faults make it say. `n` counts the uses, for venues that vary the answer. */
export interface VenueRefusals {
  rateLimit(n: number): VenueAnswer;
  authFail(n: number): VenueAnswer;
  maintenance(n: number): VenueAnswer;
  /** 500, 502, 503, 504 … with the JSON or HTML body that the venue sends with it. */
  serverError(status: number, n: number): VenueAnswer;
}

/** A venue at work. Everything is synchronous: what `handle` answers is sent after the journal has been written. */
export interface Venue {
  readonly refusals: VenueRefusals;
  classify(request: VenueRequest): RequestClass;
  handle(request: VenueRequest, classified: RequestClass): VenueAnswer;
  /** Null refuses the upgrade (404). */
  connect(socket: VenueSocket): SocketHandler | null;
  /** Called for each engine event; pushes to the streams. */
  onEvent(event: EngineEvent): void;
  /** About once a second: tickers, heartbeats, expiry of tokens, dead man's switches. May call the engine. */
  tick(now: number): void;
  /** Forget counters, tokens and limits (admin reset). */
  reset(): void;
}

/** One folder under src/venues exports one of these, and src/venues/registry.ts lists it in one line. */
export interface VenueDefinition {
  /** What is appended to an account's name for each of its subaccounts; every account has these, with balances of their own. */
  readonly subaccounts?: readonly string[];
  readonly exchange: string;
  /** REST and WebSocket host names, without ports. */
  readonly hosts: readonly string[];
  readonly engine: EngineSettings;
  create(context: VenueContext): Venue;
}
