import type { ExchangeId, Market } from '@orderplane/domain';

export interface SyncRun {
  readonly id: string;
  readonly accountId: string;
  readonly reason: 'scheduled' | 'on-demand' | 'pre-trade' | 'stream-connected' | 'takeover' | 'forced';
  readonly startedAt: string;
  readonly finishedAt: string;
  /** What was asked, how far it got: one entry per part (open orders, fills). */
  readonly coverage: readonly {
    readonly part: string;
    readonly askedAt: string;
    readonly complete: boolean;
    readonly from: string | null;
    readonly pages: number;
    readonly items: number;
    readonly error: string | null;
  }[];
  readonly complete: boolean;
  readonly adopted: number;
  readonly changed: number;
}

export interface ObservationStore {
  saveSyncRun(run: SyncRun): Promise<void>;
  lastSyncRun(accountId: string, completeOnly: boolean): Promise<SyncRun | null>;
  /** Fills of the account are read from here (minus an overlap); moves only after a complete read. */
  fillsWatermark(accountId: string): Promise<string | null>;
  setFillsWatermark(accountId: string, at: string): Promise<void>;
  saveMarkets(exchange: ExchangeId, markets: readonly Market[], at: string): Promise<void>;
  markets(exchange: ExchangeId, symbols?: readonly string[]): Promise<readonly Market[]>;
  setExchangeHealth(health: ExchangeHealthRecord): Promise<void>;
  /** Leaves the other facts as they are. */
  setRateLimited(exchange: ExchangeId, until: string, at: string): Promise<void>;
  exchangeHealth(): Promise<readonly ExchangeHealthRecord[]>;
  /** Leaves the key's standing as it is. An older look never replaces a newer one. */
  setAccountReachable(look: AccountLook): Promise<void>;
  /** `reason`: the exchange does not take the account's key; null: it does again. Leaves the other facts as they are. */
  setKeyRefused(accountId: string, reason: string | null, at: string): Promise<void>;
  /** Of those accounts that anything is known of. */
  accountHealth(accountIds: readonly string[]): Promise<readonly AccountHealthRecord[]>;
  /** Every account that can't be reached or whose key is refused; the others are well, as far as anybody knows. */
  accountsInTrouble(): Promise<readonly AccountHealthRecord[]>;
  /** A lease that one worker holds: true when taken or renewed by `owner` until now + ttlMs by the database's clock. */
  acquireLease(name: string, owner: string, ttlMs: number): Promise<boolean>;
  releaseLease(name: string, owner: string): Promise<void>;
  /** As `acquireLease` for each of the names; gives those that `owner` holds. At most 1,000 names. */
  acquireLeases(names: readonly string[], owner: string, ttlMs: number): Promise<readonly string[]>;
  /** How far the trades of a market have been read; null: never. */
  tapeMark(exchange: ExchangeId, symbol: string): Promise<TapeMark | null>;
  /** Kept only while `owner` holds the lease `name`: of two readers the one that was replaced writes nothing. False then. */
  saveTapeMark(
    exchange: ExchangeId,
    symbol: string,
    mark: TapeMark,
    lease: { readonly name: string; readonly owner: string },
  ): Promise<boolean>;
}

export interface TapeMark {
  /** When the newest trade that was read was made, by the exchange's clock. Never moves back. */
  readonly tradeAt: string;
  /** All that was armed by then, by our clock, has seen the trades up to `tradeAt`. */
  readonly armedUntil: string;
}

export interface ExchangeHealthRecord {
  readonly exchange: ExchangeId;
  readonly reachable: boolean;
  readonly streamConnected: boolean;
  readonly rateLimitedUntil: string | null;
  readonly lastError: string | null;
  readonly at: string;
}

/** What a look at an account gave. */
export interface AccountLook {
  readonly accountId: string;
  readonly reachable: boolean;
  readonly lastError: string | null;
  readonly at: string;
}

/** The account's own health: its exchange may be well, and the other accounts there too. */
export interface AccountHealthRecord extends AccountLook {
  /** When it became reachable, or ceased to be. */
  readonly since: string;
  /** The exchange does not take its key: nothing is submitted. Null: it does, as far as is known. */
  readonly keyRefused: { readonly since: string; readonly reason: string } | null;
}
