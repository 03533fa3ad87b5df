import type { AccountMode, ExchangeId, SessionTransition } from '@orderplane/domain';
import type { Account } from './access.ts';
import type { LimitsSetting, RiskChange } from './limits.ts';
import type { Entered } from './sessions.ts';

/**
 * Credentials on their way to an account. They are kept only after they were tried at the exchange: until then they wait
 * here, sealed for the services that can try them (intake.ts), and are gone with the answer or when `expiresAt` has passed.
 */
export interface AccountCandidate {
  readonly id: string;
  /** `link`: `accountId` is that of the account to come. `rotate`, `session`: it exists. */
  readonly kind: 'link' | 'rotate' | 'session';
  readonly accountId: string;
  readonly userId: string;
  readonly exchange: ExchangeId;
  readonly label: string;
  readonly mode: AccountMode;
  /** Empty for a transition of the session, which brings none. */
  readonly sealedCredentials: string;
  /** Of the kind `session`, and of no other. */
  readonly session?: WantedTransition;
  readonly createdAt: string;
  readonly expiresAt: string;
}

export interface WantedTransition {
  readonly transition: Exclude<SessionTransition, 'INITIAL' | 'ROTATE'>;
  readonly name: string | null;
  readonly subject: string | null;
}

/** What is kept of credentials that the exchange took. */
export interface ProvedCredentials {
  /** Envelope of credentials.ts, bound to the account. */
  readonly sealedCredentials: string;
  readonly keyFingerprint: string;
  /** Keyed hash of the exchange's own name for the account, where it tells one. */
  readonly venueOwner: string | null;
  readonly at: string;
}

export interface KeptCredentials {
  readonly id: string;
  readonly sealed: string;
  readonly venueOwner: string | null;
}

export type Activation =
  /** `entered`: the session of new credentials; a linked account has its first one. */
  | { readonly kind: 'activated'; readonly account: Account; readonly entered: Entered | null }
  /** Withdrawn, expired, used already, or a transition (see SessionStore). */
  | { readonly kind: 'gone' }
  /** The API key serves `accountId` already. */
  | { readonly kind: 'keyTaken'; readonly accountId: string; readonly userId: string }
  /** The new credentials open another account at the exchange. */
  | { readonly kind: 'otherOwner' };

export type Unlinking =
  /** `again`: it had been unlinked before. */
  | { readonly kind: 'unlinked'; readonly account: Account; readonly again: boolean }
  /** Orders that have not ended, or whose end is not proved. */
  | { readonly kind: 'unsettled'; readonly orders: number }
  /** The exchange's dead man's switch is wanted, or may still be armed there. */
  | { readonly kind: 'armed' }
  | { readonly kind: 'notFound' };

export type Halting =
  /** `again`: it was halted already, and nothing has changed by it. */
  | { readonly kind: 'halted'; readonly account: Account; readonly again: boolean }
  /** Also for an unlinked account. */
  | { readonly kind: 'notFound' };

export type Resuming =
  /** `again`: it was not halted. */
  { readonly kind: 'resumed'; readonly account: Account; readonly again: boolean } | { readonly kind: 'notFound' };

/** What is left out stays. */
export interface PrivacyChange {
  readonly cacheOpenOrders?: boolean;
  readonly encryptAtRest?: boolean;
  /** 0 to MAX_RETENTION_DAYS; null: nothing is purged. */
  readonly historyRetentionDays?: number | null;
}
export const MAX_RETENTION_DAYS = 36_500;

export type PrivacySetting =
  /** `again`: everything was so already. */
  | { readonly kind: 'set'; readonly account: Account; readonly again: boolean }
  /** Also for an unlinked account. */
  | { readonly kind: 'notFound' };

export interface SealedEnvelope {
  /** What the envelope is bound to. */
  readonly boundTo: string;
  readonly sealed: string;
}

/** The public half is for everybody; the private one is sealed with the master key. */
export interface ServiceKey {
  readonly publicKey: string;
  readonly sealedPrivateKey: string;
}

/** Linking, new credentials, unlinking. Secrets come in sealed and leave sealed. */
export interface AccountStore {
  /** Which credentials an account has: `id` changes when they are replaced. Throws NotFoundError, for unlinked ones too. */
  credentials(accountId: string): Promise<KeptCredentials>;
  /** The ids of the credentials of these accounts; unlinked and unknown ones are missing. */
  credentialIds(accountIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Throws AlreadyExistsError. */
  addCandidate(candidate: AccountCandidate): Promise<void>;
  candidate(candidateId: string): Promise<AccountCandidate | null>;
  /** False: there is none, so it was withdrawn before, expired, or used. */
  withdrawCandidate(candidateId: string): Promise<boolean>;
  /** One transaction: the candidate goes, the account is there with these credentials; a replacement also begins a session (ROTATE). */
  activate(candidateId: string, proved: ProvedCredentials): Promise<Activation>;
  /** The account, when it has the credentials of this candidate; null: they were not used, or replaced since. */
  accountOfCandidate(accountId: string, candidateId: string): Promise<Account | null>;
  /** Removes what has expired; gives how many. */
  sweepCandidates(now: string): Promise<number>;
  /** Destroys the credentials of an account whose orders are all settled. From then on none is placed on it. */
  unlink(userId: string, accountId: string, at: string): Promise<Unlinking>;
  /**
   * From the moment this returns no order is placed on the account and no write is taken that names `unlessHalted`,
   * whenever it was decided. With `cancelOpen` everything known by now is to be cancelled; a halt that does so already is
   * widened to what has become known since. A repeat without it takes nothing back.
   */
  halt(
    userId: string,
    accountId: string,
    halt: { readonly cancelOpen: boolean; readonly at: string },
  ): Promise<Halting>;
  resume(userId: string, accountId: string): Promise<Resuming>;
  /** From the moment this returns every order and every change is held against these limits, whenever it was decided. */
  setRiskLimits(userId: string, accountId: string, change: RiskChange): Promise<LimitsSetting>;
  /**
   * From the moment this returns nothing of the account's orders is written the other way (`encryptAtRest`), and no
   * scope that was read before it is taken by the cache (`cacheVersion`).
   */
  setPrivacy(userId: string, accountId: string, change: PrivacyChange): Promise<PrivacySetting>;
  /** Raises `cacheVersion`: what was read of the account before is not taken by the cache any more. */
  renewCache(userId: string, accountId: string): Promise<PrivacySetting>;
  serviceKey(name: string): Promise<ServiceKey | null>;
  /** Keeps the first; gives the one that is kept. */
  addServiceKey(name: string, key: ServiceKey, at: string): Promise<ServiceKey>;
  /** All that the master key seals: credentials of accounts and service keys, in order of `boundTo`, after the given one. */
  envelopes(page: { readonly limit: number; readonly after?: string }): Promise<readonly SealedEnvelope[]>;
  /** Compare-and-swap: false when the envelope is another one by now. */
  replaceEnvelope(envelope: SealedEnvelope, resealed: string): Promise<boolean>;
}
