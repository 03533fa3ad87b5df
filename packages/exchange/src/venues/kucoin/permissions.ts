import { endpoint } from '../../ccxt.ts';
import { accepted, name, unanswered, unreadable, words } from '../../key-check.ts';
import type { KeyCheck, KeyQuestions } from '../../key-check.ts';
import { isRecord } from '../../outcome.ts';

/**
 * `GET /api/v1/user/api-key` ("Get Apikey Info"): `permission` lists them, e.g. "General,Spot". "Withdrawal" lets money
 * out, and so did "Transfer" under its older name ("including deposit and withdrawal"); "InnerTransfer" and
 * "FlexTransfers" move it between the user's own accounts only. "Trade" is the older name of "Spot".
 */
async function check({ instance, ask }: KeyQuestions) {
  const answer = await ask(() => endpoint(instance, 'privateGetUserApiKey')());
  if (answer.kind !== 'success') return unanswered(answer);
  const { payload } = answer;
  if (!isRecord(payload) || typeof payload['permission'] !== 'string') return unreadable('user/api-key');
  const may = words(payload['permission']);
  const permissions = {
    read: may.has('general'),
    trade: may.has('spot') || may.has('trade'),
    withdraw: may.has('withdrawal') || may.has('transfer'),
  };
  return accepted(permissions, name(payload['uid']));
}

export const kucoinKeyCheck: KeyCheck = {
  // Key, passphrase, signature, address, permission (documentation "Errors"): all are refusals of the key.
  wrongKeyCodes: [/^(400003|400004|400005|400006|400007|411100)$/],
  check,
};
