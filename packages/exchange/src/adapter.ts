import type {
  AccountMode,
  DecimalString,
  ExchangeId,
  Market,
  OrderSpec,
  OrderSide,
  OrderType,
  TimeInForce,
  TriggerSource,
} from '@orderplane/domain';
import type { Permit } from './admission.ts';
import type { Trouble } from './trouble.ts';
import type { OrderRequestKind } from './limits.ts';
import type {
  NormalizedBalance,
  NormalizedFill,
  NormalizedOrder,
  NormalizedPosition,
  NormalizedTicker,
  OrderReport,
} from '@orderplane/normalization';

/** What the exchange does itself; everything else is emulated here or refused. Shared code reads this, never a venue's name. */
export interface ExchangeCapabilities {
  readonly exchange: ExchangeId;
  readonly name: string;
  readonly modes: readonly AccountMode[];
  /** What a key of this exchange consists of: `text` any string, `es256` a P-256 private key as PEM (SEC1 or PKCS#8). */
  readonly credentials: { readonly secret: 'text' | 'es256'; readonly passphrase: boolean };
  /** Every combination that may be sent. Anything not listed is refused before ccxt is called. */
  readonly orderTypes: readonly OrderType[];
  /** Per order type, the times in force the exchange takes natively; a type that takes none (market) lists none. GTC means "no time in force is sent". */
  readonly timesInForce: Readonly<Record<OrderType, readonly TimeInForce[]>>;
  /** GTT that the exchange lacks is emulated with a timer and a cancel at the exchange. */
  readonly emulatesGtt: boolean;
  readonly postOnly: boolean;
  /** On contracts; pairs have no such orders anywhere. */
  readonly reduceOnly: boolean;
  /** Whether the account can be asked what is free of each asset. Where it can't, no order is refused for want of funds. */
  readonly showsBalances: boolean;
  /** Whether it can be asked what it holds of each contract. */
  readonly showsPositions: boolean;
  readonly marketByQuoteSize: { readonly BUY: boolean; readonly SELL: boolean };
  /** Native amend: which terms it can change. `none` means cancel, prove, place the rest. */
  readonly amend: 'none' | 'sizeAndPrice';
  /** Orders that the native amend takes, where it does not take all; the others are changed in two steps. */
  readonly amendable?: { readonly types: readonly OrderType[]; readonly timesInForce: readonly TimeInForce[] };
  /** True where the size of an amend is the total of the chain (fills included). */
  readonly amendSizeIsTotal: boolean;
  readonly lookupByClientId: boolean;
  readonly cancelByClientId: boolean;
  /** Executions are listed market by market: nobody tells of those in a market that was not asked about. */
  readonly executionsByMarket?: true;
  readonly orderStream: boolean;
  /** Null: the exchange has none, and nothing of ours takes its place. */
  readonly deadMansSwitch: DeadMansSwitchTerms | null;
  /** A session can act for another subject of the same key (a subaccount), and can be forked under a name. */
  readonly tokenSessions?: true;
  /** Prices that a trigger can watch. */
  readonly triggerSources: readonly TriggerSource[];
  /** Server-side submission deadline in ms, or null where there is none. */
  readonly submissionDeadlineMs: number | null;
  /** How long after the deadline an accepted order may still be invisible to look-ups, ms. */
  readonly visibilityDelayMs: number;
  /**
   * How long after the deadline by our clock the exchange may still accept a submission because its own clock is behind,
   * ms: up to where it refuses our timestamps as being ahead, or ten seconds where it would not notice.
   */
  readonly clockMarginMs: number;
  /** Minimum distance between the two negative look-ups of a proof of absence, ms. */
  readonly absenceLookupGapMs: number;
}

/** The exchange's own promise to cancel an account's orders when it hears nothing from us for so long. */
export interface DeadMansSwitchTerms {
  /** Time-outs, seconds: what it takes, and not below 10, for one refresh may take as long as a call has time. */
  readonly minimumSeconds: number;
  readonly maximumSeconds: number;
  /**
   * Not the account's timer but the connection over which its orders are placed: whoever places orders keeps it. What was
   * placed over another connection, or over none, is not covered.
   */
  readonly bound?: 'connection';
}

export interface AccountCredentials {
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase?: string;
}

/** For whom, and under which name, the account's session acts at an exchange with `tokenSessions`. */
export interface AccountSession {
  /** The exchange's own name of a subaccount; null: the key's own account. */
  readonly subject: string | null;
  /** Of a forked session; null: none. */
  readonly name: string | null;
  /** For whom earlier sessions acted: their orders are looked after, and nothing new is placed there. */
  readonly earlierSubjects: readonly (string | null)[];
  /** `checkCredentials` also has to prove that the session can be renewed. */
  readonly renew?: true;
}

export interface AccountContext {
  readonly accountId: string;
  readonly exchange: ExchangeId;
  readonly mode: AccountMode;
  readonly credentials: AccountCredentials;
  /** Absent: the key's own account, without a session of its own. */
  readonly session?: AccountSession;
}

