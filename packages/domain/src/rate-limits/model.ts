/** What exchanges allow per time, and who may use how much of it. Pure data; the arithmetic is in meter.ts and book.ts. */

export const REQUEST_KINDS = ['submit', 'cancel', 'amend', 'query', 'list', 'other'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/** In the order in which they go: cancels before submits (amends among them), submits before reads. */
export const REQUEST_CLASSES = ['cancel', 'submit', 'read'] as const;
export type RequestClass = (typeof REQUEST_CLASSES)[number];

export function classOf(kind: RequestKind): RequestClass {
  switch (kind) {
    case 'cancel':
      return 'cancel';
    case 'submit':
    case 'amend':
      return 'submit';
    case 'query':
    case 'list':
    case 'other':
      return 'read';
  }
}

/**
 * How used room comes back. `window`: at most `capacity` points in any stretch of `windowMs`, wherever the exchange lets
 * its windows begin. `decay`: a counter that falls steadily and may not rise above `capacity` (a token bucket seen from
 * the other side).
 */
export type Refill =
  { readonly kind: 'window'; readonly windowMs: number } | { readonly kind: 'decay'; readonly perSecond: number };

/** One limit of an exchange, as a retail customer has it. */
export interface BucketRule {
  readonly name: string;
  /** What shares it: everything at the exchange (limits by address), one API key, or one market of one key. */
  readonly scope: 'exchange' | 'key' | 'pair';
  /** Points. */
  readonly capacity: number;
  readonly refill: Refill;
  /** Parts of the capacity, 0 to 1: reads leave `fromReads` to orders, new orders leave `fromSubmits` to cancels. */
  readonly keeps: { readonly fromReads: number; readonly fromSubmits: number };
}

/** What one request uses of one limit. */
export interface Charge {
  readonly rule: BucketRule;
  /** Canonical symbol, where the limit is counted by market; '' elsewhere. */
  readonly pair: string;
  /** Whole points where the rule has a window. */
  readonly points: number;
  /** The exchange counts it and never refuses it: neither do we. */
  readonly always: boolean;
}

/** May this request go now? */
export interface BudgetQuestion {
  /** Where the limit is counted: exchange and mode ("kraken:LIVE"). Paper orders use up nothing of the live exchange. */
  readonly place: string;
  /** Hash of the API key; one name for all public data. */
  readonly key: string;
  /** Who asks; the same when it asks again, so that it keeps its place in the line. '': has no place. */
  readonly id: string;
  /**
   * How long the asker can wait from now, ms. Told to wait longer, it is taken for gone at once: a place that nobody comes
   * back for would hold up everybody behind it. What can wait for ever says LONGEST_WAIT_MS, the longest that is told.
   */
  readonly patienceMs: number;
  readonly class: RequestClass;
  readonly charges: readonly Charge[];
  /** What this customer has more than a retail customer, as a factor. 0: the exchange counts nothing. */
  readonly scale: number;
}

export type BudgetAnswer =
  | { readonly granted: true }
  /**
   * Used up: ask again after `waitMs`, when it is this one's turn. A place is kept for it till then and a grace longer, if
   * it gave a name and its patience lasts; else none.
   */
  | { readonly granted: false; readonly why: 'full'; readonly waitMs: number; readonly detail: string }
  /** The exchange told somebody here to wait. `everything`: nothing at all may go to this exchange. */
  | {
      readonly granted: false;
      readonly why: 'paused';
      readonly waitMs: number;
      readonly detail: string;
      readonly everything: boolean;
    };

/** The exchange's refusal: nothing of these classes may go until then. */
export interface PauseNotice {
  readonly place: string;
  /** Null: everything from here (an address ban), else one API key, hashed. */
  readonly key: string | null;
  readonly classes: readonly RequestClass[];
  readonly forMs: number;
  /** The exchange's words, for people. */
  readonly reason: string;
}

/** The room left at the exchanges, shared by all who ask. No method throws, hangs or waits for its turn. */
export interface RequestBudget {
  ask(question: BudgetQuestion): Promise<BudgetAnswer>;
  /** Who asked this does not come back: its place goes to the next. Places of the dead lapse by themselves. */
  leave(question: BudgetQuestion): Promise<void>;
  pause(notice: PauseNotice): Promise<void>;
}

/** Asks nobody: for tools and tests that may use an exchange as they like. */
export const NO_BUDGET: RequestBudget = {
  ask: () => Promise.resolve({ granted: true }),
  leave: () => Promise.resolve(),
  pause: () => Promise.resolve(),
};
