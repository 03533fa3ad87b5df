import { firstSession, newAccount } from '../account-defaults.ts';
import { AlreadyExistsError, isStanding, NotFoundError } from '../contracts.ts';
import type {
  Account,
  AccountCandidate,
  AccountStore,
  Activation,
  Halting,
  KeptCredentials,
  LimitsSetting,
  PrivacyChange,
  PrivacySetting,
  ProvedCredentials,
  Resuming,
  RiskChange,
  SealedEnvelope,
  ServiceKey,
  Unlinking,
} from '../contracts.ts';
import { haltAfter } from '../halt-terms.ts';
import { limitsAfter } from '../limits.ts';
import { checkedLimit, WALK_LIMIT } from '../paging.ts';
import { privacyAfter, renewed } from '../privacy-terms.ts';
import { SERVICE_KEY_PREFIX } from '../service-keys.ts';
import { enter } from './sessions.ts';
import { compareText, isRecorded } from './state.ts';
import type { AccountRow, MemoryState } from './state.ts';
import type { MemoryTables } from './tables.ts';

export class MemoryAccountStore implements AccountStore {
  readonly #tables: MemoryTables;
  readonly #state: MemoryState;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
    this.#state = tables.state;
  }

  async credentials(accountId: string): Promise<KeptCredentials> {
    const row = this.#state.accounts.get(accountId);
    if (row === undefined || row.sealedCredentials === null) throw new NotFoundError('account', accountId);
    return { id: row.credentialsId, sealed: row.sealedCredentials, venueOwner: row.venueOwner };
  }

  async credentialIds(accountIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = accountIds.flatMap((id) => this.#state.accounts.get(id) ?? []);
    const linked = rows.filter((row) => row.account.unlinkedAt === null);
    return new Map(linked.map((row) => [row.account.id, row.credentialsId]));
  }

  async addCandidate(candidate: AccountCandidate): Promise<void> {
    if (this.#state.candidates.has(candidate.id)) throw new AlreadyExistsError('candidate', candidate.id);
    this.#state.candidates.set(candidate.id, candidate);
  }

  async candidate(candidateId: string): Promise<AccountCandidate | null> {
    return this.#state.candidates.get(candidateId) ?? null;
  }

  async withdrawCandidate(candidateId: string): Promise<boolean> {
    return this.#state.candidates.delete(candidateId);
  }

  async activate(candidateId: string, proved: ProvedCredentials): Promise<Activation> {
    const candidate = this.#state.candidates.get(candidateId);
    if (candidate === undefined || candidate.kind === 'session' || candidate.expiresAt <= proved.at)
      return { kind: 'gone' };
    const holder = [...this.#state.accounts.values()].find((row) => row.keyFingerprint === proved.keyFingerprint);
    if (holder !== undefined && (candidate.kind === 'link' || holder.account.id !== candidate.accountId))
      return { kind: 'keyTaken', accountId: holder.account.id, userId: holder.account.userId };
    this.#state.candidates.delete(candidateId);
    const before = this.#state.accounts.get(candidate.accountId);
    const { sealedCredentials, keyFingerprint } = proved;
    const kept = { sealedCredentials, keyFingerprint, credentialsId: candidateId };
    if (candidate.kind === 'link') {
      const account = newAccount(candidate, proved.at);
      this.#state.accounts.set(account.id, { account, ...kept, venueOwner: proved.venueOwner });
      this.#state.sessions.set(account.id, [firstSession(account)]);
      return { kind: 'activated', account, entered: null };
    }
    if (before === undefined || before.account.unlinkedAt !== null || before.account.userId !== candidate.userId)
      return { kind: 'gone' };
    if (before.venueOwner !== null && proved.venueOwner !== null && before.venueOwner !== proved.venueOwner)
      return { kind: 'otherOwner' };
    const venueOwner = proved.venueOwner ?? before.venueOwner;
    this.#state.accounts.set(before.account.id, { account: before.account, ...kept, venueOwner });
    const active = this.#state.sessions.get(before.account.id)?.at(-1);
    if (active === undefined) return { kind: 'gone' };
    const { name, subject } = active;
    const next = { id: candidateId, transition: 'ROTATE', name, subject, at: proved.at } as const;
    return { kind: 'activated', account: before.account, entered: enter(this.#tables, active, next) };
  }

  async accountOfCandidate(accountId: string, candidateId: string): Promise<Account | null> {
    const row = this.#state.accounts.get(accountId);
    return row?.credentialsId === candidateId && row.account.unlinkedAt === null ? row.account : null;
  }

  async sweepCandidates(now: string): Promise<number> {
    const expired = [...this.#state.candidates.values()].filter((candidate) => candidate.expiresAt <= now);
    for (const { id } of expired) this.#state.candidates.delete(id);
    return expired.length;
  }

  async unlink(userId: string, accountId: string, at: string): Promise<Unlinking> {
    const row = this.#state.accounts.get(accountId);
    if (row?.account.userId !== userId) return { kind: 'notFound' };
    if (row.account.unlinkedAt !== null) return { kind: 'unlinked', account: row.account, again: true };
    const orders = [...this.#state.orders.values()].filter(
      (order) => order.intent.accountId === accountId && !(isRecorded(order) && order.derived.done),
    ).length;
    if (orders > 0) return { kind: 'unsettled', orders };
    const deadMansSwitch = this.#state.deadMansSwitches.get(accountId);
    if (deadMansSwitch !== undefined && isStanding(deadMansSwitch, at)) return { kind: 'armed' };
    const account = { ...row.account, unlinkedAt: at };
    this.#state.accounts.set(accountId, { ...row, account, sealedCredentials: null, keyFingerprint: null });
    const sessions = this.#state.sessions.get(accountId) ?? [];
    this.#state.sessions.set(
      accountId,
      sessions.map((session) => ({ ...session, endedAt: session.endedAt ?? at })),
    );
    for (const candidate of [...this.#state.candidates.values()])
      if (candidate.accountId === accountId) this.#state.candidates.delete(candidate.id);
    return { kind: 'unlinked', account, again: false };
  }

  async halt(
    userId: string,
    accountId: string,
    wish: { readonly cancelOpen: boolean; readonly at: string },
  ): Promise<Halting> {
    const row = this.#linked(userId, accountId);
    if (row === null) return { kind: 'notFound' };
    const created = [...this.#state.orders.values()]
      .filter(({ intent }) => intent.accountId === accountId)
      .map(({ intent }) => intent.createdAt);
    const newestOrderAt = created.reduce<string | null>((a, b) => (a === null || b > a ? b : a), null);
    const before = row.account.halt ?? null;
    const halt = haltAfter(before, { ...wish, newestOrderAt });
    if (halt === before) return { kind: 'halted', account: row.account, again: true };
    const account = { ...row.account, halted: true, halt };
    this.#state.accounts.set(accountId, { ...row, account });
    return { kind: 'halted', account, again: false };
  }

  async resume(userId: string, accountId: string): Promise<Resuming> {
    const row = this.#linked(userId, accountId);
    if (row === null) return { kind: 'notFound' };
    if (!row.account.halted) return { kind: 'resumed', account: row.account, again: true };
    const { halt: _over, ...rest } = row.account;
    const account = { ...rest, halted: false };
    this.#state.accounts.set(accountId, { ...row, account });
    return { kind: 'resumed', account, again: false };
  }

  async setRiskLimits(userId: string, accountId: string, change: RiskChange): Promise<LimitsSetting> {
    const row = this.#linked(userId, accountId);
    if (row === null) return { kind: 'notFound' };
    const risk = limitsAfter(row.account.risk, change);
    if (risk === row.account.risk) return { kind: 'set', account: row.account, again: true };
    const account = { ...row.account, risk };
    this.#state.accounts.set(accountId, { ...row, account });
    return { kind: 'set', account, again: false };
  }

  async setPrivacy(userId: string, accountId: string, change: PrivacyChange): Promise<PrivacySetting> {
    const row = this.#linked(userId, accountId);
    if (row === null) return { kind: 'notFound' };
    const { privacy, converts } = privacyAfter(row.account.privacy, change);
    if (privacy === row.account.privacy) return { kind: 'set', account: row.account, again: true };
    // There are no rows at rest here: what is kept in memory counts as sealed.
    const { converting: _none, ...rest } = privacy;
    const account = { ...row.account, privacy: converts ? rest : privacy };
    this.#state.accounts.set(accountId, { ...row, account });
    return { kind: 'set', account, again: false };
  }

  async renewCache(userId: string, accountId: string): Promise<PrivacySetting> {
    const row = this.#linked(userId, accountId);
    if (row === null) return { kind: 'notFound' };
    const account = { ...row.account, privacy: renewed(row.account.privacy) };
    this.#state.accounts.set(accountId, { ...row, account });
    return { kind: 'set', account, again: false };
  }

  #linked(userId: string, accountId: string): AccountRow | null {
    const row = this.#state.accounts.get(accountId);
    return row === undefined || row.account.userId !== userId || row.account.unlinkedAt !== null ? null : row;
  }

  async serviceKey(name: string): Promise<ServiceKey | null> {
    return this.#state.serviceKeys.get(name) ?? null;
  }

  async addServiceKey(name: string, key: ServiceKey): Promise<ServiceKey> {
    const kept = this.#state.serviceKeys.get(name) ?? key;
    this.#state.serviceKeys.set(name, kept);
    return kept;
  }

  async envelopes(page: { readonly limit: number; readonly after?: string }): Promise<readonly SealedEnvelope[]> {
    const accounts = [...this.#state.accounts.values()].flatMap(({ account, sealedCredentials }) =>
      sealedCredentials === null ? [] : [{ boundTo: account.id, sealed: sealedCredentials }],
    );
    const keys = [...this.#state.serviceKeys].map(([name, { sealedPrivateKey }]) => ({
      boundTo: SERVICE_KEY_PREFIX + name,
      sealed: sealedPrivateKey,
    }));
    return [...accounts, ...keys]
      .sort((a, b) => compareText(a.boundTo, b.boundTo))
      .filter(({ boundTo }) => boundTo > (page.after ?? ''))
      .slice(0, checkedLimit(page.limit, WALK_LIMIT));
  }

  async replaceEnvelope({ boundTo, sealed }: SealedEnvelope, resealed: string): Promise<boolean> {
    if (boundTo.startsWith(SERVICE_KEY_PREFIX)) {
      const name = boundTo.slice(SERVICE_KEY_PREFIX.length);
      const key = this.#state.serviceKeys.get(name);
      if (key?.sealedPrivateKey !== sealed) return false;
      this.#state.serviceKeys.set(name, { ...key, sealedPrivateKey: resealed });
      return true;
    }
    const row: AccountRow | undefined = this.#state.accounts.get(boundTo);
    if (row?.sealedCredentials !== sealed) return false;
    this.#state.accounts.set(boundTo, { ...row, sealedCredentials: resealed });
    return true;
  }
}
