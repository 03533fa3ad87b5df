import type { ExchangeId } from '@orderplane/domain';
import {
  UnusableMode,
  type AccountContext,
  type AccountCredentials,
  type AdapterPool,
  type CredentialsVerdict,
  type ExchangeAdapter,
  type ExchangeCapabilities,
} from '@orderplane/exchange';
import type { AccountCheckJob, AccountCheckResult } from '@orderplane/queues';
import type { CrashPoint, Logger } from '@orderplane/service-kit';
import { openCredentials, sealCredentials } from '@orderplane/store';
import type {
  AccessStore,
  AccountCandidate,
  AccountStore,
  Activation,
  Credentials,
  Entered,
  Intake,
  KeyRing,
  SessionStore,
} from '@orderplane/store';
import type { PaperExchange } from './paper-exchange.ts';
import { objection, refused, withdrawn } from './refusals.ts';
import { tryTransition } from './transition.ts';

export interface CheckContext {
  readonly access: Pick<AccessStore, 'account'>;
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly adapters: Pick<AdapterPool, 'get' | 'refresh'>;
  readonly keyRing: KeyRing;
  readonly intake: () => Promise<Intake>;
  /** Null: this deployment has none. */
  readonly paper: PaperExchange | null;
  /** A fresh one, for credentials that nobody uses yet. */
  readonly createAdapter: (account: AccountContext) => ExchangeAdapter;
  readonly capabilities: (exchange: ExchangeId) => ExchangeCapabilities;
  readonly clock: { iso(): string };
  /** For all calls of one check together, ms. */
  readonly checkTimeoutMs: number;
  readonly log: Logger;
  readonly crashPoint: CrashPoint;
  /** An account has come, or has new credentials. */
  readonly onActivated: () => void;
  /** A session has begun. Never throws. */
  readonly onEntered: (accountId: string, entered: Entered) => Promise<void>;
}

/** Sessions among which that of a job that runs again is looked for. */
const CHAIN_READ = 200;

/** One candidate under examination. */
interface Case {
  readonly candidate: AccountCandidate;
  readonly credentials: Credentials;
  readonly capabilities: ExchangeCapabilities;
  /** What is in use now; null: a new account. */
  readonly present: { readonly apiKey: string; readonly venueOwner: string | null } | null;
}

const keyOf = ({ apiKey, secret, passphrase }: Credentials): AccountCredentials => ({
  apiKey,
  secret,
  ...(passphrase === undefined ? {} : { passphrase }),
});

/**
 * Tries credentials at the exchange and keeps them only then. Safe to run twice: what the first run has kept is found.
 * Whatever it answers but success, nothing is left of the candidate.
 */
export async function checkCandidate(context: CheckContext, job: AccountCheckJob): Promise<AccountCheckResult> {
  const candidate = await context.accounts.candidate(job.candidateId);
  if (candidate === null) {
    return (await doneBefore(context, job)) ?? withdrawn;
  }
  let result: AccountCheckResult | null = null;
  try {
    const { session } = candidate;
    result = await (session === undefined ? examine(context, candidate) : tryTransition(context, candidate, session));
    return result;
  } finally {
    if (result?.accountId === null) await context.accounts.withdrawCandidate(candidate.id);
  }
}

/** What another run of the same job has written. Null: nothing. */
async function doneBefore(context: CheckContext, job: AccountCheckJob): Promise<AccountCheckResult | null> {
  const session = (await context.sessions.chain(job.accountId, CHAIN_READ)).find(({ id }) => id === job.candidateId);
  if (session !== undefined)
    return { accountId: job.accountId, sessionId: session.id, migrated: session.migrated, userErrors: [] };
  const account = await context.accounts.accountOfCandidate(job.accountId, job.candidateId);
  return account === null ? null : { accountId: account.id, userErrors: [] };
}

async function examine(context: CheckContext, candidate: AccountCandidate): Promise<AccountCheckResult> {
  const capabilities = context.capabilities(candidate.exchange);
  const present = await presentOf(context, candidate);
  if (present === 'none')
    return refused(candidate, 'NOT_FOUND', `there is no account ${candidate.accountId}`, 'accountId');
  const credentials = (await context.intake()).open(candidate.id, candidate.sealedCredentials);
  const the: Case = { candidate, credentials, capabilities, present };

  const admission = candidate.mode === 'PAPER' ? await admit(context, the) : 'not needed';
  if (admission === 'failed')
    return refused(candidate, 'EXCHANGE_UNAVAILABLE', 'the paper exchange can’t be reached now: try again later', null);
  const result = await judge(context, the);
  if (result.accountId === null && admission === 'new') await revoke(context, candidate, credentials.apiKey);
  if (
    result.accountId !== null &&
    candidate.mode === 'PAPER' &&
    present !== null &&
    present.apiKey !== credentials.apiKey
  )
    await revoke(context, candidate, present.apiKey);
  return result;
}

