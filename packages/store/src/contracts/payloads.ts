/** Where a conversion stands: what lies before is as it is to be. */
export interface ConversionCursor {
  readonly part: 'orders' | 'events';
  /** Key of the last row, in the order of the walk; empty: from the beginning. */
  readonly after: readonly string[];
}

export interface ConvertedBatch {
  /** Null: the account is through. */
  readonly next: ConversionCursor | null;
  /** Rows that were written otherwise. */
  readonly changed: number;
  /** Rows that do not open with any key here, by place. */
  readonly failed: readonly string[];
}

/**
 * What orders hold, as it lies in the database. Rows are converted in bounded batches, beside trading: a row that somebody
 * writes meanwhile is left to the next look at it. Twice does no harm, and it may be left at any point.
 */
export interface PayloadStore {
  /** Accounts whose earlier rows are still to be sealed, or opened, oldest first. */
  converting(limit: number): Promise<readonly string[]>;
  /** The next rows of an account, as its setting says. */
  convert(accountId: string, from: ConversionCursor): Promise<ConvertedBatch>;
  /** Every row was seen since the setting had this `cacheVersion`. False: it was changed meanwhile, and there is more to do. */
  settle(accountId: string, cacheVersion: number): Promise<boolean>;
  /** Accounts that have sealed rows, in order of their ids, after the given one. */
  sealedAccounts(page: { readonly limit: number; readonly after?: string }): Promise<readonly string[]>;
  /** As `convert`, but what is sealed is sealed under the first key of the ring, and what is plain is left. */
  rekey(accountId: string, from: ConversionCursor): Promise<ConvertedBatch>;
}

export const CONVERSION_START: ConversionCursor = { part: 'orders', after: [] };
