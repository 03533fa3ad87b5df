/**
 * What an account wants of its exchange's own dead man's switch, and what is known of it there. The wish is durable; saying
 * it to the exchange again and again is the work of whoever owns the account.
 */
export interface DeadMansSwitch {
  readonly accountId: string;
  /** The wish: the exchange cancels the account's orders when it hears nothing for so long. Null: off. */
  readonly timeoutSeconds: number | null;
  /** The last word that the exchange has confirmed. Null: none, or that it is off. */
  readonly armed: ArmedSwitch | null;
  /** No later than this can anything that was said to it fire. Null: it is surely off there. */
  readonly mayFireUntil: string | null;
  /** Why the last word was not confirmed; null after one that was. */
  readonly lastError: string | null;
}

export interface ArmedSwitch {
  readonly timeoutSeconds: number;
  /** When it was said. */
  readonly refreshedAt: string;
  /** It does not fire before this. */
  readonly until: string;
}

export type SwitchSetting =
  /** `again`: it was set so already. */
  | { readonly kind: 'set'; readonly deadMansSwitch: DeadMansSwitch; readonly again: boolean }
  /** Also for an unlinked account. */
  | { readonly kind: 'notFound' };

export interface DeadMansSwitchStore {
  /** Writes the wish. */
  set(userId: string, accountId: string, timeoutSeconds: number | null, at: string): Promise<SwitchSetting>;
  /** Of those accounts that ever had one. */
  of(accountIds: readonly string[]): Promise<readonly DeadMansSwitch[]>;
  /** Every one that is wanted, or may still be armed at its exchange. */
  standing(): Promise<readonly DeadMansSwitch[]>;
  /** Before a word that arms it: from now on it may fire, until then at the latest. Never lowers what is there. */
  mayFire(accountId: string, until: string): Promise<void>;
  /**
   * The exchange has confirmed. Null: it is off there; then `seen` is the `mayFireUntil` before that was said: if it has been
   * raised since, somebody else has armed it meanwhile, and it stays.
   */
  confirmed(accountId: string, armed: ArmedSwitch | null, seen: string | null): Promise<void>;
  /** It was said and not confirmed. */
  unconfirmed(accountId: string, error: string): Promise<void>;
}

/** An account with it can't be let go: nobody could call the exchange off afterwards. */
export const isStanding = ({ timeoutSeconds, mayFireUntil }: DeadMansSwitch, at: string): boolean =>
  timeoutSeconds !== null || (mayFireUntil !== null && mayFireUntil > at);
