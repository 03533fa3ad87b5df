import { ExchangeIdSchema } from '@orderplane/domain';
import { newAccount } from '../account-defaults.ts';
import { AlreadyExistsError, NotFoundError } from '../contracts.ts';
import type {
  Account,
  AccountCandidate,
  AccountStore,
  Activation,
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
import type { AccountCandidate as CandidateRow, Prisma, PrismaClient } from '../generated/client.ts';
import { checkedLimit, WALK_LIMIT } from '../paging.ts';
import { AccountModeSchema, CandidateKindSchema, WantedTransitionSchema } from '../row-schemas.ts';
import { SERVICE_KEY_PREFIX } from '../service-keys.ts';
import { newAccountRow, toAccount, WITHOUT_CREDENTIALS } from './account-rows.ts';
import { databaseFailure, withRetry } from './errors.ts';
import { halt, resume } from './halting.ts';
import { renewCache, setPrivacy } from './privacy.ts';
import { enter, lockSession } from './entering.ts';
import { setRiskLimits } from './limits.ts';

const toCandidate = ({ transition, sessionName, subject, ...row }: CandidateRow): AccountCandidate => ({
  ...row,
  kind: CandidateKindSchema.parse(row.kind),
  exchange: ExchangeIdSchema.parse(row.exchange),
  mode: AccountModeSchema.parse(row.mode),
  ...(transition === null
    ? {}
    : { session: { transition: WantedTransitionSchema.parse(transition), name: sessionName, subject } }),
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
});

const candidateRow = ({ session, ...candidate }: AccountCandidate) => ({
  ...candidate,
  ...(session && { transition: session.transition, sessionName: session.name, subject: session.subject }),
});

/** Everything here happens once in an account's life: by key, through Prisma. */
export class PostgresAccountStore implements AccountStore {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  async credentials(accountId: string): Promise<KeptCredentials> {
    const select = { sealedCredentials: true, credentialsId: true, venueOwner: true } as const;
    const row = await this.#prisma.account.findUnique({ where: { id: accountId }, select });
    if (row === null || row.sealedCredentials === null) throw new NotFoundError('account', accountId);
    return { id: row.credentialsId, sealed: row.sealedCredentials, venueOwner: row.venueOwner };
  }

  async credentialIds(accountIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const select = { id: true, credentialsId: true } as const;
    const where = { id: { in: [...accountIds] }, unlinkedAt: null };
    const rows = await this.#prisma.account.findMany({ where, select });
    return new Map(rows.map((row) => [row.id, row.credentialsId]));
  }

  async addCandidate(candidate: AccountCandidate): Promise<void> {
    try {
      await this.#prisma.accountCandidate.create({ data: candidateRow(candidate) });
    } catch (error) {
      throw databaseFailure(error).kind === 'unique' ? new AlreadyExistsError('candidate', candidate.id) : error;
    }
  }

  async candidate(candidateId: string): Promise<AccountCandidate | null> {
    const row = await this.#prisma.accountCandidate.findUnique({ where: { id: candidateId } });
    return row === null ? null : toCandidate(row);
  }

  async withdrawCandidate(candidateId: string): Promise<boolean> {
    const { count } = await this.#prisma.accountCandidate.deleteMany({ where: { id: candidateId } });
    return count === 1;
  }

  /** Whoever deletes the candidate's row decides: of a withdrawal and an activation at once one waits, and finds none. */
  async activate(candidateId: string, proved: ProvedCredentials): Promise<Activation> {
    try {
      return await withRetry(() =>
        this.#prisma.$transaction(async (tx): Promise<Activation> => {
          const candidate = await takeCandidate(tx, candidateId, ['link', 'rotate'], proved.at);
          if (candidate === null) return { kind: 'gone' };
          return candidate.kind === 'link' ? link(tx, candidate, proved) : replace(tx, candidate, proved);
        }),
      );
    } catch (error) {
      const { kind } = databaseFailure(error);
      if (kind !== 'unique') throw error;
      const where = { keyFingerprint: proved.keyFingerprint };
      const holder = await this.#prisma.account.findUnique({ where, select: { id: true, userId: true } });
      if (holder === null) throw error;
      return { kind: 'keyTaken', accountId: holder.id, userId: holder.userId };
    }
  }

  async accountOfCandidate(accountId: string, candidateId: string): Promise<Account | null> {
    const where = { id: accountId, credentialsId: candidateId, unlinkedAt: null };
    const row = await this.#prisma.account.findUnique({ where, omit: WITHOUT_CREDENTIALS });
    return row === null ? null : toAccount(row);
  }

  async sweepCandidates(now: string): Promise<number> {
    const { count } = await this.#prisma.accountCandidate.deleteMany({ where: { expiresAt: { lte: now } } });
    return count;
  }

  /** Two statements: the second sees every order that was placed before the journal's row could be locked. */
  unlink(userId: string, accountId: string, at: string): Promise<Unlinking> {
    return withRetry(() =>
      this.#prisma.$transaction(async (tx): Promise<Unlinking> => {
        await tx.$queryRaw`SELECT account_id FROM account_journals WHERE account_id = ${accountId} FOR UPDATE`;
        const row = await tx.account.findUnique({ where: { id: accountId }, omit: WITHOUT_CREDENTIALS });
        if (row === null || row.userId !== userId) return { kind: 'notFound' };
        if (row.unlinkedAt !== null) return { kind: 'unlinked', account: toAccount(row), again: true };
        const orders = await tx.order.count({ where: { accountId, done: false } });
        if (orders > 0) return { kind: 'unsettled', orders };
        const armed = await tx.deadMansSwitch.count({
          where: { accountId, OR: [{ timeoutSeconds: { not: null } }, { mayFireUntil: { gt: at } }] },
        });
        if (armed > 0) return { kind: 'armed' };
        await tx.accountJournal.update({ where: { accountId }, data: { closed: true } });
        await tx.exchangeSession.updateMany({ where: { accountId, endedAt: null }, data: { endedAt: at } });
        await tx.accountCandidate.deleteMany({ where: { accountId } });
        const data = { unlinkedAt: at, sealedCredentials: null, keyFingerprint: null };
        const after = await tx.account.update({ where: { id: accountId }, data, omit: WITHOUT_CREDENTIALS });
        return { kind: 'unlinked', account: toAccount(after), again: false };
      }),
    );
  }

  halt(userId: string, accountId: string, wish: { readonly cancelOpen: boolean; readonly at: string }) {
    return withRetry(() => this.#prisma.$transaction((tx) => halt(tx, userId, accountId, wish)));
  }

  resume(userId: string, accountId: string): Promise<Resuming> {
    return withRetry(() => this.#prisma.$transaction((tx) => resume(tx, userId, accountId)));
  }

  setRiskLimits(userId: string, accountId: string, change: RiskChange): Promise<LimitsSetting> {
    return withRetry(() => this.#prisma.$transaction((tx) => setRiskLimits(tx, userId, accountId, change)));
  }

  setPrivacy(userId: string, accountId: string, change: PrivacyChange): Promise<PrivacySetting> {
    return withRetry(() => this.#prisma.$transaction((tx) => setPrivacy(tx, userId, accountId, change)));
  }

  renewCache(userId: string, accountId: string): Promise<PrivacySetting> {
    return withRetry(() => this.#prisma.$transaction((tx) => renewCache(tx, userId, accountId)));
  }

  async serviceKey(name: string): Promise<ServiceKey | null> {
    const select = { publicKey: true, sealedPrivateKey: true } as const;
    return this.#prisma.serviceKey.findUnique({ where: { name }, select });
  }

  async addServiceKey(name: string, key: ServiceKey, at: string): Promise<ServiceKey> {
    await this.#prisma.serviceKey.createMany({ data: [{ name, ...key, createdAt: at }], skipDuplicates: true });
    const kept = await this.serviceKey(name);
    if (kept === null) throw new NotFoundError('service key', name);
    return kept;
  }

  async envelopes(page: { readonly limit: number; readonly after?: string }): Promise<readonly SealedEnvelope[]> {
    return this.#prisma.$queryRaw<SealedEnvelope[]>`
      SELECT e.bound_to AS "boundTo", e.sealed FROM (
        SELECT id AS bound_to, sealed_credentials AS sealed FROM accounts WHERE sealed_credentials IS NOT NULL
        UNION ALL SELECT ${SERVICE_KEY_PREFIX} || name, sealed_private_key FROM service_keys) e
      WHERE e.bound_to COLLATE "C" > ${page.after ?? ''} ORDER BY e.bound_to COLLATE "C"
      LIMIT ${checkedLimit(page.limit, WALK_LIMIT)}`;
  }

  async replaceEnvelope({ boundTo, sealed }: SealedEnvelope, resealed: string): Promise<boolean> {
    const { count } = boundTo.startsWith(SERVICE_KEY_PREFIX)
      ? await this.#prisma.serviceKey.updateMany({
          where: { name: boundTo.slice(SERVICE_KEY_PREFIX.length), sealedPrivateKey: sealed },
          data: { sealedPrivateKey: resealed },
        })
      : await this.#prisma.account.updateMany({
          where: { id: boundTo, sealedCredentials: sealed },
          data: { sealedCredentials: resealed },
        });
    return count === 1;
  }
}

type Transaction = Prisma.TransactionClient;

/** Null: withdrawn, used or expired. An expired one is left to the sweep. */
export async function takeCandidate(
  tx: Transaction,
  id: string,
  kinds: readonly AccountCandidate['kind'][],
  now: string,
): Promise<AccountCandidate | null> {
  const row = await tx.accountCandidate.findUnique({ where: { id } });
  if (row === null) return null;
  const { count } = await tx.accountCandidate.deleteMany({
    where: { id, kind: { in: [...kinds] }, expiresAt: { gt: now } },
  });
  return count === 1 ? toCandidate(row) : null;
}

async function link(tx: Transaction, candidate: AccountCandidate, proved: ProvedCredentials): Promise<Activation> {
  const account = newAccount(candidate, proved.at);
  const { sealedCredentials, keyFingerprint, venueOwner } = proved;
  const credentials = { sealedCredentials, credentialsId: candidate.id, keyFingerprint, venueOwner };
  await tx.account.create({ data: newAccountRow(account, credentials) });
  return { kind: 'activated', account, entered: null };
}

async function replace(tx: Transaction, candidate: AccountCandidate, proved: ProvedCredentials): Promise<Activation> {
  // The journal before the account's row, as everybody does who locks both.
  const from = await lockSession(tx, candidate.accountId);
  await tx.$queryRaw`SELECT id FROM accounts WHERE id = ${candidate.accountId} FOR UPDATE`;
  const where = { id: candidate.accountId };
  const before = await tx.account.findUnique({ where });
  if (from === null || before === null || before.unlinkedAt !== null || before.userId !== candidate.userId)
    return { kind: 'gone' };
  const { sealedCredentials, keyFingerprint } = proved;
  if (before.venueOwner !== null && proved.venueOwner !== null && before.venueOwner !== proved.venueOwner)
    return { kind: 'otherOwner' };
  const venueOwner = proved.venueOwner ?? before.venueOwner;
  const data = { sealedCredentials, keyFingerprint, venueOwner, credentialsId: candidate.id };
  const after = await tx.account.update({ where, data, omit: WITHOUT_CREDENTIALS });
  const { name, subject } = from;
  const entered = await enter(tx, from, { id: candidate.id, transition: 'ROTATE', name, subject, at: proved.at });
  return { kind: 'activated', account: toAccount(after), entered };
}
