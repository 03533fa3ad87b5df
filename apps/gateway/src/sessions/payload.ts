import type { UserError } from '@orderplane/domain';
import type { AccountCheckResult } from '@orderplane/queues';
import type { ExchangeSession } from '@orderplane/store';
import type { GatewayContext } from '../server/context.ts';

interface SessionAnswer {
  readonly session: ExchangeSession | null;
  readonly migrated: number;
  readonly userErrors: readonly UserError[];
}

export const refusedSession = (...userErrors: readonly UserError[]): SessionAnswer => ({
  session: null,
  migrated: 0,
  userErrors,
});

/** The session that has begun, as it was by then: others may have followed. */
export async function sessionAnswer(
  { loaders }: GatewayContext,
  { sessionId, migrated = 0, userErrors }: AccountCheckResult,
): Promise<SessionAnswer> {
  if (sessionId === undefined) return { session: null, migrated, userErrors };
  return { session: await loaders.session.clear(sessionId).load(sessionId), migrated, userErrors };
}
