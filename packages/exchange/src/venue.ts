import type { Market, OrderSpec } from '@orderplane/domain';
import type {
  NormalizedBalance,
  NormalizedFill,
  NormalizedOrder,
  NormalizedPosition,
  OrderReport,
} from '@orderplane/normalization';
import type {
  AccountCredentials,
  AccountSession,
  AmendRequest,
  CancelRequest,
  Coverage,
  ExchangeCapabilities,
  Listing,
  LookupRequest,
  LookupResult,
  SubmitRequest,
} from './adapter.ts';
import type { CcxtInstance, CcxtMarket } from './ccxt.ts';
import type { VenueLimits } from './limits.ts';
import type { KeyCheck } from './key-check.ts';
import type { Classifier, ReadVerdict } from './outcome.ts';
import type { Reader } from './reader.ts';
import type { NonceRule } from './send-gate.ts';
import type { TapeCalls } from './tape.ts';

/** Time source: ms since the epoch. */
export interface MillisecondClock {
  now(): number;
}

/** A ready instance: markets loaded, sockets directed, transport tapped. */
export interface Link {
  readonly instance: CcxtInstance;
  readonly clock: MillisecondClock;
  readonly read: Reader;
  /** By canonical symbol. */
  market(symbol: string): Market | null;
  markets(): readonly Market[];
  /** By the exchange's id or one of its other names for the market. */
  symbolOf(nativeId: string): string | null;
}

/** Asks one question of a look-up or listing under the budget that is left for the whole of it. Never throws. */
export type Ask = (question: () => Promise<unknown>) => Promise<ReadVerdict>;

/** How one venue's orders are sent. Calls go through ccxt; what they resolve to is ignored, the wire is read instead. */
export interface OrderCalls {
  /** Shortest time to the deadline with which a submission is still worth sending, ms. */
  readonly minimumLeadMs: number;
  place(link: Link, request: SubmitRequest, market: Market): Promise<unknown>;
  /** Null: the answer names no order id, so nothing is proved. */
  placed(link: Link, request: SubmitRequest, payload: unknown, askedAt: string): OrderReport | null;
  cancel(link: Link, request: CancelRequest, market: Market): Promise<unknown>;
  /** `false`: the answer is no confirmation. */
  cancelled(link: Link, request: CancelRequest, payload: unknown, askedAt: string): OrderReport | null | false;
  /** Null where the exchange has no amend that is safe. */
  readonly amend: ((link: Link, request: AmendRequest, market: Market) => Promise<unknown>) | null;
}

export interface ReadCalls {
  lookup(link: Link, ask: Ask, request: LookupRequest, askedAt: string): Promise<LookupResult>;
  openOrders(link: Link, ask: Ask, askedAt: string): Promise<Listing<NormalizedOrder>>;
  fills(
    link: Link,
    ask: Ask,
    from: string,
    symbols: readonly string[],
    askedAt: string,
  ): Promise<Listing<NormalizedFill>>;
}

/** One part of what an account owns, read as far as it got. */
export interface FundsPart {
  readonly balances: readonly NormalizedBalance[];
  readonly positions: readonly NormalizedPosition[];
  readonly pages: number;
  readonly error: string | null;
}

/** How a venue tells what an account owns; where the capabilities say that it does. */
export type FundsCall = (link: Link, ask: Ask) => Promise<FundsPart>;

/** What one raw message of the order stream is about. */
export type StreamSignal =
  | { readonly kind: 'subscribed'; readonly sequence?: number | null }
  | { readonly kind: 'refused'; readonly error: string }
  /** The stream has ended although the socket lives. */
  | { readonly kind: 'ended'; readonly error: string }
  /** Order news: payloads to normalize one by one, so that a bad one loses no other. Not shown to ccxt. */
  | { readonly kind: 'news'; readonly payloads: readonly unknown[]; readonly sequence: number | null }
  /** Everything else: shown to ccxt, and a sign of life. Numbered where the exchange numbers all messages alike. */
  | { readonly kind: 'other'; readonly sequence?: number | null };

