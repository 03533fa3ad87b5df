import { endpoint } from '../../ccxt.ts';
import { accepted, flag, name, unanswered, unreadable } from '../../key-check.ts';
import type { KeyCheck, KeyQuestions } from '../../key-check.ts';
import { isRecord } from '../../outcome.ts';

const UNTOLD = { read: null, trade: null, withdraw: null } as const;

/**
 * `GET /sapi/v1/account/apiRestrictions` speaks of the key (Wallet API, "Get API Key Permission"): `enableWithdrawals`,
 * and the ways out of the account that need no withdrawal. The testnet has no /sapi. `can…` in `GET /api/v3/account`
 * speaks of the account and not of the key, so nothing but the owner's id is taken from there.
 */
async function check({ instance, mode, ask }: KeyQuestions) {
  const account = await ask(() => endpoint(instance, 'privateGetAccount')({ omitZeroBalances: true }));
  if (account.kind !== 'success') return unanswered(account);
  if (!isRecord(account.payload)) return unreadable('account');
  const owner = name(account.payload['uid']);
  if (mode === 'SANDBOX') return accepted(UNTOLD, owner);
  const restrictions = await ask(() => endpoint(instance, 'sapiGetAccountApiRestrictions')());
  if (restrictions.kind !== 'success') return unanswered(restrictions);
  if (!isRecord(restrictions.payload)) return unreadable('apiRestrictions');
  const { payload } = restrictions;
  const leaves = [payload['enableWithdrawals'], payload['enableInternalTransfer'], payload['permitsUniversalTransfer']];
  return accepted(
    {
      read: flag(payload['enableReading']),
      trade: flag(payload['enableSpotAndMarginTrading']),
      withdraw: leaves.some((one) => one === true) ? true : flag(payload['enableWithdrawals']),
    },
    owner,
  );
}

export const binanceKeyCheck: KeyCheck = {
  // -1022: the signature is not that of the secret. -2014, -2015: the key (classify.ts).
  wrongKeyCodes: ['-1022'],
  check,
};