async function presentOf(context: CheckContext, candidate: AccountCandidate): Promise<Case['present'] | 'none'> {
  if (candidate.kind === 'link') return null;
  const account = await context.access.account(candidate.accountId);
  if (account === null || account.unlinkedAt !== null || account.userId !== candidate.userId) return 'none';
  const { sealed, venueOwner } = await context.accounts.credentials(account.id);
  return { apiKey: openCredentials(context.keyRing, account.id, sealed).apiKey, venueOwner };
}

async function judge(context: CheckContext, the: Case): Promise<AccountCheckResult> {
  const { candidate, credentials, capabilities } = the;
  const verdict = await ask(context, the);
  if (verdict === 'no such mode')
    return refused(candidate, 'UNSUPPORTED_BY_EXCHANGE', `${capabilities.name} has no ${candidate.mode} here`, 'mode');
  const refusal = objection(candidate, capabilities, verdict);
  if (refusal !== null || verdict.kind !== 'accepted') return refusal ?? withdrawn;
  if (await isAnotherOwner(context, the, verdict.owner)) return otherOwner(candidate, capabilities);
  const intake = await context.intake();
  const activation = await context.accounts.activate(candidate.id, {
    sealedCredentials: sealCredentials(context.keyRing, candidate.accountId, credentials),
    keyFingerprint: intake.fingerprint('key', candidate, credentials.apiKey),
    venueOwner: verdict.owner === null ? null : intake.fingerprint('owner', candidate, verdict.owner),
    at: context.clock.iso(),
  });
  return settle(context, the, activation);
}

/** Throws nothing of the exchange's; the adapter is closed in any case. */
async function ask(
  context: CheckContext,
  { candidate, credentials }: Case,
): Promise<CredentialsVerdict | 'no such mode'> {
  const { accountId, exchange, mode } = candidate;
  // New credentials must open everything that the account's sessions have acted for.
  const active = await context.sessions.active(accountId);
  const earlierSubjects = active === null ? [] : await context.sessions.subjects(accountId);
  const session = active === null ? {} : { session: { subject: active.subject, name: active.name, earlierSubjects } };
  let adapter: ExchangeAdapter;
  try {
    adapter = context.createAdapter({ accountId, exchange, mode, credentials: keyOf(credentials), ...session });
  } catch (error) {
    if (error instanceof UnusableMode) return 'no such mode';
    throw error;
  }
  try {
    return await adapter.checkCredentials({ timeoutMs: context.checkTimeoutMs });
  } finally {
    await adapter.close();
  }
}

/**
 * New credentials of another account at the exchange would leave its orders without anybody who sees them. Where it was
 * not known whose the present ones are, they are asked; when nobody can tell, the user is believed.
 */
async function isAnotherOwner(
  context: CheckContext,
  { candidate, present }: Case,
  owner: string | null,
): Promise<boolean> {
  if (present === null || owner === null || present.venueOwner !== null) return false;
  const adapter = await context.adapters.get(candidate.accountId);
  const before = await adapter.checkCredentials({ timeoutMs: context.checkTimeoutMs });
  return before.kind === 'accepted' && before.owner !== null && before.owner !== owner;
}

const otherOwner = (candidate: AccountCandidate, { name }: ExchangeCapabilities): AccountCheckResult =>
  refused(
    candidate,
    'INVALID_INPUT',
    `these credentials belong to another account at ${name}, where the orders of this one are not: link them as an account of their own`,
  );

async function settle(context: CheckContext, the: Case, activation: Activation): Promise<AccountCheckResult> {
  const { candidate, capabilities } = the;
  switch (activation.kind) {
    case 'activated':
      if (candidate.kind === 'rotate') await context.adapters.refresh();
      context.onActivated();
      return { accountId: activation.account.id, ...(await enteredBy(context, activation)), userErrors: [] };
    case 'gone':
      return withdrawn;
    case 'otherOwner':
      return otherOwner(candidate, capabilities);
    case 'keyTaken': {
      const whose = activation.userId === candidate.userId ? `your account ${activation.accountId}` : 'another account';
      const message = `this API key serves ${whose} already: use that one, or unlink it first`;
      return refused(candidate, 'ALREADY_EXISTS', message);
    }
  }
}

async function enteredBy(context: CheckContext, { account, entered }: Extract<Activation, { kind: 'activated' }>) {
  if (entered === null) return {};
  await context.onEntered(account.id, entered);
  return { sessionId: entered.session.id, migrated: entered.session.migrated };
}

async function admit(
  context: CheckContext,
  { candidate, credentials, present }: Case,
): Promise<'new' | 'known' | 'failed'> {
  if (context.paper === null) return 'failed';
  try {
    return (await context.paper.admit(candidate.exchange, keyOf(credentials), present?.apiKey ?? null))
      ? 'new'
      : 'known';
  } catch (error) {
    context.log.warn({ err: error, accountId: candidate.accountId }, 'the paper exchange did not take a key');
    return 'failed';
  }
}

/** At the paper exchange only; elsewhere that is the user's. */
async function revoke(context: CheckContext, candidate: AccountCandidate, apiKey: string): Promise<void> {
  await context.paper?.revoke(candidate.exchange, apiKey).catch((error: unknown) => {
    context.log.warn({ err: error, accountId: candidate.accountId }, 'the paper exchange did not revoke a key');
  });
}
