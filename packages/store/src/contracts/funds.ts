import type { DecimalString } from '@orderplane/domain';

/** What an account owned at some instant between `askedAt` and `answeredAt`. An asset or contract that is not named: nothing of it. */
export interface AccountFunds {
  readonly accountId: string;
  readonly askedAt: string;
  readonly answeredAt: string;
  readonly balances: readonly AssetBalance[];
  readonly positions: readonly ContractPosition[];
}

export interface AssetBalance {
  readonly asset: string;
  /** Not held by open orders, nor locked otherwise: what a new order may use. */
  readonly free: DecimalString;
  readonly held: DecimalString;
}

/** Above 0 bought, below 0 sold. */
export interface ContractPosition {
  readonly symbol: string;
  readonly size: DecimalString;
}

export interface Reserved {
  readonly sure: DecimalString;
  /** Of orders that were sent before the answer came and not known to be there when it was asked for: it may tell of them or not. */
  readonly possible: DecimalString;
}

/** The last complete reading of each account's balances and positions. */
export interface FundsStore {
  /** A reading that was asked earlier than the one that is known changes nothing. Throws NotFoundError (account). */
  save(funds: AccountFunds): Promise<void>;
  /** Null: never read. */
  of(accountId: string): Promise<AccountFunds | null>;
  /**
   * How much of an asset the account's own orders need that a reading can't know of: those
   * written from then on, and those not sent before. What waits here (dark) needs nothing yet; what may have been held before is
   * not counted, nor are contracts, fees, and orders of these client order ids.
   */
  reserved(
    accountId: string,
    asset: string,
    reading: Pick<AccountFunds, 'askedAt' | 'answeredAt'>,
    except: readonly string[],
  ): Promise<Reserved>;
}
