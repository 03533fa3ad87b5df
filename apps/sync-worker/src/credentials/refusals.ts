import type { ErrorCode, UserError } from '@orderplane/domain';
import type { CredentialsVerdict, ExchangeCapabilities } from '@orderplane/exchange';
import type { AccountCheckResult } from '@orderplane/queues';
import type { AccountCandidate, WantedTransition } from '@orderplane/store';

/** Nothing was kept, and this is why. The field is the one of the mutation that the candidate came with. */
export const refused = (
  candidate: Pick<AccountCandidate, 'kind'>,
  code: ErrorCode,
  message: string,
  field: 'credentials' | 'accountId' | 'mode' | 'subject' | 'name' | null = 'credentials',
): AccountCheckResult => {
  const path = candidate.kind === 'rotate' ? [] : ['input'];
  const error: UserError = { code, message, field: field === null ? null : [...path, field] };
  return { accountId: null, userErrors: [error] };
};

/** The request was given up meanwhile: who asked has been told so, or is told now. */
export const withdrawn: AccountCheckResult = {
  accountId: null,
  userErrors: [
    {
      code: 'TIMEOUT',
      message: 'the credentials could not be tried in time; nothing was kept: repeat the request',
      field: null,
    },
  ],
};

/** Why credentials are not kept, in words for who gave them; null: they are good. */
export function objection(
  candidate: AccountCandidate,
  { name, credentials }: ExchangeCapabilities,
  verdict: CredentialsVerdict,
): AccountCheckResult | null {
  switch (verdict.kind) {
    case 'refused': {
      const parts = credentials.passphrase ? 'apiKey, secret and passphrase' : 'apiKey and secret';
      const said = verdict.nativeCode === null ? verdict.message : says(verdict.nativeCode, verdict.message);
      if (candidate.session !== undefined) return noSession(candidate, candidate.session, name, said);
      const message = `${name} does not take these credentials (${said}): check ${parts}, and where the key may be used from`;
      return refused(candidate, 'INVALID_INPUT', message);
    }
    case 'unknown': {
      const wait = verdict.retryAfterMs === null ? 'later' : `in ${Math.ceil(verdict.retryAfterMs / 1_000)} s`;
      const about = candidate.session === undefined ? 'these credentials' : 'the session';
      const kept = candidate.session === undefined ? 'nothing was kept' : 'nothing was changed';
      const message = `${name} could not be asked about ${about} (${verdict.message}); ${kept}: try again ${wait}`;
      return refused(candidate, 'EXCHANGE_UNAVAILABLE', message, null);
    }
    case 'accepted': {
      const { withdraw, trade, read } = verdict.permissions;
      if (candidate.session !== undefined)
        return trade === false || read === false
          ? noSession(candidate, candidate.session, name, 'it may not read and trade there')
          : null;
      if (withdraw === true)
        return refused(
          candidate,
          'INVALID_INPUT',
          `this key may withdraw: nothing here needs that, and a stolen key could empty the account. Make one at ${name} that may only read and trade`,
        );
      if (trade === false || read === false) {
        const lack = trade === false ? 'trade' : 'read orders';
        return refused(
          candidate,
          'INVALID_INPUT',
          `this key may not ${lack}: allow it at ${name}, or make another key`,
        );
      }
      return null;
    }
  }
}

/** Why the exchange does not let the account's key into the session. */
function noSession(
  candidate: AccountCandidate,
  { transition, subject, name: session }: WantedTransition,
  name: string,
  said: string,
): AccountCheckResult {
  switch (transition) {
    case 'EXCHANGE':
      return refused(
        candidate,
        'INVALID_INPUT',
        `${name} does not let this key act for ${subject} (${said})`,
        'subject',
      );
    case 'FORK':
      return refused(candidate, 'INVALID_INPUT', `${name} opens no session ${session} (${said})`, 'name');
    case 'REFRESH': {
      const message = `${name} does not renew the session (${said}): replace the account’s credentials`;
      return refused(candidate, 'INVALID_INPUT', message, 'accountId');
    }
  }
}

/** Some exchanges' codes are the whole text. */
const says = (code: string, text: string): string => (text === '' || text === code ? code : `${code}: ${text}`);
