import { isId, tradingRefusal } from '../access/roles.ts';
import type { MutationResolvers } from '../schema/types.generated.ts';
import { refusedSession, sessionAnswer } from '../sessions/payload.ts';
import { tryCredentials } from './candidates.ts';
import { parseCredentials } from './credentials.ts';

/** Orders stay where they are, and go on under the session of the new credentials. */
export const rotateCredentials: NonNullable<MutationResolvers['rotateCredentials']> = async (
  _,
  { accountId, credentials },
  context,
) => {
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return refusedSession(refusal);
  const account = isId(accountId) ? await context.loaders.account.load(accountId) : null;
  if (account === null || account.unlinkedAt !== null) {
    const message = `there is no account ${accountId.slice(0, 64)}`;
    return refusedSession({ code: 'NOT_FOUND', message, field: ['accountId'] });
  }
  const parsed = parseCredentials(credentials, context.ports.capabilities[account.exchange], ['credentials']);
  if (!parsed.ok) return refusedSession(...parsed.userErrors);
  const { exchange, label, mode } = account;
  const rotation = { kind: 'rotate', accountId: account.id, exchange, label, mode } as const;
  return sessionAnswer(context, await tryCredentials(context, rotation, parsed.value));
};
