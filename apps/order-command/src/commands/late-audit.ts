import { COMMAND_GRACE_MS, type OrderCommand } from '@orderplane/queues';
import type { CommandContext } from '../context.ts';

/** What is carried out in the last moments of its caller's patience may be answered in time or not. */
const CLOSE_MS = 500;

/**
 * The audit's line of a mutation is the gateway's, which knows who asked, with what and from where. When the gateway has
 * stopped waiting, its line says TIMEOUT; that the command was carried out all the same is said here, in a line of its own.
 */
export async function auditIfLate(
  { access, clock }: Pick<CommandContext, 'access' | 'clock'>,
  { userId, accountId, time }: Extract<OrderCommand, { readonly accountId: string }>,
  action: string,
  outcome: string,
): Promise<void> {
  const waitedForUntilMs = time === undefined ? 0 : Date.parse(time.expiresAt) - COMMAND_GRACE_MS;
  if (clock.now().getTime() < waitedForUntilMs - CLOSE_MS) return;
  await access.audit({ at: clock.iso(), userId, action, target: accountId, outcome, remote: null });
}