export interface CallControl {
  /** Our own deadline for the whole call, body included, ms. */
  readonly timeoutMs: number;
  /** Room that `reserve` granted for the call's first request. Without it an order request that finds no room is not sent. */
  readonly permit?: Permit;
}

/** Which request about one order is to be sent next. */
export interface RoomRequest {
  /** Who asks; the same when it asks again, so that it keeps its place in the line. */
  readonly id: string;
  readonly kind: OrderRequestKind;
  readonly symbol: string;
  /** When the order was sent; null where it is not at the exchange yet. Young orders can cost more to change. */
  readonly sentAt: string | null;
}

export type Room =
  | { readonly granted: true; readonly permit: Permit }
  /** Nothing was sent; ask again after this time. */
  | { readonly granted: false; readonly waitMs: number; readonly reason: string };

export interface SubmitRequest {
  readonly venueClientId: string;
  readonly spec: OrderSpec;
  /** Instant after which the venue must refuse the request; sent along where the venue has such a field. */
  readonly deadlineAt: string;
}
export interface CancelRequest {
  readonly symbol: string;
  readonly venueClientId: string;
  readonly venueOrderId: string | null;
  readonly deadlineAt: string;
  /** When the order was sent, where that is known: young orders can cost more to change. */
  readonly sentAt?: string;
}
export interface AmendRequest extends CancelRequest {
  readonly side: OrderSide;
  readonly type: OrderType;
  /** Totals of the chain. */
  readonly size: DecimalString | null;
  readonly price: DecimalString | null;
  readonly stopPrice: DecimalString | null;
}
export interface LookupRequest {
  readonly symbol: string;
  readonly venueClientId: string;
  readonly venueOrderId: string | null;
  /** The leg was sent no earlier than this. */
  readonly since: string;
  /**
   * Which of these exchange ids belong to other orders that are known here: their executions need no explanation. Asked
   * only in a search for absence. May reject: then none is taken for known.
   */
  readonly attributed?: (exchangeOrderIds: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** Why something was surely not done. Only a listed native code or a local refusal gives this. */
export interface Refusal {
  readonly nativeCode: string | null;
  readonly message: string;
}

export type SubmitOutcome =
  | { readonly kind: 'placed'; readonly report: OrderReport }
  /** An order with this client id exists: find it. */
  | { readonly kind: 'duplicate'; readonly nativeCode: string | null; readonly message: string }
  | ({ readonly kind: 'notPlaced'; readonly insufficientFunds: boolean; readonly rulesChanged: boolean } & Refusal)
  /** Surely not done; the same leg may be sent again later. No native code: it was held back here. */
  | ({ readonly kind: 'rateLimited'; readonly retryAfterMs: number } & Refusal)
  | ({ readonly kind: 'notSent' } & Refusal)
  /** The key is refused; surely not done. */
  | ({ readonly kind: 'auth' } & Refusal)
  | ({ readonly kind: 'unknown' } & Refusal);

export type CancelOutcome =
  | { readonly kind: 'accepted'; readonly report: OrderReport | null }
  /** "Unknown order": ended, not there yet, or never there. Proves nothing. */
  | ({ readonly kind: 'unknownOrder' } & Refusal)
  | ({ readonly kind: 'refused' } & Refusal)
  | ({ readonly kind: 'rateLimited'; readonly retryAfterMs: number } & Refusal)
  | ({ readonly kind: 'notSent' } & Refusal)
  | ({ readonly kind: 'auth' } & Refusal)
  | ({ readonly kind: 'unknown' } & Refusal);

/** `accepted`: the venue took the amend; terms are confirmed by the look-up that follows. */
export type AmendOutcome = CancelOutcome;

/**
 * How far a read got. A failed or partial read is never an empty one: absence may be concluded only from a part that
 * is `complete`, and only for what existed before `askedAt`.
 */
export interface Coverage {
  readonly askedAt: string;
  readonly complete: boolean;
  /** The window asked for, where the read is by time. */
  readonly from: string | null;
  readonly pages: number;
  readonly error: string | null;
  /** The exchange, or our budget for it, let this read wait: it says nothing about whether the exchange can be reached. */
  readonly isRateLimited?: boolean;
  /** Whose trouble it was that the read is not complete (trouble.ts); none where a limit was the reason. */
  readonly trouble?: Trouble;
  /** The exchange answered, and does not take the account's key: that says nothing of the exchange. */
  readonly keyRefused?: true;
}

export interface Listing<Item> {
  readonly items: readonly Item[];
  readonly coverage: Coverage;
}

/**
 * What the account owns. Only with `coverage.complete` is an asset that is not named owned by nobody. What is told is as of
 * some instant between `coverage.askedAt` and `answeredAt`.
 */
export interface FundsReading {
  readonly balances: readonly NormalizedBalance[];
  readonly positions: readonly NormalizedPosition[];
  readonly answeredAt: string;
  readonly coverage: Coverage;
}

/** One targeted look-up through every place where the order could be. */
export interface LookupResult {
  readonly order: NormalizedOrder | null;
  readonly fills: readonly NormalizedFill[];
  readonly fillsComplete: boolean;
  readonly askedAt: string;
  /** True only when every place (open, history, fills) was asked and read completely and none knows the order. */
  readonly provesAbsence: boolean;
  /** What failed, for people; null when nothing did. */
  readonly error: string | null;
  readonly rateLimitedMs: number | null;
  readonly places: readonly string[];
}

export type StreamEvent =
  | { readonly type: 'reports'; readonly reports: readonly OrderReport[] }
  /** (Re)connected: a snapshot must follow before the stream is believed. */
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly error: string }
  /** One message could not be read: its order must be asked for. */
  | { readonly type: 'unreadable'; readonly error: string };

export interface Subscription {
  close(): Promise<void>;
}

/** What a key may do, as far as the exchange tells; null: it does not. */
export interface KeyPermissions {
  readonly read: boolean | null;
  readonly trade: boolean | null;
  /** Money can leave the exchange with it. */
  readonly withdraw: boolean | null;
}

/** What became of a word about the dead man's switch. */
export type SwitchOutcome =
  | { readonly kind: 'set' }
  /** Not confirmed: it may have been taken or not. `retryAfterMs`: the exchange, or our budget for it, said to wait. */
  | ({ readonly kind: 'unset'; readonly retryAfterMs: number | null } & Refusal);

/** What a harmless signed call says of credentials. No message holds a part of them. */
export type CredentialsVerdict =
  | {
      readonly kind: 'accepted';
      readonly permissions: KeyPermissions;
      /** The exchange's own name for the account behind the key; null: it tells none. */
      readonly owner: string | null;
    }
  /** The exchange does not take them (a wrong key, signature or passphrase), or they can't be signed with. */
  | ({ readonly kind: 'refused' } & Refusal)
  /** Nothing is known of them: not reached, no whole answer, a limit, an answer that nobody can read. */
  | { readonly kind: 'unknown'; readonly message: string; readonly retryAfterMs: number | null };

/** One account at one exchange. No method throws for what the exchange does; every call ends within its deadline. */
export interface ExchangeAdapter {
  readonly capabilities: ExchangeCapabilities;
  /** Asks the shared budget for room for one request, without waiting. */
  reserve(request: RoomRequest): Promise<Room>;
  submit(request: SubmitRequest, control: CallControl): Promise<SubmitOutcome>;
  cancel(request: CancelRequest, control: CallControl): Promise<CancelOutcome>;
  amend(request: AmendRequest, control: CallControl): Promise<AmendOutcome>;
  lookup(request: LookupRequest, control: CallControl): Promise<LookupResult>;
  openOrders(control: CallControl): Promise<Listing<NormalizedOrder>>;
  /** Every execution of the account since `from`; `symbols` are those to ask where the exchange lists by symbol only. */
  fills(from: string, symbols: readonly string[], control: CallControl): Promise<Listing<NormalizedFill>>;
  /** What is free and held of each asset, and held of each contract, where the capabilities say that it is shown. */
  funds(control: CallControl): Promise<FundsReading>;
  watchOrders(sink: (event: StreamEvent) => void): Subscription;
  /**
   * Tells the exchange to cancel all orders of the account when it has not been told so again for `timeoutSeconds`; null
   * switches that off.
   */
  setDeadMansSwitch(timeoutSeconds: number | null, control: CallControl): Promise<SwitchOutcome>;
  /** Tries the account's own credentials with a call that changes nothing. */
  checkCredentials(control: CallControl): Promise<CredentialsVerdict>;
  close(): Promise<void>;
}

/** One trade of anybody's. */
export interface PublicTrade {
  readonly price: DecimalString;
  /** By the exchange's clock, ms. */
  readonly at: string;
}

/** Public trades since an instant, oldest first. */
export interface Tape {
  readonly trades: readonly PublicTrade[];
  /** Nothing is missing between the instant asked for and the last of them. */
  readonly reachesBack: boolean;
  /** There are later ones: ask again from the last of them. */
  readonly more: boolean;
}

/** Public data of one exchange, no credentials. */
export interface MarketDataAdapter {
  readonly exchange: ExchangeId;
  markets(control: CallControl): Promise<readonly Market[]>;
  ticker(symbol: string, control: CallControl): Promise<NormalizedTicker>;
  /** Every trade since `since` (by the exchange's clock), as far as the exchange lists them. */
  trades(symbol: string, since: string, control: CallControl): Promise<Tape>;
  /** `lost`: the stream has broken off, and is being opened again. */
  watchTicker(symbol: string, sink: (ticker: NormalizedTicker) => void, lost?: () => void): Subscription;
  close(): Promise<void>;
}
