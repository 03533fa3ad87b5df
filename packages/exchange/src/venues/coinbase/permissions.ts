import { endpoint } from '../../ccxt.ts';
import { accepted, flag, name, unanswered, unreadable } from '../../key-check.ts';
import type { KeyCheck, KeyQuestions } from '../../key-check.ts';
import { isRecord } from '../../outcome.ts';

/**
 * `GET /api/v3/brokerage/key_permissions` (API reference, "Get API Key Permissions"): `can_transfer` is "deposit and
 * withdrawal permissions". A key belongs to one portfolio, and that is what it trades.
 */
async function check({ instance, ask }: KeyQuestions) {
  const answer = await ask(() => endpoint(instance, 'v3PrivateGetBrokerageKeyPermissions')());
  if (answer.kind !== 'success') return unanswered(answer);
  if (!isRecord(answer.payload)) return unreadable('key_permissions');
  const { payload } = answer;
  const permissions = {
    read: flag(payload['can_view']),
    trade: flag(payload['can_trade']),
    withdraw: flag(payload['can_transfer']),
  };
  return accepted(permissions, name(payload['portfolio_uuid']));
}

export const coinbaseKeyCheck: KeyCheck = { wrongKeyCodes: [], check };
