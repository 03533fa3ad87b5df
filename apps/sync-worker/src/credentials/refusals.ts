import type { ErrorCode, UserError } from '@orderplane/domain';
import type { CredentialsVerdict, ExchangeCapabilities } from '@orderplane/exchange';
import type { AccountCheckResult } from '@orderplane/queues';
import type { AccountCandidate } from '@orderplane/store';

/** Nothing was kept, and this is why. The field is the one of the mutation that the candidate came with. */
export const refused = (
  candidate: Pick<AccountCandidate, 'kind'>,
  code: ErrorCode,
  message: string,
  field: 'credentials' | 'accountId' | 'mode' | null = 'credentials',
): AccountCheckResult => {
  const path = candidate.kind === 'link' ? ['input'] : [];
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
      const message = `${name} does not take these credentials (${said}): check ${parts}, and where the key may be used from`;
      return refused(candidate, 'INVALID_INPUT', message);
    }
    case 'unknown': {
      const wait = verdict.retryAfterMs === null ? 'later' : `in ${Math.ceil(verdict.retryAfterMs / 1_000)} s`;
      const message = `${name} could not be asked about these credentials (${verdict.message}); nothing was kept: try again ${wait}`;
      return refused(candidate, 'EXCHANGE_UNAVAILABLE', message, null);
    }
    case 'accepted': {
      const { withdraw, trade, read } = verdict.permissions;
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

/** Some exchanges' codes are the whole text. */
const says = (code: string, text: string): string => (text === '' || text === code ? code : `${code}: ${text}`);
