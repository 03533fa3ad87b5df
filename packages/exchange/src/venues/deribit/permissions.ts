import { endpoint } from '../../ccxt.ts';
import { accepted, name, unanswered, unreadable, words } from '../../key-check.ts';
import type { KeyCheck, KeyQuestions } from '../../key-check.ts';
import type { CredentialsVerdict } from '../../adapter.ts';
import { isRecord } from '../../outcome.ts';
import { bookOf, entering, signedGrant } from './tokens.ts';
import type { EntryStep, TokenBook } from './tokens.ts';

/**
 * `public/auth` tells the scope of the key (documentation "Access scope"): "trade:read_write account:read wallet:none …".
 * Withdrawals need wallet:read_write. With the grant `client_signature` the secret itself is not sent. The account's
 * number is in `private/get_account_summary` (extended), which needs account:read, and is signed as orders are: for a
 * session of another subject it is that subject's.
 */
async function check(questions: KeyQuestions): Promise<CredentialsVerdict> {
  const { instance, credentials, clock, ask } = questions;
  const book = bookOf(instance);
  if (book !== undefined) return checkSession(questions, book);
  const auth = await ask(() => endpoint(instance, 'publicGetAuth')(signedGrant(credentials, clock.now())));
  if (auth.kind !== 'success') return unanswered(auth);
  if (!isRecord(auth.payload) || typeof auth.payload['scope'] !== 'string') return unreadable('auth');
  return byScope(questions, auth.payload['scope']);
}

async function byScope({ instance, ask }: KeyQuestions, granted: string): Promise<CredentialsVerdict> {
  const scope = words(granted);
  const may = (what: string): boolean => scope.has(`${what}:read_write`) || scope.has(`${what}:all`);
  const permissions = { read: may('trade') || scope.has('trade:read'), trade: may('trade'), withdraw: may('wallet') };
  if (!may('account') && !scope.has('account:read')) return accepted(permissions, null);
  const summary = await ask(() =>
    endpoint(instance, 'privateGetGetAccountSummary')({ currency: 'BTC', extended: 'true' }),
  );
  if (summary.kind !== 'success') return unanswered(summary);
  return accepted(permissions, isRecord(summary.payload) ? name(summary.payload['id']) : null);
}

/** Invalid params, invalid arguments, and the family of authorization but for timed_out: about whom or what was asked for. */
const SESSION_REFUSED: readonly RegExp[] = [/^(-32602|11029|11050|13(?!888)\d{3})$/];

/** Goes the whole way into the session. */
async function checkSession(questions: KeyQuestions, book: TokenBook): Promise<CredentialsVerdict> {
  const steps = entering(questions.instance, book.entry);
  let step = steps.next();
  while (step.done !== true) {
    const verdict = await questions.ask(step.value.ask, step.value.what === 'auth' ? [] : SESSION_REFUSED);
    if (verdict.kind === 'refused') {
      const hint = step.value.what === 'subject' ? await subjectsOf(questions, book) : '';
      return { ...verdict, message: `${WHAT[step.value.what]}${verdict.message}${hint}` };
    }
    if (verdict.kind === 'failed') return unanswered(verdict);
    step = steps.next(verdict.payload);
  }
  if (step.value === null) return unreadable('the session');
  book.use(step.value);
  return byScope(questions, step.value.scope);
}

/** Whom the key may act for, in words. */
async function subjectsOf({ instance, ask }: KeyQuestions, book: TokenBook): Promise<string> {
  book.standAside();
  const listed = await ask(() => endpoint(instance, 'privateGetGetSubaccounts')({}));
  if (listed.kind !== 'success' || !Array.isArray(listed.payload)) return '';
  const known = (listed.payload as readonly unknown[])
    .filter(isRecord)
    .flatMap((one) => (name(one['id']) === null ? [] : [`${name(one['id'])} (${name(one['type']) ?? 'account'})`]));
  return known.length === 0 ? '' : `; its accounts are ${known.join(', ')}`;
}

const WHAT: Readonly<Record<EntryStep['what'], string>> = {
  auth: '',
  subject: 'exchange_token: ',
  name: 'fork_token: ',
  renew: 'refresh_token: ',
};

export const deribitKeyCheck: KeyCheck = {
  // invalid_credentials, unauthorized, not allowed for this address (documentation "RPC error codes").
  wrongKeyCodes: [/^130(04|09|10|21)$/],
  check,
};
