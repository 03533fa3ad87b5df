import type { AccountMode, ExchangeId, UserError } from '@orderplane/domain';
import { QueueFullError, ResultTimeoutError, type AccountCheckResult } from '@orderplane/queues';
import {
  intakeKey,
  sealForIntake,
  type AccountCandidate,
  type Credentials,
  type WantedTransition,
} from '@orderplane/store';
import type { GatewayContext } from '../server/context.ts';

/** A candidate that nobody withdraws goes by itself this long after its request gave up. */
const GRACE_MS = 60_000;

interface Wanted {
  readonly kind: 'link' | 'rotate' | 'session';
  readonly accountId: string;
  readonly exchange: ExchangeId;
  readonly label: string;
  readonly mode: AccountMode;
  readonly session?: WantedTransition;
}

/**
 * Has credentials tried by a service that may call exchanges, which keeps them if they are good. They wait for it in
 * PostgreSQL, sealed so that only such a service can open them; the job carries keys. However this ends, either the
 * account has these credentials or nothing is left of them.
 */
export async function tryCredentials(
  context: GatewayContext,
  wanted: Wanted,
  credentials: Credentials,
): Promise<AccountCheckResult> {
  const { accounts, newId } = context.ports;
  const publicKey = await intakeKey(accounts);
  if (publicKey === null)
    return failed('EXCHANGE_UNAVAILABLE', 'no service that can try credentials has started yet: try again in a moment');
  const id = newId();
  return tryCandidate(context, wanted, id, sealForIntake(publicKey, id, credentials));
}

/** As `tryCredentials`, of a session that is to begin with the credentials that are there. */
export const trySession = (context: GatewayContext, wanted: Wanted): Promise<AccountCheckResult> =>
  tryCandidate(context, wanted, context.ports.newId(), '');

async function tryCandidate(
  context: GatewayContext,
  wanted: Wanted,
  id: string,
  sealedCredentials: string,
): Promise<AccountCheckResult> {
  const { accounts, accountChecks, clock } = context.ports;
  const nowMs = clock.now().getTime();
  const candidate: AccountCandidate = {
    ...wanted,
    id,
    userId: context.principal.userId,
    sealedCredentials,
    createdAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(nowMs + context.timeouts.accountMs + GRACE_MS).toISOString(),
  };
  await accounts.addCandidate(candidate);
  try {
    return await accountChecks.request({ candidateId: id, accountId: wanted.accountId }, context.timeouts.accountMs);
  } catch (cause) {
    return giveUp(context, candidate, cause);
  }
}

/** Whoever takes the candidate away decides: it is withdrawn here, or it has become something by then. */
async function giveUp(
  context: GatewayContext,
  { id, accountId, kind }: AccountCandidate,
  cause: unknown,
): Promise<AccountCheckResult> {
  const { accounts, sessions, log } = context.ports;
  if (!(cause instanceof ResultTimeoutError || cause instanceof QueueFullError))
    log.warn({ err: cause, accountId }, 'credentials were not tried');
  try {
    const isWithdrawn = await accounts.withdrawCandidate(id);
    const account = isWithdrawn ? null : await accounts.accountOfCandidate(accountId, id);
    const [session] = isWithdrawn ? [] : await sessions.byIds(context.principal.userId, [id]);
    if (session !== undefined) return { accountId, sessionId: session.id, migrated: session.migrated, userErrors: [] };
    if (account !== null) return { accountId: account.id, userErrors: [] };
  } catch (error) {
    log.warn({ err: error, accountId }, 'a candidate could not be withdrawn: it expires');
    return failed('TIMEOUT', 'the outcome is unknown: see accounts; what was not linked by then never will be');
  }
  const what = kind === 'session' ? 'the exchange could not be asked in time; nothing was changed' : NOT_TRIED;
  return failed('TIMEOUT', `${what}: repeat the request`);
}

const NOT_TRIED = 'the credentials could not be tried in time; nothing was kept';

const failed = (code: UserError['code'], message: string): AccountCheckResult => ({
  accountId: null,
  userErrors: [{ code, message, field: null }],
});
