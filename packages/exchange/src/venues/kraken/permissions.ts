import { endpoint } from '../../ccxt.ts';
import { accepted, name, unanswered, unreadable } from '../../key-check.ts';
import type { KeyCheck, KeyQuestions } from '../../key-check.ts';
import { isRecord } from '../../outcome.ts';

/**
 * `GetApiKeyInfo` tells name, permissions and the account (`iban`) of the key that asks, and needs no permission itself
 * (REST documentation, "Get API Key Info"). It is young: where it is not known, `Balance` at least proves the key.
 */
async function check({ instance, ask }: KeyQuestions) {
  const info = await ask(() => endpoint(instance, 'privatePostGetApiKeyInfo')());
  if (info.kind === 'failed' && info.nativeCode?.startsWith('EGeneral:Unknown method') === true) {
    const balance = await ask(() => endpoint(instance, 'privatePostBalance')());
    if (balance.kind !== 'success') return unanswered(balance);
    return accepted({ read: true, trade: null, withdraw: null }, null);
  }
  if (info.kind !== 'success') return unanswered(info);
  const permissions: unknown = isRecord(info.payload) ? info.payload['permissions'] : null;
  if (!isRecord(info.payload) || !Array.isArray(permissions)) return unreadable('GetApiKeyInfo');
  return accepted(
    {
      read: permissions.includes('query-open-trades'),
      trade: permissions.includes('modify-trades'),
      withdraw: permissions.includes('withdraw-funds'),
    },
    name(info.payload['iban']),
  );
}

export const krakenKeyCheck: KeyCheck = { wrongKeyCodes: [], check };