export interface OrderStreamProtocol {
  /** ccxt's own ping interval for the socket, ms. */
  readonly keepAliveMs: number;
  /** No message, ping or pong for this long: the socket is dead, ms. */
  readonly silenceMs: number;
  /** A text that is no JSON and only shows that the exchange is there; where it has one. */
  readonly heartbeat?: string;
  /** Address of the socket that carries the orders. A promise where it has to be asked for first. */
  url(instance: CcxtInstance): string | Promise<string>;
  /** Addresses of further sockets on which a part of the news comes, where there are any; the end of one ends all. */
  readonly otherUrls?: (instance: CcxtInstance) => readonly string[];
  /** ccxt's watches that subscribe what is needed; `watchOrders` alone where it is absent. */
  readonly watch?: (instance: CcxtInstance) => Promise<unknown>;
  /** How many subscriptions must be confirmed before the stream is complete; 1 where it is absent. */
  readonly subscriptions?: number;
  /** Of every message as it came: parsed JSON, else text or bytes. Those are unreadable where they signal `other`. */
  signal(message: unknown): StreamSignal;
  readonly method: string;
}

export interface TickerCalls {
  fetch(link: Link, market: Market): Promise<unknown>;
  readonly fetchMethod: string;
  watch(instance: CcxtInstance, unifiedSymbol: string): Promise<unknown>;
  /** The ticker payload in a raw message, or null. */
  signal(message: unknown): unknown;
  readonly watchMethod: string;
}

/** How one exchange's dead man's switch is set. */
export interface SwitchCalls {
  /** No request over HTTP: what resolves is set, what throws is not. */
  readonly overSocket?: true;
  /** Null: off. */
  set(instance: CcxtInstance, timeoutSeconds: number | null): Promise<unknown>;
  /** `false`: the answer does not say that it is set so. */
  confirms(payload: unknown, timeoutSeconds: number | null): boolean;
}

/** A session that is to be entered by tokens before anything is signed. */
export interface SessionEntry extends Pick<AccountSession, 'subject' | 'name' | 'renew'> {
  readonly credentials: AccountCredentials;
  readonly clock: MillisecondClock;
}

/** One exchange: a folder under venues/ exports this, and the registry lists it in one line. */
export interface VenueDefinition {
  readonly capabilities: ExchangeCapabilities;
  readonly ccxtClass: string;
  /** Constructor settings beside the credentials. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Given where signed requests must arrive in the order in which they were signed. */
  readonly nonces?: NonceRule;
  /** Once, below everything that looks at requests and answers: where some of them take another way. */
  readonly transport?: (instance: CcxtInstance) => void;
  /** Before the sockets are dropped: where an exchange has to be told that this is no accident. */
  readonly leave?: (instance: CcxtInstance) => Promise<void>;
  /** Once, before the first request. */
  prepare(instance: CcxtInstance, clock: MillisecondClock): void;
  /**
   * Where the exchange has `tokenSessions`: makes the instance act in this session. `ready` is awaited before every signed
   * request; it rejects when the session can't be entered, and then nothing is sent. No error holds a token.
   */
  readonly enter?: (instance: CcxtInstance, entry: SessionEntry) => { ready(): Promise<void> };
  /**
   * Puts right what made the exchange refuse a request that it surely did not act upon (a nonce, the clock). True:
   * the request may be signed and sent again.
   */
  repair(instance: CcxtInstance, error: unknown): Promise<boolean>;
  readonly classifier: Classifier;
  /** Contracts are shown to `market` too. Without it only pairs are. */
  readonly tradesContracts?: boolean;
  readonly limits: VenueLimits;
  readonly keyCheck: KeyCheck;
  /** Null for markets that this system does not trade. */
  market(native: CcxtMarket): Market | null;
  /** Every native name under which orders and fills may mention the market. */
  nativeNames(native: CcxtMarket): readonly string[];
  readonly orders: OrderCalls;
  readonly reads: ReadCalls;
  readonly funds: FundsCall;
  readonly stream: OrderStreamProtocol;
  /** Where the capabilities say that there is one. */
  readonly deadMansSwitch?: SwitchCalls;
  readonly ticker: TickerCalls;
  readonly tape: TapeCalls;
}

export const sideOf = (spec: Pick<OrderSpec, 'side'>): 'buy' | 'sell' => (spec.side === 'BUY' ? 'buy' : 'sell');

/** Market orders and stop-market orders are 'market' to ccxt, the others 'limit'. */
export const kindOf = (spec: Pick<OrderSpec, 'type'>): 'market' | 'limit' =>
  spec.type === 'MARKET' || spec.type === 'STOP_MARKET' ? 'market' : 'limit';

export const coverage = (askedAt: string, rest: Partial<Omit<Coverage, 'askedAt'>> = {}): Coverage => ({
  askedAt,
  complete: true,
  from: null,
  pages: 1,
  error: null,
  ...rest,
});
