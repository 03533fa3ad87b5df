import type { UserError } from '@orderplane/domain';
import type { ExchangeCapabilities } from '@orderplane/exchange/capabilities';
import type { WantedTransition } from '@orderplane/store';
import { isId, tradingRefusal } from '../access/roles.ts';
import { trySession } from '../accounts/candidates.ts';
import type { Parsed } from '../orders/input.ts';
import type { MutationResolvers, SessionTransitionInput } from '../schema/types.generated.ts';
import { refusedSession, sessionAnswer } from './payload.ts';

/** It becomes a part of a scope ("session:name …"), so it holds nothing that could be another part. */
const NAME = /^[A-Za-z0-9_-]{1,32}$/;
/** A subaccount's number. */
const SUBJECT = /^[1-9]\d{0,14}$/;

const wrong = (field: string, message: string, code: UserError['code'] = 'INVALID_INPUT'): UserError => ({
  code,
  message: `${field}: ${message}`,
  field: ['input', field],
});

export const transitionSession: NonNullable<MutationResolvers['transitionSession']> = async (_, { input }, context) => {
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return refusedSession(refusal);
  const account = isId(input.accountId) ? await context.loaders.account.load(input.accountId) : null;
  if (account === null || account.unlinkedAt !== null)
    return refusedSession(wrong('accountId', `there is no account ${input.accountId.slice(0, 64)}`, 'NOT_FOUND'));
  const parsed = parseTransition(input, context.ports.capabilities[account.exchange]);
  if (!parsed.ok) return refusedSession(...parsed.userErrors);
  const { exchange, label, mode, id: accountId } = account;
  const session = parsed.value;
  return sessionAnswer(
    context,
    await trySession(context, { kind: 'session', accountId, exchange, label, mode, session }),
  );
};

/** The wish, or what is wrong with it. */
function parseTransition(
  { transition, name = null, subject = null }: SessionTransitionInput,
  { name: exchange, tokenSessions }: ExchangeCapabilities,
): Parsed<WantedTransition> {
  const errors: UserError[] = [];
  const no = (...userErrors: readonly UserError[]): Parsed<WantedTransition> => ({ ok: false, userErrors });
  switch (transition) {
    case 'REFRESH':
      break;
    case 'EXCHANGE':
    case 'FORK':
      if (tokenSessions !== true)
        return no(
          wrong(
            'transition',
            `${exchange} has none of this kind: use REFRESH or rotateCredentials`,
            'UNSUPPORTED_BY_EXCHANGE',
          ),
        );
      break;
    case 'ROTATE':
      return no(wrong('transition', 'new credentials come with rotateCredentials'));
    case 'INITIAL':
      return no(wrong('transition', 'every account has begun with it: use REFRESH, EXCHANGE or FORK'));
    default:
      return no(wrong('transition', 'is none of REFRESH, EXCHANGE, FORK'));
  }
  if (transition === 'FORK') {
    if (name === null) errors.push(wrong('name', 'a forked session needs one'));
    else if (!NAME.test(name)) errors.push(wrong('name', 'must have 1 to 32 letters, digits, "_" or "-"'));
  } else if (name !== null) errors.push(wrong('name', `${transition} takes none: leave it out`));
  if (transition === 'EXCHANGE') {
    if (subject === null)
      errors.push(wrong('subject', 'whom shall the session act for? Give the number of a subaccount'));
    else if (!SUBJECT.test(subject)) errors.push(wrong('subject', 'must be the number of a subaccount, e.g. "12345"'));
  } else if (subject !== null) errors.push(wrong('subject', `${transition} takes none: leave it out`));
  return errors.length > 0 ? no(...errors) : { ok: true, value: { transition, name, subject } };
}
