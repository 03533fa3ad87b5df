import { endpoint } from '../../ccxt.ts';
import { accepted, name, unanswered, unreadable, words } from '../../key-check.ts';
import type { KeyCheck, KeyQuestions } from '../../key-check.ts';
import { isRecord } from '../../outcome.ts';

/**
 * `GET /api/v5/account/config` ("Get account configuration"): `perm` lists what the key may do ("read_only", "trade",
 * "withdraw"), `uid` is the account.
 */
async function check({ instance, ask }: KeyQuestions) {
  const answer = await ask(() => endpoint(instance, 'privateGetAccountConfig')());
  if (answer.kind !== 'success') return unanswered(answer);
  const config = configOf(answer.payload);
  if (config === null) return unreadable('account/config');
  const owner = name(config['uid']);
  if (typeof config['perm'] !== 'string') return accepted({ read: true, trade: null, withdraw: null }, owner);
  const may = words(config['perm']);
  // Every key may read; one that may trade is not always listed with "read_only" too.
  return accepted({ read: may.size > 0, trade: may.has('trade'), withdraw: may.has('withdraw') }, owner);
}

/** Bare, or the one entry of a list, in `data` or by itself. */
function configOf(payload: unknown): Readonly<Record<string, unknown>> | null {
  const data: unknown = isRecord(payload) && 'data' in payload ? payload['data'] : payload;
  const config: unknown = Array.isArray(data) ? data[0] : data;
  return isRecord(config) ? config : null;
}

export const okxKeyCheck: KeyCheck = {
  // Passphrase, address, key, signature, environment, unknown key (documentation "Error Code", 501xx).
  wrongKeyCodes: [/^501(01|05|10|11|13|19)$/],
  check,
};
