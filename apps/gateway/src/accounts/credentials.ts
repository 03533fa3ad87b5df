import { createPrivateKey } from 'node:crypto';
import type { UserError } from '@orderplane/domain';
import type { ExchangeCapabilities } from '@orderplane/exchange/capabilities';
import type { Credentials } from '@orderplane/store';
import type { Parsed } from '../orders/input.ts';
import type { CredentialsInput } from '../schema/types.generated.ts';

const MAX_TEXT = 1_024;
const MAX_PEM = 4_096;
const PRINTABLE = /^[\x21-\x7e]+$/;

/**
 * Whether these can be credentials of this exchange at all. Says which field is wrong and how, and never what stands in
 * it. Ends are trimmed: what is copied brings line ends along.
 */
export function parseCredentials(
  input: CredentialsInput,
  { name, credentials: shape }: ExchangeCapabilities,
  path: readonly string[],
): Parsed<Credentials> {
  const userErrors: UserError[] = [];
  const wrong = (field: string, message: string): void => {
    userErrors.push({ code: 'INVALID_INPUT', message: `${field}: ${message}`, field: [...path, field] });
  };
  const apiKey = input.apiKey.trim();
  const problem = textProblem(apiKey);
  if (problem !== null) wrong('apiKey', problem);

  const secret = shape.secret === 'es256' ? pemText(input.secret) : input.secret.trim();
  const secretProblem = shape.secret === 'es256' ? pemProblem(secret) : textProblem(secret);
  if (secretProblem !== null) wrong('secret', secretProblem);

  const passphrase = input.passphrase ?? null;
  if (shape.passphrase && passphrase === null) wrong('passphrase', `${name} keys have one: it was chosen with the key`);
  if (shape.passphrase && passphrase !== null && (passphrase === '' || passphrase.length > MAX_TEXT))
    wrong('passphrase', `must have 1 to ${MAX_TEXT} characters`);
  if (!shape.passphrase && passphrase !== null) wrong('passphrase', `${name} keys have none: leave it out`);

  if (userErrors.length > 0) return { ok: false, userErrors };
  return { ok: true, value: { apiKey, secret, ...(passphrase === null ? {} : { passphrase }) } };
}

function textProblem(text: string): string | null {
  if (text === '') return 'is empty';
  if (text.length > MAX_TEXT) return `is longer than ${MAX_TEXT} characters`;
  return PRINTABLE.test(text) ? null : 'must be printable ASCII without spaces';
}

/** Line ends come as "\n" in two characters out of some files. */
const pemText = (text: string): string => `${text.trim().replaceAll('\\n', '\n')}\n`;

function pemProblem(pem: string): string | null {
  if (pem.trim() === '') return 'is empty';
  if (pem.length > MAX_PEM) return `is longer than ${MAX_PEM} characters`;
  try {
    const { asymmetricKeyDetails } = createPrivateKey(pem);
    if (asymmetricKeyDetails?.namedCurve === 'prime256v1') return null;
  } catch {
    // What the parser says may quote what it was given.
  }
  return 'must be a P-256 private key as PEM ("-----BEGIN EC PRIVATE KEY-----" …)';
}
