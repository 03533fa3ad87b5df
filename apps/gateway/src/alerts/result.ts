import type { UserError } from '@orderplane/domain';
import type { CommandResult } from '@orderplane/queues';
import type { Alert } from '@orderplane/store';
import type { GatewayContext } from '../server/context.ts';

/** The alert that a command was about, as it is now. */
export async function alertResult(
  context: GatewayContext,
  { alertIds, userErrors }: CommandResult,
): Promise<{ readonly alert: Alert | null; readonly userErrors: readonly UserError[] }> {
  const alertId = alertIds?.[0];
  const { ports, principal } = context;
  const alert = alertId === undefined ? null : await ports.alerts.byId(principal.userId, alertId);
  return { alert, userErrors };
}
