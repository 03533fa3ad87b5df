import type { UserError } from '@orderplane/domain';
import {
  UnusableMode,
  type AccountCredentials,
  type AccountSession,
  type CredentialsVerdict,
} from '@orderplane/exchange';
import type { AccountCheckResult } from '@orderplane/queues';
import { openCredentials } from '@orderplane/store';
import type { AccountCandidate, ExchangeSession, WantedTransition } from '@orderplane/store';
import type { CheckContext } from './check.ts';
import { objection, refused, withdrawn } from './refusals.ts';

/** Another transition of the same account came first this often: then the caller may try again. */
const MAX_MOVES = 3;
/** Names that are compared with a new one. */
const NAMES_KEPT = 200;

type Target = Pick<ExchangeSession, 'subject' | 'name'>;

/**
 * Asks the exchange for the session that is wished, with the account's own credentials, and begins it only then: until
 * the one transaction that takes the orders along nothing has changed. What the exchange gave for the question is thrown
 * away; every process enters the session by itself when it takes it up.
 */
export async function tryTransition(
  context: CheckContext,
  candidate: AccountCandidate,
  wanted: WantedTransition,
): Promise<AccountCheckResult> {
  for (let moves = 0; moves < MAX_MOVES; moves += 1) {
    const account = await context.access.account(candidate.accountId);
    const from = await context.sessions.active(candidate.accountId);
    if (account === null || from === null || account.userId !== candidate.userId)
      return refused(candidate, 'NOT_FOUND', `there is no account ${candidate.accountId}`, 'accountId');
    const problem = await clash(context, from, wanted);
    if (problem !== null) return { accountId: null, userErrors: [problem] };

    const { sealed, venueOwner } = await context.accounts.credentials(account.id);
    const { apiKey, secret, passphrase } = openCredentials(context.keyRing, account.id, sealed);
    const credentials = { apiKey, secret, ...(passphrase === undefined ? {} : { passphrase }) };
    const target = targetOf(from, wanted);
    const verdict = await ask(context, candidate, credentials, target);
    const refusal = objection(candidate, context.capabilities(account.exchange), verdict);
    if (refusal !== null || verdict.kind !== 'accepted') return refusal ?? withdrawn;

    const owner = verdict.owner;
    const isOwn = owner !== null && (await context.intake()).fingerprint('owner', candidate, owner) === venueOwner;
    const subject = isOwn ? null : target.subject;
    if (wanted.transition === 'EXCHANGE' && subject === from.subject)
      return { accountId: null, userErrors: [sameSubject(wanted)] };
    context.crashPoint('transition:before-commit', candidate.exchange);
    const at = context.clock.iso();
    const result = await context.sessions.transition(candidate.id, {
      ...{ fromSessionId: from.id, name: target.name, subject, at },
    });
    context.crashPoint('transition:after-commit', candidate.exchange);
    if (result.kind === 'gone') return withdrawn;
    if (result.kind === 'moved') continue;
    await context.onEntered(candidate.accountId, result);
    return { accountId: account.id, sessionId: result.session.id, migrated: result.session.migrated, userErrors: [] };
  }
  const message = 'the account’s session is being changed by others: try again';
  return refused(candidate, 'EXCHANGE_UNAVAILABLE', message, null);
}

/** A fork stays with its subject, a session of another subject begins without a name, a renewed one keeps both. */
function targetOf(from: Target, { transition, name, subject }: WantedTransition): Target {
  switch (transition) {
    case 'REFRESH':
      return { subject: from.subject, name: from.name };
    case 'EXCHANGE':
      return { subject, name: null };
    case 'FORK':
      return { subject: from.subject, name };
  }
}

const sameSubject = ({ subject }: WantedTransition): UserError => ({
  code: 'INVALID_INPUT',
  message: `subject: the account’s session acts for ${subject} already`,
  field: ['input', 'subject'],
});

/** What the chain alone says against it; null: nothing. */
async function clash(
  context: CheckContext,
  from: ExchangeSession,
  wanted: WantedTransition,
): Promise<UserError | null> {
  if (wanted.transition === 'EXCHANGE' && wanted.subject === from.subject) return sameSubject(wanted);
  if (wanted.transition !== 'FORK') return null;
  const chain = await context.sessions.chain(from.accountId, NAMES_KEPT);
  if (!chain.some(({ name }) => name === wanted.name)) return null;
  const message = `name: a session of this account is called ${wanted.name} already: choose another name`;
  return { code: 'ALREADY_EXISTS', message, field: ['input', 'name'] };
}

/** With an adapter of its own, which nobody uses yet, for the session as it will be. */
async function ask(
  context: CheckContext,
  { accountId, exchange, mode }: AccountCandidate,
  credentials: AccountCredentials,
  target: Target,
): Promise<CredentialsVerdict> {
  const session: AccountSession = { ...target, earlierSubjects: [], renew: true };
  try {
    const adapter = context.createAdapter({ accountId, exchange, mode, credentials, session });
    try {
      return await adapter.checkCredentials({ timeoutMs: context.checkTimeoutMs });
    } finally {
      await adapter.close();
    }
  } catch (error) {
    if (!(error instanceof UnusableMode)) throw error;
    return { kind: 'unknown', message: error.message, retryAfterMs: null };
  }
}
