import { createHmac, randomBytes } from 'node:crypto';
import { endpoint } from '../../ccxt.ts';
import { accepted, name, unanswered, unreadable, words } from '../../key-check.ts';
import type { KeyCheck, KeyQuestions } from '../../key-check.ts';
import { isRecord } from '../../outcome.ts';

/**
 * `public/auth` tells the scope of the key (documentation "Access scope"): "trade:read_write account:read wallet:none …".
 * Withdrawals need wallet:read_write. With the grant `client_signature` the secret itself is not sent. The account's
 * number is in `private/get_account_summary` (extended), which needs account:read, and is signed as orders are.
 */
async function check({ instance, credentials, clock, ask }: KeyQuestions) {
  const auth = await ask(() => endpoint(instance, 'publicGetAuth')(signedGrant(credentials, clock.now())));
  if (auth.kind !== 'success') return unanswered(auth);
  if (!isRecord(auth.payload) || typeof auth.payload['scope'] !== 'string') return unreadable('auth');
  const scope = words(auth.payload['scope']);
  const may = (what: string): boolean => scope.has(`${what}:read_write`) || scope.has(`${what}:all`);
  const permissions = { read: may('trade') || scope.has('trade:read'), trade: may('trade'), withdraw: may('wallet') };
  if (!may('account') && !scope.has('account:read')) return accepted(permissions, null);
  const summary = await ask(() =>
    endpoint(instance, 'privateGetGetAccountSummary')({ currency: 'BTC', extended: 'true' }),
  );
  if (summary.kind !== 'success') return unanswered(summary);
  return accepted(permissions, isRecord(summary.payload) ? name(summary.payload['id']) : null);
}

/** Signed is "timestamp, nonce, data", a line each; there is no data. */
function signedGrant({ apiKey, secret }: KeyQuestions['credentials'], timestamp: number) {
  const nonce = randomBytes(8).toString('hex');
  const signature = createHmac('sha256', secret).update(`${timestamp}\n${nonce}\n`).digest('hex');
  return { grant_type: 'client_signature', client_id: apiKey, timestamp, nonce, signature, data: '' };
}

export const deribitKeyCheck: KeyCheck = {
  // invalid_credentials, unauthorized, not allowed for this address (documentation "RPC error codes").
  wrongKeyCodes: [/^130(04|09|10|21)$/],
  check,
};
