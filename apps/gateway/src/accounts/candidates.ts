import type { AccountMode, ExchangeId, UserError } from '@orderplane/domain';
import { QueueFullError, ResultTimeoutError, type AccountCheckResult } from '@orderplane/queues';
import { intakeKey, sealForIntake, type AccountCandidate, type Credentials } from '@orderplane/store';
import type { GatewayContext } from '../server/context.ts';

/** A candidate that nobody withdraws goes by itself this long after its request gave up. */
const GRACE_MS = 60_000;

interface Wanted {
  readonly kind: 'link' | 'rotate';
  readonly accountId: string;
  readonly exchange: ExchangeId;
  readonly label: string;
  readonly mode: AccountMode;
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
  const { accounts, accountChecks, clock, newId } = context.ports;
  const publicKey = await intakeKey(accounts);
  if (publicKey === null)
    return failed('EXCHANGE_UNAVAILABLE', 'no service that can try credentials has started yet: try again in a moment');
  const id = newId();
  const nowMs = clock.now().getTime();
  const candidate: AccountCandidate = {
    ...wanted,
    id,
    userId: context.principal.userId,
    sealedCredentials: sealForIntake(publicKey, id, credentials),
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
  { id, accountId }: AccountCandidate,
  cause: unknown,
): Promise<AccountCheckResult> {
  const { accounts, log } = context.ports;
  if (!(cause instanceof ResultTimeoutError || cause instanceof QueueFullError))
    log.warn({ err: cause, accountId }, 'credentials were not tried');
  try {
    const isWithdrawn = await accounts.withdrawCandidate(id);
    const account = isWithdrawn ? null : await accounts.accountOfCandidate(accountId, id);
    if (account !== null) return { accountId: account.id, userErrors: [] };
  } catch (error) {
    log.warn({ err: error, accountId }, 'a candidate could not be withdrawn: it expires');
    return failed('TIMEOUT', 'the outcome is unknown: see accounts; what was not linked by then never will be');
  }
  return failed('TIMEOUT', 'the credentials could not be tried in time; nothing was kept: repeat the request');
}

const failed = (code: UserError['code'], message: string): AccountCheckResult => ({
  accountId: null,
  userErrors: [{ code, message, field: null }],
});
