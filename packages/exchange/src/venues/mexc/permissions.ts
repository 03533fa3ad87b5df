import { endpoint } from '../../ccxt.ts';
import { accepted, unanswered, unreadable } from '../../key-check.ts';
import type { KeyCheck, KeyQuestions } from '../../key-check.ts';
import { isRecord } from '../../outcome.ts';

/**
 * No endpoint tells what a key may do. `canTrade`, `canWithdraw` and `canDeposit` of `GET /api/v3/account` ("Account
 * Information") speak of the account, so they say nothing against a key, and it names no owner. The call proves the key
 * and its permission to read.
 */
async function check({ instance, ask }: KeyQuestions) {
  const answer = await ask(() => endpoint(instance, 'spotPrivateGetAccount')());
  if (answer.kind !== 'success') return unanswered(answer);
  if (!isRecord(answer.payload)) return unreadable('account');
  return accepted({ read: true, trade: null, withdraw: null }, null);
}

export const mexcKeyCheck: KeyCheck = {
  // The key, its signature, its address, its permissions (documentation "Error Code").
  wrongKeyCodes: [/^(10072|602|700001|700002|700006|700007)$/],
  check,
};
